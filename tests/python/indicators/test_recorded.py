"""Indicators over what a venue sent, against exact arithmetic and TA-Lib."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import talib

from tapeline import indicators as ti
from tests.python.indicators import exact
from tests.python.indicators.series import Floats

CAPTURES = Path(
    os.environ.get("TAPELINE_CAPTURES", Path(__file__).parents[4] / "shared" / "captures")
)
TAPES = [f"binance_spot_btcusdt_202408{day}.jsonl.gz" for day in ("08", "09")]
MOST = 500
EPSILON = float(np.finfo(np.float64).eps)
Columns = dict[str, Floats]

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no recorded tapes in {CAPTURES}")


@pytest.fixture(scope="module", params=TAPES)
def recorded(request: pytest.FixtureRequest) -> Columns:
    """The first trades and best quotes of a tape."""
    path = CAPTURES / request.param
    if not path.is_file():
        pytest.skip(f"no recording {path}")
    trades: list[list[float]] = []
    quotes: list[list[float]] = []
    with gzip.open(path, "rt", encoding="utf-8") as tape:
        for line in tape:
            data: dict[str, Any] = json.loads(json.loads(line)["raw"]).get("data", {})
            if data.get("e") in ("trade", "aggTrade"):
                trades.append([float(data["p"]), float(data["q"])])
            elif "A" in data and "B" in data:
                quotes.append([float(data[name]) for name in "bBaA"])
            if len(trades) >= MOST and len(quotes) >= MOST:
                break
    assert len(trades) >= MOST
    assert len(quotes) >= MOST
    price, quantity = np.array(trades[:MOST]).T.copy()
    bid, bids, ask, asks = np.array(quotes[:MOST]).T.copy()
    return {
        "price": price,
        "quantity": quantity,
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


def test_quotes(recorded: Columns) -> None:
    bid, bids, ask, asks = (recorded[name] for name in ("bid", "bids", "ask", "asks"))
    spread, micro = ti.spread(bid, ask), ti.microprice(bid, bids, ask, asks)
    assert (spread > 0).all()
    assert ((bid <= micro) & (micro <= ask)).all()
    np.testing.assert_allclose(micro, (bid * asks + ask * bids) / (bids + asks), rtol=1e-12)
    np.testing.assert_allclose(ti.book_imbalance(bids, asks), (bids - asks) / (bids + asks))
