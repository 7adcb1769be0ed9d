"""Events of one topic as the columns of a frame."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.api.live.exact import Mantissas, mantissas
from tapeline.api.live.layout import NONE, Body, Kind, padded

Scales = tuple[int, int]
"""Of prices and of quantities, as the frame before had them."""

_SIDES: Final = pa.array(["buy", "sell"])
_GRADES: Final = pa.array(["perfect", "repaired", "suspicious"])


def trades(rows: pa.RecordBatch, hint: Scales = (0, 0)) -> Body | None:
    """Write trades; None when a number does not fit 64 bits.

    Parameters
    ----------
    rows
        Of :func:`tapeline.wire.native.decode`.
    hint
        Scales to try first.
    """
    prices = mantissas([rows["price"]], hint[0])
    quantities = mantissas([rows["quantity"]], hint[1])
    if prices is None or quantities is None:
        return None
    columns = [
        times(rows["timestamp_ns"]),
        times(rows["received_ns"]),
        *_values(prices),
        *_values(quantities),
        _ids(rows["event_id"]),
        _codes(rows["side"], _SIDES),
        _codes(rows["quality"], _GRADES),
    ]
    return _body(Kind.TRADES, rows, columns, prices, quantities)


def funding(rows: pa.RecordBatch, hint: Scales = (0, 0)) -> Body | None:
    """Write funding rates as :func:`trades` does; rates have the scale of quantities."""
    prices = mantissas([rows["mark_price"], rows["index_price"]], hint[0])
    rates = mantissas([rows["rate"]], hint[1])
    if prices is None or rates is None:
        return None
    columns = [
        times(rows["timestamp_ns"]),
        times(rows["received_ns"]),
        *_values(rates),
        *_values(prices),
        times(rows["interval_ns"]),
        times(rows["next_funding_ns"]),
    ]
    return _body(Kind.FUNDING, rows, columns, prices, rates)


def liquidations(rows: pa.RecordBatch, hint: Scales = (0, 0)) -> Body | None:
    """Write liquidations as :func:`trades` does."""
    prices = mantissas([rows["price"], rows["average_price"]], hint[0])
    quantities = mantissas([rows["quantity"]], hint[1])
    if prices is None or quantities is None:
        return None
    columns = [
        times(rows["timestamp_ns"]),
        times(rows["received_ns"]),
        *_values(prices),
        *_values(quantities),
        _ids(rows["event_id"]),
        _codes(rows["side"], _SIDES),
        _codes(rows["quality"], _GRADES),
    ]
    return _body(Kind.LIQUIDATION, rows, columns, prices, quantities)


def nothing(_rows: pa.RecordBatch, _hint: Scales = (0, 0)) -> Body | None:
    """Return None: coverage is words, which have no binary form."""
    return None


ENCODERS: Final[dict[str, Callable[[pa.RecordBatch, Scales], Body | None]]] = {
    "trade": trades,
    "funding": funding,
    "liquidation": liquidations,
    "coverage": nothing,
}


def newest_ns(rows: pa.RecordBatch) -> int:
    """Return when the newest of some events was received, or happened; 0 when nothing says it."""
    for name in ("received_ns", "timestamp_ns"):
        if name in rows.schema.names:
            newest = pc.max(rows[name]).as_py()
            if newest is not None:
                return int(newest)
    return 0


def times(column: pa.Array) -> bytes:
    """Return numbers of 64 bits, :data:`NONE` for nulls."""
    return int64(pc.fill_null(column, NONE) if column.null_count else column).tobytes()


def int64(column: pa.Array) -> npt.NDArray[np.int64]:
    """Return a column without nulls as an array."""
    found: npt.NDArray[np.int64] = column.to_numpy()
    return found


def _values(numbers: Mantissas) -> list[bytes]:
    return [each.tobytes() for each in numbers.values]


def _ids(column: pa.Array) -> bytes:
    content = column.buffers()[1]
    begin = column.offset * 16
    return bytes(memoryview(content)[begin : begin + len(column) * 16]) if len(column) else b""


def _codes(column: pa.Array, names: pa.Array) -> bytes:
    """Return a byte a text: its place among the names, from 1; 0 for none of them."""
    places = pc.add(pc.index_in(column, value_set=names), 1)
    return padded(pc.fill_null(places, 0).cast(pa.uint8()).to_numpy().tobytes())


def _body(
    kind: Kind,
    rows: pa.RecordBatch,
    columns: Sequence[bytes],
    prices: Mantissas,
    quantities: Mantissas,
) -> Body:
    return Body(
        kind,
        rows.num_rows,
        b"".join(columns),
        newest_ns(rows),
        prices.scale,
        quantities.scale,
    )
