"""What a Parquet store holds at this moment, by its log, or an archive by its manifest."""

import zlib
from collections.abc import Collection

from tapeline.errors import StoreFormatError
from tapeline.storage.archive.layout import MANIFEST, manifest_of
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.log import CommitLog
from tapeline.storage.parquet.manifest import FileFact
from tapeline.telemetry.clock import Clock

_RELOAD_NS = 60 * 1_000_000_000
"""Old commits are deleted after a day: who only follows must look at the checkpoints too."""


class Snapshots:
    """The files of a store, read afresh whenever they are asked for."""

    def __init__(self, folder: Folder, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._log = CommitLog(folder, "reader", clock)
        self._loaded_ns: int | None = None
        self._manifest_crc = 0

    def files(self) -> Collection[FileFact]:
        """Return the files that count now.

        Raises
        ------
        StoreFormatError
            There is neither a store nor an archive, or its log or manifest is damaged.
        """
        now_ns = self._clock.monotonic_ns()
        if self._loaded_ns is None or now_ns - self._loaded_ns > _RELOAD_NS:
            self._log.load()
            self._loaded_ns = now_ns
        else:
            self._log.catch_up()
        if not self._log.state.number:
            self._loaded_ns = None
            return self._archived()
        return list(self._log.state.files.values())

    @property
    def commit(self) -> int:
        """What names the state known: the latest commit's number, or the manifest's checksum."""
        return self._log.state.number or self._manifest_crc

    def _archived(self) -> Collection[FileFact]:
        content = self._folder.read(MANIFEST)
        if content is None:
            raise StoreFormatError(
                f"{self._folder.shown} holds no Parquet store: it has no commit in _log."
                " Check the path, or fill it with `tapeline store`"
            )
        self._manifest_crc = zlib.crc32(content)
        return manifest_of(f"{self._folder.shown}/{MANIFEST}", content).facts()
