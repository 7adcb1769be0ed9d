"""The strategies that come with tapeline: every fill and cent is that of the slow account."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import tapeline as tl
from tapeline.compute.backtest import BacktestEngine, Costs, Fees, StrategyLoader
from tapeline.compute.metrics import run_figures
from tests.python.hole_market import HOLE, ROWS, TRADES, assert_same, events
from tests.python.markets import PERPETUAL, SECOND, stored
from tests.python.reference.account import Event, Rules, Wish, run

EXAMPLES = Path(__file__).parents[3] / "examples" / "strategies"
SIZE = Fraction(1, 10)
Wanted = Callable[[Sequence[Event]], list[Fraction]]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> BacktestEngine:
    target = stored(tmp_path_factory.mktemp("examples") / "tape", ROWS, PERPETUAL)
    return BacktestEngine(partial(tl.open, target), StrategyLoader(EXAMPLES), run_figures)


def crossover(rows: Sequence[Event]) -> list[Fraction]:
    prices = [row.values["price"] for row in rows]
    found = []
    for end in range(1, len(prices) + 1):
        is_known = end >= 20
        fast, slow = (sum(prices[max(end - of, 0) : end]) / of for of in (5, 20))
        found.append(Fraction(is_known and fast > slow))
    return found


def leaning(rows: Sequence[Event]) -> list[Fraction]:
    position = Fraction(0)
    found = []
    for row in rows:
        bids, asks = (sum(each[1] for each in row.values[side][:2]) for side in ("bids", "asks"))
        lean = (bids - asks) / (bids + asks)
        if lean > Fraction(1, 4):
            position = SIZE
        elif lean < -Fraction(1, 4):
            position = -SIZE
        elif abs(lean) < Fraction(1, 10):
            position = Fraction(0)
        found.append(position)
    return found


def carry(rows: Sequence[Event]) -> list[Fraction]:
    found = []
    for end in range(1, len(rows) + 1):
        rates = [row.values["rate"] for row in rows[max(end - 3, 0) : end]]
        mean = sum(rates) / 3 if len(rates) == 3 else Fraction(0)
        limit = Fraction("0.00005")
        found.append(-SIZE if mean > limit else SIZE if mean < -limit else Fraction(0))
    return found


CASES = [
    ("sma_crossover", crossover, {"fast": 5, "slow": 20}),
    ("book_imbalance", leaning, {"levels": 2, "enter": 0.25, "leave": 0.1}),
    ("funding_carry", carry, {}),
]


@pytest.mark.parametrize("latency_ns", [0, SECOND // 4])
@pytest.mark.parametrize(("name", "wanted", "parameters"), CASES)
def test_every_fill_and_cent(
    engine: BacktestEngine, name: str, wanted: Wanted, parameters: dict[str, Any], latency_ns: int
) -> None:
    costs = Costs(fees=Fees(0.0002, 0.0005), latency_ns=latency_ns)
    result = engine.run(name, parameters=parameters, policy="mask", costs=costs)
    clock = result.types[0]
    rows = [each for each in events(result.types) if each.kind == clock]
    rules = Rules(
        clock,
        "trade",
        maker=Fraction("0.0002"),
        taker=Fraction("0.0005"),
        latency=latency_ns,
        pays_funding="funding" in result.types,
        windows=[HOLE],
    )
    wishes = [Wish(row.time, target=want) for row, want in zip(rows, wanted(rows), strict=True)]
    expected = run(events(result.types), wishes, rules)
    assert len(expected.fills) > 3, "a market in which nothing happens proves nothing"
    assert_same(result, expected)


@pytest.mark.parametrize(("name", "block_rows"), [("sma_crossover", None), ("funding_carry", 50)])
def test_fills_name_their_events_when_asked(
    engine: BacktestEngine, name: str, block_rows: int | None
) -> None:
    ids = {
        row["time_ns"]: f"{b'trade__'.hex()}80{place:014x}01" for place, row in enumerate(TRADES)
    }
    with_ids = engine.run(name, policy="mask", event_ids=True, block_rows=block_rows)
    fills = with_ids.fills
    assert fills.num_rows
    assert fills["event_id"].to_pylist() == [ids[time] for time in fills["time_ns"].to_pylist()]
    without = engine.run(name, policy="mask", block_rows=block_rows)
    assert without.fills["event_id"].null_count == fills.num_rows
    assert without.fills.drop(["event_id"]) == fills.drop(["event_id"])
    assert (without.run_id, without.equity) == (with_ids.run_id, with_ids.equity)
