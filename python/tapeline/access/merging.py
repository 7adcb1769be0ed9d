"""Rows of several sources, each in the order of an answer, into one answer."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.access.native import merge_rows
from tapeline.access.shaping import column_of
from tapeline.storage.schema import ORDER_COLUMNS, TIME_COLUMNS, stored_schema_of

LAST: Final = 2**63 - 1
"""Stands for the time of rows that have none: they come last."""
_TIME: Final = "time"


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

    def prepare(self) -> None:
        """Begin to read what the next :meth:`pull` gives, if that can be done meanwhile."""
        ...

    def pull(self) -> Run | None:
        """Return the next rows; None or no row does not mean that none will come."""
        ...


class Merge:
    """Merges feeds; what waits in memory is what overlaps in time.

    Parameters
    ----------
    event_type
        Of all rows.
    feeds
        Rows that are not alone have the columns of the order.
    columns
        What is wanted of the rows: those that are merged with others have no more.
    """

    def __init__(self, event_type: str, feeds: Sequence[Feed], columns: Sequence[str]) -> None:
        schema = stored_schema_of(event_type)
        self._feeds = feeds
        self._columns = pa.schema([schema.field(name) for name in columns])
        self._order = pa.schema([schema.field(name) for name in ORDER_COLUMNS])
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
        has_given = False
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
            if has_given:
                self._prepare(waiting)
            limit = waiting[0][0] if waiting else None
            given, runs = _split(runs, limit)
            for some in self._in_order(given):
                has_given = True
                yield some
            self.done_below_ns = limit

    def _prepare(self, waiting: Sequence[tuple[int, int]]) -> None:
        """Have the two feeds that are due next read ahead.

        Not before the first rows were taken: who asks for the head of an answer asks no more.
        """
        # Of a heap the first is the least, and one of the two behind it is the next.
        for _, place in [*waiting[:1], *sorted(waiting[1:3])[:1]]:
            self._feeds[place].prepare()

    def _in_order(self, runs: Sequence[Run]) -> Iterator[Run]:
        """Yield rows in order: what overlaps in time is merged, all else stays as it lies."""
        together: list[Run] = []
        last = 0
        for run in sorted(runs, key=lambda run: run.first):
            # What begins in or behind a run that is alone is of its own feed, and comes after it.
            is_apart = not together or run.is_alone or together[-1].is_alone or run.first > last
            if is_apart:
                yield from self._merged(together)
                together = []
            last = run.last if not together else max(last, run.last)
            together.append(run)
        yield from self._merged(together)

    def _merged(self, runs: Sequence[Run]) -> Iterator[Run]:
        """Yield the rows of runs in order."""
        merged = None if len(runs) < 2 else merge_rows([self._keyed(run) for run in runs])
        if merged is None:
            yield from runs
        else:
            # What is never null keeps saying so, whether rows were merged or not.
            table = _of_schema(merged, self._columns)
            yield Run(table, flat(merged[_TIME]))

    def _keyed(self, run: Run) -> pa.Table:
        """Return the time, what else orders rows, and what is wanted of them."""
        fields = [*self._order, *self._columns]
        columns = [run.times, *(_plain(column_of(run.table, field), field) for field in fields)]
        return pa.table(columns, [_TIME, *(field.name for field in fields)])


def _of_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the columns of a schema, of which those without a null may be said to have none."""
    fields = [
        field if table[field.name].null_count == 0 else field.with_nullable(True)
        for field in schema
    ]
    return table.select(schema.names).cast(pa.schema(fields))


def _plain(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    """Return a column with the type it is stored with, or as a dictionary of such texts."""
    kind = column.type
    if kind == field.type or (
        pa.types.is_dictionary(kind)
        and kind.index_type == pa.int32()
        and kind.value_type == field.type == pa.string()
    ):
        return column
    return column.cast(field.type)


def _split(runs: Sequence[Run], limit: int | None) -> tuple[list[Run], list[Run]]:
    """Return what is earlier than ``limit``, and the rest."""
    if limit is None:
        return list(runs), []
    halves = [run.split(limit) for run in runs]
    return [early for early, _ in halves if len(early)], [late for _, late in halves if len(late)]


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
