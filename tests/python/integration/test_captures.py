"""Recorded exchange messages through ``tapeline normalize``.

The recordings are third-party data and no part of the repository. ``TAPELINE_CAPTURES`` names
their folder; the default is ``../shared/captures``.
"""

import json
import os
from collections import Counter
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tapeline.apps.market_normalizers import MarketNormalizers
from tapeline.apps.normalize import normalize
from tapeline.tape import TapeReader

ROOT = Path(__file__).resolve().parents[3]
CAPTURES = Path(os.environ.get("TAPELINE_CAPTURES", ROOT.parent / "shared" / "captures"))
FIRST, SECOND = (
    CAPTURES / f"binance_spot_btcusdt_{day}.jsonl.gz" for day in ("20240808", "20240809")
)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not FIRST.exists(), reason=f"no recorded tapes in {CAPTURES}"),
]


def run(tapes: list[Path], out: Path) -> dict[str, Any]:
    markets = MarketNormalizers("binance", "spot")
    frames = chain.from_iterable(TapeReader(tape) for tape in tapes)
    return normalize(frames, markets, out).as_dict()


@pytest.mark.parametrize(
    ("tapes", "trades", "books"),
    [
        ([FIRST], 9_757, 1 + 28_040 + 3_451),  # the reply, best prices, changed levels
        ([SECOND], 10_147, 45_134 + 3_044),
        ([FIRST, SECOND], 19_904, 1 + 73_174 + 6_495),
    ],
    ids=["20240808", "20240809", "both as one stream"],
)
def test_recorded_days_are_whole_and_accounted_for(
    tapes: list[Path], trades: int, books: int, tmp_path: Path
) -> None:
    summary = run(tapes, tmp_path)

    assert summary["events"] == {"trade": trades, "orderbook": books}
    assert summary["unsupported"] == {}
    assert (summary["duplicates"], summary["quarantined"]) == (0, 0)
    assert [gap for gap in summary["gaps"] if gap["channel"] != "depth"] == []
    assert summary["residual"] == 0
    assert sum(summary["quality"].values()) == trades + books


def test_prices_and_quantities_equal_the_recorded_text(tmp_path: Path) -> None:
    run([FIRST], tmp_path)

    rows = pq.read_table(tmp_path / "trade.parquet", columns=["native_id", "price", "quantity"])
    messages = (json.loads(item.raw) for item in TapeReader(FIRST) if b'"trade"' in item.raw)
    recorded = [message.get("data", message) for message in messages]
    assert rows.to_pylist() == [
        {"native_id": str(t["t"]), "price": Decimal(t["p"]), "quantity": Decimal(t["q"])}
        for t in recorded
        if t["e"] == "trade"
    ]


def test_event_ids_are_unique_over_both_days(tmp_path: Path) -> None:
    run([FIRST, SECOND], tmp_path)

    ids = pq.read_table(tmp_path / "trade.parquet", columns=["event_id"])["event_id"].to_pylist()
    assert Counter(ids).most_common(1)[0][1] == 1
