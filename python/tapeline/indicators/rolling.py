"""Moving averages and rolling statistics."""

from tapeline.indicators.columns import Column, Floats
from tapeline.indicators.running import batch, positive, whole, yearly


def sma(values: Column, window: int, *, out: Floats | None = None) -> Column:
    """Compute the simple moving average.

    Parameters
    ----------
    values
        float64; a NaN makes exactly the windows that contain it NaN.
    window
        Number of values, 1 or more.
    out
        Array to write to; a new one without it.

    Returns
    -------
    Column, shape (len(values),)
        The first ``window - 1`` are NaN.
    """
    window = whole(window, "window")
    return batch("sma", (values,), (window,), out=out, needs=window)[0]


def rolling_sum(values: Column, window: int, *, out: Floats | None = None) -> Column:
    """Compute the sum of the last `window` values; see :func:`sma`."""
    window = whole(window, "window")
    return batch("sum", (values,), (window,), out=out, needs=window)[0]


def wma(values: Column, window: int, *, out: Floats | None = None) -> Column:
    """Compute the mean of the last `window` values with the weights 1 (oldest) to `window`."""
    window = whole(window, "window")
    return batch("wma", (values,), (window,), out=out, needs=window)[0]


def rolling_min(values: Column, window: int, *, out: Floats | None = None) -> Column:
    """Compute the smallest of the last `window` values; see :func:`sma`."""
    window = whole(window, "window")
    return batch("min", (values,), (window,), out=out, needs=window)[0]


def rolling_max(values: Column, window: int, *, out: Floats | None = None) -> Column:
    """Compute the largest of the last `window` values; see :func:`sma`."""
    window = whole(window, "window")
    return batch("max", (values,), (window,), out=out, needs=window)[0]


def std(values: Column, window: int, *, ddof: int = 0, out: Floats | None = None) -> Column:
    """Compute the standard deviation of the last `window` values; see :func:`var`."""
    window, ddof = whole(window, "window"), whole(ddof, "ddof", 0)
    return batch("std", (values,), (window, ddof), out=out, needs=window)[0]


def var(values: Column, window: int, *, ddof: int = 0, out: Floats | None = None) -> Column:
    """Compute the variance of the last `window` values.

    Parameters
    ----------
    ddof
        The squares are divided by ``window - ddof``: 0, as TA-Lib does, or 1, as pandas does.

    Returns
    -------
    Column, shape (len(values),)
        Exactly 0 where the window's values are equal; NaN where one is not finite, and everywhere
        if ``window <= ddof``. The first ``window - 1`` are NaN.
    """
    window, ddof = whole(window, "window"), whole(ddof, "ddof", 0)
    return batch("var", (values,), (window, ddof), out=out, needs=window)[0]


def bollinger(
    values: Column,
    window: int,
    deviations: float = 2.0,
    *,
    out: tuple[Floats, Floats, Floats] | None = None,
) -> tuple[Column, Column, Column]:
    """Compute Bollinger bands.

    Returns
    -------
    tuple
        Upper band, mean, lower band: the mean ± `deviations` times :func:`std` with ``ddof=0``.
    """
    window = whole(window, "window")
    upper, middle, lower = batch(
        "bollinger",
        (values,),
        (window,),
        (positive(deviations, "deviations"),),
        out=out,
        needs=window,
    )
    return upper, middle, lower


def realised_volatility(
    price: Column, window: int, *, per_year: float | None = None, out: Floats | None = None
) -> Column:
    """Compute the root of the sum of the last `window` squared log returns.

    Parameters
    ----------
    per_year
        Returns in a year: with it the result is a year's volatility, the root of the mean square
        times `per_year`.

    Returns
    -------
    Column, shape (len(price),)
        The first `window` are NaN. A price that is not positive gives NaN in the windows of its
        two returns.
    """
    window = whole(window, "window")
    factor = yearly(per_year, window)
    return batch("realised_volatility", (price,), (window,), (factor,), out=out, needs=window + 1)[
        0
    ]
