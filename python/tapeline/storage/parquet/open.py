"""Open the Parquet store a target address names."""

from tapeline.errors import SettingsError
from tapeline.storage.parquet.bucket import Bucket
from tapeline.storage.parquet.folder import Folder, LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.targets import Target
from tapeline.telemetry.clock import Clock


def open_parquet(target: Target, clock: Clock) -> ParquetStore:
    """Make the store of an address; nothing is touched before its ``open``.

    Raises
    ------
    SettingsError
        The address names no folder and no bucket.
    """
    return ParquetStore(folder_of(target), clock=clock)


def folder_of(target: Target) -> Folder:
    """Return the folder or bucket an address names.

    Raises
    ------
    SettingsError
        It names neither.
    """
    if target.path is not None:
        return LocalFolder(target.path)
    if target.bucket is None:
        raise SettingsError(f"{target.shown} names neither a folder nor a bucket")
    return Bucket(target)
