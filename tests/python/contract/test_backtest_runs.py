"""Runs over stored markets: equal to the slow account, however cut, and the same each time."""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tapeline as tl
from tapeline.compute.backtest import (
    BacktestEngine,
    Costs,
    Fees,
    RunResult,
    Slippage,
    StrategyLoader,
    VolumeCap,
)
from tapeline.compute.metrics import run_figures
from tapeline.errors import ArgumentError, BacktestError, StrategyError
from tests.python.hole_market import (
    HOLE,
    ROWS,
    TRADES,
    assert_same,
    events,
)
from tests.python.markets import (
    INVERSE,
    PERPETUAL,
    SECOND,
    stored,
)
from tests.python.reference.account import Event, Rules, Wish, run
from tests.python.strategies import strategies


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def linear(folder: Path) -> BacktestEngine:
    target = stored(folder / "linear", ROWS, PERPETUAL)
    loader = StrategyLoader(strategies(folder / "strategies"))
    return BacktestEngine(partial(tl.open, target), loader, run_figures)


@pytest.fixture(scope="module")
def inverse(folder: Path) -> BacktestEngine:
    target = stored(folder / "inverse", ROWS, INVERSE)
    loader = StrategyLoader(strategies(folder / "strategies"))
    return BacktestEngine(partial(tl.open, target), loader, run_figures)


EVERY_COST = {
    "fees": Fees(0.0002, 0.0005),
    "latency_ns": SECOND // 4,
    "volume_cap": VolumeCap(0.1, 10 * SECOND),
    "sample_ns": 60 * SECOND,
}
CASES = [
    ("crossover", ("funding",), {"slippage": Slippage("fixed", 0.0003)}),
    ("crossover", ("funding", "orderbook"), {"slippage": Slippage("spread", 0.5)}),
    ("imbalance", ("funding",), {"slippage": Slippage("book")}),
    ("imbalance", (), {"slippage": Slippage("spread", 0.5), "fill_on": "trade"}),
    ("carry", (), {"slippage": Slippage("fixed", 0.0001)}),
]


@pytest.mark.parametrize("is_inverse", [False, True])
@pytest.mark.parametrize(("name", "types", "more"), CASES)
def test_every_fill_and_cent_is_that_of_the_slow_account(
    linear: BacktestEngine,
    inverse: BacktestEngine,
    name: str,
    types: Sequence[str],
    more: dict[str, Any],
    is_inverse: bool,
) -> None:
    engine = inverse if is_inverse else linear
    costs = Costs(**{**EVERY_COST, **more})
    result = engine.run(name, types=types, policy="mask", costs=costs)
    clock = result.types[0]
    fill_on = result.costs["fill_on"]
    kept = [each for each in events(result.types) if each.kind == clock]
    rules = Rules(
        clock,
        fill_on,
        maker=Fraction("0.0002"),
        taker=Fraction("0.0005"),
        slippage=costs.slippage.kind,
        slippage_share=Fraction(str(costs.slippage.share)),
        latency=costs.latency_ns,
        cap_share=Fraction("0.1"),
        cap_interval=10 * SECOND,
        inverse=is_inverse,
        pays_funding="funding" in result.types,
        windows=[HOLE],
    )
    wishes = [
        Wish(row.time, target=want) for row, want in zip(kept, wanted(name, kept), strict=True)
    ]
    expected = run(events(result.types), wishes, rules)
    assert expected.fills, "a market in which nothing happens proves nothing"
    if rules.pays_funding and name != "carry":
        assert expected.payments
    assert_same(result, expected)


def wanted(name: str, rows: Sequence[Event]) -> list[Fraction]:
    """What the strategy wants at each row, worked out one row after the other."""
    if name == "crossover":
        prices = [row.values["price"] for row in rows]
        return [_crossed(prices[: place + 1]) for place in range(len(prices))]
    if name == "carry":
        rates = [row.values["rate"] for row in rows]
        return [
            Fraction(-1, 4) if rate > 0 else Fraction(1, 4) if rate < 0 else Fraction(0)
            for rate in rates
        ]
    found = []
    position = Fraction(0)
    for row in rows:
        bids, asks = (sum(each[1] for each in row.values[side]) for side in ("bids", "asks"))
        if bids > Fraction(3, 2) * asks:
            position = Fraction(1, 2)
        elif asks > Fraction(3, 2) * bids:
            position = Fraction(-1, 2)
        found.append(position)
    return found


def _crossed(prices: Sequence[Fraction]) -> Fraction:
    if len(prices) < 5:
        return Fraction(0)
    slow = sum(prices[-20:]) / 20 if len(prices) >= 20 else Fraction(0)
    return Fraction(int(sum(prices[-5:]) / 5 > slow))


@pytest.mark.parametrize("name", ["crossover", "imbalance", "carry", "with_funding", "counts"])
@pytest.mark.parametrize("block_rows", [1, 7, 100])
def test_blocks_change_no_bit(linear: BacktestEngine, name: str, block_rows: int) -> None:
    whole = linear.run(name, policy="mask")
    cut = linear.run(name, policy="mask", block_rows=block_rows)
    assert cut == whole
    assert whole.fills.num_rows


def test_the_same_input_gives_the_same_bytes(linear: BacktestEngine, tmp_path: Path) -> None:
    runs = [linear.run("crossover", types="funding", policy="mask") for _ in range(2)]
    files = [run.write(tmp_path / str(number)) for number, run in enumerate(runs)]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]
    assert RunResult.read(tmp_path / "0") == runs[0]
    with pytest.raises(BacktestError, match="holds no result"):
        RunResult.read(tmp_path / "2")


def test_the_hash_is_of_what_was_read(linear: BacktestEngine, folder: Path) -> None:
    first = linear.run("crossover", policy="mask")
    again = linear.run("counts", policy="mask")
    assert first.run_id != again.run_id
    other = [*TRADES[:-1], {**TRADES[-1], "price": TRADES[-1]["price"] + 1}]
    target = stored(folder / "other", {**ROWS, "trade": other}, PERPETUAL)
    engine = BacktestEngine(
        partial(tl.open, target), StrategyLoader(folder / "strategies"), run_figures
    )
    changed = engine.run("crossover", policy="mask")
    assert changed.data_hash != first.data_hash
    assert changed.run_id != first.run_id


def test_nothing_is_done_in_a_gap_and_nothing_carried_over_it(linear: BacktestEngine) -> None:
    """The position is held, and what was wanted before the gap is void after it."""
    slow = Costs(latency_ns=5 * SECOND)
    result = linear.run("crossover", policy="mask", costs=slow)
    times = np.array(result.fills["time_ns"].to_pylist())
    signals = np.array(result.fills["signal_time_ns"].to_pylist())
    assert not ((times > HOLE[0]) & (times < HOLE[1])).any()
    assert not ((signals <= HOLE[0]) & (times >= HOLE[1])).any()
    assert result.excluded["reason"][0].as_py().startswith("gap")


def test_a_symbol_must_be_one_instrument(folder: Path, tmp_path: Path) -> None:
    loader = StrategyLoader(folder / "strategies")
    targets = [
        stored(tmp_path / each, {"trade": TRADES}, {**PERPETUAL, "exchange": each})
        for each in ("binance", "bybit")
    ]
    engine = BacktestEngine(partial(tl.open, targets), loader)
    with pytest.raises(ArgumentError, match="is on binance usdm, bybit usdm: say exchange="):
        engine.run("holds", policy="allow")
    with pytest.raises(ArgumentError, match="no fees are known of bybit usdm"):
        engine.run("holds", exchange="bybit", policy="allow")
    assert engine.run("holds", exchange="binance", policy="allow").fills.num_rows == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("../crossover", "is no strategy id"),
        ("Crossover", "is no strategy id"),
        ("crossover.py", "is no strategy id"),
        ("", "is no strategy id"),
        ("a" * 65, "is no strategy id"),
        ("crosover", "did you mean 'crossover'"),
        ("linked", "is a link out of"),
        ("broken", r"cannot be loaded: (?s:.*)SyntaxError"),
        ("nameless", "defines no function or class named 'strategy'"),
        ("typeless", "must say TYPES"),
        ("wrong_type", "reads 'trades'; there are trade, orderbook"),
        ("wrong_column", "reads 'prize' of trade; there are time_ns, price"),
        ("no_chunks", "has no on_chunk"),
    ],
)
def test_what_is_no_strategy_is_refused(tmp_path: Path, text: str, message: str) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("TYPES = ('trade',)\ndef strategy(data): ...\n")
    entry = "\ndef strategy(data): ...\n"
    inside = strategies(
        tmp_path / "inside",
        broken="def strategy(:",
        nameless="TYPES = ('trade',)",
        typeless=entry,
        wrong_type="TYPES = ('trades',)" + entry,
        wrong_column="TYPES = {'trade': ('prize',)}" + entry,
        no_chunks="TYPES = ('trade',)\nclass strategy: ...\n",
    )
    (inside / "linked.py").symlink_to(outside)
    with pytest.raises(StrategyError, match=message):
        StrategyLoader(inside).load(text)
