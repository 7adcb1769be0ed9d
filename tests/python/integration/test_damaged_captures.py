"""Recorded books with frames dropped, doubled, swapped: the damage is found, exactly and alone.

What must be found is worked out from the frames' own ids, apart from the product.
"""

import json
import os
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest

from tapeline.apps.market_normalizers import MarketNormalizers
from tapeline.apps.normalize import normalize
from tapeline.tape import TapeFrame, TapeReader

ROOT = Path(__file__).resolve().parents[3]
CAPTURES = Path(os.environ.get("TAPELINE_CAPTURES", ROOT.parent / "shared" / "captures"))

BEST_ALONE = {"bookTicker", "bbo-tbt", "orderbook.1"}
BINANCE_LIST = "binance_instruments.jsonl.gz"


class Delta(NamedTuple):
    """A book delta's place on the tape and its ids; ``after`` is the first id it could miss."""

    place: int
    symbol: str
    first: int | None
    last: int


class Case(NamedTuple):
    """A tape, how to normalise it, and how its deltas are read."""

    tape: str
    exchange: str
    market: str
    instruments: str | None
    read: Callable[[dict[str, Any]], tuple[str, int | None, int] | None]


def binance(message: dict[str, Any]) -> tuple[str, int | None, int] | None:
    data = message["data"]
    if data.get("e") != "depthUpdate":
        return None
    return data["s"], None if "pu" in data else data["U"], data["u"]


def okx(message: dict[str, Any]) -> tuple[str, int | None, int] | None:
    if message.get("action") != "update":
        return None
    return message["arg"]["instId"], None, message["data"][0]["seqId"]


def bybit(message: dict[str, Any]) -> tuple[str, int | None, int] | None:
    if message.get("type") != "delta":
        return None
    return message["data"]["s"], message["data"]["u"], message["data"]["u"]


CASES = [
    Case("binance_spot_multi_20211012.jsonl", "binance", "spot", BINANCE_LIST, binance),
    Case("binance_usdm_multi_20210722.jsonl.gz", "binance", "usdm", BINANCE_LIST, binance),
    Case("okx_swap_btcusdt_20260926.jsonl", "okx", "swap", "okx_instruments.jsonl", okx),
    Case("bybit_linear_xrpusdt_ob500_20241201.jsonl", "bybit", "linear", None, bybit),
]  # fmt: skip

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no recorded tapes in {CAPTURES}"),
]


def deltas_of(case: Case, lines: Iterable[TapeFrame]) -> list[Delta]:
    found = []
    for place, line in enumerate(lines):
        ids = case.read(json.loads(line.raw)) if line.kind == "ws" else None
        if ids is not None:
            found.append(Delta(place, *ids))
    return found


def run(case: Case, lines: list[TapeFrame], out: Path) -> dict[str, Any]:
    instruments = CAPTURES / case.instruments if case.instruments else None
    markets = MarketNormalizers(case.exchange, case.market, instruments)
    return normalize(lines, markets, out).as_dict()


def states(summary: dict[str, Any]) -> dict[str, str]:
    return {
        book["raw_symbol"]: book["state"]
        for book in summary["books"]
        if book["channel"] not in BEST_ALONE
    }


def coverage(out: Path, kind: str) -> list[dict[str, Any]]:
    rows = pq.read_table(out / "coverage.parquet").to_pylist()
    return [row for row in rows if row["kind"] == kind]


def missing(deltas: list[Delta], dropped: set[int]) -> list[tuple[str, int, int]]:
    """Return the ranges that the deltas which are left prove to be missing."""
    ranges, before, lost = [], dict[str, int](), dict[str, tuple[int, int]]()
    for delta in deltas:
        if delta.place in dropped:
            if delta.symbol in before:
                start = before[delta.symbol] + 1 if delta.first is None else delta.first
                start = lost.get(delta.symbol, (start, 0))[0]
                lost[delta.symbol] = (start, delta.last)
            continue
        if delta.symbol in lost:
            ranges.append((delta.symbol, *lost.pop(delta.symbol)))
        before[delta.symbol] = delta.last
    return sorted(ranges)


def found_gaps(summary: dict[str, Any]) -> list[tuple[str, int, int]]:
    return sorted(
        (gap["raw_symbol"], gap["first_missing"], gap["last_missing"]) for gap in summary["gaps"]
    )


@pytest.fixture(params=CASES, ids=[case.tape.partition(".")[0] for case in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    chosen: Case = request.param
    return chosen


@pytest.fixture
def lines(case: Case) -> list[TapeFrame]:
    return list(TapeReader(CAPTURES / case.tape))


def inner(deltas: list[Delta]) -> list[Delta]:
    """Leave out each symbol's first and last two: nothing after them would show the damage."""
    by_symbol: dict[str, list[Delta]] = {}
    for delta in deltas:
        by_symbol.setdefault(delta.symbol, []).append(delta)
    return [delta for group in by_symbol.values() for delta in group[4:-3]]


def test_undamaged_books_are_live_without_a_gap(
    case: Case, lines: list[TapeFrame], tmp_path: Path
) -> None:
    summary = run(case, lines, tmp_path)

    assert set(states(summary).values()) == {"live"}
    assert (summary["gaps"], summary["duplicates"], summary["residual"]) == ([], 0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_dropped_frames_are_the_gaps_and_unsync_their_symbol_alone(
    case: Case, lines: list[TapeFrame], tmp_path: Path, seed: int
) -> None:
    deltas = deltas_of(case, lines)
    chosen = random.Random(seed).sample(inner(deltas), 2)
    dropped = {delta.place for delta in chosen}

    summary = run(case, [line for at, line in enumerate(lines) if at not in dropped], tmp_path)

    expected = missing(deltas, dropped)
    assert found_gaps(summary) == expected
    unsynced = {symbol for symbol, state in states(summary).items() if state == "unsynced"}
    assert unsynced == {symbol for symbol, _, _ in expected}
    records = [each for each in coverage(tmp_path, "book_unsynced") if each["reason"] == "gap"]
    assert {record["raw_symbol"] for record in records} == unsynced
    first = {symbol: (low, high) for symbol, low, high in reversed(expected)}
    assert {r["raw_symbol"]: (r["first_id"], r["last_id"]) for r in records} == first
    assert summary["residual"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_doubled_frames_are_duplicates_and_hurt_nothing(
    case: Case, lines: list[TapeFrame], tmp_path: Path, seed: int
) -> None:
    chosen = {delta.place for delta in random.Random(seed).sample(inner(deltas_of(case, lines)), 3)}
    doubled = [line for at, line in enumerate(lines) for _ in range(2 if at in chosen else 1)]

    summary = run(case, doubled, tmp_path)

    assert set(states(summary).values()) == {"live"}
    assert (summary["gaps"], summary["duplicates"], summary["residual"]) == ([], 3, 0)


def test_swapped_frames_open_a_gap_that_closes_and_are_all_kept(
    case: Case, lines: list[TapeFrame], tmp_path: Path
) -> None:
    deltas = inner(deltas_of(case, lines))
    one = deltas[len(deltas) // 2]
    two = next(delta for delta in deltas if delta.symbol == one.symbol and delta.place > one.place)
    lines[one.place], lines[two.place] = lines[two.place], lines[one.place]

    summary = run(case, lines, tmp_path)

    assert (summary["gaps"], summary["duplicates"], summary["residual"]) == ([], 0, 0)
    assert [record["raw_symbol"] for record in coverage(tmp_path, "gap_filled")] == [one.symbol]
    lost = {
        row["raw_symbol"] for row in coverage(tmp_path, "book_unsynced") if row["reason"] == "gap"
    }
    assert lost == {one.symbol}
    assert set(states(summary).values()) == {"live"}
