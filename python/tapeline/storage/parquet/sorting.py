"""Rows into the order of an answer, a day at a time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.parquet.layout import UNKNOWN_DATE
from tapeline.storage.schema import TIME_COLUMNS

_DAY_NS = 86_400_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Instrument = tuple[str, str, str | None, str | None]
"""Exchange, market, symbol and the venue's spelling."""


class Day(NamedTuple):
    """Rows of one UTC day, in order."""

    date: str
    table: pa.Table
    times: pa.Array
    """int64 Unix UTC nanoseconds of each row, or nulls."""


def times_of(event_type: str, table: pa.Table) -> pa.Array:
    """Return the time of each row: int64 Unix UTC nanoseconds, null where it has none."""
    columns = [table[name] for name in TIME_COLUMNS[event_type]]
    times = pc.coalesce(*columns) if len(columns) > 1 else columns[0]
    return times.combine_chunks() if isinstance(times, pa.ChunkedArray) else times


def days_of(event_type: str, table: pa.Table) -> Iterator[Day]:
    """Sort rows by time and split them at midnight UTC; rows without a time come last.

    Parameters
    ----------
    table
        Instrument by instrument, each in order of arrival: the sort keeps that order where times
        are equal, which makes it the order of an answer.
    """
    table = table.combine_chunks()
    times = times_of(event_type, table)
    if not _is_sorted(times):
        order = _stable_order(times)
        table, times = table.take(order), times.take(order)
    begin = 0
    known = len(times) - times.null_count
    while begin < known:
        day = times[begin].as_py() // _DAY_NS
        end = begin + _count_below(times.slice(begin, known - begin), (day + 1) * _DAY_NS)
        date = f"{(_EPOCH + timedelta(days=day)):%Y-%m-%d}"
        yield Day(date, table.slice(begin, end - begin), times.slice(begin, end - begin))
        begin = end
    if known < len(times):
        yield Day(UNKNOWN_DATE, table.slice(known), times.slice(known))


def instruments_of(table: pa.Table) -> list[Instrument]:
    """List the instruments of rows; cheap when an instrument's rows lie together."""
    names = ("exchange", "market", "symbol", "raw_symbol")
    starts: set[int] = set()
    for name in names:
        for chunk in table[name].chunks:
            if len(chunk):
                ends = pc.run_end_encode(chunk).run_ends.to_pylist()
                starts.update([0, *ends[:-1]])
    found = {tuple(table[name][row].as_py() for name in names) for row in starts}
    return sorted(found, key=lambda each: tuple(name or "" for name in each))


def _is_sorted(times: pa.Array) -> bool:
    if times.null_count:
        return False
    following = pc.greater_equal(times.slice(1), times.slice(0, max(len(times) - 1, 0)))
    return bool(pc.all(following, min_count=0).as_py())


def _stable_order(times: pa.Array) -> pa.Array:
    # Polars sorts runs that are sorted already in half the time Arrow takes.
    frame = pl.DataFrame({"time": pl.from_arrow(times)})
    order = frame.select(pl.arg_sort_by("time", nulls_last=True, maintain_order=True))
    return order.to_series().to_arrow()


def _count_below(times: pa.Array, limit: int) -> int:
    """Count the leading times below a limit, by bisection."""
    low, high = 0, len(times)
    while low < high:
        middle = (low + high) // 2
        if times[middle].as_py() < limit:
            low = middle + 1
        else:
            high = middle
    return low
