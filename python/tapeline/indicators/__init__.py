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

from tapeline.indicators.flow import (
    bar_number,
    book_imbalance,
    funding_carry,
    kyle_lambda,
    microprice,
    order_flow_imbalance,
    spread,
    trade_sign_autocorrelation,
    vpin,
    vwap,
)
from tapeline.indicators.rolling import (
    bollinger,
    realised_volatility,
    rolling_max,
    rolling_min,
    rolling_sum,
    sma,
    std,
    var,
    wma,
)
from tapeline.indicators.smoothing import (
    atr,
    ema,
    macd,
    rsi,
)
from tapeline.indicators.streaming import (
    Atr,
    Bands,
    Bollinger,
    BookImbalance,
    Ema,
    FundingCarry,
    KyleLambda,
    Macd,
    Microprice,
    OrderFlowImbalance,
    RealisedVolatility,
    RollingMax,
    RollingMin,
    RollingSum,
    Rsi,
    Sma,
    Spread,
    Std,
    Stream,
    TradeSignAutocorrelation,
    Var,
    Vpin,
    Vwap,
    Wma,
)

__all__ = [
    "Atr",
    "Bands",
    "Bollinger",
    "BookImbalance",
    "Ema",
    "FundingCarry",
    "KyleLambda",
    "Macd",
    "Microprice",
    "OrderFlowImbalance",
    "RealisedVolatility",
    "RollingMax",
    "RollingMin",
    "RollingSum",
    "Rsi",
    "Sma",
    "Spread",
    "Std",
    "Stream",
    "TradeSignAutocorrelation",
    "Var",
    "Vpin",
    "Vwap",
    "Wma",
    "atr",
    "bar_number",
    "bollinger",
    "book_imbalance",
    "ema",
    "funding_carry",
    "kyle_lambda",
    "macd",
    "microprice",
    "order_flow_imbalance",
    "realised_volatility",
    "rolling_max",
    "rolling_min",
    "rolling_sum",
    "rsi",
    "sma",
    "spread",
    "std",
    "trade_sign_autocorrelation",
    "var",
    "vpin",
    "vwap",
    "wma",
]
