"""The venues that can be simulated and made up: one line each."""

from collections.abc import Callable
from typing import NamedTuple

from tapeline.errors import ArgumentError
from tapeline.simulator.binance.coinm import BinanceCoinm
from tapeline.simulator.binance.speller import COINM, SPOT, USDM, BinanceSpeller
from tapeline.simulator.binance.spot import BinanceSpot
from tapeline.simulator.binance.usdm import BinanceUsdm
from tapeline.simulator.bybit.inverse import BybitInverse
from tapeline.simulator.bybit.linear import BybitLinear
from tapeline.simulator.bybit.speller import BybitSpeller
from tapeline.simulator.bybit.spot import BybitSpot
from tapeline.simulator.okx.speller import OkxSpeller
from tapeline.simulator.okx.spot import OkxSpot
from tapeline.simulator.okx.swap import OkxSwap
from tapeline.simulator.synthetic.speller import Speller
from tapeline.simulator.venue import Limits, Venue


class Simulated(NamedTuple):
    """A market: what serves it, and what spells its synthetic tapes."""

    venue: Callable[[Limits | None], Venue]
    speller: Callable[[], Speller]


VENUES: dict[tuple[str, str], Simulated] = {
    ("binance", "spot"): Simulated(BinanceSpot, lambda: BinanceSpeller(SPOT)),
    ("binance", "usdm"): Simulated(BinanceUsdm, lambda: BinanceSpeller(USDM)),
    ("binance", "coinm"): Simulated(BinanceCoinm, lambda: BinanceSpeller(COINM)),
    ("okx", "spot"): Simulated(OkxSpot, lambda: OkxSpeller(is_swap=False)),
    ("okx", "swap"): Simulated(OkxSwap, lambda: OkxSpeller(is_swap=True)),
    ("bybit", "spot"): Simulated(BybitSpot, lambda: BybitSpeller("spot")),
    ("bybit", "linear"): Simulated(BybitLinear, lambda: BybitSpeller("linear")),
    ("bybit", "inverse"): Simulated(BybitInverse, lambda: BybitSpeller("inverse")),
}


def venue(exchange: str, market: str, limits: Limits | None = None) -> Venue:
    """Return a venue's simulated side, with its own published limits unless some are given.

    Raises
    ------
    ArgumentError
        It cannot be simulated (yet); the message lists those that can.
    """
    return _found(exchange, market).venue(limits)


def speller(exchange: str, market: str) -> Speller:
    """Return what spells a market's synthetic tapes.

    Raises
    ------
    ArgumentError
        There is none (yet); the message lists those that can.
    """
    return _found(exchange, market).speller()


def _found(exchange: str, market: str) -> Simulated:
    found = VENUES.get((exchange, market))
    if found is None:
        known = ", ".join(f"{name} {kind}" for name, kind in sorted(VENUES))
        raise ArgumentError(f"cannot simulate {exchange} {market}; known: {known}")
    return found
