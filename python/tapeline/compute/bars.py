"""Bars of trades: by time, by number of trades, by volume and by notional.

Each function takes trades of one instrument in order of time, as the access layer gives them: an
Arrow table or a Polars frame with ``timestamp_ns``, ``price``, ``quantity`` and ``side``. Bars are
float64; exact klines of minutes are kept by an archive (``tapeline archive``).

A table of bars has one row a bar that has trades, in order:

==================  =======  ==================================================================
``start_ns``        int64    begin of the interval (time bars) or time of the first trade
``end_ns``          int64    end of the interval, exclusive (time bars) or time of the last trade
``open`` ``high``   float64  prices of the first, dearest, cheapest and last trade
``low`` ``close``
``volume``          float64  sum of the quantities
``notional``        float64  sum of price times quantity
``vwap``            float64  notional / volume
``trades``          int64    number of trades
``buy_volume``      float64  sum of the quantities whose aggressor bought
``is_complete``     bool     the bar is full; a time bar is when a later trade is known
==================  =======  ==================================================================
"""

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tapeline.compute.columns import to_numpy
from tapeline.errors import ArgumentError
from tapeline.indicators import bar_number
from tapeline.indicators.running import whole

__all__ = ["dollar_bars", "tick_bars", "time_bars", "volume_bars"]

_NAMES: Final = ("exchange", "market", "symbol")

_LONGEST_NS: Final = 2**62
"""Ends of longer intervals do not fit 64 bits."""


def time_bars(trades: Any, interval_ns: int) -> pa.Table:  # noqa: ANN401 (any Arrow table)
    """Make a bar of each interval that has trades; intervals begin at its multiples since 1970.

    Raises
    ------
    ArgumentError
        The interval is no positive integer, or the trades are of several instruments or out of
        order.
    """
    interval_ns = whole(interval_ns, "interval_ns")
    if interval_ns > _LONGEST_NS:
        raise ArgumentError(f"interval_ns must be at most 2^62, was {interval_ns}")
    columns = _Columns(trades)
    number = columns.time // interval_ns
    first = _firsts(number)
    bars = columns.bars(first)
    start = number[first] * interval_ns
    bars = bars.set_column(0, "start_ns", pa.array(start))
    bars = bars.set_column(1, "end_ns", pa.array(start + interval_ns))
    return _with_last(bars, is_complete=False)


def tick_bars(trades: Any, count: int) -> pa.Table:  # noqa: ANN401 (any Arrow table)
    """Make a bar of every `count` trades.

    Raises
    ------
    ArgumentError
        The count is no positive integer, or the trades are of several instruments or out of order.
    """
    count = whole(count, "count")
    columns = _Columns(trades)
    length = len(columns.time)
    bars = columns.bars(np.arange(0, length, count))
    return _with_last(bars, is_complete=length % count == 0)


def volume_bars(trades: Any, volume: float) -> pa.Table:  # noqa: ANN401 (any Arrow table)
    """Make bars of at least `volume`, each as short as can be; a trade is never split.

    Raises
    ------
    ArgumentError
        The volume is not positive, or the trades are of several instruments or out of order.
    """
    columns = _Columns(trades)
    return _filled(columns, columns.quantity, volume)


def dollar_bars(trades: Any, notional: float) -> pa.Table:  # noqa: ANN401 (any Arrow table)
    """Make bars of at least `notional`, in quote, each as short as can be; a trade is never split.

    Raises
    ------
    ArgumentError
        The notional is not positive, or the trades are of several instruments or out of order.
    """
    columns = _Columns(trades)
    return _filled(columns, columns.notional, notional)


class _Columns:
    """The columns of trades, as arrays."""

    def __init__(self, trades: Any) -> None:  # noqa: ANN401
        table = as_table(trades, "trades")
        check_one_instrument(table, "bars")
        self.time: NDArray[np.int64] = _numbers(table, "timestamp_ns", pa.int64())
        self.price: NDArray[np.float64] = _numbers(table, "price", pa.float64())
        self.quantity: NDArray[np.float64] = _numbers(table, "quantity", pa.float64())
        self.notional = self.price * self.quantity
        if "side" not in table.column_names:
            raise ArgumentError("trades have no column side")
        bought = pc.fill_null(pc.equal(table["side"].cast(pa.string()), "buy"), fill_value=False)
        self.bought = np.where(bought.to_numpy(), self.quantity, 0.0)
        if np.any(self.time[1:] < self.time[:-1]):
            raise ArgumentError("trades must be in order of timestamp_ns")

    def bars(self, first: NDArray[np.intp]) -> pa.Table:
        """Make a table of bars, given the place of the first trade of each."""
        if not len(self.time):
            first = first[:0]
        last = np.append(first[1:], len(self.time))[: len(first)] - 1
        volume, notional = _added(self.quantity, first), _added(self.notional, first)
        with np.errstate(invalid="ignore", divide="ignore"):
            vwap = notional / volume
        return pa.table(
            {
                "start_ns": self.time[first],
                "end_ns": self.time[last],
                "open": self.price[first],
                "high": np.maximum.reduceat(self.price, first) if len(first) else np.empty(0),
                "low": np.minimum.reduceat(self.price, first) if len(first) else np.empty(0),
                "close": self.price[last],
                "volume": volume,
                "notional": notional,
                "vwap": vwap,
                "trades": (last - first + 1).astype(np.int64),
                "buy_volume": _added(self.bought, first),
            }
        )


def _filled(columns: _Columns, amount: NDArray[np.float64], threshold: float) -> pa.Table:
    first = _firsts(bar_number(amount, threshold))
    bars = columns.bars(first)
    if not len(first):
        return _with_last(bars, is_complete=False)
    # A bar is full when another trade would be the next one's.
    rest = np.append(amount[first[-1] :], 0.0)
    return _with_last(bars, is_complete=bool(bar_number(rest, threshold)[-1]))


def as_table(rows: Any, what: str) -> pa.Table:  # noqa: ANN401 (any Arrow table)
    """Return rows of any kind of table as an Arrow table.

    Raises
    ------
    ArgumentError
        They are none.
    """
    try:
        return pa.table(rows)
    except (TypeError, ValueError, AttributeError, pa.ArrowInvalid) as error:
        raise ArgumentError(
            f"{what} are an Arrow table or a Polars frame, was {type(rows).__name__}: collect()"
            " what is lazy"
        ) from error


def check_one_instrument(table: pa.Table, what: str) -> None:
    """Fail where the names of the rows' instrument differ.

    Raises
    ------
    ArgumentError
        There are several.
    """
    for name in _NAMES:
        if name in table.column_names and _kinds(table[name]) > 1:
            raise ArgumentError(f"{what} are of one instrument: there are several of {name}")


def _numbers(table: pa.Table, name: str, kind: pa.DataType) -> NDArray[Any]:
    if name not in table.column_names:
        raise ArgumentError(f"trades have no column {name}")
    column = table[name]
    if column.null_count:
        raise ArgumentError(f"{name} is null in {column.null_count} trades")
    if pa.types.is_decimal(column.type):
        return to_numpy(column.cast(pa.decimal128(38, 18)))
    numbers: NDArray[Any] = column.cast(kind).to_numpy()
    if kind == pa.float64() and not np.isfinite(numbers).all():
        raise ArgumentError(f"{name} is {numbers[~np.isfinite(numbers)][0]} in a trade")
    return numbers


def _kinds(names: pa.ChunkedArray) -> int:
    """How many different names; dictionaries and the views of Polars are names too."""
    number: int = pc.count_distinct(names.cast(pa.string())).as_py()
    return number


def _firsts(number: NDArray[Any]) -> NDArray[np.intp]:
    """Places where the number of the bar changes."""
    if not len(number):
        return np.empty(0, np.intp)
    return np.append(0, np.flatnonzero(number[1:] != number[:-1]) + 1)


def _added(amounts: NDArray[np.float64], first: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.add.reduceat(amounts, first) if len(first) else np.empty(0)


def _with_last(bars: pa.Table, *, is_complete: bool) -> pa.Table:
    flags = np.ones(bars.num_rows, bool)
    flags[-1:] = is_complete
    return bars.append_column("is_complete", pa.array(flags))
