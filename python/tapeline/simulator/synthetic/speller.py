"""What the generator needs to know about a venue's spelling."""

from collections.abc import Mapping
from typing import Protocol

from tapeline.simulator.synthetic.events import (
    Delta,
    Funding,
    Instrument,
    Liquidation,
    Snapshot,
    Spelled,
    Top,
    Trade,
)


class Speller(Protocol):
    """Writes what happens as a venue's messages.

    Attributes
    ----------
    types
        Type of data -> kinds of anomalies that can be told in it.
    """

    @property
    def types(self) -> Mapping[str, tuple[str, ...]]:
        """Return the types of data the market has, each with the anomalies planted in it."""
        ...

    @property
    def default_symbols(self) -> str:
        """Return symbols to make if none are named."""
        ...

    def instrument(self, symbol: str) -> Instrument:
        """Return the instrument of ``BASE/QUOTE`` or ``BASE/QUOTE:SETTLE``."""
        ...

    def trade(self, instrument: Instrument, event: Trade, *, is_aggregate: bool) -> Spelled:
        """Spell a trade."""
        ...

    def top(self, instrument: Instrument, event: Top) -> Spelled:
        """Spell the best bid and ask."""
        ...

    def delta(self, instrument: Instrument, event: Delta) -> Spelled:
        """Spell changes of a book."""
        ...

    def snapshot(self, instrument: Instrument, event: Snapshot) -> Spelled:
        """Spell a whole book: a REST reply, or a message of the stream."""
        ...

    def funding(self, instrument: Instrument, event: Funding) -> Spelled:
        """Spell funding."""
        ...

    def liquidation(self, instrument: Instrument, event: Liquidation) -> Spelled:
        """Spell a liquidation."""
        ...
