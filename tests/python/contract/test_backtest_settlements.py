"""Funding across a hole: what is known is paid, what is not is told or refused."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

import tapeline as tl
from tapeline.compute.backtest import BacktestEngine, Costs, QualityPolicy, RunResult
from tapeline.compute.backtest.loader import StrategyLoader
from tapeline.compute.backtest.result import NO_STATE, UNPAID
from tapeline.compute.metrics import run_figures
from tapeline.errors import DataQualityError
from tests.python.markets import PERPETUAL, SECOND, START, Row, funding, session, stored, trade
from tests.python.strategies import strategies

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
# 12:00; settlements are at 16:00, 0:00, 8:00 and so on.
TRADES = [trade(START + place * 10 * MINUTE, "100") for place in range(40 * 6)]
STATED = [session(START, "trade"), session(START, "markPrice")]
HELD_FROM = START + 10 * MINUTE


def at(hour: float) -> int:
    return START + int(hour * HOUR)


def states(hours: Sequence[float]) -> list[Row]:
    """States that name the next settlement, 4, 12, 20 ... hours after the start."""
    return [
        funding(at(hour), f"{0.0001 * (1 + place):.4f}", at(4 + 8 * ((hour + 4) // 8)), "100")
        for place, hour in enumerate(hours)
    ]


def engine(folder: Path, said: Sequence[Row], stated: Sequence[Row] = STATED) -> BacktestEngine:
    rows = {"trade": TRADES, "funding": list(said), "coverage": list(stated)}
    target = stored(folder / "tape", rows, PERPETUAL)
    loader = StrategyLoader(strategies(folder / "strategies"))
    return BacktestEngine(partial(tl.open, target), loader, run_figures)


def paid(result: RunResult) -> list[float]:
    return [(time - START) / HOUR for time in result.funding["time_ns"].to_pylist()]


def unpaid(result: RunResult) -> list[float]:
    rows = [row for row in result.excluded.to_pylist() if row["reason"] == UNPAID]
    assert all((row["type"], row["events"]) == ("funding", 0) for row in rows)
    assert all(row["start_ns"] == row["end_ns"] for row in rows)
    return [(row["start_ns"] - START) / HOUR for row in rows]


def test_every_settlement_is_paid_where_states_are_whole(tmp_path: Path) -> None:
    result = engine(tmp_path, states([hour / 2 for hour in range(80)])).run(
        "holds", types="funding"
    )
    assert paid(result) == [4, 12, 20, 28, 36]
    assert result.missing_settlements == result.metrics["missing_settlements"] == 0


@pytest.mark.parametrize("policy", ["mask", "allow"])
@pytest.mark.parametrize("block_rows", [None, 7])
def test_the_first_of_a_hole_is_paid_and_the_others_are_told(
    policy: str, block_rows: int | None, tmp_path: Path
) -> None:
    said = states([hour / 2 for hour in range(80) if not 3.5 < hour / 2 < 33])
    runs = engine(tmp_path, said)
    result = runs.run("holds", types="funding", policy=policy, block_rows=block_rows)  # type: ignore[arg-type]
    assert paid(result) == [4, 36]
    assert unpaid(result) == [12, 20, 28]
    assert result.missing_settlements == result.metrics["missing_settlements"] == 3
    # What the state before the hole said of it.
    assert result.funding["rate"].to_pylist()[0] == pytest.approx(0.0008)


def test_what_is_missing_between_states_is_refused_as_gaps_are(tmp_path: Path) -> None:
    said = states([hour / 2 for hour in range(80) if not 3.5 < hour / 2 < 33])
    runs = engine(tmp_path, said)
    message = (
        r"BTC/USDT:USDT: no funding state tells the rate of 3 settlements,"
        r" at 2026-01-06T00:00:00Z, 2026-01-06T08:00:00Z, 2026-01-06T16:00:00Z: the policy refuses"
    )
    with pytest.raises(DataQualityError, match=message):
        runs.run("holds", types="funding")
    # Who pays none does not miss them.
    result = runs.run("holds", types="funding", costs=Costs(funding=False))
    assert (paid(result), result.missing_settlements) == ([], 0)


def test_a_hole_that_is_stated_is_refused_before_and_masked_otherwise(tmp_path: Path) -> None:
    said = states([hour / 2 for hour in range(80) if not 3.5 < hour / 2 < 33])
    lost = {"channel": "markPrice", "kind": "connection_lost", "proof": "inferred"}
    back = lost | {"kind": "connection_restored", "received_ns": at(33)}
    runs = engine(tmp_path, said, [*STATED, lost | {"received_ns": at(3.6)}, back])
    with pytest.raises(DataQualityError, match="refuses funding connection"):
        runs.run("holds", types="funding")
    result = runs.run("holds", types="funding", policy="mask")
    assert (paid(result), unpaid(result)) == ([4, 36], [12, 20, 28])


def test_what_is_outside_the_states_is_not_verifiable(tmp_path: Path) -> None:
    runs = engine(tmp_path, states([14, 14.5, 19, 21]))
    result = runs.run("holds", types="funding")
    assert (paid(result), unpaid(result)) == ([20, 28], [4, 12, 36])
    with pytest.raises(DataQualityError, match="refuses funding markPrice is unverifiable"):
        runs.run("holds", types="funding", policy=QualityPolicy(unverifiable="refuse"))


def test_a_contract_without_any_state_says_so(tmp_path: Path) -> None:
    runs = engine(tmp_path, [])
    with pytest.raises(DataQualityError, match="no funding state was read"):
        runs.run("holds", types="funding", policy=QualityPolicy(unverifiable="refuse"))
    result = runs.run("holds", types="funding")
    assert [row["reason"] for row in result.excluded.to_pylist()] == [NO_STATE]
    assert result.fills.num_rows == 1
