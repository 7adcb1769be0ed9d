"""Books as frames: a whole one, and what changed from one to the next."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from tapeline.api.live.layout import NONE, Body, Flag, Kind, padded

Numbers = npt.NDArray[np.int64]
_NO_NUMBERS: Final[Numbers] = np.empty(0, np.int64)
_BID: Final = 1
_ASK: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The shown levels of one side, best first."""

    prices: Numbers = field(default_factory=lambda: _NO_NUMBERS)
    quantities: Numbers = field(default_factory=lambda: _NO_NUMBERS)


@dataclass(frozen=True, slots=True, eq=False)
class ShownBook:
    """A book as clients see it: its best levels as whole numbers."""

    is_live: bool
    """Whether the engine vouches for it; one that is not live has no levels."""
    bids: Side
    asks: Side
    price_scale: int
    quantity_scale: int
    last_update_id: int | None
    time_ns: int | None
    """Exchange time of its latest change."""
    as_of_ns: int
    """When the latest message of it was received."""


def unknown_book(as_of_ns: int) -> ShownBook:
    """Return a book of which nothing is known."""
    return ShownBook(False, Side(), Side(), 0, 0, None, None, as_of_ns)


def snapshot(book: ShownBook) -> Body:
    """Write a whole book."""
    return _body(Kind.BOOK_SNAPSHOT, book, book.bids, book.asks)


def update(before: ShownBook, book: ShownBook) -> Body | None:
    """Write what changed: new quantities, 0 for a level that is not shown any more.

    Returns
    -------
    Body or None
        None when only a snapshot can tell it: the scales differ, or one of the books is not live.
    """
    scales = (before.price_scale, before.quantity_scale)
    if scales != (book.price_scale, book.quantity_scale) or not (before.is_live and book.is_live):
        return None
    return _body(Kind.BOOK_UPDATE, book, *changes(before, book))


def changes(before: ShownBook, book: ShownBook) -> tuple[Side, Side]:
    """Return the bids and the asks that an update names."""
    return _changes(before.bids, book.bids), _changes(before.asks, book.asks)


def bbo(book: ShownBook) -> Body:
    """Write the best bid and the best ask."""
    numbers = [
        _or_none(book.time_ns),
        *_best(book.bids),
        *_best(book.asks),
    ]
    return Body(
        Kind.BBO,
        1,
        np.array(numbers, np.int64).tobytes(),
        book.as_of_ns,
        book.price_scale,
        book.quantity_scale,
        _flags(book),
    )


def has_same_best(one: ShownBook, other: ShownBook) -> bool:
    """Return whether two books have the same best bid and ask."""
    scales = (one.price_scale, one.quantity_scale) == (other.price_scale, other.quantity_scale)
    return (
        scales
        and one.is_live == other.is_live
        and _best(one.bids) == _best(other.bids)
        and _best(one.asks) == _best(other.asks)
    )


def _changes(before: Side, after: Side) -> Side:
    """Return the levels to set, and those to remove with quantity 0; in ascending price."""
    prices = np.union1d(before.prices, after.prices)
    was, is_now = _at(before, prices), _at(after, prices)
    changed = was != is_now
    return Side(prices[changed], is_now[changed])


def _at(side: Side, prices: Numbers) -> Numbers:
    """Return a side's quantity at each of some ascending prices; 0 where it has no level."""
    found = np.zeros(len(prices), np.int64)
    found[np.searchsorted(prices, side.prices)] = side.quantities
    return found


def _best(side: Side) -> tuple[int, int]:
    return (int(side.prices[0]), int(side.quantities[0])) if len(side.prices) else (NONE, NONE)


def _or_none(number: int | None) -> int:
    return NONE if number is None else number


def _flags(book: ShownBook) -> int:
    return 0 if book.is_live else Flag.NOT_LIVE


def _body(kind: Kind, book: ShownBook, bids: Side, asks: Side) -> Body:
    head = np.array([_or_none(book.last_update_id), _or_none(book.time_ns)], np.int64)
    sides = bytes([_BID]) * len(bids.prices) + bytes([_ASK]) * len(asks.prices)
    columns = [
        head.tobytes(),
        bids.prices.tobytes(),
        asks.prices.tobytes(),
        bids.quantities.tobytes(),
        asks.quantities.tobytes(),
        padded(sides),
    ]
    return Body(
        kind,
        len(sides),
        b"".join(columns),
        book.as_of_ns,
        book.price_scale,
        book.quantity_scale,
        _flags(book),
    )
