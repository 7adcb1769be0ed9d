"""Bybit linear: path, category and limits of its own."""

from tapeline.simulator.bybit.speller import BybitSpeller
from tapeline.simulator.bybit.venue import BybitVenue
from tapeline.simulator.simulated import Simulated


class BybitLinear(BybitVenue):
    """Bybit v5 ``linear``."""

    category = "linear"


SIMULATED = Simulated(BybitLinear, lambda: BybitSpeller("linear"))
