"""The venues that can be simulated: one line each."""

from collections.abc import Callable

from tapeline.errors import ArgumentError
from tapeline.simulator.binance.spot import BinanceSpot
from tapeline.simulator.venue import Limits, Venue

VENUES: dict[tuple[str, str], Callable[[Limits], Venue]] = {
    ("binance", "spot"): BinanceSpot,
}


def venue(exchange: str, market: str, limits: Limits | None = None) -> Venue:
    """Return a venue's simulated side.

    Raises
    ------
    ArgumentError
        It cannot be simulated (yet); the message lists those that can.
    """
    make = VENUES.get((exchange, market))
    if make is None:
        known = ", ".join(f"{name} {kind}" for name, kind in sorted(VENUES))
        raise ArgumentError(f"cannot simulate {exchange} {market}; known: {known}")
    return make(limits or Limits())
