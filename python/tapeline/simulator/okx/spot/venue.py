"""OKX spot: nothing of the protocol is its own; names and instruments tell the markets apart."""

from tapeline.simulator.okx.speller import OkxSpeller
from tapeline.simulator.okx.venue import OkxVenue
from tapeline.simulator.simulated import Simulated


class OkxSpot(OkxVenue):
    """OKX v5 as a client of spot instruments sees it."""


SIMULATED = Simulated(OkxSpot, lambda: OkxSpeller(is_swap=False))
