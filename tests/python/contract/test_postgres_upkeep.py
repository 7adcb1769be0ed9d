"""Migrations and retention of a PostgreSQL store, on a native server without the extension."""

import asyncio
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tapeline.errors import StoreConflictError
from tapeline.storage.archive.klines import KLINE_SCHEMA, MINUTE_NS
from tapeline.storage.ports import Chunk
from tapeline.storage.postgres.address import address_of
from tapeline.storage.postgres.klines import open_klines
from tapeline.storage.postgres.migrate import migrate, migrations
from tapeline.storage.postgres.thinning import PostgresThinner
from tapeline.storage.schema import stored_schema_of
from tapeline.storage.targets import parse_target
from tests.python.postgres import PARTITION, count, opened, read, trade_chunk
from tests.services.postgres import Database, make_database

pytestmark = pytest.mark.integration

DAY_NS = 86_400_000_000_000
FIRST = 20_458
"""2026-01-05, the day of the trades."""
NEWEST = migrations(has_timescale=False)[-1].version

CATALOG = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'tapeline'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
    AND c.relkind IN ('r', 'p', 'i') ORDER BY 1, a.attnum"""


def migrate_to(database: Database, version: int) -> None:
    async def work() -> None:
        user, _, where = database.url.partition("@")
        connection = await asyncpg.connect(f"postgres://{user}@{where}")
        await connection.execute("SET search_path TO tapeline, public")
        await migrate(connection, "tapeline", up_to=version)
        await connection.close()

    asyncio.run(work())


def test_numbers_of_migrations_have_no_hole() -> None:
    for has_timescale in (False, True):
        found = [each.version for each in migrations(has_timescale=has_timescale)]
        assert found == list(range(1, NEWEST + 1))


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
def test_native_migrations_from_an_earlier_version_end_in_the_same_tables(
    postgres_home: Database, version: int
) -> None:
    fresh, earlier = make_database(postgres_home), make_database(postgres_home)
    migrate_to(earlier, version)
    assert earlier.run("SELECT max(version) FROM tapeline.schema_migrations") == [(version,)]
    for database in (fresh, earlier):
        with opened(database) as store:
            store.write(trade_chunk())
    assert earlier.run(CATALOG) == fresh.run(CATALOG)
    assert read(earlier.target(), "trade").equals(read(fresh.target(), "trade"))


def test_writers_that_start_at_one_moment_migrate_once(database: Database) -> None:
    faults: list[BaseException] = []

    def start() -> None:
        try:
            with opened(database):
                pass
        except BaseException as error:  # noqa: BLE001 - looked at below
            faults.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert database.run("SELECT count(*) FROM tapeline.schema_migrations") == [(NEWEST,)]


def rows_of_days(days: int) -> Chunk:
    """Thirty trades a day, the latest day last."""
    table = trade_chunk(30).tables["trade"]
    place = table.schema.get_field_index("timestamp_ns")
    parts = []
    for day in range(days):
        times = pc.add(table["timestamp_ns"], day * DAY_NS)
        parts.append(table.set_column(place, table.schema.field(place), times))
    return Chunk({"trade": pa.concat_tables(parts)}, {PARTITION: None}, {PARTITION: 1})


def thinner_of(database: Database) -> PostgresThinner:
    return PostgresThinner(address_of(parse_target(database.target())))


def test_days_that_are_over_are_dropped_whole(database: Database) -> None:
    with opened(database) as store:
        store.write(rows_of_days(4))
    thinner = thinner_of(database)
    thinner.begin()
    limit_ns = (FIRST + 2) * DAY_NS
    assert (
        thinner.bytes_before("trade", limit_ns)
        == 2 * (thinner.bytes_before("trade", limit_ns - DAY_NS) or 0)
        > 0
    )
    assert thinner.drop_before("trade", limit_ns) == 60
    assert thinner.drop_before("trade", limit_ns) == 0
    assert thinner.bytes_before("trade", limit_ns) == 0
    thinner.close()
    assert count(database) == 60
    assert pc.min(read(database.target(), "trade")["timestamp_ns"]).as_py() >= limit_ns
    assert database.run("SELECT min(first_ns) FROM tapeline.span") >= [(limit_ns,)]


def test_a_day_that_got_rows_meanwhile_stays(database: Database) -> None:
    chunk = rows_of_days(2)
    with opened(database) as store:
        store.write(chunk)
        thinner = thinner_of(database)
        thinner.begin()
        late = chunk.tables["trade"].slice(0, 1)
        store.write(Chunk({"trade": late}, {PARTITION: 1}, {PARTITION: 2}))
        with pytest.raises(StoreConflictError, match="2026-01-05"):
            thinner.drop_before("trade", (FIRST + 2) * DAY_NS)
        thinner.close()
    assert count(database) == 61


def test_snapshots_of_books_and_rows_without_a_time_stay(database: Database) -> None:
    schema = stored_schema_of("orderbook")
    base: dict[str, Any] = {field.name: "" for field in schema if field.type == pa.string()}
    base |= {
        "event_id": bytes(16),
        "bids": [],
        "asks": [],
        "issues": [],
        "metadata": [],
        "log_index": 0,
    }
    kinds = [("snapshot", 2), ("delta", 2), ("snapshot", 1), ("delta", 2)]
    rows = [
        base
        | {"action": action, "depth": depth, "log_offset": number}
        | ({"timestamp_ns": FIRST * DAY_NS} if number < 3 else {})
        for number, (action, depth) in enumerate(kinds)
    ]
    table = pa.Table.from_pylist(rows, schema)
    with opened(database) as store:
        store.write(Chunk({"orderbook": table}, {}, {}))
    thinner = thinner_of(database)
    thinner.begin()
    assert thinner.drop_before("orderbook", (FIRST + 9) * DAY_NS) == 2
    thinner.close()
    left = read(database.target(), "orderbook")
    assert left["log_offset"].to_pylist() == [0, 3]


def test_rows_of_a_type_that_is_not_cut_into_days_are_deleted(database: Database) -> None:
    schema = stored_schema_of("quarantine")
    rows = [
        dict.fromkeys(schema.names)
        | {"exchange": "x", "market": "spot", "reason": "not_json", "stage": 1, "field": ""}
        | {"raw": b"", "raw_length": 0, "log_offset": day or 0, "log_index": 0}
        | {"received_ns": None if day is None else (FIRST + day) * DAY_NS + 5}
        for day in (None, 0, 1, 2)
    ]
    with opened(database) as store:
        store.write(Chunk({"quarantine": pa.Table.from_pylist(rows, schema)}, {}, {}))
    thinner = thinner_of(database)
    thinner.begin()
    assert thinner.drop_before("quarantine", (FIRST + 2) * DAY_NS) == 2
    thinner.close()
    times = read(database.target(), "quarantine")["received_ns"].to_pylist()
    assert times == [(FIRST + 2) * DAY_NS + 5, None]


def test_a_kline_that_comes_again_replaces_the_one_before(database: Database) -> None:
    kline: dict[str, Any] = {
        "exchange": "binance",
        "market": "spot",
        "symbol": "BTC/USDT",
        "raw_symbol": "BTCUSDT",
        "interval_ns": MINUTE_NS,
        "start_ns": FIRST * DAY_NS,
        "trades": 2,
        "gaps": 0,
        **{name: Decimal("1.5") for name in ("open", "high", "low", "close")},
        "volume": Decimal("3"),
        "notional": None,
        "taker_buy_volume": Decimal("0"),
    }
    with opened(database):
        pass
    klines = open_klines(parse_target(database.target()))
    klines.put(pa.Table.from_pylist([kline, kline | {"start_ns": MINUTE_NS}], KLINE_SCHEMA))
    again = kline | {"trades": 3, "close": Decimal("1e-18"), "notional": Decimal("4.5")}
    klines.put(pa.Table.from_pylist([again], KLINE_SCHEMA))
    klines.close()
    rows = database.run(
        "SELECT start_ns, extract(epoch FROM time)::bigint, trades, close, notional, raw_symbol"
        " FROM tapeline.kline JOIN tapeline.symbol USING (symbol_id) ORDER BY start_ns"
    )
    assert rows == [
        (MINUTE_NS, 60, 2, Decimal("1.5"), None, "BTCUSDT"),
        (FIRST * DAY_NS, FIRST * 86_400, 3, Decimal("1e-18"), Decimal("4.5"), "BTCUSDT"),
    ]


def test_klines_go_from_rows_through_the_archive_into_their_table(
    database: Database, tmp_path: Path
) -> None:
    with opened(database) as store:
        store.write(rows_of_days(2))
    program = [sys.executable, "-m", "tapeline.apps.cli", "archive"]
    archive, target = str(tmp_path / "archive"), database.target()
    for words in (
        ["parquet", target, "--out", archive, "--types", "trade"],
        ["klines", archive, "--into", target],
        ["klines", archive, "--into", target],
    ):
        subprocess.run([*program, *words], check=True, capture_output=True, timeout=120)
    counted = database.run("SELECT count(*), sum(trades), sum(volume) FROM tapeline.kline")
    expected = pc.sum(read(target, "trade")["quantity"]).as_py()
    assert counted == [(6, 60, expected)]


def test_the_archive_job_feeds_the_kline_table(database: Database, tmp_path: Path) -> None:
    with opened(database) as store:
        store.write(rows_of_days(2))
    archive, target = str(tmp_path / "archive"), database.target()
    program = [sys.executable, "-m", "tapeline.apps.cli", "archive", "parquet", target]
    words = ("--out", archive, "--types", "trade", "--klines-into", target)
    # What is there is replaced: a second run changes nothing.
    for _ in range(2):
        subprocess.run([*program, *words], check=True, capture_output=True, timeout=120)
    counted = database.run("SELECT count(*), sum(trades), sum(volume) FROM tapeline.kline")
    expected = pc.sum(read(target, "trade")["quantity"]).as_py()
    assert counted == [(6, 60, expected)]
    refused = subprocess.run(
        [*program, *words[:-1], f"parquet:{tmp_path}"], capture_output=True, check=False
    )
    assert refused.returncode != 0
    assert b"klines go into" in refused.stderr
