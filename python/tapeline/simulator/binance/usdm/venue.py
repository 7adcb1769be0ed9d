"""Binance USD-M: streams routed by path since 2026-04-23.

A stream on the wrong path is acknowledged and silent; the old path serves the public ones only.
Sources: developers.binance.com, USD-M websocket market streams, "Important WebSocket Change
Notice". ``@trade`` is not documented; public connectors ask for it on ``/public``.
"""

from typing import ClassVar

from tapeline.simulator.binance import instruments
from tapeline.simulator.binance.rest import RestMarket
from tapeline.simulator.binance.speller import USDM, BinanceSpeller
from tapeline.simulator.binance.venue import BinanceVenue
from tapeline.simulator.simulated import Simulated
from tapeline.simulator.venue import Limits

PUBLIC = frozenset({"depth", "rpiDepth", "bookTicker", "trade"})
MARKET = frozenset(
    {
        *("aggTrade", "markPrice", "kline", "continuousKline", "miniTicker", "ticker"),
        *("forceOrder", "compositeIndex", "contractInfo", "assetIndex"),
    }
)


class BinanceUsdm(BinanceVenue):
    """The routed market streams of USD-M and ``/fapi/v1``."""

    rest = RestMarket(
        "/fapi/v1",
        (5, 10, 20, 50, 100, 500, 1_000),
        500,
        has_times=True,
        instrument=instruments.usdm,
    )
    routes: ClassVar[dict[str, frozenset[str] | None]] = {
        "/public": PUBLIC,
        "/market": MARKET,
        "": PUBLIC,
    }
    published = Limits(180.0, 600.0, 86_400.0, 10)


SIMULATED = Simulated(BinanceUsdm, lambda: BinanceSpeller(USDM))
