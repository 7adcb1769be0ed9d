"""Rows of several sources, each in the order of an answer, into one answer."""

import heapq
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.schema import ORDER_COLUMNS, TIME_COLUMNS

LAST: Final = 2**63 - 1
"""Stands for the time of rows that have none: they come last."""


@dataclass(frozen=True, slots=True)
class Run:
    """Rows in the order of an answer."""

    table: pa.Table
    times: pa.Array
    """The time of each, int64 Unix UTC nanoseconds; :data:`LAST` where it has none."""
    is_alone: bool = False
    """Whether no other feed has a row of any of these times: they need no columns of the order."""
    is_distinct: bool = False
    """Whether it is known that no row has the time and the event id of one before it, here or in
    what came earlier: they need no ids."""

    def __len__(self) -> int:
        return len(self.times)

    @property
    def first(self) -> int:
        """Time of the first row."""
        return int(self.times[0].as_py())

    @property
    def last(self) -> int:
        """Time of the last row."""
        return int(self.times[-1].as_py())

    def split(self, limit: int) -> tuple["Run", "Run"]:
        """Cut before the first row that is not earlier than ``limit``."""
        place = count_below(self.times, limit)
        return self.slice(0, place), self.slice(place, len(self.times) - place)

    def slice(self, begin: int, length: int) -> "Run":
        """Return some of the rows."""
        if length == len(self.times):
            return self
        table, times = self.table.slice(begin, length), self.times.slice(begin, length)
        return replace(self, table=table, times=times)

    def filter(self, mask: pa.ChunkedArray | None) -> "Run":
        """Keep the rows that are marked; None marks all."""
        if mask is None:
            return self
        table, times = self.table.filter(mask), self.times.filter(flat(mask))
        return replace(self, table=table, times=times)


def run_of(event_type: str, table: pa.Table) -> Run:
    """Return rows of which nothing else is known."""
    return Run(table, times_of(event_type, table))


class Feed(Protocol):
    """A source of rows in the order of an answer."""

    @property
    def bound_ns(self) -> int | None:
        """No row that is still to come is earlier; None when none is to come."""
        ...

    def pull(self) -> Run | None:
        """Return the next rows; None or no row does not mean that none will come."""
        ...


class Merge:
    """Merges feeds; what waits in memory is what overlaps in time.

    Parameters
    ----------
    feeds
        Rows that are not alone have the columns of the order, and the same columns as others.
    """

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = feeds
        self.done_below_ns: int | None = None
        """Every row earlier than this was given out, and no other; None before the beginning."""

    def __iter__(self) -> Iterator[Run]:
        """Yield rows, each in order and after those before them; one row or more."""
        waiting = [
            (bound, place)
            for place, feed in enumerate(self._feeds)
            if (bound := feed.bound_ns) is not None
        ]
        heapq.heapify(waiting)
        runs: list[Run] = []
        while waiting:
            feed = self._feeds[waiting[0][1]]
            run = feed.pull()
            if run is not None and len(run):
                runs.append(run)
            bound = feed.bound_ns
            if bound is None:
                heapq.heappop(waiting)
            else:
                heapq.heapreplace(waiting, (bound, waiting[0][1]))
            limit = waiting[0][0] if waiting else None
            runs = yield from self._give(runs, limit)
            self.done_below_ns = limit

    def _give(self, runs: list[Run], limit: int | None) -> Generator[Run, None, list[Run]]:
        """Yield what is earlier than ``limit``, and return the rest."""
        parts, rest = runs, []
        if limit is not None:
            halves = [run.split(limit) for run in runs]
            parts = [early for early, _ in halves if len(early)]
            rest = [late for _, late in halves if len(late)]
        while parts:
            parts.sort(key=lambda run: run.first)
            head, others = parts[0], parts[1:]
            if not others or head.is_alone or head.last < others[0].first:
                # What begins in a run that is alone is of its own feed, and comes after it.
                yield head
                parts = others
            elif head.first < others[0].first:
                early, late = head.split(others[0].first)
                yield early
                parts = [late, *others]
            else:
                # They begin together: what ends first ends the stretch to sort.
                end = min(run.last for run in parts) + 1
                halves = [run.split(end) for run in parts]
                yield self._sorted([early for early, _ in halves if len(early)])
                parts = [late for _, late in halves if len(late)]
        return rest

    def _sorted(self, runs: Sequence[Run]) -> Run:
        table = pa.concat_tables([run.table for run in runs])
        times = pa.chunked_array([run.times for run in runs])
        order = order_of(table, times)
        return Run(table.take(order), times.take(order).combine_chunks())


def order_of(table: pa.Table, times: pa.ChunkedArray) -> pa.Array:
    """Return the places of the rows in the order of an answer."""
    keys = {"time": pl.Series(times)}
    for name in ORDER_COLUMNS:
        series = pl.Series(table[name])
        # A name that is not known sorts as an empty one.
        keys[name] = series.cast(pl.String).fill_null("") if _is_text(table[name].type) else series
    frame = pl.DataFrame(keys)
    return frame.select(pl.arg_sort_by(list(keys), maintain_order=True)).to_series().to_arrow()


def times_of(event_type: str, table: pa.Table) -> pa.Array:
    """Return the time of each row, int64 Unix UTC nanoseconds; :data:`LAST` where it has none."""
    first, *others = TIME_COLUMNS[event_type]
    times = table[first]
    if times.null_count:
        columns = [table[name] for name in others]
        times = pc.coalesce(times, *columns, pa.scalar(LAST, pa.int64()))
    return flat(times)


def flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece, copied only where it is in several."""
    if isinstance(column, pa.Array):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def count_below(times: pa.Array, limit: int) -> int:
    """Count the leading times below a limit, by bisection."""
    low, high = 0, len(times)
    if not high or times[-1].as_py() < limit:
        return high
    while low < high:
        middle = (low + high) // 2
        if times[middle].as_py() < limit:
            low = middle + 1
        else:
            high = middle
    return low


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))
