"""The live Parquet store: every write is some files and one commit."""

import hashlib
import os
import socket
import uuid
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import structlog

from tapeline.errors import RowError, StoreConflictError, StoreUnavailableError
from tapeline.storage.parquet import datafiles
from tapeline.storage.parquet.encoding import encode
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.layout import ROWS_PER_GROUP, data_path
from tapeline.storage.parquet.log import CommitLog
from tapeline.storage.parquet.manifest import Commit, FileFact
from tapeline.storage.parquet.sorting import Instrument, Run, instruments_of, runs_of
from tapeline.storage.parquet.sweeping import ORPHAN_AFTER_S, sweep
from tapeline.storage.ports import Chunk, Partition, Progress
from tapeline.telemetry.clock import Clock

_log = structlog.get_logger("tapeline.storage.parquet")

_ENCODERS: Final = 2
_COMMIT_WITHIN_NS: Final = 1800 * 1_000_000_000
"""Files that waited longer for their commit are written again: another writer that opens the store
may take them for left over."""


class _Piece(NamedTuple):
    """Rows of one file to be."""

    type: str
    run: Run
    instruments: list[Instrument]


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
        self._encoders: ThreadPoolExecutor | None = None
        # Whether the log may hold more than we know: at first, and after a commit that failed.
        self._is_unsure = True
        self._unsure_files: list[FileFact] = []

    def open(self) -> None:
        """Read the log, sweep what no commit names; see :meth:`Store.open`."""
        self._commits.load()
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
        added = self._put_files(chunk.tables)
        if self._clock.monotonic_ns() - began_ns > _COMMIT_WITHIN_NS:
            raise StoreUnavailableError(
                f"{self._folder.shown}: writing took too long, again from the beginning"
            )
        self._commit(chunk, added)
        self._checkpoint()

    def rehearse(self, tables: Mapping[str, pa.Table]) -> None:
        """Encode and throw away; see :meth:`Store.rehearse`."""
        for piece in _pieces(tables):
            _encoded(piece)

    def close(self) -> None:
        """Let the encoders go."""
        if self._encoders is not None:
            self._encoders.shutdown()
            self._encoders = None

    def _make_sure(self) -> None:
        """Learn what a failed commit has become, and what others have committed."""
        if not self._is_unsure:
            return
        self._commits.catch_up()
        self._is_unsure = False
        files = self._commits.state.files
        lost = [each for each in self._unsure_files if each.path not in files]
        datafiles.publish(self._folder, [f.path for f in self._unsure_files if f.path in files])
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

    def _put_files(self, tables: Mapping[str, pa.Table]) -> list[FileFact]:
        pieces = list(_pieces(tables))
        commit = self._commits.state.number + 1
        unique = uuid.uuid4().hex[:8]
        if self._encoders is None:
            self._encoders = ThreadPoolExecutor(_ENCODERS, "parquet-encoder")
        facts: list[FileFact] = []
        try:
            for place, (piece, content) in enumerate(
                zip(pieces, self._encoders.map(_encoded, pieces), strict=True)
            ):
                path = data_path(piece.type, piece.run.date, commit, place, unique)
                facts.append(_fact(piece, path, content))
                datafiles.put(self._folder, path, memoryview(content))
        except BaseException:
            self._discard(facts)
            raise
        return facts

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
            self._is_unsure, self._unsure_files = True, added
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
                self._discard(added)
                raise

    def _checkpoint(self) -> None:
        try:
            self._commits.checkpoint_if_due()
        except StoreUnavailableError as error:
            # The rows are in; a later commit brings the checkpoint.
            _log.info("no checkpoint this time", fault=str(error))

    def _discard(self, facts: list[FileFact]) -> None:
        """Give the space back at once: the disk may be full."""
        for fact in facts:
            try:
                datafiles.discard(self._folder, fact.path)
            except StoreUnavailableError as error:
                _log.info("left for the next sweep", path=fact.path, fault=str(error))


def _pieces(tables: Mapping[str, pa.Table]) -> Iterator[_Piece]:
    for event_type, table in tables.items():
        instruments = instruments_of(table)
        for run in runs_of(event_type, table, _piece_rows(table.num_rows)):
            yield _Piece(event_type, run, instruments)


def _piece_rows(rows: int) -> int:
    """Return how long pieces are: at most a row group, and as many for each encoder."""
    if rows <= ROWS_PER_GROUP // 2:
        return max(rows, 1)
    rounds = -(-rows // (ROWS_PER_GROUP * _ENCODERS))
    return -(-rows // (rounds * _ENCODERS))


def _encoded(piece: _Piece) -> pa.Buffer:
    try:
        return encode(piece.type, piece.run.table())
    except pa.ArrowInvalid as error:
        raise RowError(f"Parquet cannot hold a {piece.type} row: {error}") from error


def _fact(piece: _Piece, path: str, content: pa.Buffer) -> FileFact:
    bounds = pc.min_max(piece.run.times).as_py()
    return FileFact(
        piece.type,
        piece.run.date,
        path,
        len(piece.run.times),
        content.size,
        hashlib.sha256(content).hexdigest(),
        bounds["min"],
        bounds["max"],
        piece.instruments,
    )
