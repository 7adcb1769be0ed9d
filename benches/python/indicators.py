"""Indicators against TA-Lib and a numba loop, ns an element.

``TAPELINE_BENCH_VALUES`` says how many values (default 10,000,000). TA-Lib always returns a
new array; ours is measured with a new array and with one that is given. The numba loop has both.
Long columns are worked on by all cores, so both the time that passes and the CPU time of all
threads are told; the goals are for the first.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numba
import numpy as np
import talib
from numpy.typing import NDArray

from tapeline import indicators as ti
from tapeline.apps.bench import Figure, interleaved
from tapeline.telemetry.clock import Clock, SystemClock

VALUES = int(os.environ.get("TAPELINE_BENCH_VALUES", "10_000_000"))
WINDOW = 20
_ROUNDS = 9


class _ProcessClock(SystemClock):
    """Counts the CPU time of all threads."""

    monotonic_ns = staticmethod(time.process_time_ns)


_CLOCKS: Final[tuple[tuple[Clock, str, bool], ...]] = (
    (SystemClock(), "", True),
    (_ProcessClock(), ", CPU", False),
)

Floats = NDArray[np.float64]


def indicators() -> list[Figure]:
    """Measure averages, deviation and VWAP over a long column, and the others beside TA-Lib."""
    rng = np.random.default_rng(1)
    price = 50_000 + np.cumsum(rng.normal(size=VALUES))
    quantity = rng.exponential(size=VALUES)
    return [*_averages(price), *_weighted(price, quantity), *_others(price, quantity)]


def _averages(price: Floats) -> list[Figure]:
    pairs: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
        "SMA": (ti.sma, talib.SMA),
        "EMA": (ti.ema, talib.EMA),
        "STD": (ti.std, talib.STDDEV),
    }
    out = np.zeros(VALUES)
    figures = []
    for name, (ours, theirs) in pairs.items():
        work: dict[str, Callable[[], Any]] = {
            "new": partial(ours, price, WINDOW),
            "given": partial(ours, price, WINDOW, out=out),
            "talib": partial(theirs, price, WINDOW),
        }
        for clock, what, goal in _CLOCKS:
            least = _measured(work, clock)
            limit = 1.0 if goal else None
            figures += [
                _figure(f"{name}({WINDOW}), new array{what}", least["new"], least["talib"], limit),
                _figure(
                    f"{name}({WINDOW}), given array{what}", least["given"], least["talib"], limit
                ),
            ]
    return figures


@numba.njit(nogil=True)
def _loop(price: Floats, quantity: Floats, window: int, out: Floats) -> Floats:
    notional = 0.0
    volume = 0.0
    for at in range(len(price)):
        notional += price[at] * quantity[at]
        volume += quantity[at]
        if at >= window:
            notional -= price[at - window] * quantity[at - window]
            volume -= quantity[at - window]
        out[at] = notional / volume if at >= window - 1 else np.nan
    return out


def _weighted(price: Floats, quantity: Floats) -> list[Figure]:
    _loop(price[:50], quantity[:50], WINDOW, np.empty(50))
    out = np.zeros(VALUES)
    work: dict[str, Callable[[], Any]] = {
        "new": lambda: ti.vwap(price, quantity, WINDOW),
        "given": lambda: ti.vwap(price, quantity, WINDOW, out=out),
        "loop, new": lambda: _loop(price, quantity, WINDOW, np.empty(VALUES)),
        "loop, given": lambda: _loop(price, quantity, WINDOW, out),
    }
    name = f"VWAP({WINDOW}) beside a numba loop"
    figures = []
    for clock, what, goal in _CLOCKS:
        least = _measured(work, clock)
        limit = 0.6 if goal else None
        figures += [
            _figure(f"{name}, new array{what}", least["new"], least["loop, new"], limit),
            _figure(f"{name}, given array{what}", least["given"], least["loop, given"], limit),
        ]
    return figures


def _others(price: Floats, quantity: Floats) -> list[Figure]:
    some, amounts = price[: VALUES // 10], quantity[: VALUES // 10]
    high, low = some + amounts, some - amounts
    pairs: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "WMA": (lambda: ti.wma(some, WINDOW), lambda: talib.WMA(some, WINDOW)),
        "minimum": (lambda: ti.rolling_min(some, WINDOW), lambda: talib.MIN(some, WINDOW)),
        "RSI": (lambda: ti.rsi(some, WINDOW), lambda: talib.RSI(some, WINDOW)),
        "ATR": (
            lambda: ti.atr(high, low, some, WINDOW),
            lambda: talib.ATR(high, low, some, WINDOW),
        ),
        "Bollinger": (lambda: ti.bollinger(some, WINDOW), lambda: talib.BBANDS(some, WINDOW)),
        "MACD": (lambda: ti.macd(some), lambda: talib.MACD(some)),
        "SMA(1000)": (lambda: ti.sma(some, 1_000), lambda: talib.SMA(some, 1_000)),
        "STD(1000)": (lambda: ti.std(some, 1_000), lambda: talib.STDDEV(some, 1_000)),
    }
    figures = []
    for name, (ours, theirs) in pairs.items():
        least = interleaved({"ours": ours, "theirs": theirs}, _ProcessClock(), _ROUNDS)
        times = {side: time_ns / len(some) for side, time_ns in least.items()}
        figures.append(_figure(f"{name}, a tenth", times["ours"], times["theirs"], None))
    return figures


def _measured(work: dict[str, Callable[[], Any]], clock: Clock) -> dict[str, float]:
    least = interleaved(work, clock, _ROUNDS)
    return {name: time_ns / VALUES for name, time_ns in least.items()}


def _figure(name: str, value: float, baseline: float, goal: float | None) -> Figure:
    return Figure(name, value, "ns/element", baseline=baseline, goal=goal)
