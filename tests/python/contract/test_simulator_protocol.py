"""The simulator speaks the venue's protocol: paths, forms, requests, limits, TLS."""

import asyncio
import gzip
import json
import os
import socket
import ssl
import struct
from pathlib import Path

import orjson
import pytest
import trustme
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tapeline.errors import ArgumentError, TapeError
from tapeline.simulator.server import Outcome
from tapeline.simulator.venue import Limits
from tapeline.tape import TapeFrame, TapeReader
from tapeline.telemetry.clock import SystemClock
from tests.python.contract.simulator_client import (
    START_NS,
    TIMEOUT_S,
    URL,
    Heard,
    ids,
    listen,
    read_all,
    serving,
    tape,
    trade,
)

CAPTURES = Path(os.environ.get("TAPELINE_CAPTURES", "../shared/captures"))
ALL = "btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms"
BTC = "/stream?streams=btcusdt@trade"
CLOCK = SystemClock()


async def test_a_combined_client_gets_the_recorded_bytes_in_order() -> None:
    frames = tape(2_000)
    async with serving(frames) as running:
        heard = await listen(running.url + BTC)
        assert await running.outcome() == Outcome(is_whole=True, is_read=True)
    assert heard.frames == [frame.raw for frame in frames]
    assert heard.code == 1001
    assert running.stream()["sent"] == running.stream()["distinct_sent"] == 2_000


async def test_a_raw_client_gets_the_message_without_the_wrapper() -> None:
    frames = tape(3)
    async with serving(frames) as running:
        heard = await listen(running.url + "/ws/btcusdt@trade")
    prefix = b'{"stream":"btcusdt@trade","data":'
    assert heard.frames == [frame.raw.removeprefix(prefix)[:-1] for frame in frames]


async def test_a_bare_recording_is_wrapped_for_a_combined_client() -> None:
    bare = [
        b'{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"1","q":"1","T":1,"m":true}',
        b'{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"1","A":"1"}',
        b'{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[],"a":[]}',
    ]
    frames = [TapeFrame(None, "wss://host/ws", "ws", raw) for raw in bare]
    async with serving(frames) as running:
        heard = await listen(f"{running.url}/stream?streams={ALL}")
    names = ["btcusdt@trade", "btcusdt@bookTicker", "btcusdt@depth@100ms"]
    assert heard.frames == [
        b'{"stream":"%b","data":%b}' % (name.encode(), raw)
        for name, raw in zip(names, bare, strict=True)
    ]


async def test_only_subscribed_streams_are_sent_and_answers_are_acks() -> None:
    frames = tape(50, ("BTCUSDT", "ETHUSDT"))
    async with serving(frames) as running, connect(running.url + "/ws", proxy=None) as client:
        request = {"method": "SUBSCRIBE", "params": ["ethusdt@trade", "nosuch@trade"], "id": 7}
        await client.send(json.dumps(request))
        assert await client.recv() == '{"result":null,"id":7}'
        heard = Heard()
        await read_all(client, heard)
    assert ids(heard.frames, "ETHUSDT") == list(range(1, 51))
    assert len(heard.frames) == 50
    assert running.stream()["not_sent"] == 50
    assert running.simulator.ledger.summary()["control_by_kind"] == {"ack": 1}


async def test_requests_are_answered_in_the_venues_form() -> None:
    asked_and_answered = [
        (
            '{"method":"SUBSCRIBE","params":["a@trade","b@trade"],"id":1}',
            {"result": None, "id": 1},
        ),
        ('{"method":"LIST_SUBSCRIPTIONS","id":2}', {"result": ["a@trade", "b@trade"], "id": 2}),
        ('{"method":"UNSUBSCRIBE","params":["a@trade"],"id":"x"}', {"result": None, "id": "x"}),
        ('{"method":"LIST_SUBSCRIPTIONS","id":3}', {"result": ["b@trade"], "id": 3}),
        ('{"method":"GET_PROPERTY","params":["combined"],"id":4}', {"result": False, "id": 4}),
        (
            '{"method":"SET_PROPERTY","params":["combined",true],"id":5}',
            {"result": None, "id": 5},
        ),
        ('{"method":"GET_PROPERTY","params":["combined"],"id":6}', {"result": True, "id": 6}),
    ]
    limits = Limits(client_messages_per_s=100)
    async with (
        serving(tape(1), limits=limits) as running,
        connect(running.url + "/ws", proxy=None) as client,
    ):
        for asked, answered in asked_and_answered:
            await client.send(asked)
            assert orjson.loads(await client.recv()) == answered


@pytest.mark.parametrize(
    ("request_text", "code", "said"),
    [
        ("{nope", 3, "Invalid JSON"),
        ("[]", 2, "missing field `method`"),
        ('{"method":"JUMP","id":1}', 2, "unknown variant `JUMP`"),
        ('{"method":"SUBSCRIBE","id":1}', 2, "missing field `params`"),
        ('{"method":"SUBSCRIBE","params":["BTCUSDT"],"id":1}', 2, "invalid stream"),
        ('{"method":"SUBSCRIBE","params":["a@trade"],"id":-1}', 2, "unsigned integer"),
        ('{"method":"SET_PROPERTY","params":["combined",1],"id":1}', 1, "expected Boolean"),
        ('{"method":"GET_PROPERTY","params":["zip"],"id":1}', 0, "Unknown property"),
    ],
)
async def test_a_bad_request_gets_an_error(request_text: str, code: int, said: str) -> None:
    async with serving(tape(1)) as running, connect(running.url + "/ws", proxy=None) as client:
        await client.send(request_text)
        error = orjson.loads(await client.recv())["error"]
    assert error["code"] == code
    assert said in error["msg"]
    assert running.simulator.ledger.summary()["control_by_kind"] == {"error": 1}


async def test_too_many_streams_are_refused() -> None:
    names = [f"s{number}@trade" for number in range(1_025)]
    async with serving(tape(1)) as running, connect(running.url + "/ws", proxy=None) as client:
        await client.send(json.dumps({"method": "SUBSCRIBE", "params": names, "id": 1}))
        assert orjson.loads(await client.recv())["error"]["msg"].endswith("too many parameters")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nowhere", 404), ("/ws/BTCUSDT@trade", 400), ("/stream?streams=a@trade&timeUnit=S", 400)],
)
async def test_a_wrong_address_is_refused(path: str, status: int) -> None:
    async with serving(tape(1)) as running:
        with pytest.raises(InvalidStatus) as refused:
            await connect(running.url + path, proxy=None)
    assert refused.value.response.status_code == status


async def test_a_client_that_asks_too_fast_is_disconnected() -> None:
    async with serving(tape(1)) as running, connect(running.url + "/ws", proxy=None) as client:
        for _ in range(6):
            await client.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
        await read_all(client, Heard())
        assert client.close_code == 1008


async def test_a_connection_ends_at_its_age() -> None:
    limits = Limits(connection_s=0.05)
    async with serving(tape(1), limits=limits) as running:
        heard = await listen(running.url + "/ws")
    assert heard.code == 1001


async def test_a_client_that_answers_no_ping_is_disconnected() -> None:
    limits = Limits(ping_interval_s=0.05, pong_timeout_s=0.1)
    async with serving(tape(1), limits=limits) as running:
        reader, writer = await _raw_connection(running.url, "/ws")
        received = await asyncio.wait_for(reader.readuntil(b"Pong timeout"), TIMEOUT_S)
        writer.close()
    assert received[0] == 0x89
    assert received.endswith(struct.pack("!H", 1008) + b"Pong timeout")


async def test_the_servers_pings_are_answered_and_the_connection_stays() -> None:
    limits = Limits(ping_interval_s=0.02, pong_timeout_s=1.0)
    async with serving(tape(1), limits=limits) as running, connect(running.url + "/ws", proxy=None):
        await asyncio.sleep(2.0)
        assert not running.simulator.ledger.connections


async def test_microseconds_are_the_recorded_milliseconds_times_1000() -> None:
    frames = tape(1)
    async with serving(frames) as running:
        heard = await listen(running.url + BTC + "&timeUnit=MICROSECOND")
    expected = frames[0].raw.replace(b"1723161255343", b"1723161255343000")
    assert heard.frames == [expected.replace(b"1723161255342", b"1723161255342000")]


async def test_milliseconds_of_a_microsecond_tape_are_cut() -> None:
    frames = [TapeFrame(START_NS, URL, "ws", trade("BTCUSDT", 1, 1_723_161_255_343_999))]
    async with serving(frames) as running:
        heard = await listen(running.url + BTC + "&timeUnit=MILLISECOND")
    assert heard.frames == [trade("BTCUSDT", 1, 1_723_161_255_343).replace(b"342", b"343")]


async def test_damaged_frames_of_the_tape_reach_every_client_and_http_lines_none() -> None:
    damaged = [b'{"stream":"btcusdt@trade","data":{"e":"tr', b"not json", b"\xff\xfe"]
    frames = [TapeFrame(START_NS, URL, "ws", raw) for raw in (trade("BTCUSDT", 1), *damaged)]
    frames.append(TapeFrame(START_NS, "https://host/api/v3/depth", "http", b"{}"))
    frames.append(TapeFrame(START_NS, URL, "ws", b'{"result":null,"id":1}'))
    async with serving(frames) as running:
        heard = await listen(running.url + BTC)
    assert heard.frames == [trade("BTCUSDT", 1), *damaged]
    assert running.simulator.ledger.summary()["not_replayed"] == {"answer": 1, "http": 1}


async def test_every_client_gets_every_frame() -> None:
    frames = tape(5_000, step_ns=40_000)
    async with serving(frames, speed=1.0, clients=2) as running:
        first, second = await asyncio.gather(*(listen(running.url + BTC) for _ in range(2)))
    assert ids(first.frames) == ids(second.frames) == list(range(1, 5_001))
    stream = running.stream()
    assert stream["distinct_sent"] == 5_000
    assert stream["sent"] == len(first.frames) + len(second.frames)


async def test_the_tape_keeps_its_speed_and_waits_for_a_client() -> None:
    loop = asyncio.get_running_loop()
    # Twenty seconds of tape, in a quarter of one.
    async with serving(tape(11, step_ns=2_000_000_000), speed=80.0) as running:
        await asyncio.sleep(0.1)
        began = loop.time()
        heard = await listen(running.url + BTC)
        took = loop.time() - began
    assert ids(heard.frames) == list(range(1, 12))
    assert 0.2 < took < 15.0


def of_now(step_ms: int = 100) -> list[TapeFrame]:
    """Return ten trades of the last hours and ten that are some time apart from about now on."""
    now_ns = CLOCK.wall_ns()
    hours, steps = range(-10, 0), range(1, 11)
    times = [now_ns + hour * 3_600_000_000_000 for hour in hours]
    times += [now_ns + step * step_ms * 1_000_000 for step in steps]
    return [
        TapeFrame(time_ns, frame.url, "ws", frame.raw)
        for time_ns, frame in zip(times, tape(20), strict=True)
    ]


async def test_a_live_tape_is_sent_when_its_times_come_and_what_is_late_at_once() -> None:
    frames = of_now()
    arrived: list[int] = []
    async with serving(frames, is_live=True) as running:
        async with connect(running.url + BTC, proxy=None, max_queue=None) as client:
            while len(arrived) < len(frames):
                await client.recv(decode=False)
                arrived.append(CLOCK.wall_ns())
        outcome = await running.outcome()
    assert outcome.is_whole
    assert running.stream()["sent"] == len(frames)
    # That the late ones came at all says that they were not waited for: they are hours apart.
    early = [
        frame for at_ns, frame in zip(arrived, frames, strict=True) if at_ns < (frame.recv_ns or 0)
    ]
    assert early == []


async def test_a_live_tape_begins_with_what_is_not_late_when_that_is_wanted() -> None:
    async with serving(of_now(300), is_live=True, skips_late=True) as running:
        heard = await listen(running.url + BTC)
        await running.outcome()
    got = ids(heard.frames)
    assert got == list(range(got[0], 21))
    assert got[0] > 10
    assert running.stream()["sent"] == len(got)


async def test_a_client_that_leaves_gets_its_close_answered_and_the_tape_waits() -> None:
    async with serving(tape(3_000, step_ns=1_000_000), speed=1.0) as running:
        got: list[bytes] = []
        async with connect(running.url + BTC, proxy=None, max_queue=None) as client:
            while len(got) < 500:
                got.append(await client.recv(decode=False))
            await client.close()
            rest = Heard()
            await read_all(client, rest)
            got += rest.frames
        assert client.close_code == 1000
        position = running.simulator.player.position
        await asyncio.sleep(0.1)
        assert running.simulator.player.position == position < 3_000
        rest = await listen(running.url + BTC)
    assert ids(got + rest.frames) == list(range(1, 3_001))


async def test_without_once_it_stays_and_sends_nothing_more() -> None:
    async with serving(tape(3), is_once=False) as running:
        heard = await listen(running.url + BTC, quiet_s=0.2)
        assert ids(heard.frames) == [1, 2, 3]
        assert (await listen(running.url + BTC, quiet_s=0.1)).frames == []


async def test_it_serves_tls_that_verifies(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(pem.bytes() for pem in certificate.cert_chain_pems))
    key.write_bytes(certificate.private_key_pem.bytes())
    context = ssl.create_default_context()
    authority.configure_trust(context)
    frames = tape(5_000)
    async with serving(frames, tls_certificate=chain, tls_key=key) as running:
        assert running.url.startswith("wss://127.0.0.1:")
        heard = await listen(running.url + BTC, tls=context)
    assert heard.frames == [frame.raw for frame in frames]
    assert heard.code == 1001


async def test_a_taken_port_is_an_error() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ArgumentError, match="cannot listen"),
    ):
        async with serving(tape(1), port=taken.getsockname()[1]):
            pass


def test_a_tape_without_frames_is_an_error(tmp_path: Path) -> None:
    from tapeline.simulator.binance.spot import BinanceSpot
    from tapeline.simulator.reel import Reel

    (tmp_path / "t.jsonl").write_bytes(b"")
    with pytest.raises(TapeError, match="no frame"):
        Reel.load([tmp_path / "t.jsonl"], BinanceSpot())


async def test_a_recorded_session_arrives_byte_for_byte() -> None:
    path = CAPTURES / "binance_spot_btcusdt_20240808.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no recordings in {CAPTURES} (set TAPELINE_CAPTURES)")
    recorded = list(TapeReader(path))
    with gzip.open(path, "rt") as lines:
        expected = [json.loads(line) for line in lines]
    texts = [one["raw"].encode() for one in expected if one["kind"] == "ws"]
    async with serving(recorded) as running:
        heard = await listen(f"{running.url}/stream?streams={ALL}")
    assert heard.frames == texts
    assert running.simulator.ledger.summary()["not_replayed"] == {"http": 1}


async def _raw_connection(url: str, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = url.removeprefix("ws://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    return reader, writer
