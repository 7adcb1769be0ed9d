"""OKX spot, as the registry knows it."""

from tapeline.adapters.okx import addresses
from tapeline.adapters.okx.spot.dialect import DIALECT
from tapeline.adapters.okx.spot.instruments import INSTRUMENTS
from tapeline.adapters.venue import Venue

VENUE = Venue(
    exchange=addresses.EXCHANGE,
    market="spot",
    types={
        "trade": ("trades", "trades-all"),
        "l1": ("bbo-tbt",),
        "l2": ("books", "books-l2-tbt", "books5"),
    },
    instruments=INSTRUMENTS,
    is_address=addresses.is_address,
    instruments_urls=addresses.INSTRUMENTS_URLS,
    depth_url=addresses.DEPTH_URL,
    markets=addresses.MARKETS,
    dialect=DIALECT,
)
