"""Weighted means, extremes, RSI, MACD, ATR, volatility: TA-Lib, pandas and exact arithmetic."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import talib

from tapeline import indicators as ti
from tests.python.indicators import exact
from tests.python.indicators.catalogue import columns
from tests.python.indicators.series import adversarial, random_walk
from tests.python.indicators.test_averages import EPSILON, assert_close, largest

SERIES = adversarial()
WINDOWS = (1, 2, 3, 5, 16, 20, 35)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", SERIES)
def test_weighted_means_and_extremes_of_any_series(name: str, window: int) -> None:
    values = SERIES[name]
    expected = exact.rolled([values], window, exact.weighted)
    assert_close(ti.wma(values, window), expected, 8 * EPSILON * largest(values, window))
    low = exact.rolled([values], window, lambda part: float(min(part)))
    high = exact.rolled([values], window, lambda part: float(max(part)))
    np.testing.assert_array_equal(ti.rolling_min(values, window), low)
    np.testing.assert_array_equal(ti.rolling_max(values, window), high)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", SERIES)
def test_relative_strength_of_any_series(name: str, window: int) -> None:
    values = SERIES[name]
    change = np.diff(values, prepend=np.nan)
    weight = Fraction(1, window)
    gain = exact.ema((np.abs(change) + change) / 2, window, weight)
    loss = exact.ema((np.abs(change) - change) / 2, window, weight)
    moved = gain + loss
    with np.errstate(invalid="ignore"):
        expected = np.where(moved == 0, 0.0, 100 * (gain / moved))
    found = ti.rsi(values, window)
    # What is left of a spike may be as large as what has moved since.
    scale = np.maximum.accumulate(np.nan_to_num(np.abs(change))) / np.where(moved > 0, moved, 1.0)
    assert_close(found, expected, 1e-11 + 3_200 * EPSILON * np.nan_to_num(scale))


@pytest.mark.parametrize("window", [2, 5, 14, 50])
def test_talib_agrees(window: int) -> None:
    some = columns(20_000)
    values = some["close"]
    bars = some["high"], some["low"], some["close"]
    for ours, theirs in (
        (ti.wma(values, window), talib.WMA(values, window)),
        (ti.rolling_min(values, window), talib.MIN(values, window)),
        (ti.rolling_max(values, window), talib.MAX(values, window)),
        (ti.rsi(values, window), talib.RSI(values, window)),
        (ti.atr(*bars, window), talib.ATR(*bars, window)),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("parameters", [(12, 26, 9), (2, 3, 2), (5, 35, 5)])
def test_talib_agrees_on_convergence(parameters: tuple[int, int, int]) -> None:
    values = random_walk(20_000)
    expected = talib.MACD(values, *parameters)
    for ours, theirs in zip(ti.macd(values, *parameters), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize("window", [1, 2, 20, 300])
def test_volatility_is_that_of_log_returns(window: int) -> None:
    price = random_walk(3_000)
    returns = pd.Series(np.log(price)).diff()
    expected = np.sqrt((returns**2).rolling(window).sum())
    np.testing.assert_allclose(ti.realised_volatility(price, window), expected, rtol=1e-6)
    yearly = np.sqrt((returns**2).rolling(window).mean() * 365)
    found = ti.realised_volatility(price, window, per_year=365)
    np.testing.assert_allclose(found, yearly, rtol=1e-6)


def test_recursive_ones_begin_anew_after_a_bad_value() -> None:
    some = {name: column[:200] for name, column in columns(200).items()}
    for place, bad in ((0, np.nan), (40, np.inf), (90, np.nan)):
        close = some["close"].copy()
        close[place] = bad
        after = slice(place + 1, None)
        np.testing.assert_array_equal(ti.rsi(close, 7)[after], ti.rsi(close[after], 7))
        for ours, fresh in zip(
            ti.macd(close, 3, 6, 4), ti.macd(close[after], 3, 6, 4), strict=True
        ):
            np.testing.assert_array_equal(ours[after], fresh)
        high, low = some["high"], some["low"]
        found = ti.atr(high, low, close, 7)[after]
        np.testing.assert_array_equal(found, ti.atr(high[after], low[after], close[after], 7))


def test_fast_is_less_than_slow() -> None:
    with pytest.raises(ValueError, match="slow must be an integer >= 27, was 12"):
        ti.macd(random_walk(50), 26, 12)
