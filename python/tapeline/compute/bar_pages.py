"""Bars of time from trades that are read batch by batch, so many of them and no more."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from tapeline.compute.bars import time_bars
from tapeline.compute.columns import to_numpy
from tapeline.errors import ArgumentError

SECOND_NS: Final = 1_000_000_000
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST_S: Final = 7 * 86_400
TRADE_COLUMNS: Final = ("timestamp_ns", "price", "quantity", "side")
"""What bars need of a trade."""
_EMPTY: Final = pa.table(
    {
        "timestamp_ns": pa.array([], pa.int64()),
        "price": pa.array([], pa.float64()),
        "quantity": pa.array([], pa.float64()),
        "side": pa.array([], pa.string()),
    }
)


class TooManyRowsError(ArgumentError):
    """More trades than may be read for one answer."""


class BarPage(NamedTuple):
    """Bars, and where the next ones begin."""

    bars: pa.Table
    next_ns: int | None
    """Begin of the first bar that is not among them; None when there is no more."""


def interval_of(text: str) -> int:
    """Return the nanoseconds of ``1s``, ``15m``, ``4h`` or ``1d``.

    Raises
    ------
    ValueError
        It is none, or longer than a week.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdigit()) or len(number) > 6:
        raise ValueError("an interval is a number and s, m, h or d")
    seconds = int(number) * _UNITS[unit]
    if not 1 <= seconds <= _LONGEST_S:
        raise ValueError("an interval is of a second to 7 days")
    return seconds * SECOND_NS


def bars_page(
    trades: Iterable[pa.RecordBatch],
    interval_ns: int,
    limit: int,
    *,
    is_followed: Callable[[int], bool] = lambda _: False,
    most_rows: int | None = None,
    check: Callable[[], None] = lambda: None,
) -> BarPage:
    """Make bars of trades in order of time; reading ends when there are enough.

    Parameters
    ----------
    trades
        Of one instrument: ``timestamp_ns``, ``price``, ``quantity``, ``side``.
    is_followed
        Whether a trade is known at a time or later: asked of the end of the last bar, which is
        complete then.
    most_rows
        More trades than these are refused; None is no limit.
    check
        Called for each batch; what it raises ends the reading.

    Raises
    ------
    TooManyRowsError
        More than ``most_rows`` were read before there were enough bars.
    """
    done: list[pa.Table] = []
    pieces: list[pa.Table] = [_EMPTY]
    first_ns: int | None = None
    count = rows = 0
    for batch in trades:
        check()
        if not batch.num_rows:
            continue
        rows += batch.num_rows
        if most_rows is not None and rows > most_rows:
            raise TooManyRowsError(
                f"this takes more than {most_rows:,} trades: ask for a shorter time, a shorter "
                "interval or fewer bars"
            )
        pieces.append(_piece(batch))
        begin_ns = pieces[-1]["timestamp_ns"][-1].as_py() // interval_ns * interval_ns
        if first_ns is None:
            first_ns = pieces[1]["timestamp_ns"][0].as_py()
        if first_ns >= begin_ns:
            # All of one bar, which may go on.
            continue
        bars, rest = _split(pa.concat_tables(pieces), interval_ns, begin_ns)
        pieces, first_ns = [_EMPTY, rest], begin_ns
        done.append(bars)
        count += bars.num_rows
        if count >= limit:
            break
    held = pa.concat_tables(pieces)
    last = time_bars(held, interval_ns)
    if last.num_rows and count < limit and is_followed(last["end_ns"][0].as_py()):
        last = last.set_column(
            last.schema.get_field_index("is_complete"), "is_complete", pa.array([True])
        )
    found = pa.concat_tables([*done, last])
    following = found["start_ns"][limit].as_py() if found.num_rows > limit else None
    return BarPage(found.slice(0, limit), following)


def _piece(batch: pa.RecordBatch) -> pa.Table:
    columns = [_column(batch[name], _EMPTY.schema.field(name).type) for name in TRADE_COLUMNS]
    return pa.Table.from_arrays(columns, schema=_EMPTY.schema)


def _column(values: pa.Array, kind: pa.DataType) -> pa.Array:
    return pa.array(to_numpy(values)) if pa.types.is_decimal(values.type) else values.cast(kind)


def _split(trades: pa.Table, interval_ns: int, begin_ns: int) -> tuple[pa.Table, pa.Table]:
    """Return the bars that are over, and the trades of the one that may go on."""
    place = int(np.searchsorted(trades["timestamp_ns"].to_numpy(), begin_ns))
    bars = time_bars(trades.slice(0, place), interval_ns)
    flags = pa.array(np.ones(bars.num_rows, bool))
    name = "is_complete"
    return bars.set_column(bars.schema.get_field_index(name), name, flags), trades.slice(place)
