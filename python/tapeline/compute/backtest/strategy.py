"""What a strategy is given, and what it may give back.

A strategy is a file of its own, ``<id>.py``, that says::

    TYPES = ("trade",)          # what it reads; the first is its clock
    LOOKBACK = 200              # a function strategy: rows of the past it needs (see below)

    def strategy(data, *, fast=50, slow=200, size=1.0):
        ...
        return targets          # float64, one a row of data.clock: the position wanted then

``TYPES`` may also be a mapping of type to columns, ``{"trade": ("price",)}``: then nothing else is
read. ``strategy`` is one of

- a function. It is called for blocks of rows, each with the ``LOOKBACK`` rows before it in front
  (fewer at the beginning), and what it says about those is left aside. ``LOOKBACK`` is a number or
  a function of the parameters. Without it the function is called once, for the whole range, which
  then has to fit into memory.
- a class. It is made once, ``strategy(**parameters)``, and ``on_chunk(data)`` is called for block
  after block in order of time; what it has to remember it keeps itself.

A target that row ``i`` gives acts on the first later row of the market whose time is at least that
of row ``i`` and the latency: never on row ``i`` itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
import polars as pl

from tapeline.errors import ArgumentError

Floats = np.ndarray[Any, np.dtype[np.float64]]
Times = np.ndarray[Any, np.dtype[np.int64]]
Array = np.ndarray[Any, np.dtype[Any]]

COLUMNS: Final = {
    "trade": ("time_ns", "price", "quantity", "side"),
    "orderbook": ("time_ns", "bid_price", "bid_quantity", "ask_price", "ask_quantity"),
    "funding": ("time_ns", "rate", "mark_price", "index_price", "next_funding_ns"),
    "liquidation": ("time_ns", "price", "quantity", "side"),
}
"""The columns of each type, in the order in which rows of one time come.

``time_ns`` is int64: the exchange's time, the time of receipt where the venue says none, Unix UTC
nanoseconds. ``side`` is int8: 1 bought, -1 sold (the taker), 0 not said. ``next_funding_ns`` is
int64, 0 where it is not said. All others are float64, NaN where the venue says nothing. The four of
the book are of two dimensions, rows and levels, best first, NaN where the book ends; a row is the
book after a message.
"""


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is traded."""

    exchange: str
    market: str
    symbol: str
    raw_symbol: str


class Columns(Mapping[str, Array]):
    """Rows of one type as NumPy arrays, in order of time; they cannot be written to."""

    def __init__(self, event_type: str, arrays: Mapping[str, Array]) -> None:
        self._type = event_type
        self._arrays = dict(arrays)

    @property
    def type(self) -> str:
        """The event type, e.g. ``trade``."""
        return self._type

    @property
    def time_ns(self) -> Times:
        """Unix UTC nanoseconds, ascending."""
        return self._arrays["time_ns"]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self._arrays["time_ns"])

    def to_polars(self) -> pl.DataFrame:
        """Return the rows as a Polars frame; levels of a book become columns of type Array."""
        return pl.DataFrame(self._arrays)

    def slice(self, start: int, stop: int) -> "Columns":
        """Return some rows, without a copy."""
        return Columns(self._type, {name: each[start:stop] for name, each in self._arrays.items()})

    def __getitem__(self, name: str) -> Array:
        try:
            return self._arrays[name]
        except KeyError:
            raise ArgumentError(
                f"no column {name!r} of {self._type} was read; there are {', '.join(self._arrays)}"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        return f"<{self.rows:,} rows of {self._type}: {', '.join(self._arrays)}>"


class MarketData:
    """A block of one instrument's market: rows of each type, as NumPy arrays.

    Parameters
    ----------
    instrument
        What is traded.
    clock
        The type whose rows are answered: one target each.
    columns
        The rows, by type.
    before
        The last row of each type before these, as far as there is one: :meth:`latest` needs it.
    """

    def __init__(
        self,
        instrument: Instrument,
        clock: str,
        columns: Mapping[str, Columns],
        before: Mapping[str, Columns] | None = None,
    ) -> None:
        self.instrument = instrument
        self._clock = clock
        self._columns = dict(columns)
        self._before = dict(before or {})

    @property
    def clock(self) -> Columns:
        """The rows that are answered: of the first type the strategy names."""
        return self._columns[self._clock]

    @property
    def rows(self) -> int:
        """How many targets are wanted."""
        return self.clock.rows

    @property
    def types(self) -> tuple[str, ...]:
        """The types there are, the clock first."""
        return tuple(self._columns)

    @property
    def trade(self) -> Columns:
        """Trades."""
        return self["trade"]

    @property
    def orderbook(self) -> Columns:
        """The book after each message."""
        return self["orderbook"]

    @property
    def funding(self) -> Columns:
        """Funding states of a perpetual contract."""
        return self["funding"]

    @property
    def liquidation(self) -> Columns:
        """Forced orders."""
        return self["liquidation"]

    def latest(self, event_type: str, column: str) -> Array:
        """Return, for each row of the clock, the last value of another type before it.

        Parameters
        ----------
        event_type, column
            What is looked up, for example ``"funding", "rate"``. At one time trades come before
            books, these before funding states, and these before liquidations: of rows of the same
            time only those that come before the clock's count.

        Returns
        -------
        numpy.ndarray
            One value a row of the clock; NaN (0 for whole numbers) before the first one.
        """
        other = self[event_type]
        values = other[column]
        places = self._rows_before(event_type, self.clock.time_ns) - 1
        empty: float = np.nan if values.dtype.kind == "f" else 0
        found = np.full((len(places), *values.shape[1:]), empty, dtype=values.dtype)
        if event_type in self._before:
            found[:] = self._before[event_type][column]
        known = places >= 0
        found[known] = values[places[known]]
        return found

    def until(self, rows: int) -> "MarketData":
        """Return what was known at a row of the clock: the first ``rows``, and nothing later."""
        clock = self.clock
        last_ns = clock.time_ns[rows - 1]
        columns = {
            name: each.slice(
                0,
                rows if name == self._clock else int(self._rows_before(name, last_ns)),
            )
            for name, each in self._columns.items()
        }
        return MarketData(self.instrument, self._clock, columns, self._before)

    def _rows_before(self, event_type: str, clock_ns: Any) -> Any:  # noqa: ANN401 (one or many)
        """Return how many rows of a type come before rows of the clock at these times."""
        order = list(COLUMNS)
        is_first = order.index(event_type) <= order.index(self._clock)
        times = self._columns[event_type].time_ns
        return np.searchsorted(times, clock_ns, side="right" if is_first else "left")

    def __getitem__(self, event_type: str) -> Columns:
        try:
            return self._columns[event_type]
        except KeyError:
            raise ArgumentError(
                f"no {event_type} rows were read, only {', '.join(self._columns)}: name it in TYPES"
            ) from None

    def __repr__(self) -> str:
        return f"<{self.instrument.symbol}: {list(self._columns.values())}>"


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders instead of targets.

    An order of row ``i`` reaches the market as a target does, and takes the place of the one still
    working. Without a limit it takes what the market offers; with a limit it takes what is not
    worse than the limit when it arrives, and then rests: it is filled as a maker, at its limit, by
    trades that go through the limit (not by those at it: nobody knows the queue).
    """

    quantity: Floats
    """One a row of the clock: bought if positive, sold if negative; 0 is no order."""
    limit: Floats | None = None
    """Limit prices, one a row; NaN is an order without a limit."""
    cancel: np.ndarray[Any, np.dtype[np.bool_]] | None = None
    """Where True, an order still working is taken back."""


Answer = Floats | Orders | pl.Series
"""Targets (positions wanted, in units of the data's quantity), or orders."""


@runtime_checkable
class ChunkStrategy(Protocol):
    """A strategy that remembers."""

    def on_chunk(self, data: MarketData) -> Answer:
        """Return one answer a row of ``data.clock``; blocks come in order of time."""
        ...


class FunctionStrategy(Protocol):
    """A strategy that is a function of what it is given."""

    def __call__(self, data: MarketData, **parameters: Any) -> Answer:  # noqa: ANN401
        """Return one answer a row of ``data.clock``."""
        ...
