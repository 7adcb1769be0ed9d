"""Rows of several sources into one order, with a bounded window in memory."""

import heapq
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.parquet.sorting import count_below, times_of
from tapeline.storage.schema import ORDER_COLUMNS, stored_schema_of

WINDOW_ROWS: Final = 131_072
WINDOW_BYTES: Final = 48 * 1024 * 1024
_BEFORE_ALL: Final = -(2**63)


class SortedRows(NamedTuple):
    """Tables whose rows follow each other in the order of an answer."""

    begins_ns: int | None
    """No row is earlier; None where that is not known. A source is not opened before it is due."""
    tables: Iterator[pa.Table]


def in_order(event_type: str, table: pa.Table) -> pa.Table:
    """Sort rows into the order of an answer; those without a time come last."""
    table = table.combine_chunks()
    times = times_of(event_type, table)
    keys = table.select(list(ORDER_COLUMNS))
    keys = keys.cast(_plain(keys.schema))
    # A name that is not known sorts as an empty one; a time that is not comes last.
    keys = pa.table(
        {"time": times}
        | {
            name: pc.fill_null(keys[name], "") if keys[name].null_count else keys[name]
            for name in ORDER_COLUMNS
        }
    )
    names = ("time", *ORDER_COLUMNS)
    order = pc.sort_indices(keys, [(name, "ascending") for name in names])
    is_sorted = pc.all(pc.equal(order, pa.array(range(len(order)), pa.uint64())), min_count=0)
    return table if is_sorted.as_py() else table.take(order)


def merge(event_type: str, sources: Iterable[SortedRows]) -> Iterator[pa.Table]:
    """Yield all rows of the sources in the order of an answer.

    Only sources whose turn has come are read: memory is a window, and what overlaps in time.
    """
    schema = stored_schema_of(event_type)
    waiting = [
        (_BEFORE_ALL if source.begins_ns is None else source.begins_ns, place, source.tables)
        for place, source in enumerate(sources)
    ]
    heapq.heapify(waiting)
    held = schema.empty_table()
    while waiting or held.num_rows:
        held = _fill(event_type, held, waiting)
        begins_ns = waiting[0][0] if waiting else None
        ready = held.num_rows
        if begins_ns is not None:
            ready = _ready(event_type, held, begins_ns)
        if ready:
            yield held.slice(0, ready)
        held = held.slice(ready)


_Waiting = list[tuple[int, int, Iterator[pa.Table]]]


def _fill(event_type: str, held: pa.Table, waiting: _Waiting) -> pa.Table:
    """Read at least one table, and on until the window is full; return it in order."""
    schema = stored_schema_of(event_type)
    tables, rows, size = [held], held.num_rows, held.nbytes
    is_first = True
    while waiting and (is_first or (rows < WINDOW_ROWS and size < WINDOW_BYTES)):
        _, place, source = heapq.heappop(waiting)
        table = next(source, None)
        if table is None:
            continue
        is_first = False
        tables.append(table if table.schema.equals(schema) else table.cast(schema))
        rows, size = rows + table.num_rows, size + table.nbytes
        heapq.heappush(waiting, (_last_ns(event_type, table), place, source))
    return in_order(event_type, pa.concat_tables(tables))


def _last_ns(event_type: str, table: pa.Table) -> int:
    """Return what no row that follows a table is earlier than."""
    last = pc.max(times_of(event_type, table)).as_py()
    # Only rows without a time follow one without a time; they are after all others.
    return _BEFORE_ALL if last is None else int(last)


def _ready(event_type: str, held: pa.Table, begins_ns: int) -> int:
    times = times_of(event_type, held)
    known = len(times) - times.null_count
    return count_below(times.slice(0, known), begins_ns)


def _plain(schema: pa.Schema) -> pa.Schema:
    """Return a schema with texts where it has dictionaries of them: Arrow sorts no dictionaries."""
    for place, field in enumerate(schema):
        if pa.types.is_dictionary(field.type):
            schema = schema.set(place, field.with_type(field.type.value_type))
    return schema
