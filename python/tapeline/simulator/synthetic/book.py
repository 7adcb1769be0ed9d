"""A synthetic book: changes level by level, never crossed, never deeper than a venue shows."""

import random

from tapeline.simulator.synthetic.events import Change

#: Levels a side: no more than the smallest depth any venue's delta stream has.
DEPTH_MAX = 45
_DEPTH_MIN = 8
_REACH = 60


class SyntheticBook:
    """One instrument's book.

    Parameters
    ----------
    price
        Where it starts, in ticks.
    chooser
        Seeded source of randomness.

    Attributes
    ----------
    id
        Id of the last change; every change has the next.
    """

    def __init__(self, price: int, first_id: int, chooser: random.Random) -> None:
        self.id = first_id
        self._chooser = chooser
        self._bids = {price - step: self._size() for step in range(1, 31)}
        self._asks = {price + step: self._size() for step in range(1, 31)}

    def best(self) -> tuple[Change, Change]:
        """Return the best bid and ask."""
        bid, ask = max(self._bids), min(self._asks)
        return (bid, self._bids[bid]), (ask, self._asks[ask])

    def levels(self) -> tuple[list[Change], list[Change]]:
        """Return all bids and asks, best first."""
        return sorted(self._bids.items(), reverse=True), sorted(self._asks.items())

    def change(self) -> tuple[bool, Change]:
        """Change one level; return whether it is a bid, and the level."""
        chooser = self._chooser
        is_bid = chooser.random() < 0.5
        side = self._bids if is_bid else self._asks
        level = self._choose(side, is_bid=is_bid)
        price, quantity = level
        if quantity:
            side[price] = quantity
        else:
            del side[price]
        self.id += 1
        return is_bid, level

    def _choose(self, side: dict[int, int], *, is_bid: bool) -> Change:
        chooser = self._chooser
        if len(side) >= DEPTH_MAX:
            return (min(side) if is_bid else max(side)), 0
        draw = chooser.random()
        if draw < 0.35 and len(side) > _DEPTH_MIN:
            # Mostly somewhere, now and then the best one: then the price moves.
            best = max(side) if is_bid else min(side)
            return (best if chooser.random() < 0.3 else chooser.choice(sorted(side))), 0
        (bid, _), (ask, _) = self.best()
        if draw < 0.45 and ask - bid > 1:
            # Anywhere between them, or what is taken away would widen the book for ever.
            inside = 1 + chooser.randrange(ask - bid - 1)
            return (bid + inside if is_bid else ask - inside), self._size()
        step = chooser.randrange(_REACH)
        return (bid - step if is_bid else ask + step), self._size()

    def _size(self) -> int:
        return 1 + int(self._chooser.expovariate(1 / 400))
