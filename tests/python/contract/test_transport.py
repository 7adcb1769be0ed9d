"""What every bus must do, over the local file, a real Kafka and a real NATS: the same tests."""

import random
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tapeline.apps.bus_reader import Bus as OpenBus
from tapeline.apps.bus_reader import open_bus
from tapeline.errors import ArgumentError, TransportError
from tapeline.storage.ports import Message as Received
from tapeline.transport.open import capabilities, open_sink
from tapeline.transport.ports import Message, MessageSink
from tapeline.transport.topics import routing_key_of
from tapeline.transport.zeromq import ZmqSink

#: However slow the machine is.
WITHIN_S = 60.0


@dataclass
class Bus:
    uri: str
    exchange: str
    keeps_order: bool = True
    listener: OpenBus | None = None
    heard: list[Received] = field(default_factory=list)

    @property
    def keeps(self) -> bool:
        """Whether what was sent is there for those who come later."""
        return capabilities(self.uri).keeps

    def open(self, on_ack: Callable[[int, int], None] | None = None) -> MessageSink:
        sink = open_sink(self.uri, on_ack=on_ack)
        if not self.keeps:
            self.listen(sink)
        return sink

    def listen(self, sink: MessageSink) -> None:
        """Have a listener before anything is sent: this bus keeps nothing for later."""
        assert isinstance(sink, ZmqSink)
        if self.listener is None:
            self.listener = open_bus(self.uri, exchange=self.exchange)
        end = time.monotonic() + WITHIN_S
        while not sink.subscriptions:
            assert time.monotonic() < end, "nobody listens"
            sink.poll()
            # It subscribes anew only while it reads.
            self.heard += self.listener.read(0.01)

    def topic(self, symbol: str = "btcusdt") -> str:
        return f"trade.{self.exchange}.spot.{symbol}"

    def messages(self, count: int, symbol: str = "btcusdt") -> list[Message]:
        return [(self.topic(symbol), symbol.encode(), b"%08d" % number) for number in range(count)]

    def assert_same(self, found: list[bytes], sent: list[bytes]) -> None:
        """Nothing is missing, doubled or changed, and nothing overtook unless it may."""
        assert sorted(found) == sorted(sent)
        assert not self.keeps_order or found == sent

    def read_all(
        self, count: int, timeout_s: float = WITHIN_S
    ) -> list[tuple[str, int, bytes, bytes]]:
        """Read until ``count`` messages are there, then once more to see that nothing follows."""
        bus = self.listener or open_bus(self.uri, exchange=self.exchange)
        found = [_facts(message) for message in self.heard]
        self.heard.clear()
        end = time.monotonic() + timeout_s
        try:
            while len(found) < count and time.monotonic() < end:
                found += [_facts(message) for message in bus.read(0.2)]
            found += [_facts(message) for message in bus.read(0.3)]
        finally:
            if self.listener is None:
                bus.close()
        return found


def _facts(message: Received) -> tuple[str, int, bytes, bytes]:
    stream = routing_key_of(message.topic, message.key) or message.topic
    return stream, message.offset, message.key or b"", message.value or b""


@pytest.fixture(
    params=["local", "kafka", "kafka-low-latency", "kafka-market", "nats", "nats-market", "zmq"]
)
def bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bus]:
    exchange = f"x{uuid.uuid4().hex[:10]}"
    if request.param == "local":
        yield Bus(f"local:{tmp_path}/bus.db", exchange)
        return
    if request.param == "zmq":
        bus = Bus(f"zmq+ipc://{tmp_path}/bus", exchange)
        yield bus
        if bus.listener is not None:
            bus.listener.close()
        return
    if request.param.startswith("nats"):
        layout = "market" if request.param == "nats-market" else "symbol"
        address = request.getfixturevalue("nats_address")
        yield Bus(f"nats://{address}?spool={tmp_path}/spool.db&layout={layout}", exchange)
        return
    servers = request.getfixturevalue("kafka_servers")
    options = {"kafka": "", "kafka-low-latency": "&profile=low_latency"}
    options["kafka-market"] = "&layout=market"
    uri = f"kafka://{servers}?spool={tmp_path}/spool.db{options[request.param]}"
    # That profile may send a message again behind the next one.
    yield Bus(uri, exchange, keeps_order=request.param != "kafka-low-latency")


def test_every_message_arrives_unchanged_and_in_order(bus: Bus) -> None:
    messages = bus.messages(5000)
    sink = bus.open()
    sink.create_topics([bus.topic()])
    for start in range(0, len(messages), 100):
        sink.send(messages[start : start + 100])
        sink.poll()
    report = sink.close(WITHIN_S)
    assert (report.delivered, report.spooled, report.failed, report.lost) == (5000, 0, 0, 0)
    found = bus.read_all(5000)
    bus.assert_same([value for _, _, _, value in found], [value for _, _, value in messages])
    assert {(topic, key) for topic, _, key, _ in found} == {(bus.topic(), b"btcusdt")}


def test_what_is_sent_when_the_bus_is_ready_does_not_wait_on_the_disk(bus: Bus) -> None:
    sink = bus.open()
    sink.create_topics([bus.topic(), bus.topic("ethusdt")])
    end = time.monotonic() + WITHIN_S
    while not sink.is_ready:
        assert time.monotonic() < end, "the topics were not made"
        sink.poll()
        time.sleep(0.002)
    sink.send([*bus.messages(3), *bus.messages(3, "ethusdt")])
    assert sink.stats().spooled == 0
    assert sink.close(WITHIN_S).delivered == 6


@pytest.mark.parametrize("scheme", ["kafka", "nats"])
def test_a_bus_that_is_away_is_not_ready(scheme: str, tmp_path: Path) -> None:
    sink = open_sink(f"{scheme}://127.0.0.1:1?spool={tmp_path}/spool.db")
    sink.create_topics(["trade.binance.spot.btcusdt"])
    sink.poll()
    assert not sink.is_ready
    assert sink.close(0.0).lost == 0


def test_any_bytes_are_carried_as_they_are(bus: Bus) -> None:
    source = random.Random(7)
    values = [
        b"",
        b"\x00",
        b"\xff" * 5,
        *(source.randbytes(source.randrange(1, 70_000)) for _ in range(40)),
    ]
    sink = bus.open()
    sink.send([(bus.topic(), b"btcusdt", value) for value in values])
    assert sink.close(WITHIN_S).delivered == len(values)
    bus.assert_same([value for _, _, _, value in bus.read_all(len(values))], values)


def test_offsets_count_from_zero_in_each_topic(bus: Bus) -> None:
    sink = bus.open()
    for _ in range(3):
        sink.send(bus.messages(10, "btcusdt") + bus.messages(7, "ethusdt"))
    assert sink.close(WITHIN_S).delivered == 51
    found = bus.read_all(51)
    if "layout=market" in bus.uri:  # One Kafka topic carries both.
        assert sorted(offset for _, offset, _, _ in found) == list(range(51))
        return
    for symbol, count in (("btcusdt", 30), ("ethusdt", 21)):
        offsets = [offset for topic, offset, _, _ in found if topic == bus.topic(symbol)]
        assert offsets == list(range(count))


def test_a_second_run_continues_where_the_first_ended(bus: Bus) -> None:
    for _ in range(2):
        sink = bus.open()
        sink.send(bus.messages(20))
        assert sink.close(WITHIN_S).delivered == 20
    found = bus.read_all(40)
    # Where nothing is kept, each run counts from 0.
    each_run = list(range(40)) if bus.keeps else [*range(20), *range(20)]
    assert [offset for _, offset, _, _ in found] == each_run


def test_a_bad_routing_key_is_refused_before_anything_is_taken(bus: Bus) -> None:
    sink = bus.open()
    bad = "trade.Binance.spot.btcusdt"
    with pytest.raises(ArgumentError, match="Binance"):
        sink.send([*bus.messages(3), (bad, b"btcusdt", b"x")])
    with pytest.raises(ArgumentError, match="four tokens"):
        sink.create_topics(["trade..spot"])
    assert sink.stats().sent == 0
    report = sink.close(WITHIN_S)
    assert (report.delivered, report.spooled, report.lost) == (0, 0, 0)


def test_the_ledger_balances_at_every_step(bus: Bus) -> None:
    sink = bus.open()
    for _ in range(200):
        sink.send(bus.messages(5))
        sink.poll()
        stats = sink.stats()
        assert (
            stats.sent + stats.recovered
            == stats.acknowledged + stats.failed + stats.in_flight + stats.spooled
        )
    assert sink.close(WITHIN_S).delivered == 1000
    assert sink.stats().acknowledged == 1000


def test_every_acknowledged_message_reports_its_latency(bus: Bus) -> None:
    seen: list[tuple[int, int]] = []
    sink = bus.open(on_ack=lambda latency_ns, count: seen.append((latency_ns, count)))
    sink.send(bus.messages(100))
    sink.close(WITHIN_S)
    assert sum(count for _, count in seen) == 100
    assert all(0 < latency_ns < WITHIN_S * 1e9 for latency_ns, _ in seen)


def test_a_closed_sink_takes_nothing(bus: Bus) -> None:
    sink = bus.open()
    sink.send(bus.messages(2))
    report = sink.close(WITHIN_S)
    with pytest.raises(TransportError, match="closed"):
        sink.send(bus.messages(1))
    assert sink.close(WITHIN_S) == report


def test_an_escaped_symbol_arrives_under_its_routing_key(bus: Bus) -> None:
    symbol = "-e5-b8-81usdt"
    sink = bus.open()
    sink.send(bus.messages(3, symbol))
    assert sink.close(WITHIN_S).delivered == 3
    assert {topic for topic, _, _, _ in bus.read_all(3)} == {bus.topic(symbol)}


def test_it_is_told_whether_something_was_not_read_yet(bus: Bus) -> None:
    """However short a read is and however late the server: no more means that all was read."""
    messages = bus.messages(2000)
    sink = bus.open()
    sink.create_topics([bus.topic()])
    sink.send(messages)
    sink.close(WITHIN_S)
    reader = bus.listener or open_bus(bus.uri, exchange=bus.exchange)
    found = list(bus.heard)
    while (
        (more := reader.read(0.01))
        or reader.has_more()
        or (not bus.keeps and len(found) < len(messages))
    ):
        found += more
    if bus.listener is None:
        reader.close()
    bus.assert_same([each.value or b"" for each in found], [value for _, _, value in messages])
