"""Sweeps: the same runs wherever they are worked out, and sets of parameters."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import tapeline as tl
from tapeline.compute.backtest import BacktestEngine, Costs, Fees, StrategyLoader, settings_of
from tapeline.compute.backtest.run import Settings
from tapeline.compute.metrics import run_figures
from tapeline.compute.sweep import (
    Decimals,
    Executor,
    InProcess,
    Processes,
    RayExecutor,
    SweepRun,
    Threads,
    Wholes,
    draws,
    grid,
    sweep,
    to_table,
)
from tapeline.errors import ArgumentError
from tests.python.markets import PERPETUAL, SECOND, START, session, stored, trade
from tests.python.strategies import strategies

TRADES = [
    trade(START + n * SECOND, f"{100 + (n * 37 % 101) / 100 + (n // 40 % 3):.2f}", "1.5")
    for n in range(300)
]
SETS = grid({"fast": [3, 5], "slow": [10, 20, 30]})


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> BacktestEngine:
    folder = tmp_path_factory.mktemp("sweeps")
    rows = {"trade": TRADES, "coverage": [session(START, "trade")]}
    target = stored(folder / "tape", rows, PERPETUAL)
    loader = StrategyLoader(strategies(folder / "strategies"))
    return BacktestEngine(partial(tl.open, target), loader, run_figures)


@pytest.fixture(scope="module")
def settings() -> Settings:
    return settings_of("crossover", policy="mask", costs=Costs(fees=Fees(0.0002, 0.0005)))


@pytest.fixture(scope="module")
def alone(engine: BacktestEngine, settings: Settings) -> list[SweepRun]:
    return sweep(engine, settings, SETS)


def test_a_run_of_a_sweep_is_the_run_by_itself(
    engine: BacktestEngine, settings: Settings, alone: list[SweepRun]
) -> None:
    assert [run.number for run in alone] == list(range(len(SETS)))
    assert len({run.metrics["pnl"] for run in alone}) > 1
    for given, run in zip(SETS, alone, strict=True):
        single = engine.run(
            "crossover", policy=settings.policy, costs=settings.costs, parameters=given
        )
        assert single.fills.num_rows > 0
        assert (run.run_id, run.metrics, run.error) == (single.run_id, single.metrics, None)


@pytest.mark.parametrize("per_task", [1, 4])
def test_how_many_share_a_reading_changes_nothing(
    engine: BacktestEngine, settings: Settings, alone: list[SweepRun], per_task: int
) -> None:
    assert sweep(engine, settings, SETS, executor=InProcess(), per_task=per_task) == alone


@pytest.mark.parametrize(
    "make", [Threads, Processes, pytest.param(RayExecutor, marks=pytest.mark.slow)]
)
def test_more_workers_give_the_same_to_the_bit(
    engine: BacktestEngine,
    settings: Settings,
    alone: list[SweepRun],
    make: type[Threads] | type[Processes] | type[RayExecutor],
) -> None:
    executor: Executor = make(workers=2)
    told: list[tuple[int, int]] = []
    found = sweep(
        engine,
        settings,
        SETS,
        executor=executor,
        per_task=2,
        progress=lambda done, total: told.append((done, total)),
    )
    assert found == alone
    assert told == [(2, 6), (4, 6), (6, 6)]


def test_a_set_that_fails_has_its_error_and_the_others_go_on(
    engine: BacktestEngine, settings: Settings, alone: list[SweepRun]
) -> None:
    found = sweep(engine, settings, [SETS[0], {"fast": -1}, SETS[1]])
    assert [run.error is None for run in found] == [True, False, True]
    assert [found[0].metrics, found[2].metrics] == [alone[0].metrics, alone[1].metrics]
    table = to_table(found)
    assert table["param_fast"].to_pylist() == [3, -1, 3]
    assert table["run_id"].null_count == 1


def test_workers_need_data_that_can_be_opened_again(
    engine: BacktestEngine, settings: Settings, tmp_path: Path
) -> None:
    target = stored(tmp_path / "tape", {"trade": TRADES[:3]}, PERPETUAL)
    with tl.open(target) as data:
        one = BacktestEngine(data, StrategyLoader(strategies(tmp_path / "strategies")))
        with pytest.raises(ArgumentError, match=r"functools\.partial"):
            sweep(one, settings, SETS, executor=Threads(2))


def test_draws_are_repeatable_and_within_their_ranges() -> None:
    space: dict[str, Sequence[str] | Wholes | Decimals] = {
        "whole": Wholes(3, 5),
        "decimal": Decimals(0.5, 1.5),
        "word": ["a", "b"],
    }
    found = draws(space, 50, seed=7)
    assert found == draws(space, 50, seed=7)
    assert found != draws(space, 50, seed=8)
    assert {each["whole"] for each in found} == {3, 4, 5}
    assert {each["word"] for each in found} == {"a", "b"}
    assert all(0.5 <= each["decimal"] <= 1.5 for each in found)
    with pytest.raises(ArgumentError, match="is empty"):
        draws({"whole": Wholes(5, 3)}, 1, seed=7)
    with pytest.raises(ArgumentError, match="needs a list of values"):
        grid({"fast": []})
    with pytest.raises(ArgumentError, match="needs a list of values, was 3"):
        grid({"fast": 3})  # type: ignore[dict-item]
    with pytest.raises(ArgumentError, match="a grid of 100,000,000 sets is more than 1,000,000"):
        grid({name: range(100) for name in "abcd"})
    with pytest.raises(ArgumentError, match="count must be 1,000,000 or less"):
        draws(space, 10**9, seed=7)
    assert grid({"fast": np.arange(2)}) == [{"fast": 0}, {"fast": 1}]  # type: ignore[dict-item]
