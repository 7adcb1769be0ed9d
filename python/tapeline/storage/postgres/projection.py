"""Rows of the canonical schema as rows of the tables."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.errors import RowError
from tapeline.storage.postgres.names import encoded_texts
from tapeline.storage.postgres.tables import (
    LEVELS,
    SIDES,
    SNAPSHOT,
    SNAPSHOTS,
    columns_of,
)
from tapeline.storage.schema import TIME_COLUMNS


def times_of(event_type: str, table: pa.Table) -> pa.ChunkedArray:
    """Return the time of each row: int64 Unix UTC nanoseconds, null where it has none."""
    columns = [table[name] for name in TIME_COLUMNS[event_type]]
    return pc.coalesce(*columns) if len(columns) > 1 else columns[0]


def project(
    event_type: str,
    table: pa.Table,
    times: pa.ChunkedArray,
    exchange_ids: pa.Array,
    symbol_ids: pa.Array,
) -> Iterator[tuple[str, pa.Table]]:
    """Yield table names and their rows, with the columns of :func:`columns_of` in that order.

    Raises
    ------
    RowError
        A row has a side there is no letter for.
    """
    arrays = [pc.fill_null(times, 0).cast(pa.timestamp("ns")), exchange_ids, symbol_ids]
    names = ["time", "exchange_id", "symbol_id"]
    for column in columns_of(event_type):
        if column.field is None:
            continue
        field = table[column.field]
        if column.field == "side":
            field = _letters(field)
        elif column.field in LEVELS:
            field = _part_of_levels(field, column.name.partition("_")[2])
        arrays.append(field)
        names.append(column.name)
    whole = pa.table(arrays, names)
    if event_type != "orderbook":
        yield event_type, whole
        return
    # Of the books by price level: best prices come as snapshots all the time.
    is_snapshot = pc.and_(
        pc.equal(table["action"].cast(pa.string()), SNAPSHOT), pc.equal(table["depth"], 2)
    )
    for name, wanted in ((event_type, pc.invert(is_snapshot)), (SNAPSHOTS, is_snapshot)):
        rows = whole.filter(wanted)
        if rows.num_rows:
            yield name, rows


def _letters(sides: pa.ChunkedArray) -> pa.ChunkedArray:
    encoded = encoded_texts(sides)
    texts = encoded.dictionary.to_pylist()
    used = pc.unique(encoded.indices.drop_null()).to_pylist()
    for text in (texts[place] for place in used):
        if text not in SIDES:
            raise RowError(f"a side must be one of {', '.join(SIDES)}, was {text!r}")
    letters = pa.array([SIDES.get(text) for text in texts], pa.string())
    return pa.chunked_array([pa.DictionaryArray.from_arrays(encoded.indices, letters)])


def _part_of_levels(levels: pa.ChunkedArray, part: str) -> pa.ChunkedArray:
    lists = [
        pa.ListArray.from_arrays(chunk.offsets, pc.struct_field(chunk.values, part))
        for chunk in levels.chunks
    ]
    return pa.chunked_array(lists, pa.list_(pa.decimal128(38, 18)))
