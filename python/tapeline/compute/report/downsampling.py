"""As many points as a screen can show, and none of the extremes lost."""

import numpy as np

from tapeline.compute.metrics.arrays import Floats, Times


def extremes(times: Times, values: Floats, buckets: int) -> Times:
    """Return the rows to keep: first, lowest, highest and last of each piece of time.

    Parameters
    ----------
    times, values
        Shape (n,), times not decreasing.
    buckets
        Pieces of equal time, at least 1: about the pixels of a chart's width.

    Returns
    -------
    int64, at most 4 * buckets rows, ascending, each once
        All rows when there are not more than that.
    """
    if times.size <= 4 * buckets:
        return np.arange(times.size)
    piece = _pieces(times, buckets)
    starts = np.flatnonzero(np.diff(piece, prepend=-1))
    lasts = np.append(starts[1:], times.size) - 1
    of_row = np.repeat(np.arange(starts.size), lasts - starts + 1)
    lowest = values == np.minimum.reduceat(values, starts)[of_row]
    highest = values == np.maximum.reduceat(values, starts)[of_row]
    return np.unique(
        np.concatenate((starts, lasts, _first(lowest, of_row), _first(highest, of_row)))
    )


def largest(times: Times, sizes: Floats, buckets: int) -> Times:
    """Return the row of the largest size in each piece of time, ascending.

    Parameters
    ----------
    times, sizes
        Shape (n,), times not decreasing.
    buckets
        Pieces of equal time; all rows are kept when there are not more than that.
    """
    if times.size <= buckets:
        return np.arange(times.size)
    piece = _pieces(times, buckets)
    starts = np.flatnonzero(np.diff(piece, prepend=-1))
    of_row = np.repeat(np.arange(starts.size), np.diff(np.append(starts, times.size)))
    return _first(sizes == np.maximum.reduceat(sizes, starts)[of_row], of_row)


def _pieces(times: Times, buckets: int) -> Times:
    """Return the number of each row's piece of time."""
    edges = np.linspace(float(times[0]), float(times[-1]), buckets + 1)[1:-1]
    return np.searchsorted(edges, times.astype(np.float64), side="right")


def _first(wanted: np.ndarray[tuple[int], np.dtype[np.bool_]], of_row: Times) -> Times:
    """Return the first wanted row of each piece."""
    rows = np.flatnonzero(wanted)
    return rows[np.unique(of_row[rows], return_index=True)[1]]
