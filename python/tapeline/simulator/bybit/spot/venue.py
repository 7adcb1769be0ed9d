"""Bybit spot: path, category and limits of its own."""

from tapeline.simulator.bybit.speller import BybitSpeller
from tapeline.simulator.bybit.venue import BybitVenue
from tapeline.simulator.simulated import Simulated


class BybitSpot(BybitVenue):
    """Bybit v5 ``spot``."""

    category = "spot"
    args_max = 10


SIMULATED = Simulated(BybitSpot, lambda: BybitSpeller("spot"))
