"""``tapeline normalize``: exact values, exact gaps, exact duplicates, residual 0."""

import gzip
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tapeline.apps.market_normalizers import MarketNormalizers
from tapeline.apps.normalize import normalize
from tapeline.tape import TapeFrame

START_MS = 1_723_161_253_000
URL = "wss://stream.binance.com:9443/stream?streams=btcusdt@trade"

TRADE_COLUMNS = [
    ("exchange", pa.utf8()),
    ("market", pa.utf8()),
    ("symbol", pa.utf8()),
    ("raw_symbol", pa.utf8()),
    ("event_id", pa.binary(16)),
    ("native_id", pa.utf8()),
    ("price", pa.decimal128(38, 18)),
    ("quantity", pa.decimal128(38, 18)),
    ("side", pa.utf8()),
    ("timestamp_ns", pa.int64()),
    ("received_ns", pa.int64()),
    ("quality", pa.utf8()),
    ("issues", pa.list_(pa.field("element", pa.utf8(), nullable=False))),
    ("metadata", pa.map_(pa.utf8(), pa.utf8())),
]


def frame(number: int, *, received: bool = True) -> TapeFrame:
    """Make trade ``number``; its price and quantity follow from the number."""
    time_ms = START_MS + number * 7
    text = (
        f'{{"e":"trade","E":{time_ms + 1},"s":"BTCUSDT","t":{5_000_000 + number},'
        f'"p":"{price(number)}","q":"{quantity(number)}",'
        f'"T":{time_ms},"m":{"true" if number % 3 else "false"},"M":true}}'
    )
    return TapeFrame((time_ms + 2) * 1_000_000 if received else None, URL, "ws", text.encode())


def price(number: int) -> str:
    return f"61789.{number % 100:02}000000"


def quantity(number: int) -> str:
    return f"0.{1 + number % 97:05}000"


def run(frames: Sequence[TapeFrame], out: Path) -> tuple[dict[str, Any], pa.Table]:
    markets = MarketNormalizers("binance", "spot")
    summary = normalize(frames, markets, out).as_dict()
    return summary, pq.read_table(out / "trade.parquet")


def write_tape(path: Path, frames: Sequence[TapeFrame]) -> None:
    lines = (
        json.dumps(item._asdict() | {"raw": item.raw.decode()}, separators=(",", ":")) + "\n"
        for item in frames
    )
    data = "".join(lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def test_columns_are_exactly_those_promised(tmp_path: Path) -> None:
    _summary, trades = run([frame(1)], tmp_path)

    assert [(item.name, item.type) for item in trades.schema] == TRADE_COLUMNS
    assert pl.read_parquet(tmp_path / "trade.parquet")["symbol"].to_list() == ["BTC/USDT"]


def test_every_value_equals_the_text_of_its_frame(tmp_path: Path) -> None:
    count = 9_000  # More than two pushes.
    summary, trades = run([frame(number) for number in range(count)], tmp_path)

    assert summary["frames"] == count
    assert summary["events"] == {"trade": count}
    assert summary["quality"]["perfect"] == count
    assert (summary["gaps"], summary["duplicates"], summary["residual"]) == ([], 0, 0)
    assert trades["price"].to_pylist() == [Decimal(price(number)) for number in range(count)]
    assert trades["quantity"].to_pylist() == [Decimal(quantity(number)) for number in range(count)]
    sides = ["sell" if number % 3 else "buy" for number in range(count)]
    assert trades["side"].to_pylist() == sides
    times = [(START_MS + number * 7) * 1_000_000 for number in range(count)]
    assert trades["timestamp_ns"].to_pylist() == times
    assert trades["received_ns"].to_pylist() == [at + 2_000_000 for at in times]
    assert len(set(trades["event_id"].to_pylist())) == count


@pytest.mark.parametrize("seed", range(5))
def test_gaps_and_duplicates_are_exactly_those_made(tmp_path: Path, seed: int) -> None:
    chooser = random.Random(seed)
    count = 6_000
    places = chooser.sample(range(1, count // 2 - 1), count * 3 // 100)  # Pairs, so none touch.
    third = len(places) // 3
    dropped = {2 * place for place in places[:third]}
    doubled = {2 * place for place in places[third : 2 * third]}
    swapped = {2 * place for place in places[2 * third :]}
    frames: list[TapeFrame] = []
    for number in range(count):
        if number - 1 in swapped:
            continue
        if number in swapped:
            frames += [frame(number + 1), frame(number)]
        elif number not in dropped:
            frames += [frame(number)] * (2 if number in doubled else 1)

    summary, trades = run(frames, tmp_path)

    missing = [
        (gap["symbol"], gap["first_missing"], gap["last_missing"]) for gap in summary["gaps"]
    ]
    expected = [("BTC/USDT", 5_000_000 + number, 5_000_000 + number) for number in sorted(dropped)]
    assert missing == expected
    assert summary["duplicates"] == len(doubled)
    assert summary["events"] == {"trade": count - len(dropped)}
    assert summary["residual"] == 0
    late = [
        int(native) - 5_000_000
        for native, issues in zip(
            trades["native_id"].to_pylist(), trades["issues"].to_pylist(), strict=True
        )
        if "out_of_order" in issues
    ]
    assert sorted(late) == sorted(swapped)


def test_several_tapes_are_one_stream(tmp_path: Path) -> None:
    write_tape(tmp_path / "one.jsonl", [frame(number) for number in range(10)])
    write_tape(tmp_path / "two.jsonl.gz", [frame(number) for number in range(12, 20)])
    tapeline = str(Path(sys.executable).parent / "tapeline")
    command = [tapeline, "normalize", "one.jsonl", "two.jsonl.gz", "--out", "out", "--json"]

    ran = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )

    summary = json.loads(ran.stdout)
    assert summary["events"] == {"trade": 18}
    assert [(gap["first_missing"], gap["last_missing"]) for gap in summary["gaps"]] == [
        (5_000_010, 5_000_011)
    ]


def test_frames_that_are_no_trades_are_counted_by_what_they_are(tmp_path: Path) -> None:
    address = "https://api.binance.com/api/v3/"
    reply = TapeFrame(
        (START_MS + 1) * 1_000_000,
        address + "depth?symbol=BTCUSDT",
        "http",
        b'{"lastUpdateId":7,"bids":[["1","2"]],"asks":[]}',
    )
    ticker = b'{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}'
    frames = [
        frame(0, received=False),
        reply,
        TapeFrame(None, URL, "ws", ticker),
        TapeFrame(None, URL, "ws", b'{"e":"kline"}'),
        TapeFrame(None, URL, "ws", b'{"result":null,"id":1}'),
        TapeFrame(None, URL, "ws", b'{"e":"trade",'),
        reply,
        TapeFrame(None, address + "exchangeInfo", "http", b"{}"),
        TapeFrame(None, "https://[bad/depth", "http", b"{}"),
    ]

    summary, trades = run(frames, tmp_path)

    assert summary["frames"] == 9
    assert summary["events"] == {"trade": 1, "orderbook": 2}
    assert summary["unsupported"] == {
        "GET api/v3/exchangeInfo": 1,
        "GET depth": 1,
        "kline": 1,
    }
    assert (summary["control"], summary["duplicates"]) == (1, 1)
    assert (summary["quarantined"], summary["residual"]) == (1, 0)
    assert summary["quarantined_by_reason"] == {"truncated": 1}
    assert trades["received_ns"].to_pylist() == [None]
    assert trades["issues"].to_pylist() == [["no_receive_time"]]
    books = pq.read_table(tmp_path / "orderbook.parquet").to_pylist()
    assert [(row["origin"], row["depth"], row["last_update_id"]) for row in books] == [
        ("rest", 2, 7),
        ("wire", 1, 1),
    ]
    quarantine = pq.read_table(tmp_path / "quarantine.parquet").to_pylist()
    assert [(row["reason"], row["raw"], row["offset"]) for row in quarantine] == [
        ("truncated", b'{"e":"trade",', 13)
    ]


def test_an_empty_tape_gives_empty_files(tmp_path: Path) -> None:
    summary, trades = run([], tmp_path)

    assert (summary["frames"], summary["residual"], trades.num_rows) == (0, 0, 0)
    assert [(item.name, item.type) for item in trades.schema] == TRADE_COLUMNS
