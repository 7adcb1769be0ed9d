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


def rsi(values: Column, window: int = 14, *, out: Floats | None = None) -> Column:
    """Compute the relative strength index of J. W. Wilder, 0 to 100.

    ``100 * gain / (gain + loss)`` of the smoothed gains and losses, whose weight is ``1 / window``
    and whose seed is the mean of the first `window`; 0 where nothing moved, as in TA-Lib. It begins
    anew like :func:`ema`.

    Returns
    -------
    Column, shape (len(values),)
        The first `window` are NaN.
    """
    window = whole(window, "window")
    return batch("rsi", (values,), (window,), out=out, needs=window + 1)[0]


def macd(
    values: Column,
    fast: int = 12,
    slow: int = 26,
    signal: int = 9,
    *,
    out: tuple[Floats, Floats, Floats] | None = None,
) -> tuple[Column, Column, Column]:
    """Compute the moving average convergence and divergence.

    Returns
    -------
    tuple
        ``ema(fast) - ema(slow)``, both of which begin with the value number `slow`; the
        :func:`ema` of that over `signal`; the difference of the two. The first
        ``slow + signal - 2`` of each are NaN.
    """
    fast, signal = whole(fast, "fast"), whole(signal, "signal")
    slow = whole(slow, "slow", fast + 1)
    line, mean, histogram = batch(
        "macd", (values,), (fast, slow, signal), out=out, needs=slow + signal - 1
    )
    return line, mean, histogram


def atr(
    high: Column, low: Column, close: Column, window: int = 14, *, out: Floats | None = None
) -> Column:
    """Compute the average true range of J. W. Wilder.

    The true range is the largest of ``high - low`` and the distances of both from the close before;
    it is smoothed with the weight ``1 / window``. It begins anew like :func:`ema`.

    Returns
    -------
    Column, shape (len(high),)
        The first `window` are NaN.
    """
    window = whole(window, "window")
    return batch("atr", (high, low, close), (window,), out=out, needs=window + 1)[0]
