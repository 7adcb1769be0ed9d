"""Equity at even distances, which is what ratios are made from."""

import numpy as np
from numpy.typing import ArrayLike

from tapeline.compute.metrics.arrays import Floats, as_floats, as_times
from tapeline.errors import ArgumentError


def sample(time_ns: ArrayLike, values: ArrayLike, every_ns: int) -> Floats:
    """Return the last value at or before each point of an even grid.

    The grid begins at the first time and ends with the last point that is not after the last time:
    a piece shorter than ``every_ns`` at the end is left out, so all samples are equally far apart.

    Parameters
    ----------
    time_ns, values
        Shape (n,), times not decreasing. Of several values at one time the last one counts.
    every_ns
        Distance of the grid in nanoseconds, at least 1.

    Returns
    -------
    float64, shape (1 + span // every_ns,)
        Empty when n is 0.

    Raises
    ------
    ArgumentError
        ``every_ns`` is below 1, a value is not finite, or times go back.
    """
    if every_ns < 1:
        raise ArgumentError(f"samples are at least 1 ns apart, was {every_ns}")
    held = as_floats(values, "values")
    times = as_times(time_ns, held.size)
    if not held.size:
        return held
    grid = np.arange(times[0], times[-1] + 1, every_ns, dtype=np.int64)
    return held[np.searchsorted(times, grid, side="right") - 1]
