"""Decoded batches as publications: each is encoded once, on the feed's thread."""

from collections.abc import Callable, Mapping
from typing import Final

import pyarrow as pa

from tapeline.api.live.book_frames import ShownBook, has_same_best
from tapeline.api.live.books import InstrumentBook
from tapeline.api.live.frames import ENCODERS, Scales
from tapeline.api.live.publications import BookState, EventBatch, Publication
from tapeline.api.live.topics import TopicKey

Instrument = tuple[str, str, str]
"""Exchange, market and symbol."""

LEVELS: Final = 200
"""Levels a side of a book that clients see."""


class Encoder:
    """Makes publications of the rows of the bus.

    Parameters
    ----------
    is_wanted
        Whether somebody listens to a topic: events nobody listens to are not encoded. Books are
        kept in any case, since who comes later needs them whole.
    levels
        Levels a side of a book that clients see.
    most_books
        Instruments whose books are kept; messages of others are counted in ``left_out``.
    """

    def __init__(
        self,
        is_wanted: Callable[[TopicKey], bool],
        *,
        levels: int = LEVELS,
        most_books: int = 4096,
    ) -> None:
        self.is_wanted = is_wanted
        self._levels = levels
        self._most_books = most_books
        self._scales: dict[TopicKey, Scales] = {}
        self._books: dict[Instrument, InstrumentBook] = {}
        self._last: dict[TopicKey, ShownBook] = {}
        self.left_out = 0
        """Order-book messages of instruments beyond the limit."""

    def events(self, event_type: str, rows: pa.RecordBatch) -> list[Publication]:
        """Return the publication of events of one instrument and one type."""
        key = TopicKey(event_type, *_instrument(rows))
        if not self.is_wanted(key):
            return []
        body = ENCODERS[event_type](rows, self._scales.get(key, (0, 0)))
        if body is not None:
            self._scales[key] = (body.price_scale, body.quantity_scale)
        return [EventBatch(key, rows, body)]

    def keep_book(self, rows: pa.RecordBatch) -> Instrument:
        """Take order-book messages of one instrument; nothing is published yet."""
        instrument = _instrument(rows)
        book = self._books.get(instrument)
        if book is None:
            if len(self._books) >= self._most_books:
                self.left_out += rows.num_rows
                return instrument
            book = self._books[instrument] = InstrumentBook(self._levels)
        book.take(pa.Table.from_batches([rows]))
        return instrument

    def books(self, instrument: Instrument) -> list[Publication]:
        """Return what changed in the book of an instrument since the last call."""
        book = self._books.get(instrument)
        if book is None:
            return []
        found: list[Publication] = []
        shown, best = book.book(), book.best()
        if shown is not None:
            found.extend(self._news(TopicKey("book", *instrument), shown, _is_same))
        if best is not None:
            found.extend(self._news(TopicKey("bbo", *instrument), best, has_same_best))
        return found

    def states(self) -> Mapping[TopicKey, ShownBook]:
        """Return the books as published last."""
        return self._last

    def _news(
        self, key: TopicKey, shown: ShownBook, is_same: Callable[[ShownBook, ShownBook], bool]
    ) -> list[Publication]:
        last = self._last.get(key)
        if last is not None and is_same(last, shown):
            return []
        self._last[key] = shown
        return [BookState(key, shown)]


def _is_same(one: ShownBook, other: ShownBook) -> bool:
    return one is other or not (one.is_live or other.is_live)


def _instrument(rows: pa.RecordBatch) -> Instrument:
    exchange, market, symbol = (rows[name][0].as_py() for name in ("exchange", "market", "symbol"))
    return str(exchange), str(market), str(symbol or "")
