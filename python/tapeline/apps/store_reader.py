"""The reader of a store, for jobs that look at rows as they lie there."""

from importlib import import_module

from tapeline.access.opening import READERS
from tapeline.access.ports import Reader
from tapeline.errors import SettingsError
from tapeline.storage.targets import Target


def open_reader(target: Target) -> Reader:
    """Open one store for reading.

    Raises
    ------
    SettingsError
        It is a cache, which keeps no history.
    StoreUnavailableError
        It cannot be reached now.
    """
    if target.kind not in READERS:
        raise SettingsError(f"{target.shown} is a cache and keeps no history")
    reader: Reader = import_module(READERS[target.kind]).open_reader(target)
    return reader
