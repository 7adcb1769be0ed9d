"""Every indicator over what venues sent: exact arithmetic, TA-Lib, pandas and plain loops."""

import gzip
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib

from tapeline import indicators as ti
from tests.python.indicators import exact
from tests.python.indicators.catalogue import catalogue
from tests.python.indicators.series import Floats
from tests.python.indicators.test_flow import slow_flows, slow_vpin
from tests.python.indicators.test_streams import as_tuple, bits

CAPTURES = Path(
    os.environ.get("TAPELINE_CAPTURES", Path(__file__).parents[4] / "shared" / "captures")
)
TAPES = [f"binance_spot_btcusdt_202408{day}.jsonl.gz" for day in ("08", "09")]
FUNDING = "binance_usdm_markprice_20260930.jsonl"
MOST = 500
TRADES_A_BAR = 5
CARRY = "funding_carry"
EPSILON = float(np.finfo(np.float64).eps)
Columns = dict[str, Floats]

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no recorded tapes in {CAPTURES}")


@pytest.fixture(scope="module", params=TAPES)
def recorded(request: pytest.FixtureRequest) -> Columns:
    """The first trades and best quotes of a tape."""
    path = CAPTURES / request.param
    if not path.is_file():
        pytest.skip(f"no recording {path}")
    trades: list[list[float]] = []  # price, quantity, -1 where the taker sold
    quotes: list[list[float]] = []
    with gzip.open(path, "rt", encoding="utf-8") as tape:
        for line in tape:
            data: dict[str, Any] = json.loads(json.loads(line)["raw"]).get("data", {})
            if data.get("e") in ("trade", "aggTrade"):
                trades.append([float(data["p"]), float(data["q"]), -1.0 if data["m"] else 1.0])
            elif "A" in data and "B" in data:
                quotes.append([float(data[name]) for name in "bBaA"])
            if len(trades) >= MOST and len(quotes) >= MOST:
                break
    assert len(trades) >= MOST
    assert len(quotes) >= MOST
    price, quantity, sign = np.array(trades[:MOST]).T.copy()
    bars = price.reshape(-1, TRADES_A_BAR)
    bid, bids, ask, asks = np.array(quotes[:MOST]).T.copy()
    return {
        "price": price,
        "quantity": quantity,
        "sign": sign,
        "signed": sign * quantity,
        "high": bars.max(axis=1),
        "low": bars.min(axis=1),
        "close": bars[:, -1].copy(),
        "bid": bid,
        "bids": bids,
        "ask": ask,
        "asks": asks,
    }


def assert_close(found: Floats, expected: Floats, units: float) -> None:
    """Compare to so many units in the last place of the largest value."""
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    away = np.nanmax(np.abs(found - expected))
    assert away <= units * EPSILON * np.nanmax(np.abs(expected))


@pytest.mark.parametrize("window", [1, 20, 50])
def test_windows_are_exact(recorded: Columns, window: int) -> None:
    price, quantity = recorded["price"], recorded["quantity"]
    assert_close(ti.sma(price, window), exact.rolled([price], window, exact.mean), 4)
    assert_close(ti.rolling_sum(price, window), exact.rolled([price], window, exact.total), 4)
    assert_close(ti.wma(price, window), exact.rolled([price], window, exact.weighted), 8)
    found = ti.vwap(price, quantity, window)
    assert_close(found, exact.rolled([price, quantity], window, exact.weighted_price), 16)
    deviation = exact.rolled([price], window, exact.deviation)
    assert np.nanmax(np.abs(ti.std(price, window) - deviation)) <= 8 * EPSILON * price.max()
    assert_close(ti.ema(price, window), exact.ema(price, window), 16)


@pytest.mark.parametrize("window", [2, 20, 200])
def test_talib_agrees(recorded: Columns, window: int) -> None:
    price = recorded["price"]
    for ours, theirs in ((ti.sma, talib.SMA), (ti.ema, talib.EMA), (ti.rsi, talib.RSI)):
        np.testing.assert_allclose(ours(price, window), theirs(price, window), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(ti.rolling_max(price, window), talib.MAX(price, window))
    np.testing.assert_array_equal(ti.rolling_min(price, window), talib.MIN(price, window))
    # TA-Lib's deviation is a difference of sums, and off by as much.
    for band, other in zip(ti.bollinger(price, window), talib.BBANDS(price, window), strict=True):
        np.testing.assert_allclose(band, other, rtol=1e-6)


def test_talib_agrees_on_convergence_and_true_ranges(recorded: Columns) -> None:
    for ours, theirs in zip(ti.macd(recorded["price"]), talib.MACD(recorded["price"]), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-8)
    high, low, close = (recorded[name] for name in ("high", "low", "close"))
    found, expected = ti.atr(high, low, close, 14), talib.ATR(high, low, close, 14)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("window", [2, 20, 200])
def test_pandas_agrees(recorded: Columns, window: int) -> None:
    price, signed = recorded["price"], recorded["signed"]
    returns = pd.Series(np.log(price)).diff()
    expected = np.sqrt((returns**2).rolling(window).sum())
    found = ti.realised_volatility(price, window)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
    spread = exact.rolled([price], window, lambda part: exact.deviation(part, 1))
    assert np.nanmax(np.abs(np.sqrt(ti.var(price, window, ddof=1)) - spread)) <= (
        8 * EPSILON * price.max()
    )
    change, flow = pd.Series(price).diff(), pd.Series(signed)
    slope = (flow.rolling(window).cov(change) / flow.rolling(window).var()).to_numpy()
    found = ti.kyle_lambda(price, signed, window)
    has_slope = np.isfinite(slope) & np.isfinite(found)
    assert has_slope[window:].mean() > 0.5
    np.testing.assert_allclose(found[has_slope], slope[has_slope], rtol=1e-5, atol=1e-6)


def test_signs_and_buckets(recorded: Columns) -> None:
    sign = recorded["sign"]
    found = ti.trade_sign_autocorrelation(sign, 50, 1)
    for end in range(51, MOST):
        part, earlier = sign[end - 50 : end], sign[end - 51 : end - 1]
        if np.ptp(part) and np.ptp(earlier):
            expected = np.corrcoef(part, earlier)[0, 1]
            assert found[end - 1] == pytest.approx(expected, abs=1e-12)
        else:
            assert np.isnan(found[end - 1])
    # In hundred-thousandths of a coin, which are whole numbers.
    units = np.round(recorded["signed"] * 1e5)
    bucket = int(np.abs(units).sum()) // 60
    expected_vpin = slow_vpin(units, bucket, 10)
    assert np.isfinite(expected_vpin).any()
    np.testing.assert_allclose(ti.vpin(units, float(bucket), 10), expected_vpin, rtol=1e-14)


def test_funding_carry() -> None:
    path = CAPTURES / FUNDING
    if not path.is_file():
        pytest.skip(f"no recording {path}")
    lines = path.read_text(encoding="utf-8").splitlines()
    events = [json.loads(json.loads(line)["raw"]).get("data", {}) for line in lines]
    rate = np.array([float(data["r"]) for data in events if data.get("s") == "BTCUSDT"])
    assert len(rate) > 3
    hours = np.full(len(rate), 8.0)
    for window in (1, 3):
        means = exact.rolled([rate], window, exact.mean)
        np.testing.assert_allclose(ti.funding_carry(rate, hours, window), means * 1_095, rtol=1e-12)


def test_quotes(recorded: Columns) -> None:
    bid, bids, ask, asks = (recorded[name] for name in ("bid", "bids", "ask", "asks"))
    spread, micro = ti.spread(bid, ask), ti.microprice(bid, bids, ask, asks)
    assert (spread > 0).all()
    assert ((bid <= micro) & (micro <= ask)).all()
    np.testing.assert_allclose(micro, (bid * asks + ask * bids) / (bids + asks), rtol=1e-12)
    np.testing.assert_allclose(ti.book_imbalance(bids, asks), (bids - asks) / (bids + asks))
    for window in (1, 20):
        flow = exact.rolled([slow_flows(bid, bids, ask, asks)], window, exact.total)
        found = ti.order_flow_imbalance(bid, bids, ask, asks, window)
        np.testing.assert_allclose(found, flow, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", [entry.name for entry in catalogue(1) if entry.name != CARRY])
def test_streams_give_the_bits_of_the_batch(recorded: Columns, name: str) -> None:
    entry = next(each for each in catalogue(20) if each.name == name)
    whole = [recorded[column] for column in entry.columns]
    # Of trades the bar's columns have fewer rows.
    rows = min(map(len, whole))
    whole = [column[:rows] for column in whole]
    stream = entry.running()
    cuts = [0, 1, 19, 20, 64, rows]
    parts = [
        as_tuple(stream.update(*(column[begin:end] for column in whole)))
        for begin, end in pairwise(cuts)
    ]
    joined = tuple(np.concatenate(output) for output in zip(*parts, strict=True))
    assert bits(joined) == bits(entry.batch(*whole))
