"""What happens on a synthetic market, in whole ticks and lots; a venue's speller writes it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tapeline.tape import Kind

#: Price in ticks, quantity in lots; quantity 0 takes the level away.
Change = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument and its grid.

    Attributes
    ----------
    base, quote
        Coins, ``BTC`` and ``USDT``.
    raw_symbol
        The venue's name.
    price_ticks
        Starting price in ticks.
    tick_digits, lot_digits
        Tick and lot are 10 to minus this many.
    digits_shown
        Prices and quantities have at least this many digits behind the point; 0 for as many as
        the grid has.
    """

    base: str
    quote: str
    raw_symbol: str
    price_ticks: int
    tick_digits: int
    lot_digits: int
    digits_shown: int = 0

    def price(self, ticks: int) -> str:
        """Return a price as text."""
        return decimal_text(ticks, self.tick_digits, self.digits_shown)

    def quantity(self, lots: int) -> str:
        """Return a quantity as text; zero without digits where the venue spells it so."""
        return decimal_text(lots, self.lot_digits, self.digits_shown)

    def levels(self, changes: Sequence[Change]) -> list[list[str]]:
        """Return levels as lists of price and quantity text."""
        return [[self.price(price), self.quantity(lots)] for price, lots in changes]


class Trade(NamedTuple):
    """A trade; `is_sell` says that the taker sold."""

    id: int
    price: int
    quantity: int
    is_sell: bool
    time_ms: int


class Top(NamedTuple):
    """Best bid and ask after a change; `number` counts these messages."""

    id: int
    bid: Change
    ask: Change
    time_ms: int
    number: int


class Delta(NamedTuple):
    """Changes of a book: ids of the first and last, id before, `number` counts messages."""

    first_id: int
    last_id: int
    previous_id: int
    bids: Sequence[Change]
    asks: Sequence[Change]
    time_ms: int
    number: int


class Snapshot(NamedTuple):
    """A whole book, best levels first."""

    id: int
    bids: Sequence[Change]
    asks: Sequence[Change]
    time_ms: int
    number: int


class Funding(NamedTuple):
    """Funding of a perpetual: rate in 10^-8, prices in ticks; `number` counts messages."""

    rate: int
    mark_price: int
    index_price: int
    next_ms: int
    time_ms: int
    number: int


class Liquidation(NamedTuple):
    """A liquidation; `is_sell` says that the closing order sold: a long was liquidated."""

    price: int
    average: int
    quantity: int
    is_sell: bool
    time_ms: int


class Spelled(NamedTuple):
    """A message as the venue spells it.

    Attributes
    ----------
    url
        Where it would come from.
    stream
        Its stream, as the simulator names it; of a REST reply that of the book it is about.
    message
        The JSON.
    ids
        First and last native id; None where it has none.
    kind
        ``ws`` or ``http``.
    """

    url: str
    stream: str
    message: Any
    ids: tuple[int, int] | None = None
    kind: Kind = "ws"


def decimal_text(units: int, digits: int, shown: int = 0) -> str:
    """Return ``units`` x 10^-digits, with at least `shown` digits behind the point."""
    sign, units = ("-", -units) if units < 0 else ("", units)
    shown = max(shown, digits)
    if shown == 0:
        return f"{sign}{units}"
    whole, fraction = divmod(units * 10 ** (shown - digits), 10**shown)
    return f"{sign}{whole}.{fraction:0{shown}d}"
