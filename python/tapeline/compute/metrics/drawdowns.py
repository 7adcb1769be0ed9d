"""How far equity fell below its highest point, and for how long."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tapeline.compute.metrics.arrays import Floats, Times, as_floats, as_times


class Drawdown(NamedTuple):
    """One fall below a highest point, and the way back."""

    start_ns: int
    """Time of the highest point."""
    bottom_ns: int
    """Time of the lowest point after it."""
    end_ns: int | None
    """When the highest point was reached again; None when that has not happened."""
    depth: float
    """``bottom / top - 1``, a fraction below 0."""


def drawdown_series(equity: ArrayLike) -> Floats:
    """Return ``equity / highest so far - 1`` of each point: 0 at a high, -0.1 for 10 % below it.

    Shape (n,) as the input. Below -1 where equity is below zero; 0 as long as no point was above
    zero.
    """
    held = as_floats(equity, "equity")
    highest = np.maximum.accumulate(held) if held.size else held
    below = np.zeros_like(held)
    np.divide(held, highest, out=below, where=highest > 0)
    np.subtract(below, 1.0, out=below, where=highest > 0)
    return below


def max_drawdown(equity: ArrayLike) -> float | None:
    """Return the deepest value of :func:`drawdown_series`, at most 0; None without a point."""
    below = drawdown_series(equity)
    return float(below.min()) if below.size else None


def longest_drawdown_ns(time_ns: ArrayLike, equity: ArrayLike) -> int | None:
    """Return the longest time from a high until it was reached again, or until the last point.

    Nanoseconds, 0 when equity never fell; None without a point.
    """
    held = as_floats(equity, "equity")
    times = as_times(time_ns, held.size)
    if not held.size:
        return None
    starts, ends = _spans(held)
    if not starts.size:
        return 0
    return int((times[np.minimum(ends, held.size - 1)] - times[starts]).max())


def worst_drawdowns(time_ns: ArrayLike, equity: ArrayLike, count: int) -> list[Drawdown]:
    """Return the ``count`` deepest falls, the deepest first, earlier before later."""
    held = as_floats(equity, "equity")
    times = as_times(time_ns, held.size)
    below = drawdown_series(held)
    found = [
        _fall(times, below, int(start), int(end)) for start, end in zip(*_spans(held), strict=True)
    ]
    return sorted(found, key=lambda fall: (fall.depth, fall.start_ns))[:count]


def calmar(growth: float | None, deepest: float | None) -> float | None:
    """Return CAGR over the depth of the deepest drawdown; None when one is missing or it is 0."""
    if growth is None or not deepest:
        return None
    return growth / -deepest


def _spans(held: Floats) -> tuple[Times, Times]:
    """Return the row of each high that was left, and the row where it was reached again.

    The second is ``held.size`` where it was not.
    """
    under = held < np.maximum.accumulate(held) if held.size else np.zeros(0, dtype=np.bool_)
    edges = np.diff(under.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(edges == 1) - 1, np.flatnonzero(edges == -1)


def _fall(times: Times, below: Floats, start: int, end: int) -> Drawdown:
    bottom = start + int(below[start:end].argmin())
    back = int(times[end]) if end < times.size else None
    return Drawdown(int(times[start]), int(times[bottom]), back, float(below[bottom]))
