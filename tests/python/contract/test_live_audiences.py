"""Clients that listen to the same are sent the same bytes; who falls behind misses nothing."""

import json
from itertools import groupby
from typing import Any

import pytest

from tapeline.api.live.client import Client
from tapeline.api.live.frames import trades
from tapeline.api.live.hub import Hub
from tapeline.api.live.line import envelopes
from tapeline.api.live.publications import EventBatch
from tapeline.api.live.topics import TopicKey
from tests.python.live_frames import Frame, frames
from tests.python.live_lines import PlainLine
from tests.python.live_serving import trade_rows
from tests.python.slow_clients import messages

KEYS = [TopicKey("trade", "binance", "spot", symbol) for symbol in ("BTC/USDT", "ETH/USDT")]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
@pytest.mark.parametrize("kind", [bytes, str])
def test_a_message_is_what_a_websocket_reader_takes_it_for(size: int, kind: type) -> None:
    content = b"x" * size
    part = content if kind is bytes else content.decode()
    (made,) = envelopes([part], 1_000)
    assert messages(made) == ([(2 if kind is bytes else 1, content)], len(made))


def test_frames_are_joined_up_to_a_size_and_texts_stand_alone() -> None:
    made = envelopes([b"a" * 8, b"b" * 8, "{}", b"c" * 8, b"d" * 8, b"e" * 8, b"f" * 40], 16)
    assert [messages(each)[0] for each in made] == [
        [(2, b"a" * 8 + b"b" * 8)],
        [(1, b"{}")],
        [(2, b"c" * 8 + b"d" * 8)],
        [(2, b"e" * 8)],
        [(2, b"f" * 40)],
    ]


def test_those_who_listen_to_the_same_are_sent_one_message_with_all_of_a_step() -> None:
    hub = Hub()
    both = [_client(hub, KEYS) for _ in range(3)]
    (other_line,) = [_client(hub, KEYS[:1])]
    (text_line,) = [_client(hub, KEYS, is_binary=False)]
    hub.publish([_events(key, 3, 0) for key in KEYS])
    (message,) = both[0].written
    assert [frame.channel for frame in _frames(message)] == [1, 2]
    # Not equal alone: the same object, which is made once.
    assert all(line.written[0] is message for line in both)
    assert [frame.channel for frame in _frames(other_line.written[0])] == [1]
    assert [json.loads(messages(each)[0][0][1])["channel"] for each in text_line.written] == [1, 2]


def test_who_is_blocked_for_a_while_gets_every_event_in_order() -> None:
    hub = Hub()
    line, steady = _client(hub, KEYS), _client(hub, KEYS)
    for step in range(30):
        if step % 10 == 3:
            line.is_clear = False
        if step % 10 == 7:
            line.clear()
        hub.publish([_events(key, 2, 2 * step) for key in KEYS])
    for each in (line, steady):
        told = [frame for message in each.written for frame in _frames(message)]
        told.sort(key=lambda frame: frame.channel)
        for _, of_channel in groupby(told, lambda frame: frame.channel):
            found = list(of_channel)
            assert [frame.sequence for frame in found] == list(range(1, 31))
            numbers = [int(number) for frame in found for number in frame.columns["quantity"]]
            assert numbers == list(range(60))
    # Four steps waited, and went out together.
    assert len(steady.written) - len(line.written) == 3 * 3


def test_who_subscribes_to_more_hears_of_both_and_who_gives_up_of_none() -> None:
    hub = Hub()
    line = PlainLine()
    client = Client(hub.settings, line)
    hub.join(client)
    topics = [hub.subscribe(client, key, is_binary=True) for key in KEYS]
    line.written.clear()
    hub.publish([_events(key, 1, 0) for key in KEYS])
    hub.unsubscribe(client, topics[0])
    hub.publish([_events(key, 1, 1) for key in KEYS])
    hub.leave(client, topics[1:])
    hub.publish([_events(key, 1, 2) for key in KEYS])
    channels = [[frame.channel for frame in _frames(message)] for message in line.written]
    assert channels == [[1, 2], [2]]
    assert hub.wanted == frozenset()


def _client(hub: Hub, keys: list[TopicKey], *, is_binary: bool = True) -> PlainLine:
    line = PlainLine()
    client = Client(hub.settings, line)
    hub.join(client)
    for key in keys:
        hub.subscribe(client, key, is_binary=is_binary)
    line.written.clear()
    return line


def _events(key: TopicKey, count: int, first: int) -> EventBatch:
    rows: Any = trade_rows(count, first, symbol=key.symbol)
    return EventBatch(key, rows, trades(rows))


def _frames(envelope: bytes) -> list[Frame]:
    ((opcode, content),), _ = messages(envelope)
    assert opcode == 2
    return list(frames(content))
