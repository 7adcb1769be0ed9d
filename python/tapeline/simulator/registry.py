"""The venues that can be simulated: one line each."""

from collections.abc import Callable

from tapeline.errors import ArgumentError
from tapeline.simulator.binance.coinm import BinanceCoinm
from tapeline.simulator.binance.spot import BinanceSpot
from tapeline.simulator.binance.usdm import BinanceUsdm
from tapeline.simulator.bybit.inverse import BybitInverse
from tapeline.simulator.bybit.linear import BybitLinear
from tapeline.simulator.bybit.spot import BybitSpot
from tapeline.simulator.okx.spot import OkxSpot
from tapeline.simulator.okx.swap import OkxSwap
from tapeline.simulator.venue import Limits, Venue

VENUES: dict[tuple[str, str], Callable[[Limits | None], Venue]] = {
    ("binance", "spot"): BinanceSpot,
    ("binance", "usdm"): BinanceUsdm,
    ("binance", "coinm"): BinanceCoinm,
    ("okx", "spot"): OkxSpot,
    ("okx", "swap"): OkxSwap,
    ("bybit", "spot"): BybitSpot,
    ("bybit", "linear"): BybitLinear,
    ("bybit", "inverse"): BybitInverse,
}


def venue(exchange: str, market: str, limits: Limits | None = None) -> Venue:
    """Return a venue's simulated side, with its own published limits unless some are given.

    Raises
    ------
    ArgumentError
        It cannot be simulated (yet); the message lists those that can.
    """
    make = VENUES.get((exchange, market))
    if make is None:
        known = ", ".join(f"{name} {kind}" for name, kind in sorted(VENUES))
        raise ArgumentError(f"cannot simulate {exchange} {market}; known: {known}")
    return make(limits)
