"""Deleting files that count no more: left over from a writer that died, or replaced."""

from typing import Final

import structlog

from tapeline.storage.parquet import datafiles
from tapeline.storage.parquet.folder import Folder, is_temporary
from tapeline.storage.parquet.layout import is_data_path, is_in_store
from tapeline.storage.parquet.manifest import State
from tapeline.telemetry.clock import Clock

_log = structlog.get_logger("tapeline.storage.parquet")

ORPHAN_AFTER_S: Final = 3600.0
"""Files no commit names are deleted when they are older: a younger one may be committed yet."""
GRACE_S: Final = 3600.0
"""Files a commit has removed are deleted when that is longer ago: readers may hold older states."""


def sweep(
    folder: Folder,
    state: State,
    clock: Clock,
    *,
    orphan_after_s: float = ORPHAN_AFTER_S,
    grace_s: float = GRACE_S,
) -> None:
    """Look through the whole folder and delete what counts no more.

    Files whose names no writer of ours gives belong to somebody else and stay, wherever they lie.
    Without a single commit nothing has been committed or replaced: then files with a committed
    one's name are what is left of a store whose log is lost, and stay too.

    Raises
    ------
    StoreUnavailableError
        The folder cannot be read or changed now.
    """
    delete_gone(folder, state, clock, grace_s=grace_s)
    now_ns = clock.wall_ns()
    found = folder.list("")
    datafiles.settle(folder, (each.path for each in found), state.files, state.gone)
    swept = 0
    for each in found:
        is_old = now_ns - each.modified_ns >= orphan_after_s * 1e9
        if is_old and _is_left_over(each.path, state):
            folder.delete(each.path)
            swept += 1
    if swept:
        _log.warning("files of an unfinished write deleted", count=swept)


def _is_left_over(name: str, state: State) -> bool:
    if is_temporary(name):
        return is_in_store(name)
    path = datafiles.committed_name(name)
    if path is None or not is_data_path(path) or path in state.files or path in state.gone:
        return False
    return state.number > 0 or path != name


def delete_gone(folder: Folder, state: State, clock: Clock, *, grace_s: float = GRACE_S) -> int:
    """Delete files whose removal is long enough ago, and forget them; return how many.

    Raises
    ------
    StoreUnavailableError
        The folder cannot be changed now.
    """
    until_ns = clock.wall_ns() - int(grace_s * 1e9)
    due = [path for path, removed_ns in state.gone.items() if removed_ns <= until_ns]
    for path in due:
        if path not in state.files:
            datafiles.discard(folder, path)
        del state.gone[path]
    return len(due)
