"""Every recorded tape through ``tapeline normalize``: each message once, every value exact."""

import os
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tapeline.apps.market_normalizers import MarketNormalizers
from tapeline.apps.normalize import normalize
from tapeline.tape import TapeReader
from tests.python.integration.recorded import Row, contract_sizes, expected

ROOT = Path(__file__).resolve().parents[3]
CAPTURES = Path(os.environ.get("TAPELINE_CAPTURES", ROOT.parent / "shared" / "captures"))
LISTS = {
    "binance": "binance_instruments.jsonl.gz",
    "okx": "okx_instruments.jsonl",
    "bybit": None,
}
TAPES = sorted(
    path.name for path in (CAPTURES.iterdir() if CAPTURES.is_dir() else ()) if ".jsonl" in path.name
)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not TAPES, reason=f"no recorded tapes in {CAPTURES}"),
]


def market_of(tape: str) -> str:
    """Name the market of lines whose address does not."""
    exchange = tape.partition("_")[0]
    known = {"binance": ("spot", "usdm", "coinm"), "okx": ("swap", "spot")}
    choices = known.get(exchange, ("linear", "inverse", "spot"))
    return next((market for market in choices if f"_{market}_" in tape), choices[0])


def rows_of(out: Path, kind: str) -> list[dict[str, Any]]:
    path = out / f"{kind}.parquet"
    return pq.read_table(path).to_pylist() if path.exists() else []


def comparable(kind: str, row: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Return a file's row with the columns of ``facts``, levels as pairs."""
    found = {name: row[name] for name in facts}
    if kind == "orderbook":
        for side in ("bids", "asks"):
            found[side] = [(level["price"], level["quantity"]) for level in found[side]]
    return found


@pytest.mark.parametrize("tape", TAPES)
def test_each_message_is_accounted_for_and_each_value_exact(tape: str, tmp_path: Path) -> None:
    exchange = tape.partition("_")[0]
    listed = LISTS[exchange]
    instruments = CAPTURES / listed if listed else None
    markets = MarketNormalizers(exchange, market_of(tape), instruments)

    summary = normalize(TapeReader(CAPTURES / tape), markets, tmp_path).as_dict()

    wanted = list(expected(exchange, CAPTURES / tape, contract_sizes(instruments or _none())))
    events = [row for row in wanted if isinstance(row, Row)]
    others = Counter(name for name in wanted if isinstance(name, str))
    assert summary["residual"] == 0
    assert summary["gaps"] == []
    assert summary["duplicates"] == 0
    assert summary["control"] == others.pop("control", 0)
    assert summary["unsupported"] == dict(others)
    unknown = {row["raw_symbol"] for row in events_without_instrument(tmp_path)}
    assert summary["quarantined"] == len(events_without_instrument(tmp_path)), unknown
    compare(events, tmp_path)


def _none() -> Path:
    return Path(os.devnull)


def events_without_instrument(out: Path) -> list[dict[str, Any]]:
    """Return the quarantine records, all of them for the one documented reason."""
    records = rows_of(out, "quarantine")
    assert {record["reason"] for record in records} <= {"unknown_symbol"}
    return records


def compare(events: list[Row], out: Path) -> None:
    """Hold each file's rows against the recorded messages, symbol by symbol, in order."""
    for kind in ("trade", "orderbook", "funding", "liquidation"):
        found: dict[str, list[dict[str, Any]]] = {}
        for row in rows_of(out, kind):
            found.setdefault(row["raw_symbol"], []).append(row)
        wanted: dict[str, list[dict[str, Any]]] = {}
        for event in events:
            if event.kind == kind and event.raw_symbol in found:
                wanted.setdefault(event.raw_symbol, []).append(event.facts)
        assert found.keys() == wanted.keys()
        for symbol, rows in found.items():
            assert len(rows) == len(wanted[symbol]), (kind, symbol)
            for row, facts in zip(rows, wanted[symbol], strict=True):
                assert comparable(kind, row, facts) == facts


def test_tickers_carry_the_state_that_their_deltas_change(tmp_path: Path) -> None:
    tape = CAPTURES / "bybit_linear_tickers_btcusdt_20260930.jsonl"
    markets = MarketNormalizers("bybit", "linear")

    normalize(TapeReader(tape), markets, tmp_path)

    rows = rows_of(tmp_path, "funding")
    assert len({row["rate"] for row in rows}) == 2
    assert all(row["mark_price"] and row["index_price"] for row in rows)
    assert {row["interval_ns"] for row in rows} == {8 * 3_600 * 10**9}


def test_quantities_of_contracts_are_multiplied_exactly(tmp_path: Path) -> None:
    tape = CAPTURES / "okx_swap_btcusdt_20260926.jsonl"
    markets = MarketNormalizers("okx", "swap", CAPTURES / LISTS["okx"])  # type: ignore[operator]

    normalize(TapeReader(tape), markets, tmp_path)

    quantities = {row["native_id"]: row["quantity"] for row in rows_of(tmp_path, "trade")}
    assert quantities["2953620209"] == Decimal("0.01") * Decimal("0.01")
