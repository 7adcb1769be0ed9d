"""Every market tapeline can collect, one line each."""

import os
from collections.abc import Iterable
from functools import cache
from importlib import import_module

from tapeline.adapters.capability import Capability
from tapeline.adapters.venue import Venue
from tapeline.errors import ArgumentError
from tapeline.model import Instrument

__all__ = [
    "MARKETS",
    "InstrumentSource",
    "Venue",
    "capabilities",
    "load",
    "resolve_instruments",
    "venue",
    "venue_of_url",
    "venues",
]

InstrumentSource = str | os.PathLike[str] | Iterable[Instrument] | None

# Packages with a module `venue` that holds the market's `VENUE`, and a module `capabilities` that
# holds its `CAPABILITIES`.
MARKETS = (
    "tapeline.adapters.binance.spot",
    "tapeline.adapters.binance.usdm",
    "tapeline.adapters.binance.coinm",
    "tapeline.adapters.okx.spot",
    "tapeline.adapters.okx.swap",
    "tapeline.adapters.bybit.spot",
    "tapeline.adapters.bybit.linear",
    "tapeline.adapters.bybit.inverse",
)


def venues() -> tuple[Venue, ...]:
    """Return all markets."""
    return tuple(load(package) for package in MARKETS)


def venue(exchange: str, market: str) -> Venue:
    """Return one market.

    Raises
    ------
    ArgumentError
        There is no such market; the message lists those there are.
    """
    for known in venues():
        if (known.exchange, known.market) == (exchange, market):
            return known
    names = ", ".join(f"{known.exchange} {known.market}" for known in venues())
    raise ArgumentError(f"no market {exchange!r} {market!r}; there are: {names}")


def capabilities(known: Venue) -> tuple[Capability, ...]:
    """Return what each channel of a market can prove, also of those that are read if they come.

    Raises
    ------
    ArgumentError
        The market is not in the registry.
    """
    for package in MARKETS:
        if load(package) is known:
            return tuple(import_module(f"{package}.capabilities").CAPABILITIES)
    raise ArgumentError(f"{known.exchange} {known.market} is not in the registry")


def venue_of_url(url: str, preferred: Venue | None = None) -> Venue | None:
    """Return the market whose messages came from an address.

    Parameters
    ----------
    url
        Of a WebSocket, a REST reply or an archive, as a tape line has it.
    preferred
        Taken where it fits: an address of OKX is one of several markets.

    Returns
    -------
    Venue | None
        None for an address of no known market, e.g. of a simulator.
    """
    if preferred is not None and preferred.is_address(url):
        return preferred
    return next((known for known in venues() if known.is_address(url)), None)


def resolve_instruments(
    exchange: str, market: str, source: InstrumentSource = None
) -> list[Instrument]:
    """Return the instruments of a market.

    Parameters
    ----------
    exchange, market
        Which market.
    source
        None for the list that comes with the package, the path of a list, or instruments.

    Returns
    -------
    list[Instrument]
        Where one connection carries several markets (OKX), those of all of them.

    Raises
    ------
    ArgumentError
        There is no such market, or an instrument belongs to another one.
    InstrumentError
        The list cannot be read or contradicts itself.
    """
    known = venue(exchange, market)
    if source is None:
        return known.instruments.bundled()
    if isinstance(source, str | os.PathLike):
        return known.instruments.load(source)
    instruments = list(source)
    for instrument in instruments:
        if not isinstance(instrument, Instrument):
            raise ArgumentError(f"expected an Instrument, was {instrument!r}")
        if instrument.exchange != exchange or instrument.market not in known.carried_markets:
            raise ArgumentError(f"expected instruments of {exchange} {market}, was {instrument!r}")
    return instruments


@cache
def load(package: str) -> Venue:
    """Return the market of a package of :data:`MARKETS`."""
    found = import_module(f"{package}.venue").VENUE
    if not isinstance(found, Venue):
        raise TypeError(f"{package}.venue.VENUE must be a Venue, was {found!r}")
    return found
