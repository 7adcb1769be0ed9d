"""What the folder of a market gives the simulator."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from tapeline.simulator.synthetic.speller import Speller
from tapeline.simulator.synthetic.tape import MarketSettings
from tapeline.simulator.venue import Limits, Venue


class SyntheticTape(Protocol):
    """A synthetic tape while it is made."""

    @property
    def ledger(self) -> Sequence[dict[str, Any]]:
        """Return what was planted and the summary; complete after the lines have ended."""
        ...

    def lines(self) -> Iterator[bytes]:
        """Yield the tape's lines, each with its line feed."""
        ...


class Simulated(NamedTuple):
    """A market of the simulator.

    Attributes
    ----------
    venue
        Serves it; with the venue's published limits where it gets none.
    speller
        Spells its synthetic tapes.
    trades
        Makes the tapes that hold trades alone, where the market has a finer generator for them.
    """

    venue: Callable[[Limits | None], Venue]
    speller: Callable[[], Speller]
    trades: Callable[[MarketSettings], SyntheticTape] | None = None
