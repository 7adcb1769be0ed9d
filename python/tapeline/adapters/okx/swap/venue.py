"""OKX swap, as the registry knows it."""

from tapeline.adapters.okx import addresses
from tapeline.adapters.okx.swap.dialect import DIALECT
from tapeline.adapters.okx.swap.instruments import INSTRUMENTS
from tapeline.adapters.venue import Venue

VENUE = Venue(
    exchange=addresses.EXCHANGE,
    market="swap",
    types={
        "trade": ("trades", "trades-all"),
        "l1": ("bbo-tbt",),
        "l2": ("books", "books-l2-tbt", "books5"),
        "funding": ("funding-rate",),
        "liquidation": ("liquidation-orders",),
    },
    instruments=INSTRUMENTS,
    is_address=addresses.is_address,
    instruments_urls=addresses.INSTRUMENTS_URLS,
    depth_url=addresses.DEPTH_URL,
    markets=addresses.MARKETS,
    dialect=DIALECT,
)
