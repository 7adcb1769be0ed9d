"""The façade over Rust: the book engine, repeats, the order of rows, decimals of Parquet files."""

from collections.abc import Sequence
from itertools import accumulate

import pyarrow as pa

from tapeline._core import decode_decimals
from tapeline._core import merge_order as _merge_order
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
    "merge_order",
    "repeats",
    "rule_of",
    "take",
    "take_each",
]


def merge_order(keys: pa.Table, lengths: Sequence[int]) -> pa.Array | None:
    """Return the places of rows in order (uint32), or None when they lie in it. Releases the GIL.

    Rows with equal keys keep their order.

    Parameters
    ----------
    keys
        As :func:`tapeline.access.ordering.keys_of` gives them, run after run.
    lengths
        How many rows each run has. Runs that are sorted are merged; one that is not is sorted
        first.
    """
    order = _merge_order(keys.combine_chunks(), list(accumulate(lengths)))
    return None if order is None else pa.table(order)["place"].chunk(0)
