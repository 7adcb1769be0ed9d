"""Bybit linear: path, category and limits of its own."""

from tapeline.simulator.bybit.venue import BybitVenue


class BybitLinear(BybitVenue):
    """Bybit v5 ``linear``."""

    category = "linear"
