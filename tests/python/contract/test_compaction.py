"""Compaction: fewer files, the same rows, whatever happens meanwhile."""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapeline.apps.cli import main
from tapeline.apps.compacting import Compacting
from tapeline.errors import StoreFormatError, StoreUnavailableError
from tapeline.storage.fingerprint import Fingerprint
from tapeline.storage.parquet.compaction import Compactor
from tapeline.storage.parquet.compaction_plan import Policy, plan
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.manifest import Commit, FileFact, State, from_json, to_json
from tapeline.storage.parquet.merging import SortedRows, in_order, merge
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.schema import LOG_OFFSET, stored_schema_of
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tests.python.archiving import JANUARY_NS, many_small_files, table_of, trade, write
from tests.python.contract.test_parquet_store import file_size_limit
from tests.python.storing import log_of, stored

HOUR_S = 3600.0


def compactor(root: Path, *, grace_s: float = HOUR_S, policy: Policy | None = None) -> Compactor:
    return Compactor(LocalFolder(root), clock=SystemClock(), grace_s=grace_s, policy=policy)


def by_offset(table: pa.Table) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = table.sort_by([(LOG_OFFSET, "ascending")]).to_pylist()
    return rows


def files_of(root: Path) -> list[Path]:
    return sorted(root.glob("*/*/*.parquet"))


def replaced_of(root: Path) -> list[Path]:
    """Files that were replaced and are still there, by the names they had."""
    return sorted(path.with_suffix("") for path in root.glob("*/*/*.parquet.old"))


def test_a_day_becomes_one_file_in_the_order_of_an_answer(tmp_path: Path) -> None:
    many_small_files(tmp_path, files=40, rows=25)
    before = stored(tmp_path)
    done = compactor(tmp_path).run()
    assert (done.files_before, done.files_after, done.rows) == (40, 2, 1000)
    after = stored(tmp_path)
    assert by_offset(after) == by_offset(before)
    facts = log_of(tmp_path)[-2]["added"] + log_of(tmp_path)[-1]["added"]
    assert [fact["date"] for fact in facts] == ["2024-01-01", "2024-01-02"]
    for fact in facts:
        table = pq.read_table(tmp_path / fact["path"])
        assert table.equals(in_order("trade", table))
        assert table["timestamp_ns"][0].as_py() == fact["time_min_ns"]
        assert table["timestamp_ns"][-1].as_py() == fact["time_max_ns"]
        assert [each[3] for each in fact["instruments"]] == ["BTCUSDT", "ETHUSDT"]
    assert compactor(tmp_path).run().jobs == 0


def test_replaced_files_stay_for_the_grace_time_and_then_go(tmp_path: Path) -> None:
    many_small_files(tmp_path, files=8, rows=10)
    old = files_of(tmp_path)
    compactor(tmp_path).run()
    # A writer's start and another run within the grace time leave them alone.
    ParquetStore(LocalFolder(tmp_path), clock=SystemClock(), orphan_after_s=0).open()
    assert compactor(tmp_path).run().deleted == 0
    assert replaced_of(tmp_path) == old
    assert compactor(tmp_path, grace_s=0).run().deleted == len(old)
    assert replaced_of(tmp_path) == []
    assert len(files_of(tmp_path)) == 2
    assert stored(tmp_path).num_rows == 80


def test_the_grace_time_outlives_a_checkpoint() -> None:
    state = State()
    state.apply(Commit(1, 5, "w", added=[fact(1, 10), fact(2, 10)]))
    state.apply(Commit(2, 77, "c", added=[fact(3, 20)], removed=["f1", "f2"]))
    loaded = State()
    loaded.apply(from_json("checkpoint", to_json(state.as_commit(80, "w"))))
    assert loaded.gone == {"f1": 77, "f2": 77}
    assert list(loaded.files) == ["f3"]


def test_a_writer_goes_on_beside_compaction_and_no_row_is_lost(tmp_path: Path) -> None:
    many_small_files(tmp_path, files=20, rows=5)
    store = ParquetStore(LocalFolder(tmp_path), clock=SystemClock())
    store.open()
    stop = threading.Event()
    thread = threading.Thread(target=_compact_until, args=(tmp_path, stop))
    thread.start()
    try:
        for number in range(1000, 1060):
            write(tmp_path, {"trade": [trade(number, JANUARY_NS + number)]})
    finally:
        stop.set()
        thread.join()
    found = stored(tmp_path)
    expected = [*range(100), *range(1000, 1060)]
    assert sorted(found[LOG_OFFSET].to_pylist()) == expected


def _compact_until(root: Path, stop: threading.Event) -> None:
    policy = Policy(at_least=2)
    while not stop.is_set():
        compactor(root, policy=policy).run()


def test_of_two_compactors_one_gives_up_and_takes_its_files_back(tmp_path: Path) -> None:
    many_small_files(tmp_path, files=10, rows=10)
    slow = _SlowFolder(tmp_path, lambda: compactor(tmp_path).run())
    done = Compactor(slow, clock=SystemClock()).run()
    assert (done.jobs, done.conflicts) == (0, 2)
    named = {fact["path"] for commit in log_of(tmp_path) for fact in commit["added"]}
    there = files_of(tmp_path) + replaced_of(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in there} == named
    assert stored(tmp_path).num_rows == 100


class _SlowFolder(LocalFolder):
    """A disk on which somebody else is faster, once."""

    def __init__(self, root: Path, meanwhile: object) -> None:
        super().__init__(root)
        self._meanwhile = meanwhile

    def put_new(self, path: str, content: bytes) -> bool:
        if callable(self._meanwhile):
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()
        return super().put_new(path, content)


def test_a_full_disk_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    many_small_files(tmp_path, files=20, rows=50)
    before = files_of(tmp_path)
    with file_size_limit(4000), pytest.raises(StoreUnavailableError, match="cannot write"):
        compactor(tmp_path).run()
    assert files_of(tmp_path) == before
    assert compactor(tmp_path).run().files_after == 2
    assert stored(tmp_path).num_rows == 1000


def test_a_damaged_file_is_named_and_kept(tmp_path: Path) -> None:
    many_small_files(tmp_path, files=4, rows=10)
    bad = files_of(tmp_path)[1]
    content = bytearray(bad.read_bytes())
    content[len(content) // 2] ^= 1
    bad.write_bytes(content)
    with pytest.raises(StoreFormatError, match=bad.name):
        compactor(tmp_path).run()
    assert bad.exists()
    assert len(log_of(tmp_path)) == 4


_KILLED = """
import sys
from pathlib import Path
from tapeline.storage.parquet.compaction import Compactor
from tapeline.storage.parquet.compaction_plan import Policy
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.telemetry.clock import SystemClock
policy = Policy(input_files=3, at_least=2)
compactor = Compactor(LocalFolder(Path(sys.argv[1])), clock=SystemClock(), policy=policy, grace_s=0)
print("ready", flush=True)
while True:
    compactor.run()
"""


def test_kill_minus_nine_at_any_instant_leaves_every_row(tmp_path: Path) -> None:
    many_small_files(tmp_path, files=60, rows=20)
    before = by_offset(stored(tmp_path))
    chance = random.Random(5)
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(tmp_path)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.15))
            process.send_signal(signal.SIGKILL)
        assert by_offset(stored(tmp_path)) == before
    # What was left over is swept, and the work can be finished.
    ParquetStore(LocalFolder(tmp_path), clock=SystemClock(), orphan_after_s=0).open()
    compactor(tmp_path, grace_s=0).run()
    assert by_offset(stored(tmp_path)) == before


def test_the_thread_beside_the_writers_compacts_parquet_targets(tmp_path: Path) -> None:
    many_small_files(tmp_path, files=6, rows=10)
    targets = [parse_target(f"parquet:{tmp_path}"), parse_target("redis://127.0.0.1:1/0")]
    compacting = Compacting(targets, SystemClock(), every_s=0.01, level=3, grace_s=HOUR_S)
    compacting.start()
    end = time.monotonic() + 60
    while len(log_of(tmp_path)) < 8 and time.monotonic() < end:
        time.sleep(0.01)
    compacting.stop()
    assert log_of(tmp_path)[-1]["writer"].startswith("compaction-")
    assert stored(tmp_path).num_rows == 60


def test_the_command_says_what_it_did_and_refuses_other_stores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many_small_files(tmp_path, files=6, rows=10)
    files = len(files_of(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(["compact", f"parquet:{tmp_path}", "--json"])
    assert ended.value.code == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["jobs"], said["files_before"], said["files_after"]) == (2, files, 2)
    assert said["rows"] == 60
    with pytest.raises(SystemExit) as ended:
        main(["compact", "redis://127.0.0.1:1/0"])
    assert ended.value.code == 2
    assert "only Parquet stores" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["compact", f"parquet:{tmp_path / 'nothing'}"])
    assert ended.value.code == 2
    assert "holds no Parquet store" in capsys.readouterr().err


def fact(number: int, size: int, date: str = "2024-01-01") -> FileFact:
    return FileFact("trade", date, f"f{number}", 1, size, "", number, number, [])


def test_a_growing_day_is_merged_in_steps_and_a_large_file_is_not_rewritten_for_a_late_row() -> (
    None
):
    policy = Policy()
    growing = [fact(place, 30_000) for place in range(15)]
    assert not list(plan(growing, "2024-01-01", policy))
    assert len(next(plan([*growing, fact(16, 31_000)], "2024-01-01", policy)).files) == 16
    over = [fact(1, 40_000_000), fact(2, 30_000)]
    assert not list(plan(over, "2024-01-02", policy))
    assert list(plan([*over, fact(3, 12_000_000)], "2024-01-02", policy))
    assert not list(plan([fact(1, 80_000_000), fact(2, 70_000_000)], "2024-01-02", policy))


def by_row(table: pa.Table) -> Iterator[pa.Table]:
    yield from (table.slice(row, 1) for row in range(len(table)))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["A/B", "C/D"])), max_size=6),
        max_size=5,
    )
)
def test_any_sources_merge_into_one_order_without_loss(
    sources: list[list[tuple[int, str]]],
) -> None:
    number, tables = 0, []
    for source in sources:
        rows = []
        for time_ns, symbol in source:
            rows.append(trade(number, time_ns, symbol=symbol))
            number += 1
        tables.append(in_order("trade", table_of("trade", rows)))
    parts = [
        SortedRows(table["timestamp_ns"][0].as_py() if len(table) % 2 else None, by_row(table))
        for table in tables
    ]
    merged = pa.concat_tables([table_of("trade", []), *merge("trade", parts)])
    together = pa.concat_tables([table_of("trade", []), *tables])
    assert merged.to_pylist() == in_order("trade", together).to_pylist()


def test_a_fingerprint_sees_every_column_and_no_order() -> None:
    rows = [trade(number, number) for number in range(6)]
    table = table_of("trade", rows)

    def of(*tables: pa.Table) -> Fingerprint:
        found = Fingerprint()
        for each in tables:
            found.add(stored_schema_of("trade"), each)
        return found

    assert of(table) == of(table.slice(3), table.slice(0, 3))
    for name, other in {
        "price": Decimal("100.500000000000000001"),
        "metadata": [("k", "other")],
        "side": None,
        "received_ns": None,
        "issues": ["late"],
    }.items():
        changed = table_of("trade", [rows[0] | {name: other}, *rows[1:]])
        assert of(changed) != of(table), name
