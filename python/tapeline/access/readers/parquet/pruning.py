"""Which files of a store, row groups of a file and rows of a group a query is about."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tapeline.access.merging import LAST
from tapeline.access.ports import Query
from tapeline.storage.parquet.manifest import FileFact
from tapeline.storage.schema import TIME_COLUMNS

_NAMES = ("exchange", "market", "symbol", "raw_symbol")


class Group(NamedTuple):
    """A row group, and times no row of it is outside of."""

    number: int
    first_ns: int
    last_ns: int
    time_columns: tuple[str, ...]
    """What makes the time of its rows: no more of them than needed."""


def files_for(files: Iterable[FileFact], event_type: str, query: Query) -> list[FileFact]:
    """Return the files that may hold rows of an answer."""
    return [
        fact
        for fact in files
        if fact.type == event_type
        and _overlaps(query, fact.time_min_ns, fact.time_max_ns)
        and any(matches(query, each) for each in fact.instruments)
    ]


def groups_for(fact: FileFact, footer: pq.FileMetaData, query: Query) -> list[Group]:
    """Return the row groups that may hold rows of an answer, in the file's order."""
    paths = {footer.schema.column(place).path: place for place in range(footer.num_columns)}
    found = []
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        first, last = _bounds(fact, group, paths)
        if _overlaps(query, first, last) and _may_name(group, paths, query):
            first, last = (LAST, LAST) if first is None or last is None else (first, last)
            times = _time_columns(fact.type, group, paths)
            found.append(Group(number, first, last, times))
    return found


def _time_columns(
    event_type: str, group: pq.RowGroupMetaData, paths: dict[str, int]
) -> tuple[str, ...]:
    first, *others = TIME_COLUMNS[event_type]
    facts = group.column(paths[first]).statistics if first in paths else None
    is_whole = facts is not None and facts.has_null_count and facts.null_count == 0
    return (first,) if is_whole else (first, *others)


class Spans:
    """The times of files: tells where the rows of one lie among those of others."""

    def __init__(self, files: Iterable[FileFact]) -> None:
        spans = [
            (fact.time_min_ns, fact.time_max_ns)
            for fact in files
            if fact.time_min_ns is not None and fact.time_max_ns is not None
        ]
        self._firsts = sorted(first for first, _ in spans)
        self._lasts = sorted(last for _, last in spans)

    def is_alone(self, group: Group) -> bool:
        """Whether no other file than the group's own may have a row of any of its times."""
        if group.first_ns == LAST:
            return False  # Rows without a time: other files may have such, too.
        begun = bisect_right(self._firsts, group.last_ns)
        ended = bisect_left(self._lasts, group.first_ns)
        return begun - ended <= 1


def matches(query: Query, instrument: tuple[str, str, str | None, str | None]) -> bool:
    """Whether a query is about an instrument: exchange, market, symbol, the venue's spelling."""
    exchange, market, symbol, raw_symbol = instrument
    return (
        query.exchange in (None, exchange)
        and query.market in (None, market)
        and (query.symbols is None or symbol in query.symbols or raw_symbol in query.symbols)
    )


def rows_for(table: pa.Table, query: Query) -> pa.ChunkedArray | None:
    """Mark the rows of the instruments a query is about; None is all."""
    wanted: list[Any] = []
    if query.exchange is not None:
        wanted.append(pc.equal(table["exchange"], query.exchange))
    if query.market is not None:
        wanted.append(pc.equal(table["market"], query.market))
    if query.symbols is not None:
        names = pa.array(query.symbols, pa.string())
        wanted.append(
            pc.or_kleene(_is_in(table["symbol"], names), _is_in(table["raw_symbol"], names))
        )
    if not wanted:
        return None
    mask = wanted[0]
    for each in wanted[1:]:
        mask = pc.and_kleene(mask, each)
    return mask


def _is_in(column: pa.ChunkedArray, names: pa.Array) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return pc.is_in(column, value_set=names)


def _overlaps(query: Query, first_ns: int | None, last_ns: int | None) -> bool:
    if first_ns is None or last_ns is None:
        return query.is_timeless
    if query.only_timeless:
        return False
    return (query.end_ns is None or first_ns < query.end_ns) and (
        query.start_ns is None or last_ns >= query.start_ns
    )


def _bounds(
    fact: FileFact, group: pq.RowGroupMetaData, paths: dict[str, int]
) -> tuple[int | None, int | None]:
    """Bound a group's times, roughly where the first of the time columns has nulls."""
    if fact.time_min_ns is None or fact.time_max_ns is None:
        return None, None
    found: list[int] = []
    for name in TIME_COLUMNS[fact.type]:
        facts = group.column(paths[name]).statistics if name in paths else None
        if facts is None:
            return fact.time_min_ns, fact.time_max_ns
        if facts.has_min_max:
            found += (facts.min, facts.max)
        if facts.has_null_count and facts.null_count == 0:
            break
    if not found:
        return fact.time_min_ns, fact.time_max_ns
    return max(min(found), fact.time_min_ns), min(max(found), fact.time_max_ns)


def _may_name(group: pq.RowGroupMetaData, paths: dict[str, int], query: Query) -> bool:
    spans = {}
    for name in _NAMES:
        facts = group.column(paths[name]).statistics if name in paths else None
        spans[name] = (facts.min, facts.max) if facts is not None and facts.has_min_max else None

    def holds(name: str, value: str) -> bool:
        span = spans[name]
        return span is None or span[0] <= value <= span[1]

    if query.exchange is not None and not holds("exchange", query.exchange):
        return False
    if query.market is not None and not holds("market", query.market):
        return False
    return query.symbols is None or any(
        holds("symbol", each) or holds("raw_symbol", each) for each in query.symbols
    )
