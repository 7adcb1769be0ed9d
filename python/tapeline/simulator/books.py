"""A plain order book, kept beside the tape: what the simulator's snapshots are made of.

Independent of the product's own book on purpose: a fault of one does not hide in the other.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

#: One level as the venue spells it: price text, quantity text, and whatever follows them.
Level = Sequence[Any]


class PlainBook:
    """Price levels of both sides by the text of their price."""

    def __init__(self) -> None:
        self._bids: dict[str, Level] = {}
        self._asks: dict[str, Level] = {}

    def replace(self, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Forget everything and take these levels."""
        self._bids.clear()
        self._asks.clear()
        self.change(bids, asks)

    def change(self, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Set levels; quantity zero takes one away."""
        for side, levels in ((self._bids, bids), (self._asks, asks)):
            for level in levels:
                if level[1].strip("0."):
                    side[level[0]] = level
                else:
                    side.pop(level[0], None)

    def best(self, depth: int | None = None) -> tuple[list[Level], list[Level]]:
        """Return the best levels of the bids and of the asks, best first."""
        bids = sorted(self._bids.values(), key=_price, reverse=True)
        return bids[:depth], sorted(self._asks.values(), key=_price)[:depth]


def _price(level: Level) -> Decimal:
    return Decimal(level[0])
