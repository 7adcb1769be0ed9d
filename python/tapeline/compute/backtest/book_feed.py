"""Order-book rows as columns: the book after each message."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.access.book_rows import book_rows
from tapeline.access.frames import Frame
from tapeline.access.native import Side
from tapeline.compute.backtest.feed import EVENT_ID, SUSPICIOUS, Arrays, Rows, event_ids, flags
from tapeline.compute.backtest.strategy import Array
from tapeline.compute.columns import to_numpy

LEVELS: Final = 20
"""Levels a side that strategies see and orders meet."""


def read_books(frame: Frame, *, with_quality: bool, with_ids: bool = False) -> Iterator[Rows]:
    """Yield the book after each message, as arrays of rows and levels."""
    for rows, bids, asks in book_rows(frame, LEVELS):
        time = pc.coalesce(rows["timestamp_ns"], rows["received_ns"])
        arrays: Arrays = {"time_ns": pc.fill_null(time, 0).to_numpy()}
        arrays["bid_price"], arrays["bid_quantity"] = _matrices(bids)
        arrays["ask_price"], arrays["ask_quantity"] = _matrices(asks)
        if with_quality:
            arrays[SUSPICIOUS] = flags(pc.equal(_flat(rows["quality"]), "suspicious"))
        if with_ids:
            arrays[EVENT_ID] = event_ids(_flat(rows[EVENT_ID]))
        if time.null_count:
            known = time.is_valid().to_numpy()
            arrays = {name: each[known] for name, each in arrays.items()}
        yield Rows(arrays, time.null_count)


def _matrices(side: Side) -> tuple[Array, Array]:
    """Return prices and quantities as rows and levels, NaN where the book ends."""
    counts = side.counts.to_numpy(zero_copy_only=False)
    is_there = np.arange(LEVELS) < counts[:, None]
    found = []
    for values in (side.prices, side.quantities):
        matrix = np.full((len(counts), LEVELS), np.nan)
        matrix[is_there] = to_numpy(values)
        found.append(matrix)
    return found[0], found[1]


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks)
