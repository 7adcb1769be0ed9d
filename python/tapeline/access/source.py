"""Stores opened for reading: the one thing everything above them uses."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa

from tapeline.access.book_doubts import BookDoubts
from tapeline.access.books import Book, Instrument, book_at
from tapeline.access.coverage import Coverage
from tapeline.access.frames import Frame, Frames
from tapeline.access.instruments import Sightings, check_known
from tapeline.access.paging import PageOfRows, Place, page_of
from tapeline.access.ports import Query
from tapeline.access.replay import Batch, replayed
from tapeline.access.routing import Source, read_all, sources_for
from tapeline.access.rows import Rows
from tapeline.access.survey import ChannelFacts, streams_of, survey
from tapeline.access.times import When, to_ns
from tapeline.errors import ArgumentError, UnknownNameError
from tapeline.storage.schema import EVENT_TYPES, TIME_COLUMNS

DEFAULT_TYPES: Final = ("trade", "orderbook", "funding", "liquidation")

Names = str | Sequence[str] | None
"""One name, several, or None for all."""


class DataSource:
    """One store or several, opened for reading.

    Conditions are time, instrument and type; which store answers does not show. It may be used from
    one thread at a time, and it is a context manager.

    Parameters
    ----------
    sources
        The stores, open.
    facts
        What the venues' channels can prove.
    """

    def __init__(self, sources: Sequence[Source], facts: ChannelFacts) -> None:
        self._sources = list(sources)
        self._facts = facts

    def load(
        self,
        symbols: Names = None,
        start: When | None = None,
        end: When | None = None,
        types: Names = None,
        *,
        exchange: str | None = None,
        market: str | None = None,
    ) -> Frames:
        """Return rows by type. Nothing is read before the rows are asked for.

        Parameters
        ----------
        symbols
            Canonical (``"BTC/USDT"``, ``"BTC/USDT:USDT"``) or the venue's spelling (``"BTCUSDT"``);
            None is all.
        start, end
            From ``start`` to before ``end``: datetimes with a time zone, dates (midnight UTC), ISO
            texts with a zone, or Unix nanoseconds. None is without limit.
        types
            ``trade``, ``orderbook``, ``funding``, ``liquidation``; also ``coverage`` and
            ``quarantine``. None is the first four, as far as the stores keep them.
        exchange, market
            Tags such as ``binance`` and ``spot``; None is all.

        Raises
        ------
        ArgumentError
            A name is not in the data (the message says which are like it), a time has no zone, or
            ``end`` is not after ``start``.
        StoreUnavailableError
            A store cannot be reached now.
        StoreFormatError
            What is there is not ours, damaged, or newer than this program.
        """
        query = self._query(symbols, start, end, exchange, market)
        names = self._types(types)
        frames = {
            name: Frame(
                sources_for(self._sources, name),
                name,
                query,
                lambda event_type, asked: self._coverage((event_type,), asked),
            )
            for name in names
        }
        return Frames(frames, lambda: self._coverage(names, query))

    def instruments(self) -> Rows:
        """Return the instruments there are, ordered by exchange, market and raw symbol.

        Columns: ``exchange``, ``market``, ``symbol``, ``raw_symbol``, ``types`` (of which there are
        rows), ``first_ns`` and ``last_ns`` (no row of the instrument is outside).
        """
        return Rows(self._instruments(), "instruments")

    def book_at(
        self,
        symbol: str,
        time: When | None = None,
        *,
        exchange: str | None = None,
        market: str | None = None,
        depth: int = 2,
    ) -> Book:
        """Return the book of an instrument as of a moment, messages of that time included.

        It is ``live`` only when it is known at that moment: in a time that was not recorded, or
        after the recording, it is ``stale``, and says why.

        Parameters
        ----------
        time
            The moment; None is that of the book's latest message.
        depth
            2 for the book by price level, 1 for the channel of the best bid and ask.

        Raises
        ------
        ArgumentError
            The symbol is not in the data, or several instruments have it: name the exchange and
            the market.
        """
        if depth not in (1, 2):
            raise ArgumentError(f"depth is 1 (best bid and ask) or 2 (by price level), was {depth}")
        query = self._query(symbol, None, None, exchange, market)
        found = [row for row in self._matching(query) if "orderbook" in row["types"]]
        if not found:
            raise UnknownNameError(f"{symbol!r} has no order-book rows in this data")
        if len(found) > 1:
            places = ", ".join(f"{row['exchange']} {row['market']}" for row in found)
            raise ArgumentError(f"{symbol!r} is on {places}: say exchange= and market=")
        names = ("exchange", "market", "symbol", "raw_symbol")
        instrument = Instrument(*(found[0][name] for name in names))

        def read(asked: Query, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
            return self._read("orderbook", asked, columns)

        # When it was begun anew after the moment counts, too.
        about = Query((instrument.raw_symbol,), instrument.exchange, instrument.market)
        types = [name for name in DEFAULT_TYPES if name in found[0]["types"]]
        streams = streams_of(types, about, found, self._facts, self._read_if_kept)
        time_ns = (found[0]["last_ns"] or 0) if time is None else to_ns(time)
        return book_at(
            instrument, time_ns, depth, read, BookDoubts(streams), is_latest=time is None
        )

    def stream(
        self,
        types: Names = None,
        symbols: Names = None,
        start: When | None = None,
        end: When | None = None,
        *,
        exchange: str | None = None,
        market: str | None = None,
        batch_rows: int = 65_536,
    ) -> Iterator[Batch]:
        """Yield rows of several types in one order of time, in bounded memory.

        Rows are ordered by time; at one time trades come before books, books before funding,
        funding before liquidations, then coverage and quarantine; within a type the order is that
        of :meth:`load`. Rows without any time come last.

        Parameters
        ----------
        batch_rows
            A batch has so many rows at most, all of one type.

        Raises
        ------
        ArgumentError
            As :meth:`load`.
        """
        frames = self.load(symbols, start, end, types, exchange=exchange, market=market)
        order = [name for name in EVENT_TYPES if name in frames]
        return replayed({name: frames[name].batches() for name in order}, order, batch_rows)

    def page(
        self,
        event_type: str,
        symbols: Names = None,
        start: When | None = None,
        end: When | None = None,
        *,
        exchange: str | None = None,
        market: str | None = None,
        limit: int = 1000,
        after: Place | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> PageOfRows:
        """Return some rows of a type, and where the next ones begin.

        Pages that follow each other have every row once, also rows of one time, as long as nothing
        is stored that belongs before them. Rows without any time are on no page.

        Parameters
        ----------
        limit
            So many rows at most.
        after
            Where the page before ended; None for the first page.
        check
            Called between batches; what it raises ends the reading.

        Raises
        ------
        ArgumentError
            As :meth:`load`.
        """
        query = self._query(symbols, start, end, exchange, market)
        (name,) = self._types(event_type)
        return page_of(name, query, limit, after, self._read_if_kept, check)

    @property
    def bytes_read(self) -> int | None:
        """Bytes fetched from the stores so far; None where one does not know."""
        counts = [each.reader.bytes_read for each in self._sources]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def close(self) -> None:
        """Let go of the stores; harmless when called twice."""
        for each in self._sources:
            each.reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<data of {', '.join(each.reader.shown for each in self._sources)}>"

    def _query(
        self,
        symbols: Names,
        start: When | None,
        end: When | None,
        exchange: str | None,
        market: str | None,
    ) -> Query:
        start_ns = None if start is None else to_ns(start, "start")
        end_ns = None if end is None else to_ns(end, "end")
        if start_ns is not None and end_ns is not None and end_ns <= start_ns:
            raise ArgumentError(f"end={end!r} is not after start={start!r}: nothing lies between")
        names = _names(symbols)
        if names is not None or exchange is not None or market is not None:
            check_known(names or (), exchange, market, self._instruments())
        return Query(names, exchange, market, start_ns, end_ns)

    def _types(self, types: Names) -> tuple[str, ...]:
        kept = {name for each in self._sources for name in each.reader.types()}
        wanted = _names(types)
        if wanted is None:
            return tuple(name for name in DEFAULT_TYPES if name in kept)
        for name in wanted:
            if name not in EVENT_TYPES:
                close = difflib.get_close_matches(name, EVENT_TYPES, n=1)
                hint = f"did you mean {close[0]!r}? " if close else ""
                raise UnknownNameError(
                    f"no event type {name!r}: {hint}there are {', '.join(EVENT_TYPES)}"
                )
        return tuple(name for name in EVENT_TYPES if name in wanted)

    def _instruments(self) -> pa.Table:
        if len(self._sources) == 1:
            return self._sources[0].reader.instruments()
        sightings = Sightings()
        for each in self._sources:
            sightings.add_table(each.reader.instruments())
        return sightings.to_arrow()

    def _matching(self, query: Query) -> list[dict[str, Any]]:
        return [
            row
            for row in self._instruments().to_pylist()
            if query.exchange in (None, row["exchange"])
            and query.market in (None, row["market"])
            and (
                query.symbols is None
                or row["symbol"] in query.symbols
                or row["raw_symbol"] in query.symbols
            )
        ]

    def _coverage(self, types: Sequence[str], query: Query) -> Coverage:
        return survey(types, query, self._matching(query), self._facts, self._read_if_kept)

    def _read_if_kept(
        self, event_type: str, query: Query, columns: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        if any(event_type in each.reader.types() for each in self._sources):
            yield from self._read(event_type, query, columns)

    def _read(
        self, event_type: str, query: Query, columns: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """Yield columns that stores keep, also those an answer leaves out."""
        names = list(dict.fromkeys([*columns, *TIME_COLUMNS[event_type]]))
        yield from read_all(sources_for(self._sources, event_type), event_type, query, names)


def _names(names: Names) -> tuple[str, ...] | None:
    if names is None:
        return None
    found = (names,) if isinstance(names, str) or not isinstance(names, Iterable) else tuple(names)
    if not found or not all(isinstance(name, str) and name for name in found):
        shown = repr(names) if found else "no name"
        raise ArgumentError(f"expected a name or a list of names, was {shown}")
    return tuple(dict.fromkeys(found))
