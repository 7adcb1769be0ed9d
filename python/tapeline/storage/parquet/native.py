"""Parquet files of rows that come: the façade over the Rust encoder."""

from collections.abc import Collection, Mapping

import pyarrow as pa

from tapeline._core import encode_parquet as _encode_parquet
from tapeline._core import time_order as _time_order


def encode_parquet(
    table: pa.Table,
    places: pa.Array | None,
    *,
    level: int,
    group_rows: int,
    statistics: Collection[str],
    notes: Mapping[str, str],
) -> bytes:
    """Return a Parquet file. Releases the GIL.

    Parameters
    ----------
    table
        Columns of a store; dictionaries of texts are written as texts.
    places
        uint32: which rows, in which order. They must then lie in one piece. None means all of them
        as they lie.
    level
        zstd's.
    group_rows
        Most rows of a row group; rows of two pieces of the table share none.
    statistics
        Columns whose least and greatest values are written.
    notes
        Keys and values for the footer.

    Raises
    ------
    ArgumentError
        A row has no value where its column demands one, or a column is of a type no store has.
    """
    order = None if places is None else pa.table([places], names=["place"])
    options = {
        "level": level,
        "group_rows": group_rows,
        "statistics": list(statistics),
        "notes": list(notes.items()),
    }
    return _encode_parquet(table, order, options)


def time_order(times: pa.Array) -> pa.Array | None:
    """Return the places of rows by time (uint32), or None when they lie in that order already.

    Rows of one time keep their order, rows without a time come last.

    Parameters
    ----------
    times
        int64.
    """
    if not len(times):
        return None
    order = _time_order(pa.table([times], names=["time"]))
    return None if order is None else pa.table(order)["place"].chunk(0)
