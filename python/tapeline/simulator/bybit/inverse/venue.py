"""Bybit inverse: path, category and limits of its own."""

from tapeline.simulator.bybit.venue import BybitVenue


class BybitInverse(BybitVenue):
    """Bybit v5 ``inverse``."""

    category = "inverse"
