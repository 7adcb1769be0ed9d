"""Every market tapeline can collect, one line each."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tapeline.adapters.binance import spot as binance_spot
from tapeline.adapters.binance.spot import instruments as binance_spot_instruments
from tapeline.errors import ArgumentError
from tapeline.model import Instrument

InstrumentSource = str | os.PathLike[str] | Iterable[Instrument] | None


@dataclass(frozen=True, slots=True)
class Venue:
    """One market of one exchange.

    Parameters
    ----------
    exchange, market
        Their tags.
    channels
        The venue's names of the streams that can be collected, by event type asked for.
    bundled_instruments
        Returns the list that comes with the package.
    load_instruments
        Reads a list from a file.
    """

    exchange: str
    market: str
    channels: tuple[str, ...]
    bundled_instruments: Callable[[], list[Instrument]]
    load_instruments: Callable[[str | os.PathLike[str]], list[Instrument]]


_VENUES = (
    Venue(
        "binance",
        "spot",
        binance_spot.CHANNELS,
        binance_spot_instruments.bundled_instruments,
        binance_spot_instruments.load_instruments,
    ),
)


def venues() -> tuple[Venue, ...]:
    """Return all markets."""
    return _VENUES


def venue(exchange: str, market: str) -> Venue:
    """Return one market.

    Raises
    ------
    ArgumentError
        There is no such market; the message lists those there are.
    """
    for known in _VENUES:
        if (known.exchange, known.market) == (exchange, market):
            return known
    names = ", ".join(f"{known.exchange} {known.market}" for known in _VENUES)
    raise ArgumentError(f"no market {exchange!r} {market!r}; there are: {names}")


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

    Raises
    ------
    ArgumentError
        There is no such market, or an instrument belongs to another one.
    InstrumentError
        The list cannot be read or contradicts itself.
    """
    known = venue(exchange, market)
    if source is None:
        return known.bundled_instruments()
    if isinstance(source, str | os.PathLike):
        return known.load_instruments(source)
    instruments = list(source)
    for instrument in instruments:
        if not isinstance(instrument, Instrument):
            raise ArgumentError(f"expected an Instrument, was {instrument!r}")
        if (instrument.exchange, instrument.market) != (exchange, market):
            raise ArgumentError(f"expected instruments of {exchange} {market}, was {instrument!r}")
    return instruments
