"""Indicators of what is traded."""

from tapeline.indicators.columns import Column, Floats
from tapeline.indicators.running import batch, whole


def vwap(price: Column, quantity: Column, window: int, *, out: Floats | None = None) -> Column:
    """Compute the volume-weighted average price of the last `window` trades.

    Returns
    -------
    Column, shape (len(price),)
        ``sum(price * quantity) / sum(quantity)``; NaN where the quantities add up to 0, and the
        first ``window - 1``. A NaN makes exactly the windows that contain it NaN.
    """
    window = whole(window, "window")
    return batch("vwap", (price, quantity), (window,), out=out, needs=window)[0]
