"""The Parquet store: rows and progress together or not at all, on a real disk."""

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tapeline.errors import (
    StoreConflictError,
    StoreFormatError,
    StoreUnavailableError,
)
from tapeline.storage.consumer.batches import examine
from tapeline.storage.consumer.decoding import decode_batches
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.ports import Chunk, Mark, Message, Partition
from tapeline.storage.schema import LOG_INDEX, LOG_OFFSET, stored_schema_of
from tapeline.telemetry.clock import SystemClock
from tests.python.storing import as_read, decoded, ids, log_of, make_messages, stored

PARTITION: Partition = ("trade.binance.spot.btcusdt", 0)


def open_store(root: Path, *, orphan_after_s: float = 3600.0) -> ParquetStore:
    store = ParquetStore(LocalFolder(root), clock=SystemClock(), orphan_after_s=orphan_after_s)
    store.open()
    return store


def chunk_of(messages: list[Message], expected: int | None = None, following: int = 1) -> Chunk:
    batches, rejected = examine(messages)
    assert not rejected
    trades = [batch for batch in batches if batch.event_type == "trade"]
    table, bad, good = decode_batches("trade", trades)
    assert not bad
    return Chunk(
        {"trade": table},
        {PARTITION: expected},
        {PARTITION: following},
        [batch.mark for batch in good],
    )


def test_rows_come_back_exactly_with_their_types_and_where_they_lay(tmp_path: Path) -> None:
    messages = make_messages(2000)
    store = open_store(tmp_path)
    store.write(chunk_of(as_read(messages)))
    store.close()
    found = stored(tmp_path)
    assert found.schema.equals(stored_schema_of("trade"))
    expected = decoded(messages)
    order = [("raw_symbol", "ascending"), ("native_id", "ascending")]
    assert (
        found.select(expected.schema.names).sort_by(order).to_pylist()
        == expected.sort_by(order).to_pylist()
    )
    # Arrival order is the venue's order of ids in this tape.
    for name in ("BTCUSDT", "ETHUSDT", "SOLUSDT"):
        rows = found.filter(pc.field("raw_symbol") == name).sort_by(
            [(LOG_OFFSET, "ascending"), (LOG_INDEX, "ascending")]
        )
        numbers = [int(text) for text in rows["native_id"].to_pylist()]
        assert numbers == sorted(numbers)


def test_a_file_is_in_the_order_of_an_answer_and_its_facts_are_true(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.write(chunk_of(as_read(make_messages(2000))))
    (commit,) = log_of(tmp_path)
    (fact,) = commit["added"]
    rows = stored(tmp_path).to_pylist()
    keys = [
        (
            *(row["timestamp_ns"], row["exchange"], row["market"], row["raw_symbol"]),
            *(row["log_offset"], row["log_index"]),
        )
        for row in rows
    ]
    assert keys == sorted(keys)
    assert (fact["time_min_ns"], fact["time_max_ns"]) == (keys[0][0], keys[-1][0])
    assert fact["instruments"] == [
        ["binance", "spot", f"{name}/USDT", f"{name}USDT"] for name in ("BTC", "ETH", "SOL")
    ]


def test_rows_of_two_days_go_into_two_files_and_rows_without_a_time_into_a_third(
    tmp_path: Path,
) -> None:
    chunk = chunk_of(as_read(make_messages(90)))
    (_, table), day_ns = *chunk.tables.items(), 86_400_000_000_000
    times = pc.add(table["timestamp_ns"], pa.array([day_ns * (row % 2) for row in range(90)]))
    place = table.schema.get_field_index("timestamp_ns")
    table = table.set_column(place, table.schema.field(place), times)
    record = dict.fromkeys(stored_schema_of("quarantine").names) | {
        "exchange": "binance",
        "market": "spot",
        "reason": "not_json",
        "stage": 1,
        "field": "",
        "raw": b"\xff",
        "raw_length": 1,
        LOG_OFFSET: 4,
        LOG_INDEX: 0,
    }
    quarantine = pa.Table.from_pylist([record], stored_schema_of("quarantine"))
    store = open_store(tmp_path)
    store.write(Chunk({"trade": table, "quarantine": quarantine}, {}, {}))
    (commit,) = log_of(tmp_path)
    assert [(fact["type"], fact["date"], fact["rows"]) for fact in commit["added"]] == [
        ("trade", "2026-01-05", 45),
        ("trade", "2026-01-06", 45),
        ("quarantine", "unknown", 1),
    ]
    assert stored(tmp_path).num_rows == 90
    assert stored(tmp_path, "quarantine")["raw"].to_pylist() == [b"\xff"]


def test_progress_and_marks_survive_a_restart_and_a_checkpoint(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    marks = [Mark("one", PARTITION[0], number, number * 7) for number in (1, 2, 3, 9, 10)]
    for number in range(1, 121):
        expected = None if number == 1 else number - 1
        batch = Mark("two", PARTITION[0], number, 2**32 - number)
        store.write(Chunk({}, {PARTITION: expected}, {PARTITION: number}, [*marks, batch]))
        marks = []
    assert (tmp_path / "_log" / f"{100:020d}.checkpoint.json").exists()
    # The checkpoint alone carries what was before it.
    for number in range(1, 101):
        (tmp_path / "_log" / f"{number:020d}.json").unlink()
    progress = open_store(tmp_path).progress([PARTITION])
    assert progress.offsets == {PARTITION: 120}
    assert set(progress.marks) == {
        *(Mark("one", PARTITION[0], number, number * 7) for number in (1, 2, 3, 9, 10)),
        *(Mark("two", PARTITION[0], number, 2**32 - number) for number in range(1, 121)),
    }


def test_a_second_writer_on_the_same_partition_is_refused_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    first, second = open_store(tmp_path), open_store(tmp_path)
    chunk = chunk_of(as_read(make_messages(90)))
    first.write(chunk)
    with pytest.raises(StoreConflictError, match="another writer"):
        second.write(chunk)
    assert stored(tmp_path).num_rows == 90
    assert len(list(tmp_path.rglob("*.parquet"))) == 1
    assert second.progress([PARTITION]).offsets == {PARTITION: 1}


def test_two_writers_on_different_partitions_take_turns(tmp_path: Path) -> None:
    stores = [open_store(tmp_path) for _ in range(2)]
    chunk = chunk_of(as_read(make_messages(30)))
    for turn in range(6):
        partition = (f"trade.binance.spot.x{turn % 2}", 0)
        expected = None if turn < 2 else turn // 2
        stores[turn % 2].write(
            Chunk(chunk.tables, {partition: expected}, {partition: turn // 2 + 1})
        )
    assert stored(tmp_path).num_rows == 180
    assert len(log_of(tmp_path)) == 6


def test_a_chunk_offered_again_after_it_was_taken_is_a_conflict(tmp_path: Path) -> None:
    chunk = chunk_of(as_read(make_messages(90)))
    open_store(tmp_path).write(chunk)
    with pytest.raises(StoreConflictError):
        open_store(tmp_path).write(chunk)
    assert stored(tmp_path).num_rows == 90


def test_leftovers_of_a_dead_writer_are_swept_and_never_read(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.write(chunk_of(as_read(make_messages(90))))
    (path,) = (tmp_path / "trade" / "date=2026-01-05").iterdir()
    torn = path.with_name("trade-2026-01-05-00000002-0-dead.parquet")
    torn.write_bytes(path.read_bytes()[:-9])
    temporary = path.with_name(".tmp-1-trade-2026-01-05-00000002-0-dead.parquet")
    temporary.write_bytes(b"PAR1")
    half_commit = tmp_path / "_log" / f".tmp-1-{2:020d}.json"
    half_commit.write_bytes(b'{"format": 1, "comm')
    mine = tmp_path / "README.txt"
    mine.write_text("not the store's")
    # They may be another writer's work of this moment.
    open_store(tmp_path)
    assert torn.exists()
    open_store(tmp_path, orphan_after_s=0.0)
    assert [each.exists() for each in (torn, temporary, half_commit, mine, path)] == [
        *(False, False, False),
        *(True, True),
    ]
    assert stored(tmp_path).num_rows == 90


@pytest.mark.parametrize("damage", ["torn", "flipped", "newer", "missing"])
def test_a_damaged_log_is_refused_by_name(tmp_path: Path, damage: str) -> None:
    store = open_store(tmp_path)
    for number in range(3):
        store.write(Chunk({}, {PARTITION: number or None}, {PARTITION: number + 1}))
    path = tmp_path / "_log" / f"{2:020d}.json"
    content = path.read_bytes()
    if damage == "torn":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        path.write_bytes(content.replace(b'"offsets"', b'"0ffsets"'))
    elif damage == "newer":
        path.write_text(json.dumps({**json.loads(content), "format": 2}))
    else:
        path.unlink()
    with pytest.raises(StoreFormatError, match=f"{2:020d}.json"):
        open_store(tmp_path)


@contextmanager
def file_size_limit(limit: int) -> Iterator[None]:
    """Let no file of this process grow beyond a limit, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_write_that_does_not_fit_leaves_nothing_and_works_later(tmp_path: Path) -> None:
    messages = make_messages(3000)
    store = open_store(tmp_path)
    chunk = chunk_of(as_read(messages))
    with file_size_limit(2000):
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match=r"cannot write .*trade-"):
                store.write(chunk)
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    store.write(chunk)
    assert Counter(ids(stored(tmp_path))) == Counter(ids(decoded(messages)))


def test_a_commit_that_does_not_fit_takes_its_files_back_before_the_next(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.write(Chunk({}, {PARTITION: None}, {PARTITION: 1}))
    small = chunk_of(as_read(make_messages(30)), expected=1, following=2)
    # The file fits, its commit with many marks does not.
    marks = [Mark("p", PARTITION[0], number * 2, number) for number in range(2000)]
    chunk = Chunk(small.tables, small.expected, small.offsets, marks)
    with file_size_limit(20_000):
        for _ in range(3):
            with pytest.raises(StoreUnavailableError, match="_log"):
                store.write(chunk)
    store.write(chunk)
    assert len(list(tmp_path.rglob("*.parquet"))) == 1
    assert stored(tmp_path).num_rows == 30


_KILLED = """
    import os, sys
    from pathlib import Path
    from tapeline.storage.parquet.folder import LocalFolder
    from tests.python.contract.test_parquet_store import chunk_of, open_store
    from tests.python.storing import as_read, make_messages

    root, point = Path(sys.argv[1]), sys.argv[2]
    put, put_new, rename = LocalFolder.put, LocalFolder.put_new, Path.rename

    def die(*_):
        os.kill(os.getpid(), 9)

    def put_then_die(self, path, content):
        put(self, path, content)
        die()

    def put_new_then_die(self, path, content):
        put_new(self, path, content)
        die()

    store = open_store(root)
    if point == "before rename":
        Path.rename = die
    elif point == "before commit":
        LocalFolder.put = put_then_die
    elif point == "before link":
        os.link = die
    elif point == "before names":
        LocalFolder.rename = die
    else:
        LocalFolder.put_new = put_new_then_die
    store.write(chunk_of(as_read(make_messages(90))))
"""


@pytest.mark.parametrize(
    ("point", "rows"),
    [
        ("before rename", 0),
        ("before commit", 0),
        ("before link", 0),
        ("after commit", 90),
        ("before names", 90),
    ],
)
def test_kill_minus_nine_at_each_step_of_a_write_leaves_all_or_nothing(
    tmp_path: Path, point: str, rows: int
) -> None:
    root = tmp_path / "store"
    program = [sys.executable, "-c", textwrap.dedent(_KILLED), str(root), point]
    done = subprocess.run(program, check=False, timeout=120, cwd=Path(__file__).parents[3])
    assert done.returncode == -9
    store = open_store(root, orphan_after_s=0.0)
    progress = store.progress([PARTITION])
    assert progress.offsets == ({PARTITION: 1} if rows else {})
    if not rows:
        store.write(chunk_of(as_read(make_messages(90))))
    assert stored(root).num_rows == 90
    assert not list(root.rglob(".tmp-*"))


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailableError, match=os.strerror(errno.ENOTDIR)):
        open_store(tmp_path / "file" / "store")


def test_files_of_others_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.write(chunk_of(as_read(make_messages(90))))
    mine = [
        tmp_path / "research" / "result.parquet",
        tmp_path / "trade" / "mine.parquet",
        tmp_path / "2024" / "Q1" / "trades_202401.parquet",
        tmp_path / "trade" / "date=2026-01-05" / "mine.parquet.new",
        tmp_path / "notes" / ".tmp-list",
    ]
    for each in mine:
        each.parent.mkdir(parents=True, exist_ok=True)
        each.write_bytes(b"PAR1")
    open_store(tmp_path, orphan_after_s=0.0)
    assert all(each.exists() for each in mine)


def test_rows_whose_log_is_lost_are_left_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.write(chunk_of(as_read(make_messages(90))))
    (path,) = (tmp_path / "trade" / "date=2026-01-05").iterdir()
    shutil.rmtree(tmp_path / "_log")
    open_store(tmp_path, orphan_after_s=0.0)
    assert path.exists()


def test_an_archive_is_not_taken_for_an_empty_store(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"format": 1, "layout": "time", "files": []}')
    with pytest.raises(StoreFormatError, match="a folder of its own"):
        open_store(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["manifest.json"]


def test_a_folder_that_cannot_be_listed_does_not_look_empty(tmp_path: Path) -> None:
    (tmp_path / "_log").write_text("in the way")
    with pytest.raises(StoreUnavailableError, match=f"cannot list .*{os.strerror(errno.ENOTDIR)}"):
        LocalFolder(tmp_path).list("_log")
    assert LocalFolder(tmp_path).list("nowhere") == []
