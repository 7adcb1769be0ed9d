"""Indicators of trades and quotes against pandas, exact arithmetic and plain loops."""

import math
from collections import deque
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from tapeline import indicators as ti
from tests.python.indicators import exact
from tests.python.indicators.catalogue import columns
from tests.python.indicators.series import Floats

SOME = columns(2_000)
WINDOWS = [2, 3, 20, 150]


@pytest.mark.parametrize("window", WINDOWS)
def test_kyles_lambda_is_a_slope(window: int) -> None:
    change = pd.Series(SOME["close"]).diff()
    signed = pd.Series(SOME["signed"])
    expected = signed.rolling(window).cov(change) / signed.rolling(window).var()
    found = ti.kyle_lambda(SOME["close"], SOME["signed"], window)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("level", [0.0, 1e9])
def test_kyles_lambda_of_an_exact_line(level: float) -> None:
    signed = np.array([1.0, -2.0, 3.0, -1.0, 2.0, -3.0, 5.0] * 20)
    price = level + np.cumsum(0.25 * signed + 0.5)
    found = ti.kyle_lambda(price, signed, 6)
    assert np.all(np.isnan(found[:6]))
    np.testing.assert_allclose(found[6:], 0.25, rtol=1e-12)
    assert np.all(np.isnan(ti.kyle_lambda(price, np.ones_like(price), 6)))


@pytest.mark.parametrize("lag", [1, 2, 7])
@pytest.mark.parametrize("window", WINDOWS)
def test_signs_are_correlated_with_earlier_ones(window: int, lag: int) -> None:
    sign = pd.Series(SOME["sign"])
    found = ti.trade_sign_autocorrelation(SOME["sign"], window, lag)
    first = window + lag - 1
    assert np.all(np.isnan(found[:first]))
    for end in range(first + 1, 400):
        part = SOME["sign"][end - window : end]
        earlier = SOME["sign"][end - window - lag : end - lag]
        if np.ptp(part) == 0 or np.ptp(earlier) == 0:
            assert math.isnan(found[end - 1])
        else:
            assert math.isclose(found[end - 1], np.corrcoef(part, earlier)[0, 1], abs_tol=1e-12)
    assert sign.size == len(found)


def slow_vpin(signed: Floats, bucket: int, window: int) -> list[float]:
    """Fill buckets one unit at a time: quantities are whole numbers."""
    done: deque[int] = deque(maxlen=window)
    volume = balance = 0
    results = []
    for quantity in signed.astype(int).tolist():
        for _ in range(abs(quantity)):
            volume += 1
            balance += 1 if quantity > 0 else -1
            if volume == bucket:
                done.append(abs(balance))
                volume = balance = 0
        full = len(done) == window
        results.append(sum(done) / (window * bucket) if full else math.nan)
    return results


@pytest.mark.parametrize("window", [1, 2, 20])
@pytest.mark.parametrize("bucket", [1, 7, 40])
def test_informed_trading_by_single_units(bucket: int, window: int) -> None:
    signed = np.random.default_rng(3).integers(-60, 60, 600).astype(np.float64)
    signed[300] = 5_000.0
    found = ti.vpin(signed, float(bucket), window)
    np.testing.assert_allclose(found, slow_vpin(signed, bucket, window), rtol=1e-14)


def exact_vpin(signed: Sequence[Fraction], bucket: Fraction, window: int) -> list[float]:
    """Fill buckets with the decimals that the floats stand for."""
    done: deque[Fraction] = deque(maxlen=window)
    volume = balance = Fraction(0)
    results = []
    for quantity in signed:
        left = abs(quantity)
        while left:
            part = min(left, bucket - volume)
            volume += part
            balance += part if quantity > 0 else -part
            left -= part
            if volume == bucket:
                done.append(abs(balance))
                volume = balance = Fraction(0)
        full = len(done) == window
        results.append(float(sum(done) / (window * bucket)) if full else math.nan)
    return results


@pytest.mark.parametrize(
    ("quantities", "bucket"),
    [
        # Ten times 0.1 is less than 1 in floats, three times 0.1 is more than 0.3.
        (["0.1", "-0.1"] * 100, "1"),
        (["0.1", "0.1", "-0.1"] * 60, "0.3"),
        (["0.07", "-0.21", "0.42"] * 50, "0.7"),
        # Trades that fill many buckets, and the last of them exactly.
        (["2.9", "-0.1", "3", "-5.7", "0.3"] * 30, "0.1"),
        (["1000", "-0.3", "0.1", "-777.7"] * 20, "0.7"),
        # Many small trades in a bucket.
        (["0.001", "-0.002", "0.0003"] * 4_000, "9.9"),
    ],
)
@pytest.mark.parametrize("window", [1, 3])
def test_a_bucket_closes_at_the_trade_that_fills_it(
    quantities: list[str], bucket: str, window: int
) -> None:
    signed = np.array([float(text) for text in quantities])
    expected = exact_vpin([Fraction(text) for text in quantities], Fraction(bucket), window)
    found = ti.vpin(signed, float(bucket), window)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    running = ti.Vpin(float(bucket), window)
    one_by_one = np.concatenate([running.update(signed[at : at + 1]) for at in range(len(signed))])
    assert one_by_one.tobytes() == found.tobytes()


def test_random_decimals_fill_buckets_as_exact_ones_do() -> None:
    chooser = np.random.default_rng(11)
    units = chooser.integers(-400, 400, 20_000)
    expected = exact_vpin([Fraction(int(each), 1_000) for each in units], Fraction(13, 10), 4)
    found = ti.vpin(units / 1_000, 1.3, 4)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_informed_trading_begins_anew_and_ends() -> None:
    signed = SOME["signed"].copy()
    signed[1_000] = np.nan
    found = ti.vpin(signed, 3.0, 10)
    assert math.isnan(found[1_000])
    np.testing.assert_array_equal(found[1_001:], ti.vpin(signed[1_001:].copy(), 3.0, 10))
    # A trade of 1e300 buckets is counted, not filled one by one.
    assert ti.vpin(np.array([1.0, 1e300]), 1.0, 5)[1] == 1.0
    with pytest.raises(ValueError, match="bucket_volume must be a finite number > 0, was -1"):
        ti.vpin(signed, -1.0, 10)


def test_quotes_one_by_one() -> None:
    bid, bids, ask, asks = (SOME[name] for name in ("bid", "bids", "ask", "asks"))
    np.testing.assert_array_equal(ti.spread(bid, ask), ask - bid)
    np.testing.assert_array_equal(ti.book_imbalance(bids, asks), (bids - asks) / (bids + asks))
    micro = ti.microprice(bid, bids, ask, asks)
    np.testing.assert_allclose(micro, (bid * asks + ask * bids) / (bids + asks), rtol=1e-14)
    assert np.all((bid <= micro) & (micro <= ask))
    nothing = np.zeros(3)
    assert np.all(np.isnan(ti.book_imbalance(nothing, nothing)))


def slow_flows(bid: Floats, bids: Floats, ask: Floats, asks: Floats) -> Floats:
    """What each quote adds to the order flow, by the paper's rule; NaN for the first."""
    flows = [math.nan]
    for at in range(1, len(bid)):
        flow = 0.0
        if bid[at] >= bid[at - 1]:
            flow += bids[at]
        if bid[at] <= bid[at - 1]:
            flow -= bids[at - 1]
        if ask[at] <= ask[at - 1]:
            flow -= asks[at]
        if ask[at] >= ask[at - 1]:
            flow += asks[at - 1]
        flows.append(flow)
    return np.array(flows)


@pytest.mark.parametrize("window", WINDOWS)
def test_order_flow_by_the_papers_rule(window: int) -> None:
    bid, bids, ask, asks = (SOME[name][:700] for name in ("bid", "bids", "ask", "asks"))
    expected = exact.rolled([slow_flows(bid, bids, ask, asks)], window, exact.total)
    found = ti.order_flow_imbalance(bid, bids, ask, asks, window)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-11)
    spoilt = asks.copy()
    spoilt[500] = np.nan
    found = ti.order_flow_imbalance(bid, bids, ask, spoilt, window)
    assert np.all(np.isnan(found[500 : 501 + window]))
    assert not np.any(np.isnan(found[501 + window :]))


@pytest.mark.parametrize("window", [1, 3, 21])
def test_carry_is_the_rate_of_an_hour_times_those_of_a_year(window: int) -> None:
    def year(rates: list[Fraction], hours: list[Fraction]) -> float:
        return float(sum(rates) / sum(hours) * 8_760)

    rate, hours = SOME["rate"][:300], SOME["hours"][:300]
    expected = exact.rolled([rate, hours], window, year)
    found = ti.funding_carry(rate, hours, window)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-14)
