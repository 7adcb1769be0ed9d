"""The façade over Rust: the book engine, repeats, rows in order, columns of Parquet files."""

from collections.abc import Sequence

import pyarrow as pa

from tapeline._core import decode_decimals, decode_wholes
from tapeline._core import merge_rows as _merge_rows
from tapeline.storage.native import (
    ABSENT,
    COLUMNS,
    BookReplay,
    Side,
    repeats,
    rule_of,
    take,
    take_each,
)

__all__ = [
    "ABSENT",
    "COLUMNS",
    "BookReplay",
    "Side",
    "decode_decimals",
    "decode_wholes",
    "merge_rows",
    "repeats",
    "rule_of",
    "take",
    "take_each",
]


def merge_rows(tables: Sequence[pa.Table]) -> pa.Table | None:
    """Return the rows of tables in order, or None when table after table lies in it already.

    Rows with equal keys keep their order. Tables that are sorted are merged; one that is not is
    sorted first. Releases the GIL.

    Parameters
    ----------
    tables
        With the same columns. The first say the order: a time (int64), three names (texts or
        dictionaries of them), an offset (int64) and an index (int32). Only names may be null: then
        they are as empty ones.

    Returns
    -------
    pyarrow.Table
        The time and the columns behind the index; dictionaries of texts are texts.

    Raises
    ------
    ArgumentError
        A column is of a type that no store has.
    """
    merged = _merge_rows(tables)
    return None if merged is None else pa.table(merged)
