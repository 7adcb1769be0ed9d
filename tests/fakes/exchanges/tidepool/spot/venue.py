"""Tidepool spot, as the registry knows it."""

from tapeline.adapters.venue import Venue
from tests.fakes.exchanges.tidepool.spot import endpoints
from tests.fakes.exchanges.tidepool.spot.dialect import DIALECT
from tests.fakes.exchanges.tidepool.spot.instruments import INSTRUMENTS


def is_address(url: str) -> bool:
    """Whether a URL's messages are of this market."""
    return ".tidepool.example" in url


VENUE = Venue(
    exchange="tidepool",
    market="spot",
    types={"trade": ("prints",), "l2": ("ladder",)},
    instruments=INSTRUMENTS,
    is_address=is_address,
    instruments_urls=(f"{endpoints.REST}/v1/pairs",),
    depth_url=f"{endpoints.REST}/v1/ladder/{{raw_symbol}}",
    dialect=DIALECT,
)
