"""What a query gives: rows of each type, read when they are asked for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from tapeline.access.coverage import Coverage
from tapeline.access.ports import Query, Reader
from tapeline.access.routing import read_all
from tapeline.access.rows import Convertible, chosen, html
from tapeline.access.shaping import of_types
from tapeline.access.times import to_text
from tapeline.errors import ArgumentError
from tapeline.storage.schema import EVENT_TYPES, TIME_COLUMNS, schema_of

if TYPE_CHECKING:
    import polars as pl

_SHOWN_ROWS = 5


class Frame(Convertible):
    """Rows of one type, in order: by time, exchange, market, symbol and arrival.

    Nothing is read before it is asked for, and nothing is kept: every call reads afresh, so a
    store that is being filled may have more rows the next time.
    """

    def __init__(
        self,
        readers: Sequence[Reader],
        event_type: str,
        query: Query,
        coverage: Callable[[str, Query], Coverage],
    ) -> None:
        self._readers = readers
        self._type = event_type
        self._query = query
        self._coverage = coverage

    @property
    def type(self) -> str:
        """The event type, e.g. ``trade``."""
        return self._type

    @property
    def query(self) -> Query:
        """What was asked."""
        return self._query

    @property
    def schema(self) -> pa.Schema:
        """The columns of an answer: those of ``tapeline.decode``, whatever the store."""
        return schema_of(self._type)

    @cached_property
    def coverage(self) -> Coverage:
        """How complete these rows are."""
        return self._coverage(self._type, self._query)

    def batches(
        self, columns: Sequence[str] | None = None, *, with_keys: bool = False
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, in bounded memory.

        Parameters
        ----------
        columns
            Only these; what else is needed to find and order rows is read and left out.
        with_keys
            Whether decimals may be dictionaries of decimals, where a store has them so: what is
            done to a value is then done once. Any batch may have them either way.

        Raises
        ------
        ArgumentError
            There is no such column.
        StoreUnavailableError
            The store cannot be reached now.
        StoreFormatError
            What is there is damaged, or not ours.
        """
        wanted = chosen(self.schema, columns)
        yield from self._read(replace(self._query, takes_keys=with_keys), wanted)

    def scan(self) -> "pl.LazyFrame":
        """Return a Polars lazy frame over these rows.

        Columns that are not used are not read, and conditions on the time and the instrument's
        names go into the query; memory stays bounded where the plan streams.

        Examples
        --------
        ``frame.scan().filter(pl.col("timestamp_ns") >= t).select("price").collect()``
        """
        from tapeline.access.scan import scan

        return scan(self._type, self._query, self.schema, self._read)

    def count(self) -> int:
        """Count the rows, reading as few columns as that takes."""
        names = [TIME_COLUMNS[self._type][-1]]
        return sum(batch.num_rows for batch in self.batches(names))

    @property
    def bytes_read(self) -> int | None:
        """Bytes fetched from the stores since they were opened; None where one does not know."""
        counts = [reader.bytes_read for reader in self._readers]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def head(self, rows: int = _SHOWN_ROWS) -> pa.Table:
        """Return the first rows as an Arrow table, reading little more than them.

        Raises
        ------
        ArgumentError
            ``rows`` is below 0.
        """
        if rows < 0:
            raise ArgumentError(f"rows must be 0 or more, was {rows}")
        found: list[pa.RecordBatch] = []
        left = rows
        for batch in self.batches():
            found.append(batch.slice(0, left))
            left -= found[-1].num_rows
            if left <= 0:
                break
        return pa.Table.from_batches(found, self.schema)

    def _read(self, query: Query, wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
        for batch in read_all(self._readers, self._type, query, wanted.names):
            schema = of_types(wanted, batch.schema.types) if query.takes_keys else wanted
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)

    def __repr__(self) -> str:
        query = self._query
        symbols = "all symbols" if query.symbols is None else ", ".join(query.symbols)
        start = "the first" if query.start_ns is None else to_text(query.start_ns)
        end = "the last" if query.end_ns is None else to_text(query.end_ns)
        return (
            f"<{self._type} rows of {symbols}, from {start} to {end}; read them with .to_polars(),"
            " .to_arrow(), .scan() or .batches()>"
        )

    def _repr_html_(self) -> str:
        text = repr(self).strip("<>")
        return f"<p>{text}. The first of them:</p>{html(self.head())}"


class Frames(Mapping[str, Frame]):
    """Frames by type: ``frames.trade`` or ``frames["trade"]``."""

    def __init__(self, frames: Mapping[str, Frame], coverage: Callable[[], Coverage]) -> None:
        self._frames = frames
        self._all_coverage = coverage

    @cached_property
    def coverage(self) -> Coverage:
        """How complete the answer is, of all its types."""
        return self._all_coverage()

    @property
    def trade(self) -> Frame:
        """Trades."""
        return self["trade"]

    @property
    def orderbook(self) -> Frame:
        """Order-book messages: snapshots and deltas."""
        return self["orderbook"]

    @property
    def funding(self) -> Frame:
        """Funding states of perpetual contracts."""
        return self["funding"]

    @property
    def liquidation(self) -> Frame:
        """Forced orders."""
        return self["liquidation"]

    @property
    def quarantine(self) -> Frame:
        """What came and could not become an event."""
        return self["quarantine"]

    def __getitem__(self, event_type: str) -> Frame:
        try:
            return self._frames[event_type]
        except KeyError:
            loaded = ", ".join(self._frames)
            raise ArgumentError(
                f"no {event_type} rows in this answer, only {loaded}: add it to types="
                if event_type in EVENT_TYPES
                else f"no event type {event_type!r}; there are {', '.join(EVENT_TYPES)}"
            ) from None

    def __contains__(self, event_type: object) -> bool:
        return event_type in self._frames

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def __repr__(self) -> str:
        return "\n".join(repr(frame) for frame in self._frames.values())
