"""The names of data files, which say to any Parquet reader what counts.

=================  ====================================================================
``X.parquet``      a commit names it: part of the store
``X.parquet.new``  written; its commit is not made yet, or was a moment ago
``X.parquet.old``  a commit has replaced it; kept for readers that know an older state
=================  ====================================================================

The log decides and the names follow: between a commit and its renames a reader that knows the log
finds a file under whichever name it has, and one that only looks at ``*.parquet`` misses rows for
that moment but never sees one twice. A writer that died in between is made good by the next one
that opens the store.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Final, TypeVar

import structlog

from tapeline.errors import StoreUnavailableError
from tapeline.storage.parquet.folder import Folder

_log = structlog.get_logger("tapeline.storage.parquet")

COMMITTED: Final = ".parquet"
NEW: Final = ".new"
OLD: Final = ".old"

_Found = TypeVar("_Found")


def put(folder: Folder, path: str, content: bytes | memoryview) -> None:
    """Write a data file that is not committed yet, durably.

    Raises
    ------
    StoreUnavailableError
        Not now.
    """
    folder.put(path + NEW, content)


def read(folder: Folder, path: str) -> bytes | None:
    """Read a data file, whatever its name is at this moment; None when it has gone.

    Raises
    ------
    StoreUnavailableError
        Not now.
    """
    return _first(path, folder.read)


def read_part(folder: Folder, path: str, offset: int, length: int) -> bytes | None:
    """Read ``length`` bytes of a data file from ``offset`` on; None when it has gone.

    Raises
    ------
    StoreUnavailableError
        Not now.
    """
    return _first(path, lambda name: folder.read_part(name, offset, length))


def publish(folder: Folder, added: Iterable[str], removed: Iterable[str] = ()) -> None:
    """Give files the names their commit stands for; what fails is left to the next writer."""
    try:
        # First what is replaced: rows may be missing for a moment, never there twice.
        for path in removed:
            folder.rename(path, path + OLD)
        for path in added:
            folder.rename(path + NEW, path)
    except StoreUnavailableError as error:
        _log.info("names of data files not settled", fault=str(error))


def discard(folder: Folder, path: str) -> None:
    """Delete a data file under any of its names.

    Raises
    ------
    StoreUnavailableError
        Not now.
    """
    for name in (path + NEW, path, path + OLD):
        folder.delete(name)


def settle(
    folder: Folder, names: Iterable[str], committed: Collection[str], gone: Collection[str]
) -> None:
    """Finish the renames of writers that died.

    Parameters
    ----------
    names
        All files of the store as they are called.
    committed
        The data files that count.
    gone
        Those that were replaced lately.
    """
    names = set(names)
    added = [path for name in names if (path := name.removesuffix(NEW)) != name]
    publish(folder, [path for path in added if path in committed], names.intersection(gone))


def committed_name(name: str) -> str | None:
    """Return what a data file is called when it counts; None for files of another kind."""
    path = name.removesuffix(NEW).removesuffix(OLD)
    return path if path.endswith(COMMITTED) else None


def _first(path: str, look: Callable[[str], _Found | None]) -> _Found | None:
    # Once more under the first name: it may have been given between two looks.
    for name in (path, path + NEW, path + OLD, path):
        found = look(name)
        if found is not None:
            return found
    return None
