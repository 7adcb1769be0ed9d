"""Indicators over columns: NumPy arrays, Polars Series or Arrow arrays of float64.

>>> import numpy as np
>>> from tapeline.indicators import Sma, sma
>>> sma(np.array([1.0, 2.0, 3.0, 4.0]), 2)
array([nan, 1.5, 2.5, 3.5])

The result is of the kind of the input, nothing is copied, and long columns release the GIL. Each
function has a class that is fed one chunk after another and gives the same bits:

>>> average = Sma(2)
>>> average.update(np.array([1.0, 2.0])), average.update(np.array([3.0, 4.0]))
(array([nan, 1.5]), array([2.5, 3.5]))
"""

from tapeline.indicators.flow import vwap
from tapeline.indicators.rolling import bollinger, rolling_sum, sma, std, var
from tapeline.indicators.smoothing import ema
from tapeline.indicators.streaming import Ema, Sma, Std, Stream, Vwap

__all__ = [
    "Ema",
    "Sma",
    "Std",
    "Stream",
    "Vwap",
    "bollinger",
    "ema",
    "rolling_sum",
    "sma",
    "std",
    "var",
    "vwap",
]
