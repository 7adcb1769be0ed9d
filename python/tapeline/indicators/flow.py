"""Indicators of trades, of the best bid and ask, and of funding."""

from tapeline.indicators.columns import Column, Floats
from tapeline.indicators.running import batch, positive, whole


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


def kyle_lambda(
    price: Column, signed_quantity: Column, window: int, *, out: Floats | None = None
) -> Column:
    """Compute Kyle's lambda: how far a bought unit moves the price.

    Parameters
    ----------
    signed_quantity
        Positive where the aggressor bought, negative where it sold.

    Returns
    -------
    Column, shape (len(price),)
        The least-squares slope of the price's change on the signed quantity over the last `window`
        trades, in quote per base squared. NaN where the quantities are all equal, and the first
        `window`.
    """
    window = whole(window, "window")
    columns = (price, signed_quantity)
    return batch("kyle_lambda", columns, (window,), out=out, needs=window + 1)[0]


def trade_sign_autocorrelation(
    sign: Column, window: int, lag: int = 1, *, out: Floats | None = None
) -> Column:
    """Compute the correlation of trade signs with those `lag` trades earlier.

    Parameters
    ----------
    sign
        1 where the aggressor bought, -1 where it sold, 0 where that is not known.

    Returns
    -------
    Column, shape (len(sign),)
        Pearson's correlation over the last `window` pairs; NaN where one of the two does not vary,
        and the first ``window + lag - 1``.
    """
    window, lag = whole(window, "window"), whole(lag, "lag")
    return batch("autocorrelation", (sign,), (window, lag), out=out, needs=window + lag)[0]


def vpin(
    signed_quantity: Column, bucket_volume: float, window: int = 50, *, out: Floats | None = None
) -> Column:
    """Compute the volume-synchronised probability of informed trading, 0 to 1.

    Trades fill buckets of `bucket_volume`; one that is larger than what is left of a bucket goes on
    in the next. A bucket closes at the trade that fills it, also exactly: it is full when it is
    short by less than 1e-12 of it. The result is ``sum(|bought - sold|) / sum(volume)`` of the last
    `window` full buckets. A quantity that is not finite gives NaN and empties all buckets.

    Returns
    -------
    Column, shape (len(signed_quantity),)
        NaN before `window` buckets are full.
    """
    window = whole(window, "window")
    return batch(
        "vpin", (signed_quantity,), (window,), (positive(bucket_volume, "bucket_volume"),), out=out
    )[0]


def spread(bid_price: Column, ask_price: Column, *, out: Floats | None = None) -> Column:
    """Compute ask price less bid price."""
    return batch("spread", (bid_price, ask_price), (), out=out)[0]


def book_imbalance(
    bid_quantity: Column, ask_quantity: Column, *, out: Floats | None = None
) -> Column:
    """Compute ``(bid - ask) / (bid + ask)`` of the quantities, -1 to 1; NaN where both are 0."""
    return batch("book_imbalance", (bid_quantity, ask_quantity), (), out=out)[0]


def microprice(
    bid_price: Column,
    bid_quantity: Column,
    ask_price: Column,
    ask_quantity: Column,
    *,
    out: Floats | None = None,
) -> Column:
    """Compute ``bid + (ask - bid) * bid_quantity / (bid_quantity + ask_quantity)``.

    It lies nearer to the side with less quantity; NaN where both quantities are 0.
    """
    columns = (bid_price, bid_quantity, ask_price, ask_quantity)
    return batch("microprice", columns, (), out=out)[0]


def order_flow_imbalance(
    bid_price: Column,
    bid_quantity: Column,
    ask_price: Column,
    ask_quantity: Column,
    window: int,
    *,
    out: Floats | None = None,
) -> Column:
    """Compute the order flow imbalance of Cont, Kukanov and Stoikov.

    What a change of the best bid and ask adds: the bid quantity where the bid did not fall, less
    the one before where it did not rise, less the ask quantity where the ask did not rise, plus the
    one before where it did not fall.

    Returns
    -------
    Column, shape (len(bid_price),)
        The sum over the last `window` changes, in base units; the first `window` are NaN.
    """
    window = whole(window, "window")
    columns = (bid_price, bid_quantity, ask_price, ask_quantity)
    return batch("order_flow_imbalance", columns, (window,), out=out, needs=window + 1)[0]


def funding_carry(
    rate: Column, interval_hours: Column, window: int, *, out: Floats | None = None
) -> Column:
    """Compute what funding amounts to in a year, by the last `window` payments.

    Parameters
    ----------
    rate
        Funding rates, each for its interval, as fractions.
    interval_hours
        Length of each interval in hours.

    Returns
    -------
    Column, shape (len(rate),)
        ``sum(rate) / sum(interval_hours) * 8760``; the first ``window - 1`` are NaN.
    """
    window = whole(window, "window")
    return batch("funding_carry", (rate, interval_hours), (window,), out=out, needs=window)[0]


def bar_number(amount: Column, threshold: float, *, out: Floats | None = None) -> Column:
    """Count the bars that trades belong to, from 0.

    A bar takes trades until their amounts add up to `threshold`; the one that reaches it belongs
    to it as a whole. What is short of it by less than 1e-12 of it has reached it: ten times 0.1 is
    less than 1 in floats.

    Parameters
    ----------
    amount
        What bars are measured by: quantities for volume bars, notionals for dollar bars.

    Returns
    -------
    Column, shape (len(amount),)
        Whole numbers as float64, which never fall.
    """
    nearly = positive(threshold, "threshold") * (1.0 - 1e-12)
    return batch("bar_number", (amount,), (), (nearly,), out=out)[0]
