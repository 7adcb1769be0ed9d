"""OKX spot: nothing of the protocol is its own; names and instruments tell the markets apart."""

from tapeline.simulator.okx.venue import OkxVenue


class OkxSpot(OkxVenue):
    """OKX v5 as a client of spot instruments sees it."""
