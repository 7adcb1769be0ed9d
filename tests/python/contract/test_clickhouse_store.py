"""The ClickHouse store on a real server and in the embedded engine: each row once, or none yet."""

import re
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tapeline.errors import (
    RowError,
    SettingsError,
    StoreConflictError,
    StoreFormatError,
    StoreUnavailableError,
)
from tapeline.storage.clickhouse.open import open_clickhouse
from tapeline.storage.clickhouse.tables import EARLIER_TYPES, columns_of
from tapeline.storage.consumer.bisect import split_refused
from tapeline.storage.ports import Chunk, Mark
from tapeline.storage.schema import stored_schema_of
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tests.python.clickhouse_stores import (
    PARTITION,
    as_given,
    chunk_of,
    connected,
    opened,
    run,
    stored,
)
from tests.python.extremes import all_extreme_rows
from tests.python.storing import as_read, decoded, ids, make_messages
from tests.services.clickhouse import ClickHouseServer, clickhouse_or_skip

DAY_NS = 86_400_000_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    server = clickhouse_or_skip(tmp_path_factory.mktemp("clickhouse"))
    yield server
    server.stop()


@pytest.fixture
def address(server: ClickHouseServer) -> str:
    """A store nobody has used, on the server."""
    return server.target(f"t{uuid.uuid4().hex}")


@pytest.fixture(params=["server", "embedded"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store nobody has used, of either kind."""
    if request.param == "embedded":
        return f"clickhouse:{tmp_path}/store"
    address: str = request.getfixturevalue("address")
    return address


def test_rows_of_every_type_come_back_exactly(either: str) -> None:
    given = all_extreme_rows()
    with opened(either) as store:
        store.write(as_given(given))
        for event_type, table in given.items():
            order = [("raw_symbol", "ascending"), ("log_offset", "ascending")]
            found, expected = (
                each.sort_by(order).to_pylist() for each in (stored(either, event_type), table)
            )
            assert found == expected, event_type


def test_dictionaries_of_texts_are_stored_as_their_texts(either: str) -> None:
    plain = chunk_of(as_read(make_messages(300))).tables["trade"].cast(stored_schema_of("trade"))
    table = plain
    for name in ("exchange", "market", "symbol", "raw_symbol", "side", "quality", "native_id"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].dictionary_encode())
    with opened(either) as store:
        store.write(as_given({"trade": table}))
        found = stored(either).sort_by("event_id")
        assert found.equals(plain.combine_chunks().sort_by("event_id"))


def test_a_table_of_an_earlier_version_is_written_and_read(either: str) -> None:
    given = {"trade": all_extreme_rows()["trade"]}
    earlier = EARLIER_TYPES[columns_of("trade")["metadata"]]
    with opened(either) as store:
        store.write(as_given({"trade": given["trade"].slice(0, 1)}))
        run(either, f"ALTER TABLE {{db}}.trade MODIFY COLUMN metadata {earlier}")
    with opened(either) as store:
        store.write(as_given({"trade": given["trade"].slice(1)}))
        found = stored(either).sort_by("event_id").to_pylist()
        assert found == given["trade"].sort_by("event_id").to_pylist()


def test_progress_and_marks_survive_a_restart(either: str) -> None:
    other = ("orderbook.binance.spot", 3)
    marks = [Mark("one", PARTITION[0], number, number * 7) for number in (1, 2, 3, 9, 10)]
    with opened(either) as store:
        store.write(Chunk({}, {PARTITION: None}, {PARTITION: 5}, marks))
        late = Mark("two", f"{other[0]}.btcusdt", 2**63, 2**32 - 1)
        store.write(Chunk({}, {other: None, PARTITION: 5}, {other: 2**62, PARTITION: 7}, [late]))
    with opened(either) as store:
        progress = store.progress([PARTITION, ("trade.binance.spot.none", 0)])
        assert progress.offsets == {PARTITION: 7}
        assert list(progress.marks) == marks
        progress = store.progress([other])
        assert progress.offsets == {other: 2**62}
        assert list(progress.marks) == [late]


def test_a_second_writer_on_the_same_partition_is_refused(either: str) -> None:
    messages = make_messages(90)
    chunk = chunk_of(as_read(messages))
    with opened(either) as first, opened(either) as second:
        first.write(chunk)
        with pytest.raises(StoreConflictError, match="another writer"):
            second.write(chunk)
        assert second.progress([PARTITION]).offsets == {PARTITION: 1}
        # The first one's own second try is no different.
        with pytest.raises(StoreConflictError):
            first.write(chunk)
        assert Counter(ids(stored(either))) == Counter(ids(decoded(messages)))


def test_of_two_writers_that_both_inserted_rows_one_gets_the_offsets(either: str) -> None:
    # A write of long ago would be forgotten with the next merge.
    now_s = SystemClock().wall_ns() // 1_000_000_000
    chunk = chunk_of(as_read(make_messages(90)))
    with opened(either) as first, opened(either) as second:
        # Both have looked before either has moved.
        position = second._state.read()
        first.write(chunk)
        with pytest.raises(StoreConflictError):
            second._state.move(position, chunk, now_s)
        # With another partition it is late, and wins the next number.
        other = ("trade.binance.spot.ethusdt", 0)
        second._state.move(position, Chunk({}, {other: None}, {other: 4}), now_s)
        assert first._state.read() == (2, {PARTITION: 1, other: 4})


def test_two_writers_on_different_partitions_take_turns(address: str) -> None:
    with opened(address) as first, opened(address) as second:
        stores = (first, second)
        for turn in range(6):
            partition = (f"trade.binance.spot.x{turn % 2}", 0)
            expected = None if turn < 2 else turn // 2
            messages = as_read(make_messages(30, first_id=1 + turn * 10))
            tables = chunk_of(messages).tables
            stores[turn % 2].write(Chunk(tables, {partition: expected}, {partition: turn // 2 + 1}))
        assert stored(address).num_rows == 180


def test_rows_read_again_after_a_crash_are_the_same_rows(either: str) -> None:
    """A writer died between rows and offsets; the next one reads more messages at once."""
    messages = as_read(make_messages(300))
    first = [message for message in messages if message.offset < 2]
    with opened(either) as store:
        store.write(as_given(chunk_of(first).tables))
        assert store.progress([PARTITION]).offsets == {}
        store.write(chunk_of(messages, following=9))
        found = stored(either)
        assert Counter(ids(found)) == Counter(ids(chunk_of(messages).tables["trade"]))
        assert found.num_rows == 300


def test_rows_that_differ_in_one_thing_stay_two(address: str) -> None:
    row = chunk_of(as_read(make_messages(3))).tables["trade"].slice(0, 1)
    changes = {
        "exchange": "okx",
        "market": "swap",
        "symbol": "X/USDT",
        "raw_symbol": "X",
        "timestamp_ns": 1,
        "log_offset": 99,
        "log_index": 99,
        "event_id": b"other id of 16 b",
    }
    rows = row.to_pylist()
    rows += [rows[0] | {name: value} for name, value in changes.items()]
    with opened(address) as store:
        for _ in range(2):
            store.write(as_given({"trade": pa.Table.from_pylist(rows, row.schema)}))
        run(address, "OPTIMIZE TABLE {db}.trade FINAL")
        assert stored(address).num_rows == len(changes) + 1


def test_one_chunk_may_hold_rows_of_more_days_than_an_insert_may_have(address: str) -> None:
    table = chunk_of(as_read(make_messages(1050))).tables["trade"]
    days = pa.array([DAY_NS * (row - 40) for row in range(1050)])
    place = table.schema.get_field_index("timestamp_ns")
    times = pc.add(table["timestamp_ns"], days)
    table = table.set_column(place, table.schema.field(place), times)
    with opened(address) as store:
        store.write(as_given({"trade": table}))
        found = stored(address)
    assert sorted(found["timestamp_ns"].to_pylist()) == sorted(times.to_pylist())


def test_a_refused_row_costs_itself_alone(address: str) -> None:
    chunk = chunk_of(as_read(make_messages(200)))
    with opened(address) as store:
        run(address, "ALTER TABLE {db}.trade ADD CONSTRAINT c CHECK native_id != '7'")
        with pytest.raises(RowError, match="c"):
            store.write(chunk)
        assert (stored(address).num_rows, store.progress([PARTITION]).offsets) == (0, {})
        accepted, refused = split_refused(
            chunk.tables["trade"], lambda part: store.rehearse({"trade": part})
        )
        assert [row["native_id"].to_pylist() for row, _ in refused] == [["7"]] * 3
        store.write(Chunk({"trade": accepted}, chunk.expected, chunk.offsets))
        assert stored(address).num_rows == 197
        with connected(address) as connection:
            sql = "SELECT count() FROM system.tables WHERE database = %(d)s AND name LIKE 'rehe%%'"
            assert connection.rows(sql, {"d": connection.database}) == [(0,)]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("ALTER TABLE {db}.trade MODIFY COLUMN quality Int32", "column quality of trade is Int32"),
        ("ALTER TABLE {db}.funding DROP COLUMN rate", "column rate of funding is missing"),
        ("ALTER TABLE {db}.trade MODIFY COMMENT 'tapeline format 2'", "format 2"),
        ("ALTER TABLE {db}.trade MODIFY COMMENT ''", "not ours"),
    ],
)
def test_tables_that_are_not_as_we_left_them_are_refused_by_name(
    address: str, statement: str, sentence: str
) -> None:
    with opened(address):
        pass
    run(address, statement)
    with pytest.raises(StoreFormatError, match=sentence), opened(address):
        pass


def test_a_column_that_changes_under_a_writer_is_no_fault_of_the_rows(address: str) -> None:
    with opened(address) as store:
        run(address, "ALTER TABLE {db}.trade MODIFY COLUMN quality Int32")
        with pytest.raises(StoreFormatError, match="quality"):
            store.write(chunk_of(as_read(make_messages(30))))
        run(address, "DROP TABLE {db}.trade")
        with pytest.raises(StoreFormatError, match="trade"):
            store.write(chunk_of(as_read(make_messages(30))))


def test_a_row_that_is_there_twice_is_once_in_the_view(either: str) -> None:
    tables = {"trade": chunk_of(as_read(make_messages(60))).tables["trade"]}
    with opened(either) as store:
        run(either, "SYSTEM STOP MERGES {db}.trade")
        for _ in range(2):
            store.write(as_given(tables))
        with connected(either) as connection:
            sql = "SELECT count(), uniqExact(event_id) FROM {db}."
            assert connection.rows(f"{sql}trade SETTINGS final = 0") == [(120, 60)]
            assert connection.rows(f"{sql}trade_once SETTINGS final = 0") == [(60, 60)]
            sql = "SELECT toString(price), time_ns, time = fromUnixTimestamp64Nano(time_ns, 'UTC')"
            rows = connection.rows(f"{sql} FROM {{db}}.trade_once WHERE native_id = '7'")
            assert len(set(rows)) == len(rows) == 3
            assert {row[2] for row in rows} == {True}


def test_a_wrong_password_and_a_forbidden_user_are_sentences(server: ClickHouseServer) -> None:
    wrong = f"clickhouse://tapeline:guessed@127.0.0.1:{server.port}/tape"
    sentence = "user or the password is wrong"
    with pytest.raises(StoreFormatError, match=sentence) as raised, opened(wrong):
        pass
    assert "guessed" not in str(raised.value)
    reader = f"clickhouse://reader@127.0.0.1:{server.port}/tape"
    with pytest.raises(StoreFormatError, match="user may not do this"), opened(reader):
        pass


@pytest.mark.parametrize(
    "address",
    [
        "clickhouse://h/tape?timout=3",
        "clickhouse://h/tape?timeout=soon",
        "clickhouse://h/a-b",
        "clickhouse://h/a%60b",
    ],
)
def test_a_bad_address_is_refused(address: str) -> None:
    with pytest.raises(SettingsError):
        open_clickhouse(parse_target(address), SystemClock())


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "_log").mkdir()
    with pytest.raises(StoreFormatError, match="something else"), opened(f"clickhouse:{tmp_path}"):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["_log"]
    file = tmp_path / "file"
    file.write_text("in the way")
    with pytest.raises(StoreUnavailableError, match="not a folder"), opened(f"clickhouse:{file}"):
        pass


_OTHER_PROCESS = """
import sys
from tapeline.errors import TapelineError
from tests.python.clickhouse_stores import opened
if sys.argv[2] == "without engine":
    sys.modules["chdb"] = None
try:
    with opened(sys.argv[1]):
        print("opened")
except TapelineError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("two processes", "StoreUnavailableError .*one process may"),
        ("without engine", r"SettingsError .*pip install tapeline\[chdb\]"),
    ],
)
def test_what_the_embedded_engine_cannot_do_is_a_sentence(
    tmp_path: Path, case: str, sentence: str
) -> None:
    address = f"clickhouse:{tmp_path}/store"
    with opened(address):
        program = [sys.executable, "-c", _OTHER_PROCESS, address, case]
        done = subprocess.run(
            program, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
        )
    assert re.search(sentence, done.stdout), done.stdout + done.stderr
