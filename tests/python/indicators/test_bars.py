"""Bars against plain loops, and against the exact klines of an archive."""

from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from tapeline.apps.klines import minute_klines
from tapeline.compute.bar_pages import bars_page
from tapeline.compute.bars import dollar_bars, tick_bars, time_bars, volume_bars
from tapeline.errors import ArgumentError

MINUTE = 60_000_000_000
NAMES = ("open", "high", "low", "close", "volume", "notional", "trades", "buy_volume")


def trades(length: int, seed: int = 5) -> pa.Table:
    """Exact trades of some minutes, with gaps and equal times."""
    rng = np.random.default_rng(seed)
    steps = rng.choice([0, 1_000, 10**9, 20 * 10**9, 130 * 10**9], length)
    cents = 5_000_000 + np.cumsum(rng.integers(-50, 51, length))
    quantities = rng.integers(1, 10**7, length)
    exact = pa.decimal128(38, 18)
    return pa.table(
        {
            "exchange": ["binance"] * length,
            "market": ["spot"] * length,
            "symbol": ["BTC/USDT"] * length,
            "raw_symbol": ["BTCUSDT"] * length,
            "timestamp_ns": pa.array(1_700_000_000 * 10**9 + np.cumsum(steps), pa.int64()),
            "price": pa.array([Decimal(int(c)).scaleb(-2) for c in cents], exact),
            "quantity": pa.array([Decimal(int(q)).scaleb(-5) for q in quantities], exact),
            "side": pa.array(
                [("buy", "sell", None)[at] for at in rng.integers(0, 3, length)], pa.string()
            ),
        }
    )


def slow_bars(table: pa.Table, numbers: list[int]) -> list[dict[str, Any]]:
    """One trade after another, exactly."""
    bars: list[dict[str, Any]] = []
    previous = None
    for number, trade in zip(numbers, table.to_pylist(), strict=True):
        price, quantity = trade["price"], trade["quantity"]
        if number != previous:
            bars.append(dict.fromkeys(NAMES, Decimal(0)) | {"open": price, "low": price})
        bar, previous = bars[-1], number
        bar["high"], bar["low"] = max(bar["high"], price), min(bar["low"], price)
        bar["close"] = price
        bar["volume"] += quantity
        bar["notional"] += price * quantity
        bar["trades"] += 1
        bar["buy_volume"] += quantity if trade["side"] == "buy" else 0
    return bars


def assert_same(found: pa.Table, expected: list[dict[str, Any]]) -> None:
    assert found.num_rows == len(expected)
    for name in NAMES:
        values = [float(bar[name]) for bar in expected]
        np.testing.assert_allclose(found[name].to_numpy(), values, rtol=1e-13, err_msg=name)
    vwap = [float(bar["notional"] / bar["volume"]) for bar in expected]
    np.testing.assert_allclose(found["vwap"].to_numpy(), vwap, rtol=1e-13)


def filled(amounts: list[Decimal], threshold: Decimal) -> list[int]:
    number, held, numbers = 0, Decimal(0), []
    for amount in amounts:
        if held >= threshold:
            number, held = number + 1, Decimal(0)
        held += amount
        numbers.append(number)
    return numbers


def test_minutes_are_those_of_the_archive() -> None:
    table = trades(800)
    exact = pa.concat_tables(list(minute_klines([table], []))).rename_columns(
        {"taker_buy_volume": "buy_volume"}
    )
    found = time_bars(table, MINUTE)
    assert_same(found, exact.to_pylist())
    assert found["start_ns"].to_pylist() == exact["start_ns"].to_pylist()
    for name in ("open", "high", "low", "close"):
        assert found[name].to_pylist() == [float(value) for value in exact[name].to_pylist()]


def test_intervals_begin_at_their_multiples() -> None:
    table = trades(300)
    interval = 7 * 10**9
    numbers = [time // interval for time in table["timestamp_ns"].to_pylist()]
    found = time_bars(table, interval)
    assert_same(found, slow_bars(table, numbers))
    assert found["start_ns"].to_pylist() == [number * interval for number in sorted(set(numbers))]
    assert found["end_ns"].to_pylist() == [s + interval for s in found["start_ns"].to_pylist()]
    assert found["is_complete"].to_pylist() == [True] * (found.num_rows - 1) + [False]


@pytest.mark.parametrize("count", [1, 7, 299, 300, 301])
def test_bars_of_so_many_trades(count: int) -> None:
    table = trades(300)
    found = tick_bars(table, count)
    assert_same(found, slow_bars(table, [place // count for place in range(300)]))
    assert found["is_complete"][-1].as_py() is (300 % count == 0)
    times = table["timestamp_ns"].to_pylist()
    assert found["start_ns"][0].as_py() == times[0]
    assert found["end_ns"][-1].as_py() == times[-1]


@pytest.mark.parametrize("volume", ["0.00001", "120", "1000", "1000000"])
def test_bars_of_so_much_volume(volume: str) -> None:
    table = trades(400)
    numbers = filled(table["quantity"].to_pylist(), Decimal(volume))
    found = volume_bars(table, float(volume))
    assert_same(found, slow_bars(table, numbers))
    assert all(found["volume"].to_numpy()[:-1] >= float(volume))
    assert found["is_complete"][-1].as_py() is (found["volume"][-1].as_py() >= float(volume))


@pytest.mark.parametrize("notional", [1_000_000, 77_000_000])
def test_bars_of_so_much_notional(notional: int) -> None:
    table = trades(400)
    both = zip(table["price"].to_pylist(), table["quantity"].to_pylist(), strict=True)
    numbers = filled([price * quantity for price, quantity in both], Decimal(notional))
    assert_same(dollar_bars(table, notional), slow_bars(table, numbers))


def tenths(amounts: list[int]) -> pa.Table:
    """Trades at 1 of so many tenths, which floats only come near to."""
    exact = pa.decimal128(38, 18)
    return pa.table(
        {
            "timestamp_ns": pa.array(range(len(amounts)), pa.int64()),
            "price": pa.array([Decimal(1)] * len(amounts), exact),
            "quantity": pa.array([Decimal(amount).scaleb(-1) for amount in amounts], exact),
            "side": pa.array(["buy"] * len(amounts), pa.string()),
        }
    )


def test_a_bar_that_is_filled_exactly_is_full() -> None:
    """Ten times 0.1 is less than 1 in floats."""
    for bars in (volume_bars, dollar_bars):
        found = bars(tenths([1] * 20 + [3]), 1.0)
        assert found["trades"].to_pylist() == [10, 10, 1]
        assert found["is_complete"].to_pylist() == [True, True, False]
        assert bars(tenths([1] * 10), 1.0)["is_complete"].to_pylist() == [True]
    amounts = np.random.default_rng(2).integers(1, 9, 400).tolist()
    for volume in ("0.6", "1", "2.3", "7"):
        table = tenths(amounts)
        numbers = filled(table["quantity"].to_pylist(), Decimal(volume))
        found = volume_bars(table, float(volume))
        assert_same(found, slow_bars(table, numbers))
        last = sum(table["quantity"].to_pylist()[-found["trades"][-1].as_py() :])
        assert found["is_complete"][-1].as_py() is (last >= Decimal(volume))


def test_prices_are_the_nearest_floats() -> None:
    table = trades(500)
    odd = [Decimal(n * 1_000_003 + 7).scaleb(-8) for n in range(500)]
    table = table.set_column(5, "price", pa.array(odd, pa.decimal128(38, 18)))
    nearest = [float(price) for price in odd]
    assert tick_bars(table, 1)["open"].to_pylist() == nearest
    times = pa.array(range(0, 500 * MINUTE, MINUTE), pa.int64())
    table = table.set_column(4, "timestamp_ns", times).drop_columns("exchange")
    page = bars_page(table.to_batches(), MINUTE, limit=500)
    assert page.bars["open"].to_pylist() == nearest


def test_polars_frames_and_no_trades() -> None:
    table = trades(50)
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    assert time_bars(frame, MINUTE).equals(time_bars(table, MINUTE))
    none = table.slice(0, 0)
    for bars in (
        time_bars(none, 5),
        tick_bars(none, 5),
        volume_bars(none, 5),
        dollar_bars(none, 5),
    ):
        assert bars.num_rows == 0
        assert bars.schema == tick_bars(table, 5).schema


def test_what_makes_no_bars_is_said() -> None:
    table = trades(5)
    backwards = table.take([4, 3, 2, 1, 0])
    with pytest.raises(ArgumentError, match="in order of timestamp_ns"):
        tick_bars(backwards, 2)
    other = table.set_column(2, "symbol", pa.array(["A/B", *["BTC/USDT"] * 4]))
    with pytest.raises(ArgumentError, match="several of symbol"):
        tick_bars(other, 2)
    with pytest.raises(ArgumentError, match="count must be an integer >= 1, was 0"):
        tick_bars(table, 0)
    with pytest.raises(
        ArgumentError, match=r"interval_ns must be at most 2\^62, was 9223372036854"
    ):
        time_bars(table, 2**63)
    with pytest.raises(ArgumentError, match="interval_ns must be an integer >= 1, was -5"):
        time_bars(table, -5)
    with pytest.raises(ArgumentError, match=r"interval_ns must be an integer >= 1, was 1\.5"):
        time_bars(table, 1.5)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="was LazyFrame: collect"):
        time_bars(pl.LazyFrame({"price": [1.0]}), 5)
    with pytest.raises(ArgumentError, match="no column side"):
        tick_bars(table.drop_columns("side"), 2)
    with pytest.raises(ArgumentError, match="price is nan in a trade"):
        tick_bars(table.set_column(5, "price", pa.array([1.0, float("nan")] * 2 + [1.0])), 2)
    with pytest.raises(ArgumentError, match="threshold must be a finite number > 0, was 0"):
        volume_bars(table, 0.0)
    with pytest.raises(ArgumentError, match="no column price"):
        tick_bars(table.drop_columns("price"), 2)
    nulls = table.set_column(5, "price", pa.array([None] * 5, pa.decimal128(38, 18)))
    with pytest.raises(ArgumentError, match="price is null in 5 trades"):
        tick_bars(nulls, 2)
