"""Reading and extending the commit log of a folder."""

from typing import Final

from tapeline.errors import StoreFormatError
from tapeline.storage.parquet.folder import Folder, Listed
from tapeline.storage.parquet.layout import (
    LOG_FOLDER,
    checkpoint_number,
    checkpoint_path,
    entry_number,
    entry_path,
)
from tapeline.storage.parquet.manifest import Commit, State, from_json, to_json
from tapeline.telemetry.clock import Clock

_CHECKPOINT_EVERY: Final = 100
_KEEP_NS: Final = 24 * 3600 * 1_000_000_000
"""Commits before a checkpoint are kept so long: for readers that list slowly, and because a writer
that slept must find the number taken that it thinks is next."""


class CommitLog:
    """The log of one store, and the state it stands for.

    Parameters
    ----------
    folder
        Where the store lies.
    writer
        Names this process in its commits.
    """

    def __init__(self, folder: Folder, writer: str, clock: Clock) -> None:
        self._folder = folder
        self._writer = writer
        self._clock = clock
        self._checkpoint = 0
        self.state = State()

    def load(self) -> None:
        """Read the newest checkpoint and what follows it.

        Raises
        ------
        StoreFormatError
            A commit is damaged, missing, or of a newer format.
        StoreUnavailableError
            The folder cannot be read.
        """
        names = [each.path.rpartition("/")[2] for each in self._folder.list(LOG_FOLDER)]
        checkpoints = [number for name in names if (number := checkpoint_number(name)) is not None]
        entries = [number for name in names if (number := entry_number(name)) is not None]
        self.state = State()
        self._checkpoint = max(checkpoints, default=0)
        if self._checkpoint:
            self.state.apply(self._read(checkpoint_path(self._checkpoint)))
        self.catch_up()
        if max(entries, default=0) > self.state.number:
            path = f"{self._folder.shown}/{entry_path(self.state.number + 1)}"
            raise StoreFormatError(f"{path} is missing, and later commits are there")

    def catch_up(self) -> None:
        """Apply what others have committed since."""
        while True:
            path = entry_path(self.state.number + 1)
            content = self._folder.read(path)
            if content is None:
                return
            self.state.apply(from_json(f"{self._folder.shown}/{path}", content))

    def append(self, commit: Commit) -> bool:
        """Commit, unless another writer has taken the number; return whether it was done."""
        if not self._folder.put_new(entry_path(commit.number), to_json(commit)):
            return False
        self.state.apply(commit)
        return True

    def checkpoint_if_due(self) -> None:
        """Write the state down when enough has followed the last checkpoint.

        The larger the state, the rarer: the work for a commit stays the same.
        """
        due = self._checkpoint + max(_CHECKPOINT_EVERY, len(self.state.files) // 10)
        if self.state.number < due:
            return
        now_ns = self._clock.wall_ns()
        content = to_json(self.state.as_commit(now_ns, self._writer))
        # Another writer's of the same number says the same.
        self._folder.put_new(checkpoint_path(self.state.number), content)
        previous, self._checkpoint = self._checkpoint, self.state.number
        for each in self._folder.list(LOG_FOLDER):
            if _number(each) < previous and now_ns - each.modified_ns > _KEEP_NS:
                self._folder.delete(each.path)

    def _read(self, path: str) -> Commit:
        content = self._folder.read(path)
        if content is None:
            raise StoreFormatError(f"{self._folder.shown}/{path} has gone while it was read")
        return from_json(f"{self._folder.shown}/{path}", content)


def _number(listed: Listed) -> int:
    name = listed.path.rpartition("/")[2]
    number = entry_number(name)
    if number is None:
        number = checkpoint_number(name)
    # Files of others are none of our business.
    return 2**63 if number is None else number
