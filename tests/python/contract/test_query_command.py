"""`tapeline query` as a person uses it: every format, the foot, and what it says of mistakes."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tapeline.access.plain_rows import rows_of
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.telemetry.clock import SystemClock
from tests.python.accessing import answer, fill, market_messages

MESSAGES = market_messages()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("queried")
    fill(ParquetStore(LocalFolder(root), clock=SystemClock()), MESSAGES)
    return f"parquet:{root}"


def query(*words: str | Path) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "tapeline.apps.cli", "query", *map(str, words)]
    return subprocess.run(command, capture_output=True, timeout=120, check=False)


def test_text_formats_hold_every_row_with_exact_decimals(target: str) -> None:
    expected = list(rows_of(answer(MESSAGES, "trade", symbols=["BTC/USDT"])))
    words = (target, "--types", "trade", "--symbols", "BTC/USDT", "--format")
    ran = query(*words, "json")
    assert [json.loads(line) for line in ran.stdout.splitlines()] == expected
    assert ran.stderr.startswith(b"coverage: trade of")
    ran = query(*words, "csv", "--verbose")
    lines = list(csv.DictReader(io.StringIO(ran.stdout.decode())))
    names = ("price", "quantity", "native_id", "event_id", "symbol")
    assert [[line[name] for name in names] for line in lines] == [
        [row[name] for name in names] for row in expected
    ]
    assert b"connection" in ran.stderr
    assert b"bytes read" in ran.stderr


def test_files_hold_every_row_of_every_type(target: str, tmp_path: Path) -> None:
    assert query(target, "--types", "trade,orderbook", "--format", "parquet", "--out", tmp_path)
    ran = query(target, "--types", "funding", "--format", "arrow", "--out", tmp_path / "f.arrow")
    assert ran.returncode == 0
    for name in ("trade", "orderbook"):
        assert pq.read_table(tmp_path / f"{name}.parquet").equals(answer(MESSAGES, name))
    found = pa.ipc.open_stream(tmp_path / "f.arrow").read_all()
    assert found.equals(answer(MESSAGES, "funding"))
    assert sorted(os.listdir(tmp_path)) == ["f.arrow", "orderbook.parquet", "trade.parquet"]


def test_a_table_shows_both_ends_and_says_how_complete_it_is(target: str) -> None:
    text = query(target, "--types", "trade", "--exchange", "okx").stdout.decode()
    expected = list(rows_of(answer(MESSAGES, "trade", exchange="okx")))
    assert f"{len(expected):,} trade rows" in text
    assert f"... {len(expected) - 20:,} more ..." in text
    assert expected[0]["native_id"] in text
    assert expected[-1]["native_id"] in text
    # Times are text, to the nanosecond.
    assert str(expected[0]["timestamp_ns"]) not in text
    whole, rest = divmod(int(expected[0]["timestamp_ns"]), 1_000_000_000)
    assert f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z" in text
    assert "\ncoverage: trade of 4 streams" in text
    assert text.endswith("bytes read\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--symbols", "BTCUSD"], None),
        (["--symbols", "BTC/USDX"], "no symbol 'BTC/USDX' in this data: did you mean"),
        (["--types", "trades"], "no event type 'trades': did you mean 'trade'?"),
        (["--start", "2026-01-05T12:00:00"], "has no time zone"),
        (["--start", "2026-01-06", "--end", "2026-01-05"], "is not after start"),
        (["--format", "xml"], "formats are table, csv, json, parquet, arrow, was 'xml'"),
        (["--types", "trade,funding", "--format", "csv"], "needs --out FOLDER"),
        (["--out", "x.txt"], "--out is for --format"),
        (["--types", ""], "was no name"),
        (["--start", "1767614400000"], "Unix nanoseconds have 19 digits"),
    ],
)
def test_a_mistake_is_answered_with_what_to_do(
    target: str, words: list[str], said: str | None
) -> None:
    ran = query(target, *words)
    if said is None:
        assert ran.returncode == 0
        return
    assert ran.returncode == 2
    assert said in ran.stderr.decode()
    assert b"Traceback" not in ran.stderr


def test_what_is_no_store_is_one_sentence(tmp_path: Path) -> None:
    ran = query(f"parquet:{tmp_path}")
    assert ran.returncode == 1
    assert ran.stderr.decode().count("\n") == 1
    assert "holds no Parquet store" in ran.stderr.decode()


def test_a_pipe_or_a_device_is_written_into_and_not_replaced(target: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    copy = tmp_path / "copy"
    with copy.open("wb") as sink, subprocess.Popen(["cat", pipe], stdout=sink) as reader:
        try:
            ran = query(target, "--types", "trade", "--format", "json", "--out", pipe)
            assert (ran.returncode, pipe.is_fifo()) == (0, True)
            assert reader.wait(60) == 0
        finally:
            reader.kill()
    assert len(copy.read_bytes().splitlines()) == len(answer(MESSAGES, "trade"))
    assert {each.name for each in tmp_path.iterdir()} == {"pipe", "copy"}


@pytest.mark.parametrize("form", ["table", "csv", "json", "arrow"])
def test_a_reader_that_goes_is_no_fault(target: str, form: str) -> None:
    command = [sys.executable, "-m", "tapeline.apps.cli", "query", target, "--format", form]
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=120, check=False)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, b"")
