"""Exponential averages and what is made of them."""

from tapeline.indicators.columns import Column, Floats
from tapeline.indicators.running import batch, whole


def ema(values: Column, window: int, *, out: Floats | None = None) -> Column:
    """Compute the exponential moving average, ``y += 2 / (window + 1) * (x - y)``.

    It is seeded with the mean of the first `window` values, as TA-Lib does. A value that is NaN,
    infinite or beyond ±1e300 gives NaN and starts it anew, as if the series began after it.

    Returns
    -------
    Column, shape (len(values),)
        The first ``window - 1`` are NaN.
    """
    window = whole(window, "window")
    return batch("ema", (values,), (window,), out=out, needs=window)[0]
