"""Hold the coin while its fast moving average is above the slow one.

tapeline backtest sma_crossover --data parquet:tape --symbols BTC/USDT --param fast=20
"""

import numpy as np

from tapeline.indicators import sma

# What is read. The first type is the clock: one answer for each of its rows.
TYPES = {"trade": ("price",)}


def LOOKBACK(*, slow=200, **_others):
    """How many rows of the past an answer needs: long runs are worked off in blocks."""
    return slow


def strategy(data, *, fast=50, slow=200, size=1.0):
    """Return the position wanted after each trade, in coins."""
    price = data.trade["price"]
    above = sma(price, fast) > sma(price, slow)
    # The first averages are NaN, and NaN is above nothing: no position until both are there.
    return np.where(above, size, 0.0)
