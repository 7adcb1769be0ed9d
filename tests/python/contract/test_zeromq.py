"""ZeroMQ: what is missed is counted and stated, and nobody listens who may not."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zmq.auth

from tapeline.errors import SettingsError, TransportError
from tapeline.storage.consumer.absences import Absences, with_statements
from tapeline.storage.consumer.zeromq_source import ZmqSource
from tapeline.storage.ports import Message
from tapeline.telemetry.clock import SystemClock
from tapeline.transport.open import capabilities, open_sink
from tapeline.transport.uris import ZmqUri, parse_uri
from tapeline.transport.zeromq import ZmqSink
from tests.services.kafka import free_port

TOPIC = "trade.x.spot.btcusdt"
WITHIN_S = 60.0

Open = Callable[[str], tuple[ZmqSink, ZmqSource]]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open a publisher and somebody who listens to it."""
    closing: list[Callable[[], object]] = []

    def make(uri: str) -> tuple[ZmqSink, ZmqSource]:
        sink = open_sink(uri)
        assert isinstance(sink, ZmqSink)
        closing.append(lambda: sink.close(0.0))
        source = listening(uri)
        closing.append(source.close)
        await_listener(sink)
        return sink, source

    yield make
    for close in reversed(closing):
        close()


def listening(uri: str) -> ZmqSource:
    address = parse_uri(uri)
    assert isinstance(address, ZmqUri)
    return ZmqSource(address, lambda topic: topic.startswith("trade."), SystemClock())


def await_listener(sink: ZmqSink) -> None:
    end = time.monotonic() + WITHIN_S
    while not sink.subscriptions:
        assert time.monotonic() < end, "nobody listens"
        sink.poll()
        time.sleep(0.01)


def send(sink: ZmqSink, numbers: range, size: int = 8) -> None:
    sink.send([(TOPIC, b"btcusdt", (b"%08d" % number).ljust(size)) for number in numbers])


def heard(source: ZmqSource, until: int) -> list[Message]:
    """Read up to the message with this number, starting what is new from its first message."""
    found: list[Message] = []
    end = time.monotonic() + WITHIN_S
    while not found or found[-1].offset < until:
        assert time.monotonic() < end, found[-1:]
        found += source.poll(1_000, 0.05)
        source.start(dict.fromkeys(source.changes().gained))
    return found


def test_a_topic_of_a_run_is_a_partition_that_counts_from_zero(
    opened: Open, tmp_path: Path
) -> None:
    sink, source = opened(f"zmq+ipc://{tmp_path}/bus")
    send(sink, range(100))
    found = heard(source, 99)
    assert [each.offset for each in found] == list(range(100))
    assert {each.origin for each in found} == {(TOPIC, sink.run)}
    assert {each.key for each in found} == {b"btcusdt"}
    assert source.is_settled


def test_what_a_slow_subscriber_misses_becomes_a_row_of_coverage(
    opened: Open, tmp_path: Path
) -> None:
    sink, source = opened(f"zmq+ipc://{tmp_path}/bus?hwm=10")
    send(sink, range(5))
    first = heard(source, 4)
    # Far more than both sides and the socket between them hold.
    for start in range(5, 2_005, 100):
        send(sink, range(start, start + 100), size=50_000)
    found: list[Message] = []
    end = time.monotonic() + WITHIN_S
    number = 2_005
    while not found or found[-1].offset < 2_005:
        assert time.monotonic() < end
        found += source.poll(1_000, 0.05)
        send(sink, range(number, number + 1))
        number += 1
    absences = Absences("t")
    absences.begin(dict.fromkeys([(TOPIC, sink.run)]))
    missing = absences.note([*first, *found])
    assert missing
    assert sum(each.messages for each in missing) + len(first) + len(found) == (
        found[-1].offset + 1
    )
    rows = with_statements({}, missing, [], 1)["coverage"].to_pylist()
    assert {(row["channel"], row["kind"], row["proof"]) for row in rows} == {
        ("bus.trade", "gap_opened", "proven_gap")
    }
    assert rows[0]["first_id"] == missing[0].first


def test_who_comes_late_hears_from_then_on(tmp_path: Path) -> None:
    uri = f"zmq+ipc://{tmp_path}/bus"
    sink = open_sink(uri)
    assert isinstance(sink, ZmqSink)
    send(sink, range(50))
    source = listening(uri)
    await_listener(sink)
    send(sink, range(50, 60))
    assert [each.offset for each in heard(source, 59)] == list(range(50, 60))
    source.close()
    assert sink.close(1.0).lost == 0


def test_reading_goes_on_from_the_number_a_store_has(opened: Open, tmp_path: Path) -> None:
    sink, source = opened(f"zmq+ipc://{tmp_path}/bus")
    send(sink, range(10))
    end = time.monotonic() + WITHIN_S
    gained = source.changes().gained
    while not gained:
        assert time.monotonic() < end
        assert source.poll(100, 0.05) == []
        gained = source.changes().gained
    source.start({gained[0]: 4})
    assert [each.offset for each in heard(source, 9)] == list(range(4, 10))


def test_only_those_with_a_key_are_let_in(tmp_path: Path) -> None:
    keys, clients, strangers = tmp_path / "keys", tmp_path / "keys" / "clients", tmp_path / "other"
    clients.mkdir(parents=True)
    strangers.mkdir()
    zmq.auth.create_certificates(keys, "server")
    zmq.auth.create_certificates(keys, "client")
    (clients / "client.key").write_bytes((keys / "client.key").read_bytes())
    zmq.auth.create_certificates(strangers, "client")
    (strangers / "server.key").write_bytes((keys / "server.key").read_bytes())
    place = f"zmq+tcp://127.0.0.1:{free_port()}"
    sink = open_sink(f"{place}?keys={keys}")
    assert isinstance(sink, ZmqSink)
    outside = [listening(f"{place}?keys={strangers}"), listening(place)]
    inside = listening(f"{place}?keys={keys}")
    await_listener(sink)
    send(sink, range(20))
    assert len(heard(inside, 19)) == 20
    assert [source.poll(10, 0.2) for source in outside] == [[], []]
    for source in (*outside, inside):
        source.close()
    sink.close(0.0)


def test_an_address_in_use_is_refused(tmp_path: Path) -> None:
    place = f"zmq+tcp://127.0.0.1:{free_port()}"
    sink = open_sink(place)
    with pytest.raises(TransportError, match="cannot publish"):
        open_sink(place)
    sink.close(0.0)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("zmq+tcp://10.0.0.1:5555", "keys=DIR"),
        ("zmq+tcp://127.0.0.1:1,127.0.0.1:2", "one address"),
        ("zmq+tcp://127.0.0.1", "HOST:PORT"),
        ("zmq+ipc://", "no path"),
        ("zmq+ipc:///x?hwm=0", "hwm"),
    ],
)
def test_an_address_that_is_unsafe_or_wrong_is_refused(address: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        parse_uri(address)


def test_it_says_what_it_does_not_promise() -> None:
    lossy = capabilities("zmq+ipc:///x")
    assert (lossy.is_lossy, lossy.keeps) == (True, False)
    for other in ("local:x", "nats://127.0.0.1:1", "kafka://127.0.0.1:1"):
        assert not capabilities(other).is_lossy
