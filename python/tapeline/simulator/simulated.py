"""What the folder of a market gives the simulator."""

from collections.abc import Callable
from typing import NamedTuple

from tapeline.simulator.synthetic.speller import Speller
from tapeline.simulator.venue import Limits, Venue


class Simulated(NamedTuple):
    """A market of the simulator.

    Attributes
    ----------
    venue
        Serves it; with the venue's published limits where it gets none.
    speller
        Spells its synthetic tapes.
    """

    venue: Callable[[Limits | None], Venue]
    speller: Callable[[], Speller]
