"""Earn funding: short a perpetual contract while its longs pay, long while its shorts do.

    tapeline backtest funding_carry --data parquet:tape --symbols BTC/USDT:USDT --market usdm

Every few hours one side of a perpetual contract pays the other the funding rate. Being on the
receiving side earns it and carries the risk of the price; a real carry holds the coin against it.
"""

import numpy as np

from tapeline.indicators import sma

TYPES = ("funding", "trade")


def LOOKBACK(*, smooth=3, **_others):
    """How many rows of the past an answer needs."""
    return smooth


def strategy(data, *, threshold=0.00005, smooth=3, size=0.1):
    """Return the position wanted after each funding state, in coins."""
    # The mean of the last few rates, so that one odd rate does not turn the position.
    mean = sma(np.nan_to_num(data.funding["rate"]), smooth)
    # A positive rate is paid by longs to shorts.
    return np.select([mean > threshold, mean < -threshold], [-size, size], default=0.0)
