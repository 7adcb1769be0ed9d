"""A broker that dies, freezes, is absent or refuses: nothing sent may be missing afterwards."""

import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

from tapeline.apps.audit_bus import read_dead_letters
from tapeline.apps.bus_reader import open_bus
from tapeline.errors import TransportError
from tapeline.storage.consumer.dead_letter import DeadLetter, KafkaDeadLetters
from tapeline.storage.ports import Message as Received
from tapeline.telemetry.clock import SystemClock
from tapeline.transport.kafka import KafkaSink
from tapeline.transport.kafka_settings import KafkaSettings, Profile
from tapeline.transport.local_file import BusFileError, LocalFile
from tapeline.transport.ports import Message
from tapeline.transport.topics import TopicLayout, routing_key_of
from tests.services.kafka import KafkaBroker, free_port

pytestmark = pytest.mark.integration


class Sender:
    """Sends numbered messages to one topic of its own and checks what arrived."""

    def __init__(self, servers: str, spool: Path, **settings: object) -> None:
        self.topic = f"trade.x{uuid.uuid4().hex[:10]}.spot.btcusdt"
        self._servers = servers
        self._settings = KafkaSettings(servers=servers, spool=spool, **settings)  # type: ignore[arg-type]
        self.sink = self.open()
        self.sink.create_topics([self.topic])
        self.sent = 0

    def open(self) -> KafkaSink:
        return KafkaSink(self._settings, clock=SystemClock())

    def reopen(self) -> None:
        self.sink = self.open()

    def send(self, count: int) -> None:
        numbers = range(self.sent, self.sent + count)
        self.sink.send([(self.topic, b"btcusdt", b"%08d" % number) for number in numbers])
        self.sent += count

    def send_for(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Send 20 messages every 10 ms."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            self.send(20)
            self.sink.poll()
            time.sleep(0.01)

    def takes(self, messages: list[Message]) -> bool:
        try:
            self.sink.send(messages)
        except TransportError:
            return False
        return True

    def poll_until(self, condition: Callable[[], bool], timeout_s: float = 90.0) -> None:
        end = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < end, f"not within {timeout_s} s: {self.sink.stats()}"
            self.sink.poll()
            time.sleep(0.005)

    def arrived(self, first: int = 0, timeout_s: float = 60.0) -> list[int]:
        """Read until all from a number on are there, and a moment longer for more of them."""
        wanted = set(range(first, self.sent))
        bus = open_bus(f"kafka://{self._servers}", exchange=self.topic.split(".")[1])
        found: list[int] = []
        end = time.monotonic() + timeout_s
        try:
            while not wanted <= set(found) and time.monotonic() < end:
                found += [int(message.value or b"-1") for message in bus.read(0.2)]
            found += [int(message.value or b"-1") for message in bus.read(0.5)]
        finally:
            bus.close()
        return found

    def assert_nothing_lost(self) -> list[int]:
        found = self.arrived()
        assert sorted(set(found)) == list(range(self.sent))
        return found


@contextmanager
def held_up() -> Iterator[list[float]]:
    """Note by how many seconds a thread that only sleeps is late: it is the machine that is."""
    late: list[float] = []
    is_over = threading.Event()

    def sleep() -> None:
        while not is_over.is_set():
            before = time.monotonic()
            time.sleep(0.01)
            late.append(time.monotonic() - before - 0.01)

    thread = threading.Thread(target=sleep)
    thread.start()
    try:
        yield late
    finally:
        is_over.set()
        thread.join()


@pytest.fixture
def broker(own_broker: KafkaBroker) -> Iterator[KafkaBroker]:
    yield own_broker
    own_broker.resume()
    if not own_broker.is_running:
        own_broker.start()


@pytest.mark.parametrize("profile", list(Profile))
def test_a_broker_killed_and_started_again_loses_nothing(
    broker: KafkaBroker, tmp_path: Path, profile: Profile
) -> None:
    sender = Sender(broker.servers, tmp_path / "spool.db", profile=profile, spool_after_s=1.0)
    sender.send_for(1.0)
    broker.kill()
    sender.send_for(3.0)
    assert sender.sink.stats().spooled > 0
    broker.start()
    sender.send_for(1.0)
    report = sender.sink.close(60.0)
    assert (report.spooled, report.failed, report.lost) == (0, 0, 0)
    assert report.delivered == sender.sent
    found = sender.assert_nothing_lost()
    if profile is Profile.ORDERED:
        first_seen = list(dict.fromkeys(found))
        assert first_seen == sorted(first_seen)


def test_a_broker_absent_from_the_start_gets_everything_in_order(tmp_path: Path) -> None:
    port = free_port()
    sender = Sender(f"127.0.0.1:{port}", tmp_path / "spool.db")
    sender.send_for(1.0)
    assert sender.sink.stats().spooled == sender.sent
    late = KafkaBroker(tmp_path / "late", port=port)
    late.start()
    try:
        sender.poll_until(lambda: sender.sink.stats().pending == 0)
        sender.sink.close(5.0)
        assert sender.assert_nothing_lost() == list(range(sender.sent))
    finally:
        late.stop()


def test_a_frozen_broker_is_noticed_and_loses_nothing(broker: KafkaBroker, tmp_path: Path) -> None:
    sender = Sender(broker.servers, tmp_path / "spool.db", spool_after_s=0.5)
    sender.send_for(0.5)
    broker.pause()
    longest = 0.0
    with held_up() as late:
        end = time.monotonic() + 4.0
        while time.monotonic() < end:
            before = time.monotonic()
            sender.send(20)
            sender.sink.poll()
            longest = max(longest, time.monotonic() - before)
            time.sleep(0.01)
    assert sender.sink.stats().spooled > 0
    assert longest - max(late) < 1.0  # send and poll never wait for the broker
    broker.resume()
    report = sender.sink.close(60.0)
    assert (report.delivered, report.spooled, report.lost) == (sender.sent, 0, 0)
    sender.assert_nothing_lost()


def test_a_full_queue_goes_to_the_spool_and_then_to_kafka_in_order(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    sender = Sender(broker.servers, tmp_path / "spool.db", queue_messages_max=10)
    sender.send(1)
    sender.poll_until(lambda: sender.sink.stats().pending == 0)
    for _ in range(50):
        sender.send(100)
    assert sender.sink.stats().spooled > 0
    report = sender.sink.close(60.0)
    assert (report.delivered, report.spooled, report.lost) == (5001, 0, 0)
    assert sender.assert_nothing_lost() == list(range(5001))


def test_what_a_deadline_leaves_is_spooled_and_sent_by_the_next_run(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    sender = Sender(broker.servers, tmp_path / "spool.db", spool_after_s=0.5)
    sender.send_for(0.3)
    broker.pause()
    sender.send_for(1.5)
    report = sender.sink.close(0.5)
    assert report.spooled > 0
    assert report.lost == 0
    assert report.delivered + report.spooled == sender.sent
    broker.resume()
    sender.reopen()
    assert sender.sink.stats().recovered == report.spooled
    assert sender.sink.close(60.0).delivered == report.spooled
    sender.assert_nothing_lost()


def test_a_process_killed_by_sigterm_handling_code_leaves_its_rest_in_the_spool(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    topic = f"trade.x{uuid.uuid4().hex[:10]}.spot.btcusdt"
    program = textwrap.dedent(f"""
        import signal, sys
        from tapeline.transport.open import open_sink
        sink = open_sink("kafka://{broker.servers}?spool={tmp_path}/spool.db")
        stop = []
        signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
        sent = 0
        while not stop:
            numbers = range(sent, sent + 50)
            sink.send([("{topic}", b"btcusdt", b"%08d" % number) for number in numbers])
            sent += 50
            if sent == 5000: print("running", flush=True)
            sink.poll()
        report = sink.close(0.01)
        assert report.lost == 0 and report.delivered + report.spooled == sent, (report, sent)
        print(sent)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "running"
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    sender = Sender(broker.servers, tmp_path / "spool.db")
    sender.topic, sender.sent = topic, int(output.split()[-1])
    sender.sink.close(60.0)
    sender.assert_nothing_lost()


def test_a_message_too_large_is_a_dead_letter_and_stops_nothing(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    """K05: refused by the client (message.max.bytes) and by the broker (its own limit)."""
    large = os.urandom(1_500_000)
    for limit in (1_000_000, 5_000_000):
        spool = tmp_path / f"spool-{limit}.db"
        sender = Sender(broker.servers, spool, message_bytes_max=limit)
        sender.send(5)
        sender.sink.send([(sender.topic, b"btcusdt", large)])
        sender.send(5)
        report = sender.sink.close(60.0)
        assert (report.delivered, report.spooled, report.failed, report.lost) == (10, 0, 1, 0)
        dead = LocalFile(spool.with_name(spool.name + ".dead"), mode="read")
        (row,) = dead.read(-1, 10)
        dead.close()
        assert (row.topic, row.value) == (sender.topic, large)
        assert "too large" in (row.note or "").lower() or "exceed" in (row.note or "").lower()
        sender.assert_nothing_lost()


def test_what_a_store_cannot_take_is_kept_however_long_it_is(broker: KafkaBroker) -> None:
    value = bytes(range(256)) * 9_000  # 2.3 MB; a message of the broker's may have 1 MB.
    letter = DeadLetter("refused_row", "why", "long", "trade.x.spot.btc", 0, 8, None, value)
    letters = KafkaDeadLetters(broker.servers)
    letters.put([letter])
    letters.close()
    found = read_dead_letters(f"kafka://{broker.servers}")["long"]
    assert sum(found.events.values()) == 1


def test_a_producer_with_a_fatal_error_is_replaced_and_loses_nothing(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    sender = Sender(broker.servers, tmp_path / "spool.db", profile=Profile.ORDERED)
    sender.send(1)
    sender.poll_until(lambda: sender.sink.stats().pending == 0)
    broker.pause()  # Everything sent now is on the way when the producer dies.
    sender.send(500)
    first = sender.sink._producer
    # librdkafka's own switch for such an error is not within reach of Python: this is its callback.
    sender.sink._on_error(KafkaError(KafkaError._FATAL, "out of sequence", fatal=True))
    sender.sink.poll()
    assert sender.sink._producer is not first
    assert sender.sink.stats().redelivered == 500
    broker.resume()
    sender.send(500)
    assert sender.sink.close(60.0).delivered == sender.sent
    found = sender.assert_nothing_lost()
    assert list(dict.fromkeys(found)) == list(range(sender.sent))


def test_a_topic_deleted_under_way_is_made_again(broker: KafkaBroker, tmp_path: Path) -> None:
    sender = Sender(broker.servers, tmp_path / "spool.db")
    sender.send(10)
    sender.poll_until(lambda: sender.sink.stats().pending == 0)
    admin = AdminClient({"bootstrap.servers": broker.servers, "log_level": 0})
    admin.delete_topics([sender.topic])[sender.topic].result(60)
    sender.send_for(1.0)
    report = sender.sink.close(120.0)
    assert (report.spooled, report.failed, report.lost) == (0, 0, 0)
    assert set(range(10, sender.sent)) <= set(sender.arrived(first=10))


def test_topics_are_made_to_keep_replayed_times(broker: KafkaBroker, tmp_path: Path) -> None:
    sender = Sender(broker.servers, tmp_path / "spool.db")
    sender.send(1)
    assert sender.sink.close(60.0).delivered == 1
    admin = AdminClient({"bootstrap.servers": broker.servers, "log_level": 0})
    resource = ConfigResource(ResourceType.TOPIC, sender.topic)
    config = admin.describe_configs([resource])[resource].result(60)
    assert config["retention.ms"].value == "-1"
    assert config["message.timestamp.type"].value == "LogAppendTime"
    assert len(admin.list_topics(sender.topic, timeout=60).topics[sender.topic].partitions) == 1


def test_headers_repeat_the_batch_trailer(broker: KafkaBroker, tmp_path: Path) -> None:
    sender = Sender(broker.servers, tmp_path / "spool.db", layout=TopicLayout.MARKET)
    sender.sink.send([(sender.topic, b"btcusdt", b"0000000\x01\x02\x03\x04")])
    assert sender.sink.close(60.0).delivered == 1
    bus = open_bus(f"kafka://{broker.servers}", exchange=sender.topic.split(".")[1])
    messages: list[Received] = []
    end = time.monotonic() + 60
    while not messages and time.monotonic() < end:
        messages = bus.read(0.5)
    bus.close()
    assert messages[0].headers == (("tapeline-schema", b"1"), ("tapeline-crc32c", b"04030201"))
    assert messages[0].topic == sender.topic.rpartition(".")[0]
    assert routing_key_of(messages[0].topic, messages[0].key) == sender.topic


def test_two_processes_cannot_share_a_spool(tmp_path: Path) -> None:
    sender = Sender(f"127.0.0.1:{free_port()}", tmp_path / "spool.db")
    with pytest.raises(BusFileError, match="another process"):
        sender.open()
    sender.sink.close(0.0)
    sender.reopen()
    sender.sink.close(0.0)


def test_a_spool_that_cannot_be_written_refuses_messages_loudly(tmp_path: Path) -> None:
    """Disk and bus away at once: memory is used up to its limit, then the caller keeps all."""
    sender = Sender(f"127.0.0.1:{free_port()}", tmp_path / "spool.db")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000_000, limits[1]))
    try:
        large = [(sender.topic, b"btcusdt", b"x" * 16_000_000)]
        taken = 0
        while taken < 100 and sender.takes(large):
            taken += 1
        with pytest.raises(TransportError, match="neither the bus nor the spool"):
            sender.sink.send(large)
        assert taken >= 4
        assert sender.sink.stats().spooled == taken
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    report = sender.sink.close(0.0)
    assert (report.spooled, report.lost) == (taken, 0)
