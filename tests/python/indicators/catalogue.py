"""Every indicator: its batch function, its running class and columns to feed them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tapeline import indicators as ti
from tests.python.indicators.series import Floats, random_walk


@dataclass(frozen=True, slots=True)
class Entry:
    """An indicator with parameters."""

    name: str
    columns: tuple[str, ...]
    batch: Callable[..., Any]
    running: Callable[[], Any]
    native: tuple[str, tuple[int, ...], tuple[float, ...]]


def columns(length: int, seed: int = 1) -> dict[str, Floats]:
    """Plausible columns of every meaning."""
    rng = np.random.default_rng(seed)
    close = random_walk(length, seed)
    sign = rng.choice([-1.0, 1.0], length)
    quantity = rng.exponential(size=length)
    return {
        "close": close,
        "high": close + rng.random(length),
        "low": close - rng.random(length),
        "quantity": quantity,
        "sign": sign,
        "signed": sign * quantity,
        "bid": np.round(close - 0.01, 1),
        "bids": quantity,
        "ask": np.round(close + 0.11, 1),
        "asks": rng.exponential(size=length),
        "rate": rng.normal(size=length) * 1e-4,
        "hours": rng.choice([4.0, 8.0], length),
    }


def catalogue(window: int) -> list[Entry]:
    """Every indicator with a window of this length."""
    w, quote = window, ("bid", "bids", "ask", "asks")
    slow = (w + 1, 2 * w + 3, w)
    return [
        _one("sma", "close", ti.sma, ti.Sma, w),
        _one("sum", "close", ti.rolling_sum, ti.RollingSum, w),
        _one("wma", "close", ti.wma, ti.Wma, w),
        _one("min", "close", ti.rolling_min, ti.RollingMin, w),
        _one("max", "close", ti.rolling_max, ti.RollingMax, w),
        _one("ema", "close", ti.ema, ti.Ema, w),
        _one("rsi", "close", ti.rsi, ti.Rsi, w),
        _one("std", "close", ti.std, ti.Std, w, native=((w, 0), ())),
        _one("var", "close", ti.var, ti.Var, w, native=((w, 0), ())),
        _one("bollinger", "close", ti.bollinger, ti.Bollinger, w, native=((w,), (2.0,))),
        _one("macd", "close", ti.macd, ti.Macd, *slow),
        _one("vwap", "close quantity", ti.vwap, ti.Vwap, w),
        _one("atr", "high low close", ti.atr, ti.Atr, w),
        _one("kyle_lambda", "close signed", ti.kyle_lambda, ti.KyleLambda, w),
        _one(
            "autocorrelation",
            "sign",
            ti.trade_sign_autocorrelation,
            ti.TradeSignAutocorrelation,
            w,
            3,
        ),
        _one("vpin", "signed", ti.vpin, ti.Vpin, 2.5, w, native=((w,), (2.5,))),
        _one(
            "realised_volatility",
            "close",
            ti.realised_volatility,
            ti.RealisedVolatility,
            w,
            native=((w,), (1.0,)),
        ),
        _one(
            "order_flow_imbalance",
            " ".join(quote),
            ti.order_flow_imbalance,
            ti.OrderFlowImbalance,
            w,
        ),
        _one("funding_carry", "rate hours", ti.funding_carry, ti.FundingCarry, w),
        _one("spread", "bid ask", ti.spread, ti.Spread),
        _one("book_imbalance", "bids asks", ti.book_imbalance, ti.BookImbalance),
        _one("microprice", " ".join(quote), ti.microprice, ti.Microprice),
    ]


def _one(
    name: str,
    columns: str,
    batch: Callable[..., Any],
    running: Callable[..., Any],
    *parameters: Any,  # noqa: ANN401
    native: tuple[tuple[int, ...], tuple[float, ...]] | None = None,
) -> Entry:
    return Entry(
        name,
        tuple(columns.split()),
        lambda *given, **options: batch(*given, *parameters, **options),
        lambda: running(*parameters),
        (name, *(native or (parameters, ()))),
    )
