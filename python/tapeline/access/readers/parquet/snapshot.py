"""What a Parquet store or archive holds at this moment, by its log or its manifest."""

import hashlib
from collections.abc import Collection
from typing import Final

from tapeline.errors import StoreFormatError
from tapeline.storage.archive.layout import MANIFEST, manifest_of
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.log import CommitLog
from tapeline.storage.parquet.manifest import FileFact
from tapeline.telemetry.clock import Clock

_RELOAD_NS: Final = 60 * 1_000_000_000
"""Old commits are deleted after a day: who only follows must look at the checkpoints too."""


class Snapshots:
    """The files of a store or an archive, read afresh whenever they are asked for."""

    def __init__(self, folder: Folder, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._log = CommitLog(folder, "reader", clock)
        self._loaded_ns: int | None = None
        self.version = ""
        """Names the state that was read last: another state has another name."""

    def files(self) -> Collection[FileFact]:
        """Return the files that count now.

        Raises
        ------
        StoreFormatError
            There is no store, or its log is damaged.
        """
        now_ns = self._clock.monotonic_ns()
        if self._loaded_ns is None or now_ns - self._loaded_ns > _RELOAD_NS:
            self._log.load()
            if not self._log.state.number:
                return self._archived()
            self._loaded_ns = now_ns
        else:
            self._log.catch_up()
        self.version = str(self._log.state.number)
        return list(self._log.state.files.values())

    def _archived(self) -> Collection[FileFact]:
        content = self._folder.read(MANIFEST)
        if content is None:
            raise StoreFormatError(
                f"{self._folder.shown} holds no Parquet store and no archive: it has neither a"
                f" commit in _log nor {MANIFEST}. Check the path, or fill it with `tapeline store`"
            )
        self.version = hashlib.sha256(content).hexdigest()
        return manifest_of(f"{self._folder.shown}/{MANIFEST}", content).facts()
