"""The return of each calendar month."""

from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tapeline.compute.metrics.arrays import as_floats, as_times


class Month(NamedTuple):
    """A calendar month of UTC and what equity grew by in it."""

    year: int
    month: int
    """1 to 12."""
    growth: float | None
    """Last equity of this month over last one of the month before, minus 1.

    The first month begins with the first point; None where it began with nothing.
    """


def monthly_returns(time_ns: ArrayLike, equity: ArrayLike) -> list[Month]:
    """Return every month from the first point to the last, also those without a point.

    The growths of all months, compounded, are the total return.
    """
    held = as_floats(equity, "equity")
    times = as_times(time_ns, held.size)
    if not held.size:
        return []
    of_time = times.astype("datetime64[ns]").astype("datetime64[M]")
    months = np.arange(of_time[0], of_time[-1] + 1)
    last = np.searchsorted(of_time, months, side="right") - 1
    ends = held[last]
    starts = np.concatenate((held[:1], ends[:-1]))
    return [
        Month(when.year, when.month, float(end / start - 1.0) if start > 0 else None)
        for when, start, end in zip(map(_date, months), starts, ends, strict=True)
    ]


def _date(month: np.datetime64) -> datetime:
    return datetime.fromtimestamp(int(month.astype("datetime64[s]").astype(np.int64)), tz=UTC)
