"""A market of some minutes with a hole in it, for the engine and for the slow account."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest

from tapeline.compute.backtest import RunResult
from tests.python.markets import SECOND, START, Row, book, funding, gap, session, trade
from tests.python.reference.account import Account, Event

HOLE = (START + 150 * SECOND, START + 180 * SECOND)
SECONDS = [each for each in range(400) if not HOLE[0] < START + each * SECOND < HOLE[1]]


def price_at(place: int) -> Fraction:
    return Fraction(10_000 + (place * 37 % 101) + (place // 40 % 3) * 150, 100)


TRADES = [
    trade(START + n * SECOND // 2 * 2, f"{float(price_at(n)):.2f}", f"{(n * 7 % 23 + 1) / 10}")
    for n in SECONDS
]
BOOKS = [
    book(
        START + n * SECOND + SECOND // 3,
        [(f"{float(price_at(n)) - 0.05 * k:.2f}", f"{(n * 3 + k) % 9 + 1}") for k in range(1, 4)],
        [(f"{float(price_at(n)) + 0.05 * k:.2f}", f"{(n * 5 + k) % 7 + 1}") for k in range(1, 4)],
    )
    for n in SECONDS[::2]
]
FUNDING = [
    funding(
        START + n * SECOND + SECOND // 2,
        f"{(n // 60 % 3 - 1) * 0.0004:.4f}",
        START + (n // 90 + 1) * 90 * SECOND,
        f"{float(price_at(n)):.2f}",
    )
    for n in SECONDS[::5]
]
STATED = [
    session(START, "trade"),
    gap("trade", *HOLE, 151, 179),
    session(START, "depth"),
    session(START, "markPrice"),
]
ROWS = {"trade": TRADES, "orderbook": BOOKS, "funding": FUNDING, "coverage": STATED}
EVENT_ORDER = ("trade", "orderbook", "funding")


def assert_same(result: RunResult, expected: Account) -> None:
    found = result.fills.to_pylist()
    assert len(found) == len(expected.fills)
    for row, fill in zip(found, expected.fills, strict=True):
        assert (row["time_ns"], row["side"], row["signal_time_ns"]) == (
            fill.time,
            fill.side,
            fill.signal_time,
        )
        for name in ("quantity", "price", "notional", "fee", "slippage"):
            assert row[name] == pytest.approx(float(getattr(fill, name)), rel=1e-9, abs=1e-9)
    paid = {(row["time_ns"], round(row["amount"], 6)) for row in result.funding.to_pylist()}
    assert paid == {(time, round(float(amount), 6)) for time, _, amount in expected.payments}
    profit = result.equity["equity"][-1].as_py() - 100_000
    assert profit == pytest.approx(float(expected.equity() - 100_000), abs=0.005)
    assert result.metrics["pnl"] == pytest.approx(profit, abs=1e-6)
    assert len(result.trades) == len(expected.trips)


def events(types: Sequence[str]) -> list[Event]:
    """The rows of some types in their order, without those inside the hole."""
    makers = {"trade": _trade, "orderbook": _book, "funding": _funding}
    found = [
        Event(row["time_ns"], kind, makers[kind](row))
        for kind in EVENT_ORDER
        if kind in types
        for row in ROWS[kind]
    ]
    inside = [each for each in found if HOLE[0] < each.time < HOLE[1]]
    return sorted(
        (each for each in found if each not in inside),
        key=lambda each: (each.time, EVENT_ORDER.index(each.kind)),
    )


def _trade(row: Row) -> dict[str, Any]:
    return {"price": Fraction(row["price"]), "quantity": Fraction(row["quantity"])}


def _book(row: Row) -> dict[str, Any]:
    return {
        side: [(Fraction(level["price"]), Fraction(level["quantity"])) for level in row[side]]
        for side in ("bids", "asks")
    }


def _funding(row: Row) -> dict[str, Any]:
    return {
        "rate": Fraction(row["rate"]),
        "mark": Fraction(row["mark_price"]),
        "next": row["next_funding_ns"],
    }
