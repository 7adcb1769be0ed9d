"""From a real Kafka into Parquet files, with consumers killed, joined and told to stop."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from prometheus_client.parser import text_string_to_metric_families

from tapeline.apps.audit import audit
from tapeline.storage.targets import parse_target
from tapeline.transport.open import open_sink
from tapeline.transport.ports import Message
from tests.python.integration.conftest import ours
from tests.python.storing import committed, decoded, ids, log_of, make_messages, stored
from tests.services.kafka import KafkaBroker, free_port

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

# Each call takes a second and a half of imports, and a group takes some seconds to form.
_IDLE_S = "3"


def send(broker: KafkaBroker, tmp_path: Path, messages: Sequence[Message]) -> None:
    spool = tmp_path / f"spool-{uuid.uuid4().hex}.db"
    sink = open_sink(f"kafka://{broker.servers}?spool={spool}")
    sink.create_topics(sorted({topic for topic, _, _ in messages}))
    for start in range(0, len(messages), 100):
        sink.send(messages[start : start + 100])
        sink.poll()
    report = sink.close(30.0)
    assert (report.spooled, report.failed, report.lost) == (0, 0, 0)


def command(broker: KafkaBroker, root: Path, *options: str) -> list[str]:
    return [
        *(sys.executable, "-m", "tapeline.apps.cli", "store", "--json"),
        *("--transport", f"kafka://{broker.servers}", "--target", f"parquet:{root}", *options),
    ]


@contextlib.contextmanager
def started(arguments: list[str]) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def store_all(broker: KafkaBroker, root: Path, *options: str) -> dict[str, object]:
    """Run to the end of the topics; return the target's summary."""
    done = subprocess.run(
        command(broker, root, "--idle", _IDLE_S, *options),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (target,) = json.loads(done.stdout)["targets"]
    assert isinstance(target, dict)
    return target


def wait_for_commit(root: Path, more_than: int, process: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()
        if len(list((root / "_log").glob("*.json"))) > more_than:
            return
        time.sleep(0.01)
    raise AssertionError("no commit within 60 s")


def wait_for_rows(root: Path, trades: int) -> None:
    """Wait until a store that is being filled has so many trades, by its log alone."""
    end = time.monotonic() + 90
    while committed(root, "trade") < trades:
        assert time.monotonic() < end, f"no {trades} trades within 90 s"
        time.sleep(0.05)


def wait_until_read(address: str, messages: Sequence[Message]) -> None:
    """Wait until a running store holds all of these and has stored none."""
    wanted = {
        ("tapeline_storage_lag_messages", 0.0),
        ("tapeline_storage_buffered_bytes", float(sum(len(value) for _, _, value in messages))),
    }
    shown: set[tuple[str, float]] = set()
    end = time.monotonic() + 60
    while not wanted <= shown:
        assert time.monotonic() < end, (wanted, shown)
        time.sleep(0.1)
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://{address}/metrics") as it,
        ):
            families = text_string_to_metric_families(it.read().decode())
            shown = {(each.name, each.value) for family in families for each in family.samples}


def assert_each_once(root: Path, messages: Sequence[Message]) -> None:
    table = stored(root)
    counted = Counter(ids(table))
    assert counted == Counter(ids(decoded(messages)))
    assert max(counted.values()) == 1
    assert len(set(table["event_id"].to_pylist())) == table.num_rows


def test_rows_in_the_store_are_the_decoded_messages(broker: KafkaBroker, tmp_path: Path) -> None:
    messages = make_messages(3000)
    send(broker, tmp_path, messages)
    root = tmp_path / "store"
    summary = store_all(broker, root)
    assert summary["rows"] == {"trade": 3000, "coverage": 3}
    assert (summary["residual"], summary["redelivered"], summary["dead_letters"]) == (0, 0, {})
    assert_each_once(root, messages)
    expected = decoded(messages)
    order = [("raw_symbol", "ascending"), ("native_id", "ascending")]
    found = stored(root).select(expected.schema.names)
    assert found.sort_by(order).to_pylist() == expected.sort_by(order).to_pylist()
    assert store_all(broker, root)["messages"] == 0


def test_kill_minus_nine_at_random_points_loses_and_doubles_nothing(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    source = random.Random(20260105)
    root = tmp_path / "store"
    messages: list[Message] = []
    commits = 0
    for round_ in range(5):
        more = make_messages(1500, producer=f"run-{round_}", first_id=1 + 500 * round_)
        send(broker, tmp_path, more)
        messages += more
        # Small chunks, so that a kill finds many commits in progress.
        with started(command(broker, root, "--flush-interval", "0.02")) as process:
            wait_for_commit(root, commits, process)
            time.sleep(source.uniform(0, 0.3))
            os.kill(process.pid, signal.SIGKILL)
            process.wait(10)
        commits = len(log_of(root))
    summary = store_all(broker, root)
    assert (summary["residual"], summary["conflicts"]) == (0, 0)
    assert_each_once(root, messages)
    assert stored(root).num_rows == 7500


def test_messages_sent_twice_are_stored_once(broker: KafkaBroker, tmp_path: Path) -> None:
    messages = make_messages(600, per_push=30)
    send(broker, tmp_path, [*messages, *messages[10:40]])
    root = tmp_path / "store"
    assert store_all(broker, root)["redelivered"] == 30
    # A resend that comes after a restart meets the marks the store has kept.
    send(broker, tmp_path, messages[:25])
    summary = store_all(broker, root)
    assert (summary["redelivered"], summary["rows"], summary["residual"]) == (25, {}, 0)
    assert_each_once(root, messages)


def test_two_consumers_share_the_topics_and_each_row_is_stored_once(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    root = tmp_path / "store"
    messages = make_messages(900)
    send(broker, tmp_path, messages)
    quick = ("--flush-interval", "0.1")
    with started(command(broker, root, *quick)) as first:
        wait_for_commit(root, 0, first)
        with started(command(broker, root, *quick)) as second:
            writers: set[str] = set()
            end = time.monotonic() + 60
            round_ = 0
            # Until both have written; joining makes the group share the partitions anew.
            while len(writers) < 2:
                assert time.monotonic() < end, "the second consumer never wrote"
                round_ += 1
                more = make_messages(300, producer=f"run-{round_}", first_id=1000 * round_)
                send(broker, tmp_path, more)
                messages += more
                time.sleep(0.5)
                writers = {commit["writer"] for commit in log_of(root)}
            second.kill()
            second.wait(10)
            more = make_messages(300, producer="last", first_id=900_000)
            send(broker, tmp_path, more)
            messages += more
        first.send_signal(signal.SIGTERM)
        output, errors = first.communicate(timeout=90)
        assert first.returncode == 0, errors
        assert json.loads(output)["residual"] == 0
    store_all(broker, root)
    assert_each_once(root, messages)


def test_sigterm_stores_what_was_read_and_tells_the_group(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    root = tmp_path / "store"
    messages = make_messages(300)
    send(broker, tmp_path, messages)
    # Only the drain at the end can store anything: a message may wait for an hour.
    address = f"127.0.0.1:{free_port()}"
    options = ("--flush-interval", "3600", "--metrics", address)
    with started(command(broker, root, *options)) as process:
        group = f"tapeline-store-{parse_target(f'parquet:{root}').name}"
        wait_until_read(address, messages)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=90)
        assert process.returncode == 0, errors
    assert json.loads(output)["targets"][0]["rows"] == {"trade": 300, "coverage": 3}
    assert_each_once(root, messages)
    topics = sorted({topic for topic, _, _ in messages})
    consumer = Consumer({"bootstrap.servers": broker.servers, "group.id": group})
    try:
        told = consumer.committed([TopicPartition(topic, 0) for topic in topics], timeout=30)
    finally:
        consumer.close()
    sent = Counter(topic for topic, _, _ in messages)
    assert {each.topic: each.offset for each in told} == dict(sent)


def test_what_is_no_batch_becomes_a_dead_letter_with_its_origin(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    messages = make_messages(90)
    topic, key, value = messages[0]
    damaged = value[:-1] + bytes([value[-1] ^ 1])
    send(broker, tmp_path, [*messages, (topic, key, b"not a batch"), (topic, key, damaged)])
    root = tmp_path / "store"
    summary = store_all(broker, root)
    assert summary["dead_letters"] == {"undecodable": 2}
    assert summary["residual"] == 0
    assert_each_once(root, messages)
    offset = sum(name == topic for name, _, _ in messages)
    found = {
        content: headers
        for content, headers in _dead_letters(broker, 2)
        if headers["topic"] == topic
    }
    assert set(found) == {b"not a batch", damaged}
    assert found[b"not a batch"]["offset"] == str(offset)
    assert found[damaged]["reason"] == "undecodable"


def _dead_letters(broker: KafkaBroker, count: int) -> list[tuple[bytes, dict[str, str]]]:
    consumer = Consumer({"bootstrap.servers": broker.servers, "group.id": uuid.uuid4().hex})
    consumer.assign([TopicPartition("tapeline.deadletter", 0, 0)])
    found: list[tuple[bytes, dict[str, str]]] = []
    end = time.monotonic() + 60
    try:
        while len(found) < count and time.monotonic() < end:
            for message in consumer.consume(10, 0.5):
                headers = dict(message.headers() or [])
                text = {
                    name: each.decode() if isinstance(each, bytes) else str(each)
                    for name, each in headers.items()
                }
                value = message.value()
                assert isinstance(value, bytes)
                found.append((value, text))
    finally:
        consumer.close()
    return found


def test_a_topic_made_later_is_noticed(broker: KafkaBroker, tmp_path: Path) -> None:
    root = tmp_path / "store"
    messages = make_messages(90)
    first = [each for each in messages if each[0].endswith("btcusdt")]
    send(broker, tmp_path, first)
    with started(command(broker, root, "--flush-interval", "0.1")) as process:
        wait_for_commit(root, 0, process)
        send(broker, tmp_path, [each for each in messages if each not in first])
        wait_for_rows(root, 90)
        # In order: a writer that is killed leaves its latest files to be settled by the next one.
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=90)
        assert process.returncode == 0, errors
    assert_each_once(root, messages)


def test_what_the_bus_deleted_too_early_is_told_and_the_rest_is_stored(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    root = tmp_path / "store"
    first = make_messages(300)
    send(broker, tmp_path, first)
    store_all(broker, root)
    more = make_messages(300, producer="later", first_id=1_000)
    send(broker, tmp_path, more)
    topic = next(name for name, _, _ in more if name.startswith("trade."))
    stored_before = sum(name == topic for name, _, _ in first)
    admin = AdminClient({"bootstrap.servers": broker.servers, "log_level": 0})
    # Retention has deleted the first three of the new messages, too.
    for done in admin.delete_records([TopicPartition(topic, 0, stored_before + 3)]).values():
        done.result(timeout=30)
    summary = store_all(broker, root)
    assert (summary["jumped"], summary["residual"]) == (3, 0)
    gone = [each for each in more if each[0] == topic][:3]
    assert_each_once(root, [each for each in [*first, *more] if each not in gone])
    report = audit([parse_target(f"parquet:{root}")], [], f"kafka://{broker.servers}", ["trade"])
    # What the bus still has is stored; what it had not kept is in no audit of the bus.
    assert report.is_good


def test_a_topic_made_anew_that_ends_before_the_stores_offset_is_read_whole(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    root = tmp_path / "store"
    first = make_messages(300)
    send(broker, tmp_path, first)
    store_all(broker, root)
    admin = AdminClient({"bootstrap.servers": broker.servers, "log_level": 0})
    for done in admin.delete_topics(ours(admin)).values():
        done.result(timeout=30)
    end = time.monotonic() + 30
    while ours(admin):
        assert time.monotonic() < end
    more = make_messages(90, producer="later", first_id=1_000)
    send(broker, tmp_path, more)
    anew = {topic for topic, _, _ in more if topic.startswith("trade.")}
    rows = store_all(broker, root, "--types", "trade")["rows"]
    assert rows == {"trade": 90, "coverage": len(anew)}, "what is anew is stated, by topic"
    assert_each_once(root, [*first, *more])
