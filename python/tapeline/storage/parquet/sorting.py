"""Rows into the order of an answer, cut at midnight."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.parquet.native import time_order
from tapeline.storage.schema import TIME_COLUMNS, UNKNOWN_DATE

_DAY_NS = 86_400_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Instrument = tuple[str, str, str | None, str | None]
"""Exchange, market, symbol and the venue's spelling."""
Span = tuple[int | None, int | None]
"""First and last time of some rows, Unix UTC nanoseconds; nulls where none has one."""


class Run(NamedTuple):
    """Rows of one UTC day that follow each other in the order of an answer."""

    date: str
    source: pa.Table
    places: pa.Array | None
    """uint32: which rows of ``source``; None means all of them as they lie."""
    times: pa.Array
    """int64 Unix UTC nanoseconds of each row, or nulls."""

    def table(self) -> pa.Table:
        """Return the rows, in order. Copying them takes time."""
        return self.source if self.places is None else self.source.take(self.places)


def times_of(event_type: str, table: pa.Table) -> pa.Array:
    """Return the time of each row: int64 Unix UTC nanoseconds, null where it has none."""
    columns = [table[name] for name in TIME_COLUMNS[event_type]]
    times = columns[0] if not columns[0].null_count else pc.coalesce(*columns)
    return times.combine_chunks() if isinstance(times, pa.ChunkedArray) else times


def runs_of(event_type: str, table: pa.Table, rows_max: int) -> Iterator[Run]:
    """Sort rows by time, cut at midnight UTC and at ``rows_max``; rows without a time come last.

    Parameters
    ----------
    table
        Instrument by instrument, each in order of arrival: the sort keeps that order where times
        are equal, which makes it the order of an answer.
    """
    table = table.combine_chunks()
    times = times_of(event_type, table)
    order = time_order(times)
    if order is not None:
        times = times.take(order)
    for date, day_begin, day_end in _days(times):
        for begin, end in pairwise(_cuts(times, day_begin, day_end, rows_max)):
            length = end - begin
            some = times.slice(begin, length)
            if order is None:
                yield Run(date, table.slice(begin, length), None, some)
            else:
                yield Run(date, table, order.slice(begin, length), some)


def _cuts(times: pa.Array, begin: int, end: int, rows_max: int) -> list[int]:
    """Return where pieces of a day begin, and its end.

    A time is not cut in two, if that can be: where files share no time nobody need compare them.
    """
    # Pieces of one size, so that threads that work on them end together.
    count = -(-(end - begin) // rows_max)
    size = -(-(end - begin) // count)
    cuts = [begin]
    while end - cuts[-1] > rows_max:
        # From the cut before: one that was moved back makes no longer piece.
        last, place = cuts[-1], cuts[-1] + size
        time = times[place].as_py()
        known = times.slice(last, place - last)
        first = place if time is None else last + count_below(known, time)
        cuts.append(first if first > last else place)
    return [*cuts, end]


def _days(times: pa.Array) -> Iterator[tuple[str, int, int]]:
    """Yield each day's date, first place and the place after its last, of sorted times."""
    begin = 0
    known = len(times) - times.null_count
    while begin < known:
        day = times[begin].as_py() // _DAY_NS
        end = begin + count_below(times.slice(begin, known - begin), (day + 1) * _DAY_NS)
        yield f"{(_EPOCH + timedelta(days=day)):%Y-%m-%d}", begin, end
        begin = end
    if known < len(times):
        yield UNKNOWN_DATE, known, len(times)


def spans_of(table: pa.Table, times: pa.Array) -> dict[Instrument, Span]:
    """Return the instruments of rows that lie in any order, and when each was."""
    names = ["exchange", "market", "symbol", "raw_symbol"]
    timed = table.select(names).append_column("time", times)
    found = timed.group_by(names, use_threads=False).aggregate([("time", "min"), ("time", "max")])
    instruments = zip(*(found[name].to_pylist() for name in names), strict=True)
    spans = zip(found["time_min"].to_pylist(), found["time_max"].to_pylist(), strict=True)
    return dict(zip(instruments, spans, strict=True))


def spans_of_runs(event_type: str, table: pa.Table) -> dict[Instrument, Span]:
    """Do what :func:`spans_of` does; cheap when an instrument's rows lie together."""
    names = ("exchange", "market", "symbol", "raw_symbol")
    starts: set[int] = set()
    for name in names:
        first = 0
        for chunk in table[name].chunks:
            starts.update(first + place for place in _run_starts(chunk))
            first += len(chunk)
    times = times_of(event_type, table)
    found: dict[Instrument, Span] = {}
    for start, end in pairwise([*sorted(starts), table.num_rows]):
        instrument = tuple(table[name][start].as_py() for name in names)
        bounds = pc.min_max(times.slice(start, end - start)).as_py()
        found[instrument] = joined(found.get(instrument), (bounds["min"], bounds["max"]))
    return found


def joined(one: Span | None, other: Span) -> Span:
    """Return the span of two."""
    if one is None or one[0] is None or one[1] is None:
        return other
    if other[0] is None or other[1] is None:
        return one
    return min(one[0], other[0]), max(one[1], other[1])


def sorted_spans(spans: Mapping[Instrument, Span]) -> dict[Instrument, Span]:
    """Return instruments in the order in which they are listed."""
    return dict(sorted(spans.items(), key=lambda each: tuple(name or "" for name in each[0])))


def _run_starts(column: pa.Array) -> list[int]:
    """Return the places at which a column has another value than before, and its first."""
    if not len(column):
        return []
    keys = column.indices if pa.types.is_dictionary(column.type) else column
    if not keys.null_count:
        is_other = pc.not_equal(keys.slice(1), keys.slice(0, len(keys) - 1))
        return [0, *pc.add(pc.indices_nonzero(is_other), 1).to_pylist()]
    ends = pc.run_end_encode(keys).run_ends.to_pylist()
    return [0, *ends[:-1]]


def count_below(times: pa.Array, limit: int) -> int:
    """Count the leading times below a limit, by bisection."""
    low, high = 0, len(times)
    while low < high:
        middle = (low + high) // 2
        if times[middle].as_py() < limit:
            low = middle + 1
        else:
            high = middle
    return low
