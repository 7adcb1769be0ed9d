"""Bybit inverse: path, category and limits of its own."""

from tapeline.simulator.bybit.speller import BybitSpeller
from tapeline.simulator.bybit.venue import BybitVenue
from tapeline.simulator.simulated import Simulated


class BybitInverse(BybitVenue):
    """Bybit v5 ``inverse``."""

    category = "inverse"


SIMULATED = Simulated(BybitInverse, lambda: BybitSpeller("inverse"))
