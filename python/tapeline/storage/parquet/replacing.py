"""The commit that replaces files of a store by others, or by nothing."""

from collections.abc import Collection, Sequence

from tapeline.errors import StoreConflictError
from tapeline.storage.parquet import datafiles
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.log import CommitLog
from tapeline.storage.parquet.manifest import Commit, FileFact
from tapeline.telemetry.clock import Clock


def replace_files(
    folder: Folder,
    commits: CommitLog,
    clock: Clock,
    writer: str,
    removed: Collection[str],
    added: Sequence[FileFact],
) -> None:
    """Commit, after whatever others commit meanwhile; the rows' progress stays as it is.

    Raises
    ------
    StoreConflictError
        One of the files is not in the store any more. Nothing was done.
    StoreUnavailableError
        Not now; the outcome may be unknown.
    """
    while True:
        gone = [path for path in removed if path not in commits.state.files]
        if gone:
            raise StoreConflictError(f"{gone[0]} was replaced by another process")
        commit = Commit(
            commits.state.number + 1,
            clock.wall_ns(),
            writer,
            added=added,
            removed=list(removed),
        )
        if commits.append(commit):
            datafiles.publish(folder, [fact.path for fact in added], removed)
            return
        commits.catch_up()
