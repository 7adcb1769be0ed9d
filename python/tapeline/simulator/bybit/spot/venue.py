"""Bybit spot: path, category and limits of its own."""

from tapeline.simulator.bybit.venue import BybitVenue


class BybitSpot(BybitVenue):
    """Bybit v5 ``spot``."""

    category = "spot"
    args_max = 10
