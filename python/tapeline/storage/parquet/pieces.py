"""The rows of a chunk, cut into files, encoded and put by several threads."""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.errors import ArgumentError, RowError
from tapeline.storage.parquet import datafiles
from tapeline.storage.parquet.distinct import is_distinct
from tapeline.storage.parquet.encoding import encode
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.layout import ROWS_PER_GROUP, data_path
from tapeline.storage.parquet.manifest import FileFact
from tapeline.storage.parquet.sorting import (
    Instrument,
    Run,
    Span,
    runs_of,
    sorted_spans,
    spans_of_runs,
)

_CORES: Final = 2
"""Pieces that are encoded at once."""
_THREADS: Final = _CORES + 1
"""One more: while a thread waits for the disk, another has its core."""


class Piece(NamedTuple):
    """Rows of one file to be."""

    type: str
    run: Run
    spans: Mapping[Instrument, Span]
    """Instruments of the rows, and when each was: no row of one is outside."""


def pieces_of(tables: Mapping[str, pa.Table]) -> Iterator[Piece]:
    """Cut rows, by event type, into what becomes a file each."""
    for event_type, table in tables.items():
        spans = sorted_spans(spans_of_runs(event_type, table))
        for run in runs_of(event_type, table, _piece_rows(table.num_rows)):
            yield Piece(event_type, run, spans_within(spans, run.times))


def spans_within(spans: Mapping[Instrument, Span], times: pa.Array) -> dict[Instrument, Span]:
    """Cut the spans of instruments to some of their rows, which lie in order of time.

    Not tighter than that: one piece of several has the last time of an instrument, and says it.
    """
    if times.null_count:
        return dict.fromkeys(spans, (None, None))
    first, last = times[0].as_py(), times[-1].as_py()
    return {
        instrument: (max(begin, first), min(end, last))
        for instrument, (begin, end) in spans.items()
        if begin is not None and end is not None and begin <= last and end >= first
    }


def encoded(piece: Piece) -> bytes:
    """Return the bytes of a piece's file.

    Raises
    ------
    RowError
        One of its rows can never be written.
    """
    try:
        return encode(piece.type, piece.run.source, piece.run.places)
    except ArgumentError as error:
        raise RowError(f"Parquet cannot hold a {piece.type} row: {error}") from error


class PieceWriter:
    """Writes files that no commit names yet.

    Parameters
    ----------
    folder
        Where they go. Several threads use it at once.
    discard
        Is given the paths of files that may be there and will not be committed.
    """

    def __init__(self, folder: Folder, discard: Callable[[list[str]], None]) -> None:
        self._folder = folder
        self._discard = discard
        self._threads: ThreadPoolExecutor | None = None

    def put(self, tables: Mapping[str, pa.Table], commit: int) -> list[FileFact]:
        """Write all rows, or leave no file.

        Raises
        ------
        RowError, StoreUnavailableError
            Of the first piece that could not be written.
        """
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, "parquet-writer")
        unique = uuid.uuid4().hex[:8]
        pieces = list(pieces_of(tables))
        paths = [
            data_path(piece.type, piece.run.date, commit, place, unique)
            for place, piece in enumerate(pieces)
        ]
        putting = [
            self._threads.submit(self._put, piece, path)
            for piece, path in zip(pieces, paths, strict=True)
        ]
        try:
            return [each.result() for each in putting]
        except BaseException:
            for each in putting:
                each.cancel()
            wait(putting)
            self._discard(paths)
            raise

    def close(self) -> None:
        """Let the threads go; harmless when called twice."""
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None

    def _put(self, piece: Piece, path: str) -> FileFact:
        content = encoded(piece)
        fact = fact_of(piece, path, content)
        datafiles.put(self._folder, path, content)
        return fact


def _piece_rows(rows: int) -> int:
    """Return how long pieces are: at most a row group, and as many for each core."""
    if rows <= ROWS_PER_GROUP // 2:
        return max(rows, 1)
    rounds = -(-rows // (ROWS_PER_GROUP * _CORES))
    size = -(-rows // (rounds * _CORES))
    # Some room: a cut that is moved back, so that no time is cut in two, makes no small last piece.
    return min(size + size // 16, ROWS_PER_GROUP)


def fact_of(piece: Piece, path: str, content: bytes) -> FileFact:
    """Return what the log says of a piece's file."""
    bounds = pc.min_max(piece.run.times).as_py()
    return FileFact(
        piece.type,
        piece.run.date,
        path,
        len(piece.run.times),
        len(content),
        hashlib.sha256(content).hexdigest(),
        bounds["min"],
        bounds["max"],
        list(piece.spans),
        is_distinct(piece.type, piece.run),
        list(piece.spans.values()),
    )
