"""All figures of a run at once."""

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from tapeline.compute.metrics.arrays import Floats, as_floats, as_times
from tapeline.compute.metrics.drawdowns import calmar, longest_drawdown_ns, max_drawdown
from tapeline.compute.metrics.growth import (
    DAY_NS,
    cagr,
    pnl,
    sharpe,
    sortino,
    total_return,
    volatility,
)
from tapeline.compute.metrics.sampling import sample
from tapeline.compute.metrics.trading import exposure, hit_rate, profit_factor, turnover

Figures = dict[str, float | int | None]
"""A run's metrics by name; the names are those of ``docs/backtest.md``."""

_NOTHING: Final[tuple[float, ...]] = ()


def summarize(
    time_ns: ArrayLike,
    equity: ArrayLike,
    position: ArrayLike,
    *,
    sample_ns: int,
    notional: ArrayLike = _NOTHING,
    fees: ArrayLike = _NOTHING,
    slippage: ArrayLike = _NOTHING,
    funding: ArrayLike = _NOTHING,
    trade_pnl: ArrayLike = _NOTHING,
) -> Figures:
    """Return every metric of a run.

    Parameters
    ----------
    time_ns, equity, position
        The account over time, shape (n,): every change of it, in order of time.
    sample_ns
        Distance of the samples that ratios are made from, in nanoseconds.
    notional, fees, slippage
        Of each fill, in the quote currency; fees and slippage paid are above zero.
    funding
        Of each funding payment: above zero received, below zero paid.
    trade_pnl
        Of each closed trade, costs taken off.

    Returns
    -------
    dict
        The same names for every input; what has no value is None.

    Raises
    ------
    ArgumentError
        Lengths differ, a value is not finite, or times go back.
    """
    # What is too large for a float is None, as everything that has no value.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        figures = _figures(
            as_floats(equity, "equity"),
            time_ns,
            position,
            sample_ns,
            as_floats(notional, "notional"),
            as_floats(trade_pnl, "pnl of trades"),
        )
        figures |= {
            "fees": _sum(fees, "fees"),
            "slippage": _sum(slippage, "slippage"),
            "funding": _sum(funding, "funding"),
        }
    return {name: _finite(value) for name, value in figures.items()}


def _figures(
    held: Floats,
    time_ns: ArrayLike,
    position: ArrayLike,
    sample_ns: int,
    moved: Floats,
    made: Floats,
) -> Figures:
    times = as_times(time_ns, held.size)
    elapsed = int(times[-1] - times[0]) if times.size else 0
    grid = sample(times, held, sample_ns)
    growth = cagr(held, elapsed)
    deepest = max_drawdown(held)
    # Returns on nothing have no meaning, also where no sample saw the ruin.
    is_ruined = bool((held[:-1] <= 0).any())
    # A ratio of some hours, times the root of a year of them, says nothing.
    has_ratios = elapsed >= DAY_NS and not is_ruined
    return {
        "pnl": pnl(held),
        "total_return": total_return(held),
        "cagr": growth,
        "volatility": None if is_ruined else volatility(grid, sample_ns),
        "sharpe": sharpe(grid, sample_ns) if has_ratios else None,
        "sortino": sortino(grid, sample_ns) if has_ratios else None,
        "calmar": None if is_ruined else calmar(growth, deepest),
        "max_drawdown": deepest,
        "max_drawdown_duration_ns": longest_drawdown_ns(times, held),
        "turnover": turnover(moved, grid) if moved.size else 0.0,
        "exposure": exposure(times, position),
        "fills": int(moved.size),
        "trades": int(made.size),
        "hit_rate": hit_rate(made),
        "profit_factor": profit_factor(made),
        "samples": int(grid.size),
        "elapsed_ns": elapsed,
    }


def _finite(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None


def _sum(values: ArrayLike, name: str) -> float:
    return float(np.sum(as_floats(values, name)))
