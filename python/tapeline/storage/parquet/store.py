"""The live Parquet store: every write is some files and one commit."""

import os
import socket
from collections.abc import Collection, Mapping
from typing import Final

import pyarrow as pa
import structlog

from tapeline.errors import StoreConflictError, StoreFormatError, StoreUnavailableError
from tapeline.storage.parquet import datafiles
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.layout import MANIFEST
from tapeline.storage.parquet.log import CommitLog
from tapeline.storage.parquet.manifest import Commit, FileFact
from tapeline.storage.parquet.pieces import PieceWriter, encoded, pieces_of
from tapeline.storage.parquet.sweeping import ORPHAN_AFTER_S, sweep
from tapeline.storage.ports import Chunk, Partition, Progress
from tapeline.telemetry.clock import Clock

_log = structlog.get_logger("tapeline.storage.parquet")

_COMMIT_WITHIN_NS: Final = 1800 * 1_000_000_000
"""Files that waited longer for their commit are written again: another writer that opens the store
may take them for left over."""


class ParquetStore:
    """A store in a folder or bucket; :mod:`tapeline.storage.parquet.layout` describes it.

    Parameters
    ----------
    folder
        Where it lies; made when it is not there.
    clock
        For stamps and ages.
    orphan_after_s
        Files no commit names are deleted at :meth:`open` when they are older, in seconds.
    """

    def __init__(
        self, folder: Folder, *, clock: Clock, orphan_after_s: float = ORPHAN_AFTER_S
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._orphan_after_s = orphan_after_s
        self._writer = f"{socket.gethostname()}-{os.getpid()}"
        self._commits = CommitLog(folder, self._writer, clock)
        self._pieces = PieceWriter(folder, self._discard)
        # Whether the log may hold more than we know: at first, and after a commit that failed.
        self._is_unsure = True
        self._unsure_files: list[str] = []

    def open(self) -> None:
        """Read the log, sweep what no commit names; see :meth:`Store.open`."""
        self._commits.load()
        if not self._commits.state.number and self._folder.read(MANIFEST) is not None:
            raise StoreFormatError(
                f"{self._folder.shown} holds {MANIFEST}, as an archive does: a store needs a"
                " folder of its own"
            )
        self._is_unsure = False
        sweep(self._folder, self._commits.state, self._clock, orphan_after_s=self._orphan_after_s)

    def progress(self, partitions: Collection[Partition]) -> Progress:
        """Read what was committed, by whomever; see :meth:`Store.progress`."""
        self._is_unsure = True
        self._make_sure()
        state = self._commits.state
        offsets = {each: state.offsets[each] for each in partitions if each in state.offsets}
        return Progress(offsets, state.taken.of_topics(topic for topic, _ in partitions))

    def write(self, chunk: Chunk) -> None:
        """Write files, then the commit that makes them count; see :meth:`Store.write`."""
        self._make_sure()
        self._check_expected(chunk)
        began_ns = self._clock.monotonic_ns()
        added = self._pieces.put(chunk.tables, self._commits.state.number + 1)
        if self._clock.monotonic_ns() - began_ns > _COMMIT_WITHIN_NS:
            raise StoreUnavailableError(
                f"{self._folder.shown}: writing took too long, again from the beginning"
            )
        self._commit(chunk, added)
        self._checkpoint()

    def rehearse(self, tables: Mapping[str, pa.Table]) -> None:
        """Encode and throw away; see :meth:`Store.rehearse`."""
        for piece in pieces_of(tables):
            encoded(piece)

    def close(self) -> None:
        """Let the threads go."""
        self._pieces.close()

    def _make_sure(self) -> None:
        """Learn what a failed commit has become, and what others have committed."""
        if not self._is_unsure:
            return
        self._commits.catch_up()
        self._is_unsure = False
        files = self._commits.state.files
        lost = [path for path in self._unsure_files if path not in files]
        datafiles.publish(self._folder, [path for path in self._unsure_files if path in files])
        self._unsure_files = []
        # A bucket may still carry out a put that timed out: there the sweep is left to do it.
        if self._folder.fails_for_sure:
            self._discard(lost)

    def _check_expected(self, chunk: Chunk) -> None:
        for partition, expected in chunk.expected.items():
            found = self._commits.state.offsets.get(partition)
            if found != expected:
                raise StoreConflictError(
                    f"{self._folder.shown} is at {found} of {partition[0]}[{partition[1]}],"
                    f" not at {expected}: another writer was here"
                )

    def _commit(self, chunk: Chunk, added: list[FileFact]) -> None:
        while True:
            commit = Commit(
                self._commits.state.number + 1,
                self._clock.wall_ns(),
                self._writer,
                added=added,
                offsets=chunk.offsets,
                marks=chunk.marks,
            )
            # Until the answer is there, nobody knows: the files stay whatever happens.
            self._is_unsure, self._unsure_files = True, [fact.path for fact in added]
            is_done = self._commits.append(commit)
            if not is_done:
                self._commits.catch_up()
            self._is_unsure, self._unsure_files = False, []
            if is_done:
                datafiles.publish(self._folder, [fact.path for fact in added])
                return
            try:
                self._check_expected(chunk)
            except StoreConflictError:
                self._discard([fact.path for fact in added])
                raise

    def _checkpoint(self) -> None:
        try:
            self._commits.checkpoint_if_due()
        except StoreUnavailableError as error:
            # The rows are in; a later commit brings the checkpoint.
            _log.info("no checkpoint this time", fault=str(error))

    def _discard(self, paths: list[str]) -> None:
        """Give the space back at once: the disk may be full."""
        for path in paths:
            try:
                datafiles.discard(self._folder, path)
            except StoreUnavailableError as error:
                _log.info("left for the next sweep", path=path, fault=str(error))
