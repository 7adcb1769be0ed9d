"""What equity grew by, how unevenly, and the ratio of the two."""

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from tapeline.compute.metrics.arrays import Floats, as_floats
from tapeline.errors import ArgumentError

DAY_NS: Final = 86_400_000_000_000
YEAR_NS: Final = 365 * DAY_NS
# A ratio of two equities is off by an epsilon or two: a spread below this is rounding.
_ROUNDING: Final = 4 * float(np.finfo(np.float64).eps)


def pnl(equity: ArrayLike) -> float | None:
    """Return last minus first equity, in the quote currency; None without a point."""
    held = as_floats(equity, "equity")
    return float(held[-1] - held[0]) if held.size else None


def total_return(equity: ArrayLike) -> float | None:
    """Return ``last / first - 1`` as a fraction; None without a point or from nothing."""
    held = as_floats(equity, "equity")
    if not held.size or held[0] <= 0:
        return None
    return float(held[-1] / held[0] - 1.0)


def returns(equity: ArrayLike) -> Floats:
    """Return the simple return of each step, ``equity[i] / equity[i - 1] - 1``.

    Parameters
    ----------
    equity
        Sampled at even distances (:func:`~tapeline.compute.metrics.sample`), shape (n,).

    Returns
    -------
    float64, shape (n - 1,)
        Empty when n is below 2, and when equity reached zero before its last point: a return on
        nothing has no meaning, and ratios over what came before would hide the ruin.
    """
    held = as_floats(equity, "equity")
    if held.size < 2 or (held[:-1] <= 0).any():
        return np.empty(0)
    stepped: Floats = held[1:] / held[:-1] - 1.0
    return stepped


def cagr(equity: ArrayLike, elapsed_ns: int) -> float | None:
    """Return the growth of a year at this pace, ``(last / first) ** (year / elapsed) - 1``.

    Parameters
    ----------
    equity
        Shape (n,), first and last count.
    elapsed_ns
        Time between them. Below one day the answer is None: an hour's return to the power of 8,760
        says nothing.

    Returns
    -------
    float or None
        A fraction: -1.0 when all is lost. None also when equity began or ended below zero, or when
        the number is too large for a float.
    """
    grown = total_return(equity)
    if grown is None or elapsed_ns < DAY_NS or grown < -1.0:
        return None
    try:
        return float(math.pow(1.0 + grown, YEAR_NS / elapsed_ns) - 1.0)
    except OverflowError:
        return None


def volatility(equity: ArrayLike, every_ns: int) -> float | None:
    """Return the standard deviation of returns (n - 1 in the divisor), of a year, as a fraction.

    None with fewer than two returns. ``every_ns`` is the distance of the samples.
    """
    stepped = returns(equity)
    if stepped.size < 2:
        return None
    return _spread(stepped) * math.sqrt(_samples_a_year(every_ns))


def sharpe(equity: ArrayLike, every_ns: int, *, risk_free: float = 0.0) -> float | None:
    """Return mean over standard deviation of returns, of a year.

    Parameters
    ----------
    equity
        Sampled at even distances of ``every_ns``, shape (n,).
    every_ns
        Distance of the samples in nanoseconds.
    risk_free
        Return of a step without risk, as a fraction.

    Returns
    -------
    float or None
        ``mean(r - risk_free) / std(r) * sqrt(year / every_ns)``. None with fewer than two returns,
        or when all returns are the same.
    """
    excess = returns(equity) - risk_free
    if excess.size < 2:
        return None
    spread = _spread(excess)
    return float(excess.mean() / spread) * math.sqrt(_samples_a_year(every_ns)) if spread else None


def sortino(equity: ArrayLike, every_ns: int, *, target: float = 0.0) -> float | None:
    """Return mean over downside deviation of returns, of a year.

    Parameters
    ----------
    equity, every_ns
        As for :func:`sharpe`.
    target
        Return of a step below which it counts as a loss, as a fraction.

    Returns
    -------
    float or None
        ``mean(r - target) / sqrt(mean(min(r - target, 0) ** 2)) * sqrt(year / every_ns)``; the mean
        below the root is over all returns. None with fewer than two returns, or without a loss.
    """
    excess = returns(equity) - target
    if excess.size < 2:
        return None
    downside = math.sqrt(float(np.square(np.minimum(excess, 0.0)).mean()))
    if downside <= _ROUNDING:
        return None
    return float(excess.mean() / downside) * math.sqrt(_samples_a_year(every_ns))


def _spread(stepped: Floats) -> float:
    """Return the standard deviation, 0 where it is nothing but rounding."""
    spread = float(stepped.std(ddof=1))
    return spread if spread > _ROUNDING else 0.0


def _samples_a_year(every_ns: int) -> float:
    if every_ns < 1:
        raise ArgumentError(f"samples are at least 1 ns apart, was {every_ns}")
    return YEAR_NS / every_ns
