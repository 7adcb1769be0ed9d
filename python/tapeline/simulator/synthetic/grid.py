"""Price levels and grids of well-known coins; every other coin's is made up from its name."""

import random
from typing import NamedTuple

from tapeline.errors import ArgumentError


class Grid(NamedTuple):
    """Starting price in ticks; tick and lot are 10 to minus so many digits."""

    price_ticks: int
    tick_digits: int
    lot_digits: int


_KNOWN = {
    "BTC": Grid(840_000, 1, 3),
    "ETH": Grid(310_000, 2, 3),
    "SOL": Grid(19_500, 2, 2),
    "XRP": Grid(22_400, 4, 1),
    "DOGE": Grid(16_200, 5, 0),
}


def grid_of(base: str) -> Grid:
    """Return a coin's grid, always the same."""
    known = _KNOWN.get(base)
    if known is not None:
        return known
    chooser = random.Random(base)  # noqa: S311  (must repeat)
    return Grid(chooser.randrange(50_000, 900_000), chooser.randrange(2, 6), chooser.randrange(4))


def split(symbol: str) -> tuple[str, str]:
    """Return base and quote of ``BASE/QUOTE`` or ``BASE/QUOTE:SETTLE``.

    Raises
    ------
    ArgumentError
        It has another form.
    """
    pair, _, _ = symbol.partition(":")
    base, slash, quote = pair.partition("/")
    if not (slash and base.isalnum() and quote.isalnum() and symbol.isascii()):
        raise ArgumentError(f"a symbol must be BASE/QUOTE or BASE/QUOTE:SETTLE, was {symbol!r}")
    return base, quote
