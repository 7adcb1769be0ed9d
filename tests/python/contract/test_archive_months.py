"""Archive and retention go where a store has rows: wrong times of any year, rows without a time."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tapeline.access.opening import open_reader
from tapeline.access.ports import Query, Reader
from tapeline.apps.archive_check import ArchiveCheck
from tapeline.apps.archive_derived import write_funding_texts, write_klines
from tapeline.apps.archive_job import ArchiveJob
from tapeline.apps.cli import main
from tapeline.apps.retention_job import Verdict, enforce, judge
from tapeline.apps.thinners import thinner_of
from tapeline.storage.archive.archive import open_archive
from tapeline.storage.archive.place import LocalPlace
from tapeline.storage.ports import Chunk
from tapeline.storage.schema import EVENT_TYPES, LOG_INDEX, LOG_OFFSET
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tests.python.archiving import DAY_NS, JANUARY_NS, SetClock, book, funding, table_of, trade
from tests.python.contract.access_stores import Places, kinds, open_store, places

__all__ = ["places"]

NOW = SetClock(JANUARY_NS + 40 * DAY_NS)
FAR_NS = 7_258_118_400_000_000_000
"""2200-01-01."""
NO_TIME: dict[str, Any] = {"timestamp_ns": None, "received_ns": None}


def quarantined(number: int, received_ns: int | None, exchange: str) -> dict[str, Any]:
    """A message that names no symbol."""
    return {
        "exchange": exchange,
        "market": "spot",
        "symbol": None,
        "raw_symbol": None,
        "received_ns": received_ns,
        "reason": "not_json",
        "stage": 1,
        "field": "",
        "offset": None,
        "raw": b"{",
        "raw_length": 1,
        LOG_OFFSET: number,
        LOG_INDEX: 0,
    }


ROWS: dict[str, Sequence[dict[str, Any]]] = {
    "trade": [
        trade(1, JANUARY_NS),
        trade(2, JANUARY_NS + 39 * DAY_NS),
        trade(3, 5),
        trade(4, FAR_NS + 5),
        trade(5, -400 * DAY_NS),
    ],
    "orderbook": [
        book(1, JANUARY_NS),
        book(2, 7),
        book(3, 0) | NO_TIME,
        book(4, 0, action="snapshot") | NO_TIME,
    ],
    "funding": [
        funding(1, FAR_NS),
        funding(2, JANUARY_NS + DAY_NS),
        funding(3, 0) | NO_TIME,
        funding(4, -1),
    ],
    "quarantine": [quarantined(1, None, "okx"), quarantined(2, JANUARY_NS, "binance")],
}
MONTHS = {
    "trade": {"1968-11": [5], "1970-01": [3], "2024-01": [1], "2024-02": [2], "2200-01": [4]},
    "orderbook": {"1970-01": [2], "2024-01": [1], "unknown": [3, 4]},
    "funding": {"1969-12": [4], "2024-01": [2], "2200-01": [1], "unknown": [3]},
    "quarantine": {"2024-01": [2], "unknown": [1]},
}


@pytest.fixture(params=kinds())
def address(request: pytest.FixtureRequest, places: Places) -> str:
    """A store of each kind with the rows."""
    address = places.new(request.param)
    store = open_store(address)
    store.open()
    try:
        store.write(Chunk({name: table_of(name, rows) for name, rows in ROWS.items()}, {}, {}))
    finally:
        store.close()
    return address


class Asked:
    """A reader that remembers what it was asked for."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.count = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._reader, name)

    def read(
        self, event_type: str, query: Query, columns: Sequence[str] | None = None
    ) -> Iterator[Any]:
        self.count += 1
        return self._reader.read(event_type, query, columns)


def archived(address: str, out: Path, layout: str = "time") -> dict[str, dict[str, int]]:
    """Run the job; return the rows of each file by type, month and exchange."""
    reader: Any = Asked(open_reader(parse_target(address)))
    found: dict[str, dict[str, int]] = {}
    with open_archive(LocalPlace(out), NOW, layout=layout) as archive:
        for done in ArchiveJob(reader, archive, NOW).run(EVENT_TYPES):
            if done.file is not None:
                name = done.month if done.exchange is None else f"{done.month} {done.exchange}"
                found.setdefault(done.type, {})[name] = done.file.rows
        # A question a month that the store has rows of.
        assert reader.count <= sum(map(len, MONTHS.values())) * (1 if layout == "time" else 2)
        list(write_klines(archive, reader))
        list(write_funding_texts(archive, set()))
    reader.close()
    return found


def stored(address: str, event_type: str) -> list[int]:
    reader = open_reader(parse_target(address))
    rows = [row for batch in reader.read(event_type, Query()) for row in batch.to_pylist()]
    reader.close()
    return sorted(row[LOG_OFFSET] for row in rows)


def test_months_of_which_there_are_rows_are_archived_and_no_others(
    address: str, tmp_path: Path
) -> None:
    expected = {
        name: {month: len(rows) for month, rows in months.items()}
        for name, months in MONTHS.items()
    }
    assert archived(address, tmp_path) == expected
    assert archived(address, tmp_path) == expected
    for event_type, months in MONTHS.items():
        for month, rows in months.items():
            (path,) = tmp_path.rglob(f"{event_type}*_{month.replace('-', '')}.parquet")
            assert sorted(pq.read_table(path)[LOG_OFFSET].to_pylist()) == rows
        # The archive is read as the store is.
        assert stored(f"parquet:{tmp_path}", event_type) == stored(address, event_type)
    assert (tmp_path / "unknown/quarantine_unknown.parquet").is_file()
    text = (tmp_path / "funding/binance/funding_unknown.csv").read_text().splitlines()
    assert len(text) == 2
    assert text[1].startswith(",,binance,perp,")


def test_an_exchange_without_any_symbol_has_its_files_too(address: str, tmp_path: Path) -> None:
    found = archived(address, tmp_path, "exchange")["quarantine"]
    assert found == {"2024-01 binance": 1, "unknown okx": 1}
    path = tmp_path / "by_exchange/okx/quarantine_unknown.parquet"
    assert pq.read_table(path)[LOG_OFFSET].to_pylist() == [1]


def retained(address: str, out: Path) -> dict[str, Verdict]:
    target = parse_target(address)
    thinner = thinner_of(target, SystemClock(), 0.0)
    reader: Any = Asked(open_reader(target))
    limits = {"trade": 30, "orderbook": 7, "funding": 5, "quarantine": None}
    try:
        thinner.begin()
        with ArchiveCheck(LocalPlace(out)) as check:
            verdicts = judge(reader, thinner, check, limits, NOW)
        gone = enforce(thinner, verdicts)
    finally:
        reader.close()
        thinner.close()
    # Two a day that the store has rows of, and one for those without a time.
    assert reader.count <= 2 * sum(map(len, MONTHS.values()))
    assert gone == sum(verdict.rows for verdict in verdicts)
    return {verdict.type: verdict for verdict in verdicts}


def test_wrong_times_that_are_past_go_and_rows_without_a_time_stay_and_are_counted(
    address: str, tmp_path: Path
) -> None:
    archived(address, tmp_path)
    found = retained(address, tmp_path)
    assert {name: (each.rows, each.timeless, each.kept) for name, each in found.items()} == {
        "trade": (3, 0, None),
        "orderbook": (2, 2, None),
        "funding": (2, 1, None),
    }
    assert stored(address, "trade") == [2, 4]
    assert stored(address, "orderbook") == [3, 4]
    assert stored(address, "funding") == [1, 3]
    again = retained(address, tmp_path)
    assert [(each.rows, each.timeless) for each in again.values()] == [(0, 0), (0, 2), (0, 1)]


def test_the_command_says_how_many_rows_without_a_time_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = Places(tmp_path)
    address = places.new("parquet")
    store = open_store(address)
    store.open()
    store.write(Chunk({"orderbook": table_of("orderbook", ROWS["orderbook"])}, {}, {}))
    store.close()
    out = str(tmp_path / "out")
    with pytest.raises(SystemExit):
        main(["archive", "parquet", address, "--out", out, "--json"])
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["month"], each["rows"]) for each in said] == [
        ("1970-01", 1),
        ("2024-01", 1),
        ("unknown", 2),
    ]
    with pytest.raises(SystemExit) as ended:
        main(["retention", address, "--archive", out])
    assert ended.value.code == 0
    assert "2 rows without a time stay" in " ".join(capsys.readouterr().out.split())
