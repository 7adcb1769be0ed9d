"""The PostgreSQL store: rows, offsets and batches in one transaction, values exactly."""

import threading
import time
from pathlib import Path
from typing import LiteralString

import pyarrow as pa
import pytest

from tapeline.access.ports import Query
from tapeline.access.readers.postgres import open_reader
from tapeline.errors import RowError, SettingsError, StoreConflictError, StoreFormatError
from tapeline.storage.consumer.bisect import split_refused
from tapeline.storage.ports import Chunk, Mark
from tapeline.storage.postgres.address import address_of
from tapeline.storage.schema import stored_schema_of
from tapeline.storage.targets import parse_target
from tests.python.postgres import (
    PARTITION,
    as_dictionaries,
    count,
    following,
    opened,
    read,
    trade_chunk,
    with_column,
)
from tests.services.postgres import Database, PostgresServer, folders_of_binaries

pytestmark = pytest.mark.integration


def test_text_columns_may_be_dictionaries(database: Database) -> None:
    chunk = trade_chunk()
    with opened(database) as store:
        store.write(Chunk(as_dictionaries(chunk.tables), chunk.expected, chunk.offsets))
    found = read(database.target(), "trade")
    assert found.schema.equals(stored_schema_of("trade"))
    order = [("raw_symbol", "ascending"), ("log_offset", "ascending"), ("log_index", "ascending")]
    expected = chunk.tables["trade"].cast(stored_schema_of("trade"))
    assert found.sort_by(order).equals(expected.sort_by(order))


def test_a_chunk_offered_again_is_a_conflict_and_leaves_nothing(database: Database) -> None:
    chunk = trade_chunk()
    with opened(database) as store, opened(database) as second:
        store.write(chunk)
        for again in (chunk, following(chunk, 7, 8)):
            with pytest.raises(StoreConflictError, match="another writer"):
                second.write(again)
        assert second.progress([PARTITION]).offsets == {PARTITION: 1}
        second.write(following(chunk, 1, 2))
        with pytest.raises(StoreConflictError):
            store.write(following(chunk, 1, 2))
    assert count(database) == 180


def test_of_two_writers_at_the_same_moment_one_wins(database: Database) -> None:
    chunk = trade_chunk(3000)
    with opened(database):
        pass
    outcomes: list[str] = []

    def write() -> None:
        with opened(database) as store:
            try:
                store.write(chunk)
            except StoreConflictError:
                outcomes.append("conflict")
            else:
                outcomes.append("written")

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "conflict", "written"]
    assert count(database) == 3000


def test_progress_gives_the_latest_batches_of_a_stream_after_merging(database: Database) -> None:
    with opened(database) as store:
        for number in range(1, 503):
            expected = None if number == 1 else number - 1
            mark = Mark("name\0of a producer", PARTITION[0], number, 2**32 - number)
            store.write(Chunk({}, {PARTITION: expected}, {PARTITION: number}, [mark]))
        marks = store.progress([PARTITION]).marks
        assert {each.batch_id: each.crc for each in marks} == {
            number: 2**32 - number for number in range(1, 503)
        }
        assert store.progress([("trade.binance.spot.other", 0)]).marks == []
    (row,) = database.run("SELECT count(*) FROM tapeline.ingest_batches")
    assert row == (3,)


def test_batches_on_a_topic_of_many_instruments_are_found(database: Database) -> None:
    mark = Mark("one", "trade.binance.spot.btcusdt", 2**64 - 1, 7)
    with opened(database) as store:
        store.write(Chunk({}, {}, {}, [mark]))
        assert store.progress([("trade.binance.spot", 0)]).marks == [mark]


def test_a_row_that_can_never_be_stored_costs_one_row(database: Database) -> None:
    table = trade_chunk().tables["trade"]
    names = table["native_id"].to_pylist()
    names[41] = "4\x001"
    table = with_column(table, "native_id", names)
    symbols = table["raw_symbol"].to_pylist()
    symbols[77] = "BTC\0USDT"
    table = with_column(table, "raw_symbol", symbols)
    with opened(database) as store:
        with pytest.raises(RowError):
            store.write(Chunk({"trade": table}, {PARTITION: None}, {PARTITION: 1}))
        accepted, refused = split_refused(table, lambda part: store.rehearse({"trade": part}))
        assert [row["native_id"][0].as_py() for row, _ in refused] == ["4\x001", names[77]]
        # Trying rows leaves nothing behind: no row, no instrument, no day.
        assert database.run("SELECT count(*) FROM tapeline.symbol") == [(0,)]
        assert database.run("SELECT to_regclass('tapeline.trade_20260105')") == [(None,)]
        store.write(Chunk({"trade": accepted}, {PARTITION: None}, {PARTITION: 1}))
    assert count(database) == 88


def test_a_side_without_a_letter_is_refused(database: Database) -> None:
    table = trade_chunk(3).tables["trade"]
    with opened(database) as store, pytest.raises(RowError, match="side"):
        store.rehearse({"trade": with_column(table, "side", ["buy", "3", None])})


def test_a_day_that_was_dropped_is_made_again_for_late_rows(database: Database) -> None:
    chunk = trade_chunk()
    with opened(database) as store:
        store.write(chunk)
        database.run("DROP TABLE tapeline.trade_20260105")
        with pytest.raises(RowError):
            store.write(following(chunk, 1, 2))
        store.rehearse(chunk.tables)
        store.write(following(chunk, 1, 2))
    assert count(database) == 90


def test_readers_of_several_types_take_turns_and_may_stop_early(database: Database) -> None:
    with opened(database) as store:
        store.write(trade_chunk(9000))
    reader = open_reader(parse_target(database.target()))
    first, second = reader.read("trade", Query()), reader.read("trade", Query(), ["price"])
    assert next(first).num_rows == next(second).num_rows == 9000
    first.close()  # type: ignore[attr-defined]
    assert not list(second)
    everybody = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tapeline'"
    # A server's process that was left needs its time to end.
    end = time.monotonic() + 60
    while (left := database.run(everybody + " AND datname = current_database()")) != [(0,)]:
        assert time.monotonic() < end, left
        time.sleep(0.02)


def test_a_large_answer_comes_in_pieces(database: Database) -> None:
    chunk = trade_chunk(3000)
    rows = pa.concat_tables([chunk.tables["trade"]] * 50)
    with opened(database) as store:
        store.write(Chunk({"trade": rows}, chunk.expected, chunk.offsets))
    reader = open_reader(parse_target(database.target()))
    sizes = [batch.num_rows for batch in reader.read("trade", Query())]
    assert sum(sizes) == 150_000
    assert len(sizes) >= 3
    assert reader.bytes_read > 150_000 * 100


def test_stores_in_schemas_of_one_database_do_not_meet(database: Database) -> None:
    with opened(database), opened(database, "schema=other") as other:
        other.write(trade_chunk())
    assert count(database) == 0
    assert read(database.target("schema=other"), "trade").num_rows == 90


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("INSERT INTO schema_migrations VALUES (9000, 'later')", "version 9000.*use a newer one"),
        (
            "DROP VIEW funding_named; ALTER TABLE funding ALTER rate TYPE double precision",
            "column rate .*double precision",
        ),
        ("ALTER TABLE trade RENAME price TO cost", "column price .*not there"),
    ],
)
def test_tables_that_are_not_ours_are_refused_with_a_sentence(
    database: Database, damage: str, message: str
) -> None:
    with opened(database):
        pass
    database.run(f"SET search_path TO tapeline; {damage}")
    with pytest.raises(StoreFormatError, match=message), opened(database):
        pass


def test_a_column_that_was_changed_while_writing_is_no_fault_of_the_rows(
    database: Database,
) -> None:
    with opened(database) as store:
        store.write(trade_chunk())
        # PostgreSQL changes no type that a view shows.
        database.run("DROP VIEW tapeline.trade_named")
        database.run("ALTER TABLE tapeline.trade ALTER received_ns TYPE integer USING 1")
        with pytest.raises(StoreFormatError, match="writing trade"):
            store.write(trade_chunk(90, 1, 2))


def test_a_reader_of_an_empty_database_says_what_to_do(database: Database) -> None:
    message = f"database {database.name} holds no store of tapeline.*start `tapeline store`"
    with pytest.raises(StoreFormatError, match=message):
        read(database.target(), "trade")


@pytest.mark.parametrize(
    "table",
    [
        "CREATE TABLE tapeline.schema_migrations AS SELECT 'x1'::text AS version",
        "CREATE TABLE tapeline.schema_migrations AS SELECT 1 AS id",
    ],
)
def test_tables_of_another_program_are_told_from_ours(
    database: Database, table: LiteralString
) -> None:
    database.run("CREATE SCHEMA tapeline")
    database.run(table)
    with pytest.raises(StoreFormatError, match="tables of another program"):
        read(database.target(), "trade")
    with pytest.raises(StoreFormatError, match="tables of another program"), opened(database):
        pass


@pytest.mark.parametrize(
    "address",
    [
        "timescale://h:1",
        "timescale://h/d?pool=3",
        "timescale://h/d?schema=A",
        "postgres://h/d?timeout=x",
    ],
)
def test_an_address_that_says_too_little_or_nonsense_is_refused(address: str) -> None:
    with pytest.raises(SettingsError):
        address_of(parse_target(address))


def test_a_password_is_read_and_never_shown() -> None:
    address = address_of(parse_target("timescale://us%40er:p%3Aw%2Fd@h:1/d?timeout=2.5"))
    assert (address.user, address.password, address.timeout_s) == ("us@er", "p:w/d", 2.5)
    assert "p%3Aw" not in f"{address.shown} {address!r}"
    assert "p:w" not in f"{address.shown} {address!r}"


@pytest.mark.parametrize("binaries", folders_of_binaries(), ids=lambda path: path.parts[-2])
def test_every_server_version_there_is_keeps_rows(binaries: Path) -> None:
    server = PostgresServer(binaries)
    try:
        server.start()
        database = server.database()
        with opened(database) as store:
            store.write(trade_chunk())
        assert read(database.target(), "trade").num_rows == 90
    finally:
        server.kill()
