"""The averages and deviations against exact arithmetic, TA-Lib and pandas."""

import math

import numpy as np
import pandas as pd
import pytest
import talib

from tapeline import indicators as ti
from tests.python.indicators import exact
from tests.python.indicators.series import Floats, adversarial, random_walk

SERIES = adversarial()
WINDOWS = (1, 2, 3, 4, 5, 7, 16, 20, 35)
EPSILON = 2.0**-52


def largest(values: Floats, window: int) -> Floats:
    """The largest absolute value of each window: what rounding is measured by."""
    rolled = pd.Series(np.abs(values)).rolling(window).max().to_numpy()
    return np.asarray(np.nan_to_num(rolled))


def assert_close(found: Floats, expected: Floats, allowed: Floats | float) -> None:
    assert found.dtype == np.float64
    assert len(found) == len(expected)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    error = np.nan_to_num(np.abs(found - expected))
    assert np.all(error <= allowed), float(np.max(error - allowed))


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", SERIES)
def test_sums_and_means_are_exact_to_the_last_bits(name: str, window: int) -> None:
    values = SERIES[name]
    scale = largest(values, window)
    assert_close(
        ti.sma(values, window), exact.rolled([values], window, exact.mean), 4 * EPSILON * scale
    )
    assert_close(
        ti.rolling_sum(values, window),
        exact.rolled([values], window, exact.total),
        4 * EPSILON * scale * window,
    )


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("name", SERIES)
def test_deviations_are_exact_to_the_last_bits(name: str, window: int, ddof: int) -> None:
    values = SERIES[name]
    scale = largest(values, window)
    expected = exact.rolled([values], window, lambda part: exact.deviation(part, ddof))
    allowed = 64 * EPSILON * np.nan_to_num(expected) + 8 * EPSILON * scale
    assert_close(ti.std(values, window, ddof=ddof), expected, allowed)


@pytest.mark.parametrize("window", [1, 2, 3, 11, 15, 16, 20, 63, 1_000])
@pytest.mark.parametrize("level", [0.1, 1e-300, 123_456_789.1, -3.3e12])
def test_equal_values_have_no_deviation(level: float, window: int) -> None:
    values = np.full(3_000, level)
    values[:1_000] = 7.0
    found = ti.std(values, window)[1_000 + window - 1 :]
    assert not np.any(found)


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("window", WINDOWS)
def test_exponential_averages(name: str, window: int) -> None:
    values = SERIES[name]
    scale = np.maximum.accumulate(np.nan_to_num(np.abs(values)))
    assert_close(ti.ema(values, window), exact.ema(values, window), 16 * EPSILON * scale)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", SERIES)
def test_prices_weighted_by_volume(name: str, window: int) -> None:
    price = np.abs(SERIES[name]) + 1.0
    quantity = np.random.default_rng(3).random(len(price))
    quantity[10:20] = 0.0
    expected = exact.rolled([price, quantity], window, exact.weighted_price)
    assert_close(ti.vwap(price, quantity, window), expected, 16 * EPSILON * largest(price, window))


@pytest.mark.parametrize("window", [2, 5, 20, 50, 200])
def test_talib_agrees(window: int) -> None:
    values = random_walk(20_000)
    for ours, theirs in (
        (ti.sma(values, window), talib.SMA(values, window)),
        (ti.ema(values, window), talib.EMA(values, window)),
        (ti.std(values, window), talib.STDDEV(values, window)),
        (ti.var(values, window), talib.VAR(values, window)),
    ):
        # TA-Lib's running sums of squares lose half of their digits at this price.
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-4)


@pytest.mark.parametrize("window", [2, 20, 200])
def test_pandas_agrees(window: int) -> None:
    values = random_walk(20_000)
    values[[5, 700, 701, 9_000]] = np.nan
    rolling = pd.Series(values).rolling(window)
    np.testing.assert_allclose(ti.sma(values, window), rolling.mean(), rtol=1e-12)
    np.testing.assert_allclose(ti.rolling_sum(values, window), rolling.sum(), rtol=1e-12)
    # pandas carries its rounding along: 1e-4 by the end of this series.
    np.testing.assert_allclose(ti.std(values, window, ddof=1), rolling.std(), atol=1e-3)


def test_bands_are_mean_and_deviations() -> None:
    values = random_walk(5_000)
    for window in (2, 20, 100):
        upper, middle, lower = ti.bollinger(values, window, 1.5)
        expected = talib.BBANDS(values, window, 1.5, 1.5)
        for ours, theirs in zip((upper, middle, lower), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.parametrize("window", [3, 20, 1_000])
def test_nothing_drifts_over_a_long_series(window: int) -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=2_000_000) + 1e4
    values[1_000] = 1e12
    tail = values[-50_000:]
    for function in (ti.sma, ti.std, ti.rolling_sum):
        np.testing.assert_array_equal(
            function(values, window)[-40_000:], function(tail, window)[-40_000:]
        )
    last = values[-window:].tolist()
    assert math.isclose(ti.rolling_sum(values, window)[-1], math.fsum(last), rel_tol=1e-15)


@pytest.mark.parametrize("place", [0, 1, 30, 59])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_one_bad_value_spoils_its_windows_alone(bad: float, place: int) -> None:
    values = random_walk(60)
    values[place] = bad
    holds = np.zeros(60, bool)
    holds[place : place + 7] = True
    early = np.arange(60) < 6
    clean = random_walk(60)
    for function in (ti.sma, ti.std, ti.rolling_sum):
        found = function(values, 7)
        np.testing.assert_array_equal(np.isfinite(found), ~(holds | early))
        keep = ~(holds | early)
        np.testing.assert_array_equal(found[keep], function(clean, 7)[keep])
    # The recursive one begins anew.
    np.testing.assert_array_equal(
        ti.ema(values, 7)[place + 1 :], ti.ema(values[place + 1 :].copy(), 7)
    )


@pytest.mark.parametrize("length", range(6))
def test_short_columns(length: int) -> None:
    values = random_walk(length)
    for function in (ti.sma, ti.ema, ti.std, ti.rolling_sum):
        for window in (5, 6, 10**12):
            found = function(values, window)
            assert len(found) == length
            assert np.all(np.isnan(found[: window - 1]))
            assert not np.any(np.isnan(found[window - 1 :]))
