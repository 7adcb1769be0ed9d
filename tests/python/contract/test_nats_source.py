"""Reading NATS for a store: positions, acknowledgements, takeover, streams made anew."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tapeline.apps.audit_bus import read_dead_letters
from tapeline.apps.bus_reader import open_bus
from tapeline.apps.nats_bus import NatsBus
from tapeline.errors import TransportError
from tapeline.storage.consumer.dead_letter import DeadLetter, joined
from tapeline.storage.consumer.nats_dead_letter import NatsDeadLetters
from tapeline.storage.consumer.nats_source import NatsSource
from tapeline.storage.ports import Message
from tapeline.telemetry.clock import SystemClock
from tapeline.transport.nats_connection import close, connect, request
from tapeline.transport.open import open_sink
from tapeline.transport.uris import NatsUri, parse_uri
from tests.services.nats import NatsServer

pytestmark = pytest.mark.integration

WITHIN_S = 60.0
PART = ("trade.x.spot", 0)
STREAM = "tapeline_trade_x_spot"
GROUP = "tapeline-store-t"


@pytest.fixture
def address(own_nats: NatsServer) -> NatsUri:
    found = parse_uri(f"nats://{own_nats.address}")
    assert isinstance(found, NatsUri)
    return found


@pytest.fixture
def open_source(address: NatsUri) -> Iterator[Callable[[], NatsSource]]:
    sources: list[NatsSource] = []

    def make() -> NatsSource:
        source = NatsSource(
            address, lambda topic: topic.startswith("trade."), SystemClock(), group=GROUP
        )
        sources.append(source)
        return source

    yield make
    for source in sources:
        source.close()


def fill(address: NatsUri, tmp_path: Path, first: int, count: int) -> None:
    sink = open_sink(f"nats://{address.servers}?spool={tmp_path}/spool.db")
    for name in ("trade", "quarantine"):
        sink.send(
            [
                (f"{name}.x.spot.btcusdt", b"btcusdt", b"%d" % number)
                for number in range(first, first + count)
            ]
        )
    assert sink.close(WITHIN_S).delivered == 2 * count


def ask(address: NatsUri, operation: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        client = await connect(address, "test")
        try:
            return await request(client, operation, body)
        finally:
            await close(client)

    return asyncio.run(run())


def gained(source: NatsSource, *, is_lost: bool = False) -> None:
    """Poll until the stream is there."""
    end = time.monotonic() + WITHIN_S
    has_lost = not is_lost
    while time.monotonic() < end:
        try:
            assert source.poll(100, 0.05) == []
        except TransportError:
            time.sleep(0.05)
        changes = source.changes()
        has_lost |= PART in changes.lost
        if PART in changes.gained:
            assert changes.gained == [PART]
            assert has_lost
            return
    raise AssertionError("the stream was not found")


def read(source: NatsSource, count: int) -> list[Message]:
    found: list[Message] = []
    end = time.monotonic() + WITHIN_S
    while len(found) < count and time.monotonic() < end:
        found += source.poll(100, 0.05)
    return found + source.poll(100, 0.2)


def offsets(messages: list[Message]) -> list[int]:
    return [each.offset for each in messages]


def test_reading_begins_where_the_store_is(
    address: NatsUri, open_source: Callable[[], NatsSource], tmp_path: Path
) -> None:
    fill(address, tmp_path, 0, 1200)
    source = open_source()
    assert not source.is_settled
    gained(source)
    source.start({PART: 200})
    assert source.is_settled
    found = read(source, 1000)
    assert offsets(found) == list(range(200, 1200))
    assert [each.value for each in found] == [b"%d" % number for number in range(200, 1200)]
    assert {(each.topic, each.partition, each.key) for each in found} == {(*PART, b"btcusdt")}
    assert source.lag() == 0


def test_the_server_is_told_what_the_store_has(
    address: NatsUri, open_source: Callable[[], NatsSource], tmp_path: Path
) -> None:
    fill(address, tmp_path, 0, 50)
    source = open_source()
    gained(source)
    source.start({PART: None})
    read(source, 50)
    info = ask(address, f"CONSUMER.INFO.{STREAM}.{GROUP}")
    assert (info["ack_floor"]["stream_seq"], info["num_ack_pending"]) == (0, 50)
    source.commit({PART: 30})
    end = time.monotonic() + WITHIN_S
    while info["ack_floor"]["stream_seq"] != 30 and time.monotonic() < end:
        source.poll(10, 0.1)
        info = ask(address, f"CONSUMER.INFO.{STREAM}.{GROUP}")
    assert (info["ack_floor"]["stream_seq"], info["num_ack_pending"]) == (30, 20)
    assert info["config"]["durable_name"] == GROUP


def test_a_second_reader_of_a_target_stands_by(
    address: NatsUri, open_source: Callable[[], NatsSource], tmp_path: Path
) -> None:
    fill(address, tmp_path, 0, 10)
    first, second = open_source(), open_source()
    gained(first)
    first.start({PART: None})
    assert offsets(read(first, 10)) == list(range(10))
    for _ in range(10):
        assert second.poll(10, 0.05) == []
        assert second.changes().gained == []
    first.close()
    gained(second)
    second.start({PART: 4})
    assert offsets(read(second, 6)) == list(range(4, 10))


def test_a_server_that_was_killed_is_read_on_without_a_hole(
    own_nats: NatsServer,
    address: NatsUri,
    open_source: Callable[[], NatsSource],
    tmp_path: Path,
) -> None:
    fill(address, tmp_path, 0, 100)
    source = open_source()
    gained(source)
    source.start({PART: None})
    assert offsets(read(source, 100)) == list(range(100))
    own_nats.kill()
    own_nats.start()
    fill(address, tmp_path, 100, 50)
    gained(source, is_lost=True)
    source.start({PART: 100})
    assert offsets(read(source, 50)) == list(range(100, 150))


def test_a_stream_made_anew_is_noticed(
    address: NatsUri, open_source: Callable[[], NatsSource], tmp_path: Path
) -> None:
    fill(address, tmp_path, 0, 20)
    source = open_source()
    gained(source)
    source.start({PART: None})
    assert len(read(source, 20)) == 20
    ask(address, f"STREAM.DELETE.{STREAM}")
    fill(address, tmp_path, 100, 8)
    gained(source, is_lost=True)
    tail = source.before({PART: 20}, 16)[PART]
    assert tail.ends_before
    source.start({PART: None})
    assert [each.value for each in read(source, 8)] == [b"%d" % each for each in range(100, 108)]


def test_what_retention_has_taken_shows_as_a_jump(
    address: NatsUri, open_source: Callable[[], NatsSource], tmp_path: Path
) -> None:
    fill(address, tmp_path, 0, 40)
    ask(address, f"STREAM.PURGE.{STREAM}", {"seq": 26})
    source = open_source()
    gained(source)
    source.start({PART: 10})
    assert offsets(read(source, 15)) == list(range(25, 40))
    assert source.lag() == 0
    tail = source.before({PART: 30}, 16)[PART]
    assert (offsets(list(tail.messages)), tail.ends_before) == (list(range(25, 30)), False)


def test_a_paused_source_gives_nothing_and_then_everything(
    address: NatsUri, open_source: Callable[[], NatsSource], tmp_path: Path
) -> None:
    fill(address, tmp_path, 0, 600)
    source = open_source()
    gained(source)
    source.start({PART: None})
    source.pause()
    for _ in range(5):
        assert source.poll(100, 0.05) == []
    assert source.lag() == 600
    source.resume()
    assert offsets(read(source, 600)) == list(range(600))


def test_dead_letters_are_kept_with_their_facts(address: NatsUri) -> None:
    letters = NatsDeadLetters(address)
    wrong = DeadLetter(
        "undecodable", "bad\r\nbytes", "t", "trade.x.spot", 0, 7, b"btcusdt", b"\xff\x00"
    )
    letters.put([wrong])
    letters.put([wrong])  # A crash may put it twice; it counts once.
    found = read_dead_letters(f"nats://{address.servers}")
    assert {name: sum(each.unreadable.values()) for name, each in found.items()} == {"t": 1}


def test_a_dead_letter_as_long_as_the_server_allows_is_kept_in_parts(address: NatsUri) -> None:
    """Someone else's message may be as long as max_payload: with our headers it is longer."""
    value = bytes(range(256)) * 4_096  # 1 MiB, the server's default.
    detail, key = "ü" * 3_000, b"\xff" * 3_000
    letter = DeadLetter("undecodable", detail, "long", "trade.x.spot", 0, 8, key, value)
    NatsDeadLetters(address).put([letter])
    bus = NatsBus(address, re.compile(r"tapeline\.deadletter\Z"), SystemClock())
    pieces: list[tuple[dict[str, str], bytes]] = []
    end = time.monotonic() + WITHIN_S
    try:
        while len(pieces) < 2 and time.monotonic() < end:
            for each in bus.read(0.1):
                facts = {name: (text or b"").decode() for name, text in each.headers}
                if facts["target"] == "long":
                    pieces.append((facts, each.value or b""))
    finally:
        bus.close()
    assert [facts["part"] for facts, _ in pieces] == ["1/2", "2/2"]
    ((told, kept),) = joined(pieces)
    assert kept == value
    assert told["detail"] == "ü" * 1_000
    found = read_dead_letters(f"nats://{address.servers}")["long"]
    assert sum(found.unreadable.values()) == 1


def test_a_reader_may_begin_near_the_end(address: NatsUri, tmp_path: Path) -> None:
    fill(address, tmp_path, 0, 40)
    bus = open_bus(f"nats://{address.servers}", types=["trade"], back=lambda _: 5)
    end = time.monotonic() + WITHIN_S
    found: list[int] = []
    try:
        while len(found) < 8 and time.monotonic() < end:
            before = len(found)
            found += [each.offset for each in bus.read(0.1)]
            if before < 5 <= len(found):
                fill(address, tmp_path, 40, 3)
        assert bus.fault() == ""
    finally:
        bus.close()
    assert found == list(range(35, 43))
