"""The columns of klines; the archive job makes them from trades."""

from typing import Final

import pyarrow as pa

MINUTE_NS: Final = 60_000_000_000

_PRICE: Final = pa.decimal128(38, 18)

KLINE_SCHEMA: Final = pa.schema(
    [
        pa.field("exchange", pa.string(), nullable=False),
        pa.field("market", pa.string(), nullable=False),
        pa.field("symbol", pa.string(), nullable=False),
        pa.field("raw_symbol", pa.string(), nullable=False),
        pa.field("interval_ns", pa.int64(), nullable=False),
        pa.field("start_ns", pa.int64(), nullable=False),
        pa.field("open", _PRICE, nullable=False),
        pa.field("high", _PRICE, nullable=False),
        pa.field("low", _PRICE, nullable=False),
        pa.field("close", _PRICE, nullable=False),
        pa.field("volume", _PRICE),
        pa.field("notional", _PRICE),
        pa.field("trades", pa.int64(), nullable=False),
        pa.field("taker_buy_volume", _PRICE),
        pa.field("gaps", pa.int64(), nullable=False),
    ]
)
"""``start_ns`` is inclusive, Unix UTC nanoseconds, a multiple of ``interval_ns``. ``notional`` is
the exact sum of price times quantity; null where it needs more than 18 decimal places. A sum that
needs more than 20 digits before the point is null too, and so is the notional where a price or a
quantity does: there is no room for them, and nothing is cut. ``gaps`` counts the coverage
statements about trades that touch the interval and say that something is or may be missing; 0 is
complete. An interval without a trade has no row. Ordered by ``start_ns``, exchange, market and raw
symbol."""

ORDER: Final = ("start_ns", "exchange", "market", "raw_symbol")
