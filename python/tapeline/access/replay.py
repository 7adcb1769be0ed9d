"""Rows of several types in one order of time, for a replay."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from tapeline.access.merging import count_below, times_of
from tapeline.errors import ArgumentError


class Batch(NamedTuple):
    """Rows of one type that follow each other in the replay."""

    type: str
    rows: pa.RecordBatch
    first_ns: int
    """Time of the first row: Unix UTC nanoseconds."""
    last_ns: int
    """Time of the last row."""

    def to_polars(self) -> pl.DataFrame:
        """Return the rows as a Polars frame."""
        frame = pl.from_arrow(self.rows)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - for the type checker
        return frame


class _Lane:
    """The rows of one type that are next."""

    def __init__(self, event_type: str, batches: Iterator[pa.RecordBatch]) -> None:
        self.type = event_type
        self._batches = batches
        self.rows: pa.RecordBatch | None = None
        self.times: pa.Array = pa.array([], pa.int64())
        self.refill()

    @property
    def first_ns(self) -> int:
        return int(self.times[0].as_py())

    def refill(self) -> None:
        if len(self.times):
            return
        self.rows = next((each for each in self._batches if each.num_rows), None)
        if self.rows is not None:
            self.times = times_of(self.type, pa.Table.from_batches([self.rows]))

    def cut(self, length: int) -> Batch:
        """Take the next rows off."""
        assert self.rows is not None  # noqa: S101 - lanes without rows are dropped
        rows, times = self.rows.slice(0, length), self.times.slice(0, length)
        self.rows, self.times = self.rows.slice(length), self.times.slice(length)
        self.refill()
        return Batch(self.type, rows, times[0].as_py(), times[-1].as_py())


def replayed(
    lanes: Mapping[str, Iterator[pa.RecordBatch]], order: Sequence[str], batch_rows: int
) -> Iterator[Batch]:
    """Yield the rows of all types, ordered by time.

    At one time the types come in the order of ``order``, and the rows of a type in the order of an
    answer. A batch has one type; it ends where another type's row comes in between.

    Parameters
    ----------
    lanes
        The rows of each type, in the order of an answer.
    batch_rows
        A batch has so many rows at most.

    Raises
    ------
    ArgumentError
        ``batch_rows`` is not positive.
    """
    if batch_rows < 1:
        raise ArgumentError(f"batch_rows must be 1 or more, was {batch_rows}")
    open_ones = [_Lane(name, lanes[name]) for name in order]
    while open_ones := [lane for lane in open_ones if lane.rows is not None]:
        place = min(range(len(open_ones)), key=lambda each: (open_ones[each].first_ns, each))
        lane = open_ones[place]
        length = min(len(lane.times), batch_rows)
        for other_place, other in enumerate(open_ones):
            if other is not lane:
                # Rows of the same time go first when their type does.
                limit = other.first_ns + (place < other_place)
                length = min(length, count_below(lane.times, limit))
        yield lane.cut(length)
