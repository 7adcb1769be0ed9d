"""What was traded: how much, how often it paid, how long a position was held."""

import numpy as np
from numpy.typing import ArrayLike

from tapeline.compute.metrics.arrays import as_floats, as_times


def hit_rate(trade_pnl: ArrayLike) -> float | None:
    """Return the share of trades that made money, costs taken off; None without a trade."""
    made = as_floats(trade_pnl, "pnl of trades")
    return float(np.count_nonzero(made > 0) / made.size) if made.size else None


def profit_factor(trade_pnl: ArrayLike) -> float | None:
    """Return gains of the winning trades over losses of the losing ones; None without a loss."""
    made = as_floats(trade_pnl, "pnl of trades")
    lost = -float(made[made < 0].sum())
    return float(made[made > 0].sum()) / lost if lost else None


def turnover(notional: ArrayLike, sampled_equity: ArrayLike) -> float | None:
    """Return what was bought and sold over the mean equity, over the whole run.

    2.0 means the account was bought once and sold once. None without equity, or when its mean is
    not above zero.
    """
    moved = float(np.abs(as_floats(notional, "notional")).sum())
    held = as_floats(sampled_equity, "equity")
    mean = float(held.mean()) if held.size else 0.0
    return moved / mean if mean > 0 else None


def exposure(time_ns: ArrayLike, position: ArrayLike) -> float | None:
    """Return the share of time in which a position was held, long or short, from 0 to 1.

    A row's position is held until the next row's time. None when no time passed.
    """
    held = as_floats(position, "position")
    times = as_times(time_ns, held.size)
    spans = np.diff(times)
    whole = int(spans.sum())
    return float(spans[held[:-1] != 0].sum() / whole) if whole else None
