"""Binance USDⓈ-M futures, as the registry knows it."""

from tapeline.adapters.binance.addresses import market_of
from tapeline.adapters.binance.instruments import EXCHANGE
from tapeline.adapters.binance.usdm.dialect import DIALECT
from tapeline.adapters.binance.usdm.instruments import INSTRUMENTS
from tapeline.adapters.venue import Venue

MARKET = "usdm"
_REST = "https://fapi.binance.com/fapi/v1"


def is_address(url: str) -> bool:
    """Whether a URL's messages are of this market."""
    return market_of(url) == MARKET


VENUE = Venue(
    exchange=EXCHANGE,
    market=MARKET,
    types={
        "trade": ("aggTrade", "trade"),
        "l1": ("bookTicker",),
        "l2": ("depth",),
        "funding": ("markPrice",),
        "liquidation": ("forceOrder",),
    },
    instruments=INSTRUMENTS,
    is_address=is_address,
    instruments_urls=(f"{_REST}/exchangeInfo", f"{_REST}/fundingInfo"),
    depth_url=f"{_REST}/depth?symbol={{raw_symbol}}&limit=1000",
    dialect=DIALECT,
)
