"""OKX swap: nothing of the protocol is its own; names and instruments tell the markets apart."""

from tapeline.simulator.okx.speller import OkxSpeller
from tapeline.simulator.okx.venue import OkxVenue
from tapeline.simulator.simulated import Simulated


class OkxSwap(OkxVenue):
    """OKX v5 as a client of swap instruments sees it."""


SIMULATED = Simulated(OkxSwap, lambda: OkxSpeller(is_swap=True))
