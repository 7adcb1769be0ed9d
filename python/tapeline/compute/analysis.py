"""Indicators and figures over bars, by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tapeline import indicators
from tapeline.compute.metrics import (
    max_drawdown,
    sample,
    sharpe,
    sortino,
    total_return,
    volatility,
)
from tapeline.errors import ArgumentError

Values = NDArray[np.float64]
_MOST: Final = 12
_LONGEST: Final = 5000
_MOST_SAMPLES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator that was asked for."""

    name: str
    """E.g. ``sma_20``."""
    compute: Callable[[pa.Table], dict[str, Values]]


def _closing(function: Callable[[Values, int], Any]) -> Callable[[pa.Table, int], Values]:
    def compute(bars: pa.Table, window: int) -> Values:
        found: Values = function(_column(bars, "close"), window)
        return found

    return compute


def _atr(bars: pa.Table, window: int) -> Values:
    found: Values = indicators.atr(
        _column(bars, "high"), _column(bars, "low"), _column(bars, "close"), window
    )
    return found


def _vwap(bars: pa.Table, window: int) -> Values:
    found: Values = indicators.vwap(_column(bars, "close"), _column(bars, "volume"), window)
    return found


KNOWN: Final[dict[str, tuple[Callable[[pa.Table, int], Values], int]]] = {
    "sma": (_closing(indicators.sma), 20),
    "ema": (_closing(indicators.ema), 20),
    "wma": (_closing(indicators.wma), 20),
    "std": (_closing(indicators.std), 20),
    "min": (_closing(indicators.rolling_min), 20),
    "max": (_closing(indicators.rolling_max), 20),
    "rsi": (_closing(indicators.rsi), 14),
    "volatility": (_closing(indicators.realised_volatility), 20),
    "atr": (_atr, 14),
    "vwap": (_vwap, 20),
}
"""By name: the function, and the window when none is given."""


def parse_indicators(text: str) -> list[Indicator]:
    """Return the indicators of a text like ``sma:20,rsi``.

    Raises
    ------
    ArgumentError
        One is unknown, or its window is none.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if len(words) > _MOST:
        raise ArgumentError(f"at most {_MOST} indicators at once, were {len(words)}")
    found = {each.name: each for each in map(_parsed, words)}
    return list(found.values())


def _parsed(word: str) -> Indicator:
    name, _, number = word.partition(":")
    if name not in KNOWN:
        raise ArgumentError(f"indicators are {', '.join(KNOWN)}, with a window: sma:20")
    function, window = KNOWN[name]
    if number:
        if not (number.isascii() and number.isdigit()) or not 1 <= int(number[:9]) <= _LONGEST:
            raise ArgumentError(f"the window of {name} is of 1 to {_LONGEST} bars")
        window = int(number)
    title = f"{name}_{window}"
    return Indicator(title, lambda bars: {title: function(bars, window)})


def indicator_values(bars: pa.Table, wanted: Sequence[Indicator]) -> dict[str, list[float | None]]:
    """Return each indicator at each bar; None while it has too few bars."""
    found: dict[str, list[float | None]] = {}
    for each in wanted:
        for name, values in each.compute(bars).items():
            known = np.isfinite(values)
            found[name] = [
                float(value) if is_known else None
                for value, is_known in zip(values, known, strict=True)
            ]
    return found


def bar_figures(bars: pa.Table, interval_ns: int) -> dict[str, float | int | None]:
    """Return figures of the closing prices of bars, and what was traded in all.

    ``volatility``, ``sharpe`` and ``sortino`` are of a year; an interval without a bar has the
    price before it. They are None where bars are very few for their stretch of time.
    """
    close = _column(bars, "close")
    even = _evenly(bars, close, interval_ns)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        figures: dict[str, float | int | None] = {
            "total_return": total_return(close),
            "max_drawdown": max_drawdown(close),
            "volatility": volatility(even, interval_ns),
            "sharpe": sharpe(even, interval_ns),
            "sortino": sortino(even, interval_ns),
        }
    figures = {name: _finite(value) for name, value in figures.items()}
    return figures | {
        "volume": float(_column(bars, "volume").sum()),
        "notional": float(_column(bars, "notional").sum()),
        "trades": int(bars["trades"].to_numpy().sum()),
        "bars": bars.num_rows,
    }


def _evenly(bars: pa.Table, close: Values, interval_ns: int) -> Values:
    """Return a closing price for each interval; none where there would be too many."""
    starts = bars["start_ns"].to_numpy()
    if not starts.size or (starts[-1] - starts[0]) // interval_ns > _MOST_SAMPLES:
        return np.empty(0)
    return sample(starts, close, interval_ns)


def _column(bars: pa.Table, name: str) -> Values:
    values: Values = bars[name].to_numpy()
    return np.ascontiguousarray(values, np.float64)


def _finite(value: float | None) -> float | None:
    return value if value is None or np.isfinite(value) else None
