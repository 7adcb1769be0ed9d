"""Bybit inverse, as the registry knows it."""

from tapeline.adapters.bybit import addresses
from tapeline.adapters.bybit.inverse.dialect import DIALECT
from tapeline.adapters.bybit.inverse.instruments import INSTRUMENTS
from tapeline.adapters.venue import Venue

MARKET = "inverse"


def is_address(url: str) -> bool:
    """Whether a URL's messages are of this market."""
    return addresses.category_of(url) == MARKET


VENUE = Venue(
    exchange=addresses.EXCHANGE,
    market=MARKET,
    types={
        "trade": ("publicTrade",),
        "l1": ("orderbook.1",),
        "l2": ("orderbook.50", "orderbook.200", "orderbook.500", "orderbook.1000"),
        "funding": ("tickers",),
        "liquidation": ("allLiquidation",),
    },
    instruments=INSTRUMENTS,
    is_address=is_address,
    instruments_urls=(addresses.instruments_url(MARKET),),
    depth_url=addresses.depth_url(MARKET),
    next_instruments_url=addresses.next_instruments_url,
    dialect=DIALECT,
)
