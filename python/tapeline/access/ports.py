"""What the access layer asks of a store it reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows: by instrument and time. The type is named beside it."""

    symbols: tuple[str, ...] | None = None
    """Canonical (``BTC/USDT``) or the venue's spelling (``BTCUSDT``), any of them; None is all."""
    exchange: str | None = None
    market: str | None = None
    start_ns: int | None = None
    """Unix UTC nanoseconds, inclusive; about the row's time, as ``end_ns`` is."""
    end_ns: int | None = None
    """Unix UTC nanoseconds, exclusive."""
    takes_keys: bool = False
    """Whether decimals may come as dictionaries of decimals, of each value once, from a store that
    has them so. It changes no row."""

    only_timeless: bool = False
    """Whether only rows without any time belong to the answer; no bound is given then."""

    @property
    def is_timeless(self) -> bool:
        """Whether rows without any time belong to the answer: only when no bound is given."""
        return self.start_ns is None and self.end_ns is None


class Reader(Protocol):
    """A store opened for reading. One thread uses it at a time.

    Every method raises StoreUnavailableError when the store cannot be reached now and
    StoreFormatError when what is there is not ours, damaged or newer.
    """

    @property
    def shown(self) -> str:
        """Where it is, for people, without a password."""
        ...

    @property
    def bytes_read(self) -> int | None:
        """Bytes fetched from the store so far; None where that is not known."""
        ...

    def types(self) -> frozenset[str]:
        """Return the event types this kind of store keeps, whether it has rows of them or not."""
        ...

    def read(
        self, event_type: str, query: Query, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows in the order of an answer, in bounded memory.

        Parameters
        ----------
        columns
            Names of :func:`tapeline.storage.schema.stored_schema_of`, in the order wanted; None is
            all of them.

        Yields
        ------
        pyarrow.RecordBatch
            Exactly the types of that schema: plain strings, nothing dictionary-encoded but what
            :attr:`Query.takes_keys` allows. The time
            of a row is the first of :data:`tapeline.storage.schema.TIME_COLUMNS` that is not null;
            rows are ordered by it and then by
            :data:`tapeline.storage.schema.ORDER_COLUMNS`. Rows without any time come last, and
            only when :attr:`Query.is_timeless`. Rows with one event id may be there more than
            once.
        """
        ...

    def read_once(
        self, event_type: str, query: Query, columns: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows as :meth:`read` does, of those with one event id and one time the first.

        A store that knows that nothing is there twice need not look.
        """
        ...

    def instruments(self) -> pa.Table:
        """Return the instruments there are, with the columns of :data:`INSTRUMENT_SCHEMA`."""
        ...

    def dates(self, event_type: str) -> list[str]:
        """Return the UTC dates on which there are rows of a type, in order: ``2026-01-05``.

        The last is :data:`tapeline.storage.schema.UNKNOWN_DATE` where rows have no time. An archive
        names all dates between the first and the last of a file. What lies between is not looked
        at: one row of 1970 or 2200 costs no more than another.
        """
        ...

    def exchanges(self, event_type: str) -> list[str]:
        """Return the exchanges of rows of a type, in order, also of rows without a symbol.

        A store may name others too, of which it has rows of another type.
        """
        ...

    def close(self) -> None:
        """Let go of the store; harmless when called twice."""
        ...


INSTRUMENT_SCHEMA = pa.schema(
    [
        pa.field("exchange", pa.string(), nullable=False),
        pa.field("market", pa.string(), nullable=False),
        pa.field("symbol", pa.string(), nullable=False),
        pa.field("raw_symbol", pa.string(), nullable=False),
        pa.field("types", pa.list_(pa.field("item", pa.string(), nullable=False)), nullable=False),
        pa.field("first_ns", pa.int64()),
        pa.field("last_ns", pa.int64()),
    ]
)
"""One row an instrument, ordered by exchange, market and raw symbol. ``types`` are in the order of
EVENT_TYPES. ``first_ns`` and ``last_ns`` bound the times of its rows of all types: no row lies
outside, and a store that keeps its bounds by file may know them only roughly."""
