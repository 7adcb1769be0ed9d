"""One instrument's rows as columns of numbers, type after type."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.access.frames import Frame
from tapeline.compute.backtest.strategy import COLUMNS, Array
from tapeline.compute.columns import to_numpy

Arrays = dict[str, Array]
"""Columns of equal length by name, ``time_ns`` among them."""

SUSPICIOUS: Final = "is_suspicious"
"""The column that says which rows were graded so; int8."""

EVENT_ID: Final = "event_id"
"""The column of event ids, 16 bytes each, where they were asked for."""

_DECIMALS: Final = (
    "price",
    "quantity",
    "rate",
    "mark_price",
    "index_price",
)
_DTYPES: Final[Mapping[str, type[np.generic]]] = {
    "time_ns": np.int64,
    "next_funding_ns": np.int64,
    "side": np.int8,
}
_ID: Final = np.dtype("V16")
_SIDES: Final = pa.array(["sell", None, "buy"], pa.string())


class Rows(NamedTuple):
    """Converted rows, and how many had no time and were left out."""

    arrays: Arrays
    without_time: int


def read_columns(
    frame: Frame, columns: Sequence[str], *, with_quality: bool, with_ids: bool = False
) -> Iterator[Rows]:
    """Yield the rows of a type that has no levels, as arrays.

    Parameters
    ----------
    columns
        Names of :data:`tapeline.compute.backtest.strategy.COLUMNS`; ``time_ns`` is always there.
    with_quality
        Whether :data:`SUSPICIOUS` is wanted too.
    with_ids
        Whether :data:`EVENT_ID` is wanted too.
    """
    times = ["timestamp_ns"] if frame.type == "trade" else ["timestamp_ns", "received_ns"]
    names = [name for name in COLUMNS[frame.type] if name in columns and name != "time_ns"]
    stored = [*times, *names]
    stored += ["quality"] if with_quality else []
    stored += [EVENT_ID] if with_ids else []
    for batch in frame.batches(stored, with_keys=True):
        yield _converted(batch, times, names, with_quality=with_quality, with_ids=with_ids)


def empty_columns(
    event_type: str,
    columns: Sequence[str],
    levels: int,
    *,
    with_quality: bool,
    with_ids: bool = False,
) -> Arrays:
    """Return the columns of a type without rows."""
    names = [name for name in COLUMNS[event_type] if name in columns or name == "time_ns"]
    shape = (0, levels) if event_type == "orderbook" else (0,)
    found: Arrays = {
        name: np.empty((0,) if name == "time_ns" else shape, _DTYPES.get(name, np.float64))
        for name in names
    }
    found |= {SUSPICIOUS: np.empty(0, np.int8)} if with_quality else {}
    return found | ({EVENT_ID: np.empty(0, _ID)} if with_ids else {})


def _converted(
    batch: pa.RecordBatch,
    times: Sequence[str],
    names: Sequence[str],
    *,
    with_quality: bool,
    with_ids: bool,
) -> Rows:
    time = batch.column(times[0])
    if time.null_count:
        time = pc.coalesce(*(batch.column(name) for name in times))
    total = batch.num_rows
    if time.null_count:
        batch = batch.filter(time.is_valid())
        time = time.drop_null()
    arrays: Arrays = {"time_ns": time.to_numpy(zero_copy_only=False)}
    for name in names:
        arrays[name] = _CONVERTERS[name](batch.column(name))
    if with_quality:
        arrays[SUSPICIOUS] = flags(pc.equal(batch.column("quality"), "suspicious"))
    if with_ids:
        arrays[EVENT_ID] = event_ids(batch.column(EVENT_ID))
    return Rows(arrays, total - batch.num_rows)


def event_ids(column: pa.Array) -> Array:
    """Return ids, of which none is null, as 16 bytes each."""
    ids: Array = np.frombuffer(column.buffers()[1], _ID)[column.offset :][: len(column)]
    return ids


def flags(column: pa.Array) -> Array:
    """Return truth as int8."""
    found: Array = column.cast(pa.int8()).to_numpy(zero_copy_only=False)
    return found


def _sides(column: pa.Array) -> Array:
    codes = pc.fill_null(pc.index_in(column, _SIDES), 1).to_numpy(zero_copy_only=False)
    found: Array = (codes - 1).astype(np.int8)
    return found


def _wholes(column: pa.Array) -> Array:
    found: Array = pc.fill_null(column, 0).to_numpy(zero_copy_only=False)
    return found


_CONVERTERS: Final[Mapping[str, Callable[[pa.Array], Array]]] = {
    **dict.fromkeys(_DECIMALS, to_numpy),
    "side": _sides,
    "next_funding_ns": _wholes,
}
