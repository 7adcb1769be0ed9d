"""Binance spot, as the registry knows it."""

from tapeline.adapters.binance.addresses import market_of
from tapeline.adapters.binance.instruments import EXCHANGE
from tapeline.adapters.binance.spot.dialect import DIALECT
from tapeline.adapters.binance.spot.instruments import INSTRUMENTS
from tapeline.adapters.venue import Venue

MARKET = "spot"
_REST = "https://api.binance.com/api/v3"


def is_address(url: str) -> bool:
    """Whether a URL's messages are of this market."""
    return market_of(url) == MARKET


VENUE = Venue(
    exchange=EXCHANGE,
    market=MARKET,
    types={
        "trade": ("trade", "aggTrade"),
        "l1": ("bookTicker",),
        "l2": ("depth",),
    },
    instruments=INSTRUMENTS,
    is_address=is_address,
    instruments_urls=(f"{_REST}/exchangeInfo",),
    depth_url=f"{_REST}/depth?symbol={{raw_symbol}}&limit=5000",
    tail_depth_url=f"{_REST}/depth?symbol={{raw_symbol}}&limit=1000",
    dialect=DIALECT,
)
