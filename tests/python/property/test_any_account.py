"""Any market, any wishes, every cost: the account equals the slow one, however rows are cut."""

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapeline.compute.backtest.blocks import Lane, blocks
from tapeline.compute.backtest.book_feed import LEVELS
from tapeline.compute.backtest.costs import Costs, Fees, Slippage, VolumeCap
from tapeline.compute.backtest.feed import Arrays, Rows, empty_columns
from tapeline.compute.backtest.simulation import Simulation
from tapeline.compute.backtest.strategy import COLUMNS, Instrument
from tests.python.reference.account import ORDER, Account, Event, Rules, Wish, run, sampled

START = 1_767_614_400_000_000_000
STEP = 1_000_000
SAMPLE = 7 * STEP
LINEAR = Instrument("binance", "usdm", "BTC/USDT:USDT", "BTCUSDT")
INVERSE = Instrument("binance", "coinm", "BTC/USD:BTC", "BTCUSD_PERP")

TYPES = ("trade", "orderbook", "funding")


class Maker:
    """Draws a market, wishes and rules: the same for the same seed."""

    def __init__(self, seed: int, most: int) -> None:
        self.source = random.Random(seed)
        self.most = most

    def cents(self) -> Fraction:
        return Fraction(self.source.randint(9_000, 11_000), 100)

    def amount(self) -> Fraction:
        return Fraction(self.source.randint(1, 30), 10)

    def time(self, last: int = 60) -> int:
        return START + self.source.randint(0, last) * STEP

    def perhaps(self, value: Fraction) -> Fraction | None:
        return value if self.source.random() < 0.7 else None

    def event(self, kind: str, time: int) -> Event:
        if kind == "trade":
            return Event(time, kind, {"price": self.cents(), "quantity": self.amount()})
        if kind == "orderbook":
            middle = self.cents()
            return Event(time, kind, {"bids": self.side(middle, -1), "asks": self.side(middle, 1)})
        rate = self.perhaps(Fraction(self.source.randint(-50, 50), 10_000))
        following = self.time(70) + STEP // 2
        return Event(
            time, kind, {"rate": rate, "mark": self.perhaps(self.cents()), "next": following}
        )

    def side(self, middle: Fraction, sign: int) -> list[tuple[Fraction, Fraction]]:
        """Levels of a book, best first."""
        levels = []
        for _ in range(self.source.randint(1, 4)):
            middle += sign * Fraction(self.source.randint(1, 50), 100)
            levels.append((middle, self.amount()))
        return levels

    def windows(self) -> list[tuple[int, int]]:
        """Windows in order that do not touch."""
        edges = sorted(self.source.sample(range(-1, 62), self.source.choice([0, 0, 2, 4])))
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return [(START + begin * STEP, START + end * STEP) for begin, end in pairs]

    def rules(self) -> Rules:
        choose = self.source.choice
        market = choose(["trade", "orderbook"])
        slippage = choose(
            ["fixed", "spread", "book"] if market == "orderbook" else ["fixed", "spread"]
        )
        share = Fraction(self.source.randint(0, 9), 10_000 if slippage == "fixed" else 10)
        return Rules(
            choose(["trade", "orderbook", "funding"]),
            market,
            maker=Fraction(self.source.randint(-5, 20), 10_000),
            taker=Fraction(self.source.randint(0, 20), 10_000),
            slippage=slippage,
            slippage_share=share,
            latency=choose([0, 1, STEP, 5 * STEP]),
            cap_share=choose([None, Fraction(1, 10), Fraction(1, 2), Fraction(2)]),
            cap_interval=choose([0, 4 * STEP]),
            multiplier=choose([Fraction(1), Fraction(1, 100)]),
            inverse=choose([False, True]),
            sample=SAMPLE,
            windows=self.windows(),
            end=choose([None, self.time(80)]),
        )

    def wishes(self, rows: Sequence[Event]) -> list[Wish]:
        kind = self.source.choice(["targets", "orders", "steady"])
        found = []
        half = Fraction(0)
        for row in rows:
            if kind != "steady" or self.source.random() < 0.2:
                half = Fraction(self.source.randint(-6, 6), 2)
            if kind == "orders":
                order = half if self.source.random() < 0.5 else Fraction(0)
                limit, cancel = self.perhaps(self.cents()), self.source.random() < 0.1
                found.append(Wish(row.time, order=order, limit=limit, cancel=cancel))
            else:
                found.append(Wish(row.time, target=half))
        return found


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), most=st.integers(1, 40), block_rows=st.integers(1, 40))
def test_the_account_is_that_of_the_slow_one(seed: int, most: int, block_rows: int) -> None:
    make = Maker(seed, most)
    rules = make.rules()
    events = [
        make.event(kind, time)
        for kind in TYPES
        for time in sorted(make.time() for _ in range(make.source.randint(0, most)))
    ]
    rows = [each for each in ordered(events) if each.kind == rules.clock]
    wanted = make.wishes([each for each in rows if not left_out(each, rules)])
    expected = run(events, wanted, rules)
    found = simulated(events, wanted, rules, 10**6)
    assert_equal(found, expected, events, rules)
    assert simulated(events, wanted, rules, block_rows) == found


def assert_equal(
    found: dict[str, list[dict[str, Any]]],
    expected: Account,
    events: Sequence[Event],
    rules: Rules,
) -> None:
    assert len(found["fills"]) == len(expected.fills)
    for row, fill in zip(found["fills"], expected.fills, strict=True):
        assert (row["time_ns"], row["side"]) == (fill.time, fill.side)
        assert (row["signal_time_ns"], row["is_maker"]) == (fill.signal_time, fill.is_maker)
        for name in ("quantity", "price", "notional", "fee", "slippage"):
            assert row[name] == near(getattr(fill, name)), name
    paid = [(row["time_ns"], row["position"], row["amount"]) for row in found["funding"]]
    assert paid == [(time, near(held), near(amount)) for time, held, amount in expected.payments]
    trips = [(row["entry_time_ns"], row["exit_time_ns"], row["side"]) for row in found["trades"]]
    assert trips == [(t["entry_time"], t["exit_time"], t["side"]) for t in expected.trips]
    for row, trip in zip(found["trades"], expected.trips, strict=True):
        assert row["pnl"] == near(trip["pnl"])
        assert row["quantity"] == near(trip["in"])
        assert (row["fees"], row["funding"]) == (near(trip["fees"]), near(trip["funding"]))
    if not expected.states:
        assert not found["equity"]
        return
    last = found["equity"][-1]
    assert round(last["equity"], 2) == pytest.approx(float(round(expected.equity(), 2)), abs=0.011)
    assert last["equity"] == near(expected.equity())
    assert last["cash"] == near(expected.cash)
    assert last["position"] == near(expected.position)
    kept = [each.time for each in events if not left_out(each, rules)]
    samples = dict(sampled(expected, SAMPLE, max(kept)))
    by_time = {row["time_ns"]: row["equity"] for row in found["equity"]}
    assert {time: by_time.get(time) for time in samples} == {
        time: near(equity) for time, equity in samples.items()
    }


def near(value: Fraction) -> Any:  # noqa: ANN401 - pytest names no type
    return pytest.approx(float(value), rel=1e-9, abs=1e-9)


def left_out(event: Event, rules: Rules) -> bool:
    return any(start < event.time < end for start, end in rules.windows)


def ordered(events: Sequence[Event]) -> list[Event]:
    return sorted(events, key=lambda each: (each.time, ORDER[each.kind]))


def simulated(
    events: Sequence[Event], wanted: Sequence[Wish], rules: Rules, block_rows: int
) -> dict[str, list[dict[str, Any]]]:
    """Run the account of the engine over the same rows, in blocks."""
    instrument = INVERSE if rules.inverse else LINEAR
    cap = rules.cap_share
    costs = Costs(
        capital=float(rules.capital),
        fees=Fees(float(rules.maker), float(rules.taker)),
        slippage=Slippage(rules.slippage, float(rules.slippage_share)),  # type: ignore[arg-type]
        latency_ns=rules.latency,
        volume_cap=None if cap is None else VolumeCap(float(cap), rules.cap_interval),
        multiplier=float(rules.multiplier),
        sample_ns=rules.sample,
    )
    starts = [start for start, _ in rules.windows]
    account = Simulation(instrument, costs, rules.clock, rules.market, starts)
    kept = [each for each in events if not left_out(each, rules)]
    lanes = {
        kind: Lane(
            iter([Rows(arrays_of(kind, [each for each in kept if each.kind == kind]), 0)]),
            lambda _: None,
            empty_columns(kind, COLUMNS[kind], LEVELS, with_quality=False),
        )
        for kind in TYPES
    }
    left = list(wanted)
    for block in blocks(lanes, block_rows):
        count = len(block[rules.clock]["time_ns"])
        account.run(block, answer_of(left[:count]))
        del left[:count]
    tables = account.finish(rules.end)
    return {name: table.to_pylist() for name, table in tables.items()}


def answer_of(wanted: Sequence[Wish]) -> Arrays:
    if not wanted:
        return {"target": np.empty(0)}
    if wanted[0].target is not None:
        return {"target": np.array([float(each.target or 0) for each in wanted])}
    limits = [np.nan if each.limit is None else float(each.limit) for each in wanted]
    return {
        "order": np.array([float(each.order or 0) for each in wanted]),
        "limit": np.array(limits),
        "cancel": np.array([each.cancel for each in wanted], np.uint8),
    }


def arrays_of(kind: str, rows: Sequence[Event]) -> Arrays:
    if not rows:
        return empty_columns(kind, COLUMNS[kind], LEVELS, with_quality=False)
    arrays: Arrays = {"time_ns": np.array([row.time for row in rows], np.int64)}
    values = [row.values for row in rows]
    if kind == "trade":
        arrays["price"] = np.array([float(row["price"]) for row in values])
        arrays["quantity"] = np.array([float(row["quantity"]) for row in values])
        arrays["side"] = np.zeros(len(rows), np.int8)
    elif kind == "funding":
        for name, key in (("rate", "rate"), ("mark_price", "mark"), ("index_price", "mark")):
            arrays[name] = np.array(
                [np.nan if row[key] is None else float(row[key]) for row in values]
            )
        arrays["next_funding_ns"] = np.array([row["next"] for row in values], np.int64)
    else:
        for side, name in (("bids", "bid"), ("asks", "ask")):
            for place, column in enumerate(("price", "quantity")):
                matrix = np.full((len(rows), LEVELS), np.nan)
                for number, row in enumerate(values):
                    for level, pair in enumerate(row[side]):
                        matrix[number, level] = float(pair[place])
                arrays[f"{name}_{column}"] = matrix
    return arrays
