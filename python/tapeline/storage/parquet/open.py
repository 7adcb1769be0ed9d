"""Open the Parquet store a target address names."""

from tapeline.errors import SettingsError
from tapeline.storage.parquet.bucket import Bucket
from tapeline.storage.parquet.folder import LocalFolder
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
    if target.path is not None:
        return ParquetStore(LocalFolder(target.path), clock=clock)
    if target.bucket is None:
        raise SettingsError(f"{target.shown} names neither a folder nor a bucket")
    return ParquetStore(Bucket(target), clock=clock)
