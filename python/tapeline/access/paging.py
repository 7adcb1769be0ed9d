"""Pages of an answer: every row on one of them, also where many rows have one time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import pyarrow as pa

from tapeline.access.merging import count_below, times_of
from tapeline.access.ports import Query
from tapeline.errors import ArgumentError
from tapeline.storage.schema import LOG_INDEX, LOG_OFFSET, ORDER_COLUMNS, schema_of

Read = Callable[[str, Query, Sequence[str]], Iterator[pa.RecordBatch]]
"""Reads columns of a type that stores keep, each event once."""

Key = tuple[str, str, str, int, int]
"""The columns that order rows of one time."""

_FIRST_NS: Final = 0
"""Rows without any time are left out: pages are of some time."""


class Place(NamedTuple):
    """Where a page ends: the last row on it."""

    time_ns: int
    key: Key
    repeats: int
    """So many rows with this time and key were given; one, but where a topic was made anew."""


class PageOfRows(NamedTuple):
    """Rows in the order of an answer."""

    rows: pa.Table
    following: Place | None
    """Where to go on; None when there is no more."""


def page_of(
    event_type: str,
    query: Query,
    limit: int,
    after: Place | None,
    read: Read,
    check: Callable[[], None],
) -> PageOfRows:
    """Read a page.

    Raises
    ------
    ArgumentError
        ``limit`` is not positive.
    """
    if limit < 1:
        raise ArgumentError(f"limit must be 1 or more, was {limit}")
    begin_ns = _FIRST_NS if query.start_ns is None else query.start_ns
    if after is not None:
        begin_ns = max(begin_ns, after.time_ns)
    if query.end_ns is not None and query.end_ns <= begin_ns:
        return PageOfRows(schema_of(event_type).empty_table(), None)
    names = [*schema_of(event_type).names, LOG_OFFSET, LOG_INDEX]
    found = _rows_after(
        event_type, replace(query, start_ns=begin_ns), limit + 1, after, names, read, check
    )
    rows = found.slice(0, limit).select(schema_of(event_type).names)
    if found.num_rows <= limit:
        return PageOfRows(rows, None)
    return PageOfRows(rows, _place(event_type, found.slice(0, limit), after))


def _rows_after(
    event_type: str,
    query: Query,
    wanted: int,
    after: Place | None,
    names: Sequence[str],
    read: Read,
    check: Callable[[], None],
) -> pa.Table:
    found: list[pa.Table] = []
    left = wanted
    skipping = None if after is None else _Skipping(event_type, after)
    for batch in read(event_type, query, names):
        check()
        table = pa.Table.from_batches([batch]).select(list(names))
        if skipping is not None:
            table = skipping.rest(table)
        if table.num_rows:
            found.append(table.slice(0, left))
            left -= found[-1].num_rows
        if left <= 0:
            break
    if not found:
        schema = schema_of(event_type)
        return (
            schema.append(pa.field(LOG_OFFSET, pa.int64()))
            .append(pa.field(LOG_INDEX, pa.int32()))
            .empty_table()
        )
    return pa.concat_tables(found)


class _Skipping:
    """Leaves out the rows that earlier pages had."""

    def __init__(self, event_type: str, after: Place) -> None:
        self._event_type = event_type
        self._after = after
        self._repeats = after.repeats

    def rest(self, table: pa.Table) -> pa.Table:
        """Return the rows of the next batch that come after the place."""
        same_time = count_below(times_of(self._event_type, table), self._after.time_ns + 1)
        place = 0
        for key in _keys(table.slice(0, same_time)):
            if key > self._after.key or (key == self._after.key and not self._repeats):
                break
            self._repeats -= key == self._after.key
            place += 1
        return table.slice(place)


def _place(event_type: str, page: pa.Table, after: Place | None) -> Place:
    times = times_of(event_type, page)
    last_ns = times[-1].as_py()
    begin = count_below(times, last_ns)
    keys = list(_keys(page.slice(begin)))
    repeats = keys.count(keys[-1])
    if after is not None and (after.time_ns, after.key) == (last_ns, keys[-1]):
        repeats += after.repeats
    return Place(last_ns, keys[-1], repeats)


def _keys(table: pa.Table) -> Iterator[Key]:
    columns = (table[name].to_pylist() for name in ORDER_COLUMNS)
    for exchange, market, raw_symbol, offset, index in zip(*columns, strict=True):
        yield exchange, market, raw_symbol or "", offset, index
