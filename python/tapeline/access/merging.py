"""Rows of several sources, each in the order of an answer, into one answer."""

import heapq
from collections.abc import Generator, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.schema import ORDER_COLUMNS, TIME_COLUMNS

LAST: Final = 2**63 - 1
"""Stands for the time of rows that have none: they come last."""


class Feed(Protocol):
    """A source of rows in the order of an answer."""

    @property
    def bound_ns(self) -> int | None:
        """No row that is still to come is earlier; None when none is to come."""
        ...

    def pull(self) -> pa.Table:
        """Return the next rows, possibly none."""
        ...


class _Run(NamedTuple):
    """Rows waiting to be given out."""

    table: pa.Table
    times: pa.Array

    def __len__(self) -> int:
        return len(self.times)

    @property
    def first(self) -> int:
        return int(self.times[0].as_py())

    @property
    def last(self) -> int:
        return int(self.times[-1].as_py())

    def split(self, limit: int) -> tuple["_Run", "_Run"]:
        """Cut before the first row that is not earlier than ``limit``."""
        place = count_below(self.times, limit)
        return self.slice(0, place), self.slice(place, len(self.times) - place)

    def slice(self, begin: int, length: int) -> "_Run":
        return _Run(self.table.slice(begin, length), self.times.slice(begin, length))


class Merge:
    """Merges feeds; what waits in memory is what overlaps in time.

    Parameters
    ----------
    event_type
        Says which columns are the time; the feeds' rows have these and those of the order.
    """

    def __init__(self, event_type: str, feeds: Sequence[Feed]) -> None:
        self._event_type = event_type
        self._feeds = feeds
        self.done_below_ns: int | None = None
        """Every row earlier than this was given out, and no other; None before the beginning."""

    def __iter__(self) -> Iterator[pa.Table]:
        """Yield tables, each in order and after the one before it.

        Yields
        ------
        pyarrow.Table
            One row or more.
        """
        waiting = [
            (bound, place)
            for place, feed in enumerate(self._feeds)
            if (bound := feed.bound_ns) is not None
        ]
        heapq.heapify(waiting)
        runs: list[_Run] = []
        while waiting:
            feed = self._feeds[waiting[0][1]]
            table = feed.pull()
            if table.num_rows:
                runs.append(_Run(table, times_of(self._event_type, table)))
            bound = feed.bound_ns
            if bound is None:
                heapq.heappop(waiting)
            else:
                heapq.heapreplace(waiting, (bound, waiting[0][1]))
            limit = waiting[0][0] if waiting else None
            runs = yield from self._give(runs, limit)
            self.done_below_ns = limit

    def _give(self, runs: list[_Run], limit: int | None) -> Generator[pa.Table, None, list[_Run]]:
        """Yield what is earlier than ``limit``, and return the rest."""
        parts, rest = runs, []
        if limit is not None:
            halves = [run.split(limit) for run in runs]
            parts = [early for early, _ in halves if len(early)]
            rest = [late for _, late in halves if len(late)]
        while parts:
            parts.sort(key=lambda run: run.first)
            head, others = parts[0], parts[1:]
            if not others or head.last < others[0].first:
                yield head.table
                parts = others
            elif head.first < others[0].first:
                early, late = head.split(others[0].first)
                yield early.table
                parts = [late, *others]
            else:
                # They begin together: what ends first ends the stretch to sort.
                end = min(run.last for run in parts) + 1
                halves = [run.split(end) for run in parts]
                yield self._sorted([early for early, _ in halves if len(early)])
                parts = [late for _, late in halves if len(late)]
        return rest

    def _sorted(self, runs: Sequence[_Run]) -> pa.Table:
        table = pa.concat_tables([run.table for run in runs])
        times = pa.chunked_array([run.times for run in runs])
        return table.take(order_of(table, times))


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
    columns = [table[name] for name in TIME_COLUMNS[event_type]]
    times = pc.coalesce(*columns, pa.scalar(LAST, pa.int64()))
    return times.combine_chunks() if isinstance(times, pa.ChunkedArray) else times


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
