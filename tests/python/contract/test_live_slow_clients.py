"""Clients that do not keep up: bounded queues, markers that account for every event, cuts."""

import asyncio
import json
import struct
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pytest

from tapeline.api.live import server as live_server
from tapeline.api.live.book_frames import ShownBook, Side
from tapeline.api.live.client import Client
from tapeline.api.live.frames import trades
from tapeline.api.live.hub import Hub
from tapeline.api.live.line import Part, envelopes
from tapeline.api.live.publications import BookState, EventBatch, Publication
from tapeline.api.live.settings import LiveSettings
from tapeline.api.live.topics import TopicKey
from tapeline.api.live.waiting import Waiting
from tests.python.live_frames import frames
from tests.python.live_lines import PlainLine
from tests.python.live_serving import (
    PATIENCE_S,
    TRADES,
    Serving,
    quantities,
    serving,
    trade_rows,
    until,
)
from tests.python.live_serving import Client as Reader
from tests.python.slow_clients import SlowClient, messages

SMALL: Final = LiveSettings(
    max_waiting_frames=64,
    max_waiting_bytes=65_536,
    slow_after_s=3.0,
    kernel_buffer_bytes=16_384,
)
BOOK: Final = TopicKey("book", "binance", "spot", "BTC/USDT")


async def test_a08_who_never_reads_is_cut_off_and_others_get_everything() -> None:
    with serving(SMALL) as server:
        async with await Reader.open(server.url) as client:
            channel = await client.subscribe(TRADES)
            with SlowClient(server.port, TRADES):
                await until(lambda: server.hub.clients == 2)
                count = 0
                while server.socket.counts.cut_slow == 0:
                    for _ in range(20):
                        server.publish(trade_rows(100, count))
                        count += 100
                    await client.events(count, channel)
                await until(lambda: server.hub.clients == 1)
            found = await client.events(count, channel)
    assert quantities(found) == list(range(count))
    assert client.skipped == {}
    assert server.socket.counts.losses.skipped > 0


async def test_who_reads_again_finds_the_code_of_the_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine may read again later than after the two seconds there are for it.
    monkeypatch.setattr(live_server, "_GRACE_S", PATIENCE_S)
    with serving(SMALL) as server, SlowClient(server.port, TRADES) as slow:
        await until(lambda: bool(server.hub.wanted))
        await _flood_until(server, lambda: server.socket.counts.cut_slow > 0)
        content = await asyncio.to_thread(_read_to_the_close, slow)
    assert struct.unpack(">H", content[:2]) == (4408,)


def _read_to_the_close(slow: SlowClient) -> bytes:
    """Read until the server says why it ends; return what it says."""
    stream = bytearray()
    while piece := slow.read(65_536):
        stream += piece
        found, used = messages(bytes(stream))
        del stream[:used]
        if found and found[-1][0] == 8:
            return found[-1][1]
    raise AssertionError("the server ended without a word")


async def test_a08_a_client_that_reads_a_byte_now_and_then_is_cut_off() -> None:
    with serving(SMALL) as server, SlowClient(server.port, TRADES) as slow:
        await until(lambda: bool(server.hub.wanted))
        # At this rate no message goes out within the time a client has.
        await _flood_until(
            server, lambda: server.socket.counts.cut_slow > 0, each=lambda: slow.read(1)
        )
        await until(lambda: server.hub.clients == 0)


async def test_a08_a_client_that_closes_its_half_is_let_go() -> None:
    with serving(SMALL) as server, SlowClient(server.port, TRADES) as slow:
        await until(lambda: bool(server.hub.wanted))
        slow.line.shutdown(1)
        await until(lambda: server.hub.clients == 0)


async def test_what_was_sent_and_what_was_skipped_is_every_event() -> None:
    settings = LiveSettings(
        max_waiting_frames=16,
        max_waiting_bytes=65_536,
        slow_after_s=PATIENCE_S,
        kernel_buffer_bytes=16_384,
    )
    with serving(settings) as server, SlowClient(server.port, TRADES) as slow:
        await until(lambda: bool(server.hub.wanted))
        count = 4_000 * 10
        for first in range(0, count, 100):
            server.publish(trade_rows(100, first))
        # The last one tells the reader that there is no more.
        await until(lambda: server.hub.events == count)
        told = await asyncio.to_thread(_read_events, slow, count)
    numbers, skipped = told
    assert skipped > 0
    assert len(numbers) + skipped == count
    assert numbers == sorted(set(numbers))
    # The newest are there: what waited was dropped, not what came.
    assert numbers[-1] == count - 1


def _read_events(slow: SlowClient, count: int) -> tuple[list[int], int]:
    """Read until every event was sent or skipped; check that markers stand where events lack."""
    stream = bytearray()
    numbers: list[int] = []
    skipped = lacking = 0
    while len(numbers) + skipped < count:
        stream += slow.read(65_536)
        found, used = messages(bytes(stream))
        del stream[:used]
        for opcode, content in found:
            if opcode == 1:
                lacking += json.loads(content).get("skipped", 0)
                continue
            for frame in frames(content):
                told = [int(each) for each in frame.columns["quantity"]]
                assert told[0] == (numbers[-1] + 1 if numbers else 0) + lacking
                skipped, lacking = skipped + lacking, 0
                numbers += told
    return numbers, skipped


@pytest.mark.parametrize("sizes", [[10], [1, 500, 2_000], [3_000]])
def test_a_queue_is_bounded_and_accounts_for_what_it_drops(sizes: list[int]) -> None:
    settings = LiveSettings(max_waiting_frames=8, max_waiting_bytes=40_000)
    hub, client = _hub(settings)
    topic = hub.subscribe(client, TopicKey(*TRADES.values()), is_binary=True)
    told = published = skipped = 0
    for turn in range(60):
        count = sizes[turn % len(sizes)]
        hub.publish(_events(count, published))
        published += count
        waiting_frames, waiting_bytes = client.waiting.load
        assert waiting_frames <= 8
        assert waiting_bytes <= 40_000
        if turn % 13 == 12:
            sent, left_out = _taken(client)
            told, skipped = told + sent, skipped + left_out
    sent, left_out = _taken(client)
    assert told + sent + skipped + left_out == published
    assert client.waiting.skipped == skipped + left_out
    assert topic.sequence == 60


def test_a_queue_that_is_full_sends_books_as_they_are_now() -> None:
    hub, client = _hub(LiveSettings(max_waiting_updates=4))
    topic = hub.subscribe(client, BOOK, is_binary=True)
    (whole,) = _split(client.waiting.take())[1]
    assert (whole.kind, whole.flags, whole.rows) == ("book_snapshot", 1, 0)
    hub.publish([_book(1)])
    (first,) = _split(client.waiting.take())[1]
    assert (first.kind, first.sequence) == ("book_snapshot", 1)
    hub.publish([_book(2), _book(3)])
    assert [frame.kind for frame in _split(client.waiting.take())[1]] == ["book_update"] * 2
    hub.publish([_book(price) for price in range(4, 40)])
    (latest,) = _split(client.waiting.take())[1]
    assert (latest.kind, latest.sequence) == ("book_snapshot", topic.sequence)
    assert latest.columns["price"] == ["39"]
    assert client.waiting.conflated == 1
    hub.publish([_book(40)])
    (after,) = _split(client.waiting.take())[1]
    assert (after.kind, after.sequence) == ("book_update", latest.sequence + 1)


def test_a_full_queue_of_events_makes_a_book_come_whole() -> None:
    hub, client = _hub(LiveSettings(max_waiting_frames=4))
    hub.subscribe(client, BOOK, is_binary=True)
    hub.subscribe(client, TopicKey(*TRADES.values()), is_binary=True)
    hub.publish([_book(1)])
    client.waiting.take()
    hub.publish([_book(2), *_events(5, 0), _book(3), *_events(5, 5), *_events(5, 10)])
    hub.publish([*_events(5, 15), _book(4)])
    words, data = _split(client.waiting.take())
    assert data[0].kind == "book_snapshot"
    assert data[0].columns["price"] == ["4"]
    told = [frame for frame in data if frame.kind == "trades"]
    assert [each["skipped"] for each in words if each["op"] == "skipped"] == [
        20 - sum(frame.rows for frame in told)
    ]


def test_the_best_prices_are_only_ever_the_latest() -> None:
    hub, client = _hub(LiveSettings())
    key = BOOK._replace(type="bbo")
    hub.subscribe(client, key, is_binary=True)
    hub.publish([BookState(key, _book(price).book) for price in range(1, 30)])
    _, (only,) = _split(client.waiting.take())
    assert (only.kind, only.sequence) == ("bbo", 29)
    assert only.columns["bid_price"] == ["29"]


def test_a_client_that_asks_without_reading_the_answers_is_noticed() -> None:
    client = Waiting(LiveSettings())
    for _ in range(5_000):
        client.say({"op": "pong"})
    assert client.is_flooded
    assert len(client.take()) < 5_000


def _hub(settings: LiveSettings) -> tuple[Hub, Client]:
    hub, client = Hub(settings), Client(settings, PlainLine(is_clear=False))
    hub.join(client)
    client.waiting.take()
    return hub, client


def _events(count: int, first: int) -> list[Publication]:
    rows = trade_rows(count, first)
    return [EventBatch(TopicKey(*TRADES.values()), rows, trades(rows))]


def _book(price: int) -> BookState:
    bids = Side(np.array([price], np.int64), np.array([1], np.int64))
    return BookState(BOOK, ShownBook(True, bids, Side(), 0, 0, price, None, 0))


def _taken(client: Client) -> tuple[int, int]:
    words, data = _split(client.waiting.take())
    return sum(frame.rows for frame in data), sum(each["skipped"] for each in words)


def _split(taken: Sequence[Part]) -> tuple[list[dict[str, Any]], list[Any]]:
    sent, _ = messages(b"".join(envelopes(taken, 262_144)))
    words = [json.loads(content) for opcode, content in sent if opcode == 1]
    data = [frame for opcode, content in sent if opcode == 2 for frame in frames(content)]
    return words, data


async def _flood_until(
    server: Serving, condition: Callable[[], bool], each: Callable[[], object] | None = None
) -> None:
    count = 0
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            server.publish(trade_rows(100, count))
            count += 100
            if each is not None:
                await asyncio.to_thread(each)
            await asyncio.sleep(0.001)
