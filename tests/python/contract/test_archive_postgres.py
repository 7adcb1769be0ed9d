"""A PostgreSQL store archived and thinned out, and klines put into it."""

from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from tapeline.access.opening import open_reader
from tapeline.apps.archive_check import ArchiveCheck
from tapeline.apps.archive_derived import write_klines
from tapeline.apps.archive_job import ArchiveJob
from tapeline.apps.cli import main
from tapeline.apps.retention_job import enforce, judge
from tapeline.apps.settings import RetentionSettings
from tapeline.apps.thinners import thinner_of
from tapeline.storage.archive.archive import open_archive
from tapeline.storage.archive.place import LocalPlace
from tapeline.storage.ports import Chunk
from tapeline.storage.schema import LOG_OFFSET
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tests.python.archiving import DAY_NS, JANUARY_NS, SetClock, book, coverage, table_of, trade
from tests.python.postgres import opened, read
from tests.services.postgres import Database

pytestmark = pytest.mark.integration

NOW = SetClock(JANUARY_NS + 40 * DAY_NS)


def fill(database: Database) -> str:
    quarter = DAY_NS // 4
    trades = [trade(place, JANUARY_NS + place * quarter) for place in range(160)]
    books = [
        book(place, JANUARY_NS + place * quarter, action="delta" if place % 4 else "snapshot")
        for place in range(160)
    ]
    gap = coverage(1, JANUARY_NS + 1, JANUARY_NS + 2, kind="gap_opened")
    tables = {"trade": trades, "orderbook": books, "coverage": [gap]}
    with opened(database) as store:
        chunk = {kind: table_of(kind, rows) for kind, rows in tables.items()}
        store.write(Chunk(chunk, {}, {}))
    return database.target()


def archive(address: str, out: Path) -> None:
    reader = open_reader(parse_target(address))
    with open_archive(LocalPlace(out), NOW) as opened_archive:
        list(ArchiveJob(reader, opened_archive, NOW).run(["trade", "orderbook", "coverage"]))
        list(write_klines(opened_archive, reader))
    reader.close()


def test_old_days_go_once_the_archive_has_them(database: Database, tmp_path: Path) -> None:
    address = fill(database)
    archive(address, tmp_path)
    assert pq.read_table(tmp_path / "2024/Q1/trades_202401.parquet").num_rows == 124
    target = parse_target(address)
    thinner = thinner_of(target, SystemClock(), 0)
    reader = open_reader(target)
    thinner.begin()
    with ArchiveCheck(LocalPlace(tmp_path)) as check:
        verdicts = judge(reader, thinner, check, RetentionSettings().by_type(), NOW)
    assert [(each.type, each.kept) for each in verdicts] == [("trade", None), ("orderbook", None)]
    # Snapshots are not among what goes.
    assert [each.rows for each in verdicts] == [40, 99]
    enforce(thinner, verdicts)
    reader.close()
    thinner.close()
    assert sorted(read(address, "trade")[LOG_OFFSET].to_pylist()) == list(range(40, 160))
    books = read(address, "orderbook")
    assert sum(action == "snapshot" for action in books["action"].to_pylist()) == 40
    assert sum(action == "delta" for action in books["action"].to_pylist()) == 21


def test_klines_go_into_the_table_and_replace_what_is_there(
    database: Database, tmp_path: Path
) -> None:
    address = fill(database)
    archive(address, tmp_path)
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            main(["archive", "klines", str(tmp_path), "--into", address, "--interval", "1d"])
        assert ended.value.code == 0
    with psycopg.connect(database.dsn) as connection:
        rows = connection.execute(
            "SELECT s.raw_symbol, k.time, k.start_ns, k.open, k.close, k.volume, k.notional,"
            " k.trades, k.taker_buy_volume, k.gaps FROM tapeline.kline k"
            " JOIN tapeline.symbol s USING (symbol_id) ORDER BY k.start_ns"
        ).fetchall()
    assert len(rows) == 40
    symbol, time, *values = rows[0]
    assert (symbol, time.isoformat()) == ("BTCUSDT", "2024-01-01T00:00:00+00:00")
    assert values == [
        JANUARY_NS,
        *(Decimal("100.5"), Decimal("100.5"), Decimal("0.004"), Decimal("0.402")),
        *(4, Decimal("0.004"), 1),
    ]
