"""``tapeline store`` on a local transport: redelivery, dead letters, refused rows, full disk."""

import json
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from tapeline.errors import RowError, StoreUnavailableError
from tapeline.storage.consumer.buffer import Limits
from tapeline.storage.consumer.counters import Counts, WorkerMetrics
from tapeline.storage.consumer.dead_letter import LocalDeadLetters
from tapeline.storage.consumer.local_source import LocalSource
from tapeline.storage.consumer.worker import Worker
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.ports import Chunk
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics
from tapeline.transport.local_file import LocalFile, StoredMessage
from tapeline.transport.ports import Message
from tapeline.transport.uris import LocalUri
from tests.python.storing import decoded, ids, log_of, make_messages, stored


def append(path: Path, messages: Sequence[Message]) -> None:
    file = LocalFile(path)
    file.append(messages)
    file.close()


def command(bus: Path, *targets: Path, options: Sequence[str] = ()) -> list[str]:
    named = [word for target in targets for word in ("--target", f"parquet:{target}")]
    program = [sys.executable, "-m", "tapeline.apps.cli", "store", "--json"]
    return [*program, "--transport", f"local:{bus}", *named, *options]


def run(bus: Path, *targets: Path, code: int = 0) -> tuple[dict[str, object], ...]:
    done = subprocess.run(
        command(bus, *targets, options=("--idle", "0.5")),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == code, done.stderr
    summary = json.loads(done.stdout)
    assert summary["residual"] == 0
    return tuple(summary["targets"])


def test_a_store_of_a_newer_version_ends_its_worker_with_a_sentence(tmp_path: Path) -> None:
    append(tmp_path / "bus.db", make_messages(6))
    log = tmp_path / "newer" / "_log"
    log.mkdir(parents=True)
    (log / f"{1:020d}.json").write_text('{"format": 9}')
    done = subprocess.run(
        command(tmp_path / "bus.db", tmp_path / "newer", options=("--idle", "0.5")),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 1
    assert "has format 9, this tapeline knows formats up to 1: use a newer one" in done.stderr
    assert "Traceback" not in done.stderr


def dead_letters(bus: Path) -> list[StoredMessage]:
    file = LocalFile(bus.with_name(bus.name + ".deadletter"), mode="read")
    try:
        return file.read(-(2**63), 1000)
    finally:
        file.close()


def assert_each_once(root: Path, messages: Sequence[Message]) -> None:
    counted = Counter(ids(stored(root)))
    assert counted == Counter(ids(decoded(messages)))
    assert max(counted.values()) == 1


def test_two_targets_get_everything_once_over_several_runs(tmp_path: Path) -> None:
    bus, first, second = tmp_path / "bus.db", tmp_path / "first", tmp_path / "second"
    messages = make_messages(900)
    append(bus, messages[:20])
    for target in run(bus, first, second):
        assert target["messages"] == 20
    append(bus, [*messages[20:], *messages[5:15]])
    for target in run(bus, first, second):
        assert (target["messages"], target["redelivered"]) == (len(messages) - 10, 10)
    for root in (first, second):
        assert_each_once(root, messages)
        assert stored(root, "coverage").num_rows == 3


def test_types_limit_what_is_stored(tmp_path: Path) -> None:
    bus, root = tmp_path / "bus.db", tmp_path / "store"
    append(bus, make_messages(90))
    done = subprocess.run(
        command(bus, root, options=("--idle", "0.5", "--types", "coverage")),
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    assert json.loads(done.stdout)["targets"][0]["rows"] == {"coverage": 3}
    assert stored(root).num_rows == 0


def test_messages_that_are_no_batches_are_kept_with_reason_bytes_and_origin(
    tmp_path: Path,
) -> None:
    bus, root = tmp_path / "bus.db", tmp_path / "store"
    messages = make_messages(90)
    topic, key, value = messages[0]
    other_topic = next(name for name, _, _ in messages if name != topic)
    bad = [
        (topic, key, b"not a batch"),
        (topic, key, b""),
        (topic, key, value[: len(value) // 2]),
        (other_topic, key, value),
    ]
    append(bus, [*messages[:3], *bad, *messages[3:]])
    (target,) = run(bus, root)
    assert target["dead_letters"] == {"empty": 1, "undecodable": 2, "wrong_topic": 1}
    assert_each_once(root, messages)
    letters = dead_letters(bus)
    assert [letter.value for letter in letters] == [each[2] for each in bad]
    notes = [json.loads(letter.note or "") for letter in letters]
    assert [note["reason"] for note in notes] == [
        *("undecodable", "empty", "undecodable", "wrong_topic")
    ]
    before = sum(name == topic for name, _, _ in messages[:3])
    assert [int(note["offset"]) for note in notes[:3]] == [before, before + 1, before + 2]
    assert {note["topic"] for note in notes[:3]} == {topic}


class PickyStore(ParquetStore):
    """A real store that takes no row whose venue id ends in 7, as a database's check would."""

    def _look(self, tables: Mapping[str, pa.Table]) -> None:
        for table in tables.values():
            bad = [text for text in table["native_id"].to_pylist() if text.endswith("7")]
            if bad:
                raise RowError(f"check violated, for example by {bad[0]}")

    def rehearse(self, tables: Mapping[str, pa.Table]) -> None:
        self._look(tables)
        super().rehearse(tables)

    def write(self, chunk: Chunk) -> None:
        self._look(chunk.tables)
        super().write(chunk)


class AwayStore(ParquetStore):
    """A real store that cannot be reached the first few times, also after a commit was made."""

    refusals = 3

    def write(self, chunk: Chunk) -> None:
        self.refusals -= 1
        if self.refusals > 0:
            raise StoreUnavailableError("away")
        super().write(chunk)
        if self.refusals == 0:
            raise StoreUnavailableError("the answer was lost")


class GatedStore(ParquetStore):
    """A real store that takes nothing before the gate is open."""

    gate: threading.Event

    def write(self, chunk: Chunk) -> None:
        if not self.gate.wait(90):
            raise StoreUnavailableError("the gate stayed shut")
        super().write(chunk)


def work(
    bus: Path,
    store: ParquetStore,
    until: Callable[[Counts], bool],
    limits: Limits = Limits(age_s=0.05),  # noqa: B008 - frozen
) -> Counts:
    """Run a worker on trades until a condition on its counts holds."""
    worker = Worker(
        "test",
        source=LocalSource(LocalUri(bus), ["trade"], SystemClock()),
        store=store,
        dead_letters=LocalDeadLetters(bus.with_name(bus.name + ".deadletter")),
        clock=SystemClock(),
        metrics=WorkerMetrics(Metrics(), "test"),
        limits=limits,
    )
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    end = time.monotonic() + 60
    while not until(worker.counts) and thread.is_alive():
        assert time.monotonic() < end, worker.counts
        time.sleep(0.02)
    stop.set()
    thread.join(90)
    assert worker.counts.ended_by is None
    assert worker.counts.residual == 0
    return worker.counts


def test_a_refused_row_costs_one_row(tmp_path: Path) -> None:
    bus, root = tmp_path / "bus.db", tmp_path / "store"
    messages = make_messages(300)
    append(bus, messages)
    counts = work(
        bus,
        PickyStore(LocalFolder(root), clock=SystemClock()),
        lambda counts: counts.rows["trade"] + counts.dead_letters["refused_row"] >= 300,
    )
    # 7, 17, ... 97 of each of three instruments.
    assert (counts.rows["trade"], counts.dead_letters["refused_row"]) == (270, 30)
    expected = [each for each in ids(decoded(messages)) if not each[1].endswith("7")]
    assert Counter(ids(stored(root))) == Counter(expected)
    letters = dead_letters(bus)
    rows = pa.concat_tables([pa.ipc.open_stream(letter.value).read_all() for letter in letters])
    assert Counter(ids(rows)) == Counter(ids(decoded(messages))) - Counter(expected)
    assert "check violated" in json.loads(letters[0].note or "")["detail"]


def test_an_answer_that_was_lost_doubles_nothing(tmp_path: Path) -> None:
    bus, root = tmp_path / "bus.db", tmp_path / "store"
    messages = make_messages(300)
    append(bus, messages)
    store = AwayStore(LocalFolder(root), clock=SystemClock())
    counts = work(bus, store, lambda counts: counts.conflicts > 0 or counts.rows["trade"] >= 300)
    # Two refusals, then a lost answer: asked again, the store is further than the writer knew.
    assert (counts.faults, counts.conflicts) == (3, 1)
    assert_each_once(root, messages)


def test_reading_pauses_while_the_store_is_stuck_and_the_buffer_stays_bounded(
    tmp_path: Path,
) -> None:
    bus, root = tmp_path / "bus.db", tmp_path / "store"
    messages = make_messages(3000, per_push=30)
    append(bus, messages)
    store = GatedStore(LocalFolder(root), clock=SystemClock())
    store.gate = threading.Event()
    buffered: list[int] = []

    def is_done(counts: Counts) -> bool:
        buffered.append(counts.buffered_bytes)
        # Two looks apart, so that a buffer that grows in between would show.
        if counts.is_paused and len(buffered) > 100:
            store.gate.set()
        return counts.rows["trade"] == 3000 and not counts.is_paused

    limits = Limits(rows=200, age_s=0.05, messages_per_poll=10)
    counts = work(bus, store, is_done, limits)
    assert counts.rows["trade"] == 3000
    whole = sum(len(value) for _, _, value in messages)
    assert 0 < max(buffered) < whole / 3
    assert_each_once(root, messages)


def committed_trades(root: Path) -> int:
    """Return what the log alone says: while a store is written its files are still being named."""
    if not (root / "_log").exists():
        return 0
    facts = [fact for commit in log_of(root) for fact in commit["added"]]
    return sum(fact["rows"] for fact in facts if fact["type"] == "trade")


def test_a_full_disk_pauses_the_store_and_space_heals_it(tmp_path: Path) -> None:
    bus, root = tmp_path / "bus.db", tmp_path / "store"
    messages = make_messages(30_000, per_push=768)
    append(bus, messages)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    process = subprocess.Popen(
        command(bus, root, options=("--flush-interval", "0.2")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        # No file may grow beyond this: less than the chunk of trades needs.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (100_000, hard))
        assert process.stderr is not None
        seen = ""
        while "trying again" not in seen:
            line = process.stderr.readline()
            assert line, f"ended: {seen}"
            seen += line
        assert re.search(r"cannot write .*trade-", seen)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        end = time.monotonic() + 60
        while committed_trades(root) < 30_000:
            assert time.monotonic() < end, "it did not heal"
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=90)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, errors
    (target,) = json.loads(output)["targets"]
    assert target["faults"] >= 1
    assert (target["residual"], target["rows"]["trade"], target["dead_letters"]) == (0, 30_000, {})
    assert_each_once(root, messages)
    # Nothing of the failed attempts is left.
    committed = {fact["path"] for commit in log_of(root) for fact in commit["added"]}
    assert {str(path.relative_to(root)) for path in root.rglob("*.parquet")} == committed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--target", "floppy:a"], "bad target"),
        (["--target", "redis://127.0.0.1:0/0"], "it names no host"),
        (["--target", "parquet:x", "--target", "parquet:./x"], "named twice"),
        (["--types", "trades"], "types"),
        (["--transport", "carrier-pigeon"], "bad transport address"),
    ],
)
def test_a_wrong_call_ends_with_two_and_says_why(
    tmp_path: Path, options: list[str], said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tapeline.apps.cli", "store", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_a_store_of_a_newer_version_ends_with_one_and_is_named(tmp_path: Path) -> None:
    bus, good, newer = tmp_path / "bus.db", tmp_path / "good", tmp_path / "newer"
    messages = make_messages(90)
    append(bus, messages)
    (newer / "_log").mkdir(parents=True)
    (newer / "_log" / f"{1:020d}.json").write_text('{"format": 2}')
    targets = run(bus, newer, good, code=1)
    assert "format 2" in str(targets[0]["ended_by"])
    # The other target is not held up by it.
    assert_each_once(good, messages)
