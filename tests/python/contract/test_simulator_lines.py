"""Faults of lines and requests: handshakes, REST, silence, restarts, dead lines, lag, bursts."""

import asyncio
import contextlib
import json
import socket
import time
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tapeline.simulator.ledger import read_ledger
from tests.fakes.websocket_venue import eventually
from tests.python.contract.book_clients import get, http
from tests.python.contract.simulator_client import (
    Heard,
    Running,
    ids,
    listen,
    read_all,
    serving,
    tape,
)
from tests.python.contract.venue_tapes import binance, bybit, okx

BTC = "/stream?streams=btcusdt@trade"
DEPTH = "/api/v3/depth?symbol=BTCUSDT&limit=100"
COUNT = 1_000
#: 1,000 frames in one second.
PACED: dict[str, Any] = {"speed": 1.0, "is_once": False}


def lines(running: Running, tmp_path: Path, kind: str) -> list[dict[str, object]]:
    path = tmp_path / "ledger.jsonl"
    running.simulator.ledger.write(path)
    return [line for line in read_ledger(path) if line["type"] == kind]


@pytest.mark.parametrize("status", [403, 418, 429, 451, 500, 503])
async def test_handshakes_are_refused_so_often_and_then_taken(status: int, tmp_path: Path) -> None:
    async with serving(tape(10), f"handshake=2:{status}") as running:
        for _ in range(2):
            with pytest.raises(InvalidStatus) as refused:
                await connect(running.url + BTC, proxy=None).__aenter__()
            assert refused.value.response.status_code == status
        assert len((await listen(running.url + BTC)).frames) == 10
    assert [line["status"] for line in lines(running, tmp_path, "request")] == [status] * 2


async def test_a_redirect_leads_to_the_same_place() -> None:
    async with serving(tape(10), "handshake=1:307") as running:
        assert len((await listen(running.url + BTC)).frames) == 10


async def test_a_handshake_can_be_slow() -> None:
    async with serving(tape(10), "slow_handshake=1:0.4") as running:
        begun = time.monotonic()
        assert len((await listen(running.url + BTC)).frames) == 10
    assert time.monotonic() - begun > 0.4


async def test_the_first_frame_can_come_with_the_handshakes_answer() -> None:
    async with serving(tape(3), "glued=1", is_once=False) as running:
        first = await asyncio.to_thread(first_segment, running.url)
        assert first.startswith(b"HTTP/1.1 101")
        assert b'"t":1,' in first.partition(b"\r\n\r\n")[2]


def first_segment(url: str) -> bytes:
    host, port = url.removeprefix("ws://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as client:
        client.sendall(
            f"GET {BTC} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        return client.recv(65_536)


async def test_rest_refuses_with_retry_after_then_answers(tmp_path: Path) -> None:
    frames = binance("spot").frames
    async with serving(frames, "rest=1:429/7", "rest=1:418", speed=0.1, is_once=False) as running:
        for status, seconds in ((429, "7"), (418, "1")):
            with pytest.raises(HTTPError) as refused:
                await asyncio.to_thread(get, http(running.url) + DEPTH)
            assert (refused.value.code, refused.value.headers["Retry-After"]) == (status, seconds)
            refused.value.close()
        reply = await asyncio.to_thread(get, http(running.url) + DEPTH)
    assert reply["lastUpdateId"] == 1_000
    noted = [line.get("fault") for line in lines(running, tmp_path, "request")]
    assert noted == ["rest", "rest", None]


async def test_rest_can_be_silent_and_a_snapshot_stale() -> None:
    frames = binance("spot").frames
    faults = ("rest_timeout=1:0.3", "rest_stale=1")
    async with serving(frames, *faults, speed=0.1, is_once=False) as running:
        begun = time.monotonic()
        with pytest.raises(OSError):  # noqa: PT011  (reset, or closed without an answer)
            await asyncio.to_thread(get, http(running.url) + DEPTH)
        assert time.monotonic() - begun > 0.3
        first_update = json.loads(frames[1].raw)["data"]["U"]
        stale = await asyncio.to_thread(get, http(running.url) + DEPTH)
        assert stale["lastUpdateId"] < first_update - 1
        good = await asyncio.to_thread(get, http(running.url) + DEPTH)
        assert good["lastUpdateId"] == 1_000


async def test_rest_connections_are_kept_alive() -> None:
    def twice(url: str) -> list[bytes]:
        import http.client

        client = http.client.HTTPConnection(url.removeprefix("ws://"), timeout=30)
        replies = []
        for _ in range(2):
            client.request("GET", "/api/v3/time")
            replies.append(client.getresponse().read())
        client.close()
        return replies

    async with serving(tape(3), is_once=False) as running:
        replies = await asyncio.to_thread(twice, running.url)
    assert all(b"serverTime" in reply for reply in replies)


async def test_one_silent_stream_comes_back_when_it_is_subscribed_again(tmp_path: Path) -> None:
    frames = tape(COUNT, ("BTCUSDT", "ETHUSDT"), step_ns=1_000_000)
    request = {"method": "SUBSCRIBE", "params": ["ethusdt@trade", "btcusdt@trade"], "id": 1}
    async with (
        serving(frames, "silence=1@101 on eth*", **PACED) as running,
        connect(running.url + "/stream", proxy=None, max_queue=None) as client,
    ):
        await client.send(json.dumps(request))
        heard = Heard()
        reading = asyncio.create_task(read_all(client, heard, 0.5))
        await eventually(lambda: len(ids(heard.frames)) > 100)
        assert ids(heard.frames, "ETHUSDT") == list(range(1, 51))
        await client.send(json.dumps(request))
        await reading
    got = ids(heard.frames, "ETHUSDT")
    assert got[-1] == COUNT
    missing = sorted(set(range(1, COUNT + 1)) - set(got))
    assert running.stream("ethusdt@trade")["gaps"] == [[missing[0], missing[-1]]]
    assert missing[0] == 51
    assert ids(heard.frames) == list(range(1, COUNT + 1))
    (fault,) = lines(running, tmp_path, "fault")
    assert fault["streams"] == ["ethusdt@trade"]


async def test_a_dead_line_cannot_come_back_at_once_and_the_other_misses_nothing(
    tmp_path: Path,
) -> None:
    # Of the tape's four seconds, two are left when the line may come back.
    frames = tape(COUNT, step_ns=4_000_000)
    async with serving(frames, "kill_line=2@100:1.5", clients=2, **PACED) as running:
        first = asyncio.create_task(listen(running.url + BTC, quiet_s=0.5))
        await eventually(running.simulator.player.live)
        second = await listen(running.url + BTC, quiet_s=0.5)
        begun = time.monotonic()
        with pytest.raises(InvalidStatus):
            await connect(running.url + BTC, proxy=None).__aenter__()
        third: Heard | None = None
        while third is None:
            with contextlib.suppress(InvalidStatus):
                third = await listen(running.url + BTC, quiet_s=0.5)
            await asyncio.sleep(0.02)
        assert time.monotonic() - begun > 0.3
        assert ids((await first).frames) == list(range(1, COUNT + 1))
    assert second.code == 1006
    assert len(ids(second.frames)) <= 99
    assert ids(third.frames)[-1] == COUNT
    assert running.stream()["gaps"] == []
    (fault,) = lines(running, tmp_path, "fault")
    assert (fault["kind"], fault["connection"], fault["refused_s"]) == ("kill_line", 2, 1.5)


async def test_a_storm_takes_all_lines_at_once(tmp_path: Path) -> None:
    frames = tape(COUNT, step_ns=500_000)
    async with serving(frames, "storm=1@500", clients=20, **PACED) as running:
        heard = await asyncio.gather(*(listen(running.url + BTC, quiet_s=2.0) for _ in range(20)))
    assert {one.code for one in heard} == {1006}
    assert all(len(one.frames) <= 499 for one in heard)
    faults = lines(running, tmp_path, "fault")
    assert sorted(line["connection"] for line in faults) == list(range(1, 21))  # type: ignore[type-var]


async def test_a_tape_that_runs_on_leaves_the_gap_its_ledger_names() -> None:
    # Of the tape's four seconds, two are left when the line may come back.
    frames = tape(COUNT, step_ns=4_000_000)
    faults = ("kill_line=1@200:1",)
    async with serving(frames, *faults, is_patient=False, **PACED) as running:
        before = ids((await listen(running.url + BTC, quiet_s=0.5)).frames)
        after: list[int] = []
        while not after:
            with contextlib.suppress(InvalidStatus):
                after = ids((await listen(running.url + BTC, quiet_s=0.5)).frames)
            await asyncio.sleep(0.01)
    # What was in flight at the reset is written but may not have arrived.
    (gap,) = running.stream()["gaps"]
    assert gap == [200, after[0] - 1]
    assert before == list(range(1, len(before) + 1))
    assert len(before) <= 199
    assert gap[1] - gap[0] > 100


async def test_every_second_line_lags_and_gets_the_same() -> None:
    frames = tape(COUNT, step_ns=1_000_000)
    async with (
        serving(frames, "lag=150", clients=2, speed=1.0) as running,
        connect(running.url + BTC, proxy=None, max_queue=None) as first,
        connect(running.url + BTC, proxy=None, max_queue=None) as second,
    ):
        early, late = await asyncio.gather(heard_at(first), heard_at(second))
    assert list(early) == list(late) == list(range(1, COUNT + 1))
    # At some frame: a machine that stands still may bring many of both lines at once.
    assert max(late[number] - early[number] for number in early) > 0.1


async def heard_at(client: ClientConnection) -> dict[int, float]:
    """Return when each frame of a whole tape came."""
    found: dict[int, float] = {}
    while len(found) < COUNT:
        (number,) = ids([await client.recv(decode=False)])
        found[number] = time.monotonic()
    return found


async def test_frames_lost_on_the_second_line_only_are_no_gap() -> None:
    async with serving(tape(COUNT), "second_line_drop=10%", clients=2) as running:
        both = await asyncio.gather(*(listen(running.url + BTC) for _ in range(2)))
    whole, thin = sorted((ids(heard.frames) for heard in both), key=len, reverse=True)
    assert whole == list(range(1, COUNT + 1))
    assert 50 < COUNT - len(thin) < 160
    assert running.stream()["gaps"] == []


async def test_a_burst_runs_the_tape_faster() -> None:
    frames = tape(COUNT, step_ns=40_000_000)
    async with serving(frames, "burst=1000@11:60", speed=1.0) as running:
        begun = time.monotonic()
        got = ids((await listen(running.url + BTC)).frames)
        took = time.monotonic() - begun
    assert got == list(range(1, COUNT + 1))
    # Without the burst it takes forty.
    assert 0.3 < took < 39


async def test_frame_faults_can_be_asked_for_on_one_stream() -> None:
    frames = tape(COUNT, ("BTCUSDT", "ETHUSDT"))
    path = BTC + "/ethusdt@trade"
    faults = ("drop=5% on ethusdt@*", "gap=7@100 on ethusdt@trade")
    async with serving(frames, *faults) as running:
        heard = await listen(running.url + path)
    assert ids(heard.frames) == list(range(1, COUNT + 1))
    assert running.stream()["dropped"] == 0
    assert running.stream("ethusdt@trade")["dropped"] > 30
    assert len(ids(heard.frames, "ETHUSDT")) == COUNT - running.stream("ethusdt@trade")["dropped"]


async def test_bybit_restarts_with_a_snapshot_of_update_1() -> None:
    tape_ = bybit("linear", 50)
    async with (
        serving(tape_.frames, "restart=1@21 on orderbook.*", of=("bybit", "linear")) as running,
        connect(running.url + "/v5/public/linear", proxy=None) as client,
    ):
        await client.send('{"op":"subscribe","args":["orderbook.50.BTCUSDT"]}')
        heard = Heard()
        await read_all(client, heard)
    messages = [m for m in map(orjson.loads, heard.frames) if "data" in m]
    assert [m["data"]["u"] for m in messages] == [*range(70, 90), *range(1, 32)]
    assert [i for i, m in enumerate(messages) if m["type"] == "snapshot"] == [0, 20]


async def test_okx_maintenance_resets_the_sequence_once() -> None:
    async with (
        serving(okx(50).frames, "restart=1@21 on books:*", of=("okx", "swap")) as running,
        connect(running.url + "/ws/v5/public", proxy=None) as client,
    ):
        arg = {"channel": "books", "instId": "BTC-USDT-SWAP"}
        await client.send(json.dumps({"op": "subscribe", "args": [arg]}))
        heard = Heard()
        await read_all(client, heard)
    elements = [m["data"][0] for m in map(orjson.loads, heard.frames) if "data" in m]
    falls = [i for i, e in enumerate(elements) if e["seqId"] < e["prevSeqId"]]
    assert falls == [20]
    for before, after in pairwise(elements):
        assert after["prevSeqId"] == before["seqId"]


async def test_okx_announces_a_shutdown_as_notice_64008() -> None:
    frames = okx(400).frames
    async with serving(frames, "shutdown=1@100:0.1", of=("okx", "swap"), speed=1.0) as running:
        async with connect(running.url + "/ws/v5/public", proxy=None) as client:
            arg = {"channel": "books", "instId": "BTC-USDT-SWAP"}
            await client.send(json.dumps({"op": "subscribe", "args": [arg]}))
            heard = Heard()
            await read_all(client, heard)
            assert client.close_code == 1001
        running.stop.set()
    notices = [m for m in map(orjson.loads, heard.frames) if m.get("event") == "notice"]
    assert [notice["code"] for notice in notices] == ["64008"]
