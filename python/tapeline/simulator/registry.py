"""The markets that can be simulated and made up: those of the adapters that have a folder here."""

from importlib import import_module
from importlib.util import find_spec

from tapeline.adapters.registry import MARKETS, load
from tapeline.errors import ArgumentError
from tapeline.simulator.simulated import Simulated, SyntheticTape
from tapeline.simulator.synthetic.speller import Speller
from tapeline.simulator.synthetic.tape import MarketSettings, MarketTape
from tapeline.simulator.venue import Limits, Venue


def _simulated() -> dict[tuple[str, str], Simulated]:
    """Return each market's ``SIMULATED``: it is in the module ``venue`` of its folder."""
    found = {}
    for package in MARKETS:
        folder = package.replace("tapeline.adapters.", "tapeline.simulator.")
        if _is_there(folder):
            known = load(package)
            found[known.exchange, known.market] = import_module(f"{folder}.venue").SIMULATED
    return found


def _is_there(folder: str) -> bool:
    try:
        return find_spec(folder) is not None
    except ModuleNotFoundError:  # nor is the exchange's
        return False


VENUES = _simulated()
_TRADES = {"trade", "aggtrade"}


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


def synthetic_tape(exchange: str, market: str, settings: MarketSettings) -> SyntheticTape:
    """Return a synthetic tape of a market, to be made.

    Raises
    ------
    ArgumentError
        The market cannot be made up (yet), or has no such type or symbol.
    """
    found = _found(exchange, market)
    if found.trades is not None and set(settings.types) <= _TRADES:
        return found.trades(settings)
    return MarketTape(settings, found.speller())


def _found(exchange: str, market: str) -> Simulated:
    found = VENUES.get((exchange, market))
    if found is None:
        known = ", ".join(f"{name} {kind}" for name, kind in sorted(VENUES))
        raise ArgumentError(f"cannot simulate {exchange} {market}; known: {known}")
    return found
