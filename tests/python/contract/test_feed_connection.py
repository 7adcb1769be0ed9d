"""The connection contract, over both libraries and real sockets."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import trustme

from tapeline.adapters.connection.dialect import StreamKey
from tapeline.adapters.connection.inbox import BYTES_HIGH, Inbox
from tapeline.adapters.connection.picows_client import dial_picows
from tapeline.adapters.connection.ports import (
    Closure,
    Connection,
    Dial,
    DialOptions,
    HandshakeError,
)
from tapeline.adapters.connection.websockets_client import dial_websockets
from tapeline.errors import ConnectError
from tapeline.telemetry.clock import SystemClock
from tests.fakes.websocket_venue import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    Peer,
    eventually,
    frame,
    venue,
)

CLOCK = SystemClock()
OPTIONS = DialOptions(wall_ns=CLOCK.wall_ns, open_timeout_s=60.0)


class Client:
    """Takes what a connection delivers."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        self.frames: list[bytes] = []
        self.stamps: list[int] = []
        self.closures: list[Closure] = []
        self.pressure: list[bool] = []
        self.takes = True
        self.inbox = Inbox(self, self.ready, self.pressed)
        self.connection: Connection | None = None

    def control(self, kind: str, text: str) -> None: ...

    def judged(
        self, frames: int, quarantined: int, control: int, *, events: int = 0, duplicates: int = 0
    ) -> None: ...

    def heard(self, streams: Iterable[StreamKey]) -> None: ...

    def ready(self, inbox: Inbox) -> None:
        if self.takes:
            asyncio.get_running_loop().call_soon(self.take)

    def take(self) -> None:
        frames, stamps = self.inbox.take(1_000_000)
        self.frames += frames
        self.stamps += stamps

    def pressed(self, is_high: bool) -> None:
        self.pressure.append(is_high)
        if self.connection is not None:
            (self.connection.pause_reading if is_high else self.connection.resume_reading)()

    async def open(
        self, port: int, options: DialOptions = OPTIONS, scheme: str = "ws", host: str = "127.0.0.1"
    ) -> Connection:
        url = f"{scheme}://{host}:{port}/ws/btcusdt@trade"
        self.connection = await self._dial(url, self.inbox, self.closures.append, options)
        return self.connection


@pytest.fixture(params=[dial_websockets, dial_picows], ids=["websockets", "picows"])
def client(request: pytest.FixtureRequest) -> Client:
    return Client(request.param)


async def test_frames_arrive_in_order_with_stamps_of_their_arrival(client: Client) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        for number in range(1_000):
            peer.send(f"frame {number}")
        await peer.serve_control()

    before_ns = CLOCK.wall_ns()
    async with venue(script) as fake:
        await client.open(fake.port)
        await eventually(lambda: len(client.frames) == 1_000)
        assert fake.peers[0].path == "/ws/btcusdt@trade"
    assert client.frames == [f"frame {number}".encode() for number in range(1_000)]
    assert client.stamps == sorted(client.stamps)
    assert before_ns <= client.stamps[0] <= client.stamps[-1] <= CLOCK.wall_ns()
    assert all(type(each) is bytes for each in client.frames)


async def test_a_frame_in_the_segment_of_the_handshake_answer_is_kept(client: Client) -> None:
    async def script(peer: Peer) -> None:
        peer.accept(frame("first") + frame("second"))
        await peer.serve_control()

    async with venue(script) as fake:
        await client.open(fake.port)
        await eventually(lambda: client.frames == [b"first", b"second"])


async def test_a_frame_that_arrives_byte_by_byte_is_whole(client: Client) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        for byte in frame("x" * 300):
            peer.write(bytes([byte]))
            await peer.drain()
        await peer.serve_control()

    async with venue(script) as fake:
        await client.open(fake.port)
        await eventually(lambda: client.frames == [b"x" * 300])


async def test_fragments_are_joined_and_may_have_pings_between(client: Client) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        peer.send("one ", fin=False)
        peer.send("are you there", PING)
        peer.send("message", CONT)
        peer.send(b"\xff\xfe", BINARY)
        await peer.serve_control()

    async with venue(script) as fake:
        await client.open(fake.port)
        await eventually(lambda: client.frames == [b"one message", b"\xff\xfe"])
        await eventually(lambda: (PONG, b"are you there") in fake.peers[0].received)


async def test_text_that_is_no_utf8_is_delivered_and_not_fatal(client: Client) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        peer.send(b"\xff\xfe not utf-8")
        peer.send("fine")
        await peer.serve_control()

    async with venue(script) as fake:
        await client.open(fake.port)
        await eventually(lambda: client.frames == [b"\xff\xfe not utf-8", b"fine"])
        assert not client.closures


async def test_our_ping_is_answered_and_the_pong_noticed(client: Client) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        await peer.serve_control()

    async with venue(script) as fake:
        connection = await client.open(fake.port)
        assert connection.last_heartbeat_ns == 0
        connection.ping()
        await eventually(lambda: connection.last_heartbeat_ns > 0)
        assert fake.peers[0].received[0][0] == PING
    assert client.frames == []


async def test_a_ping_of_the_server_is_answered_and_noticed(client: Client) -> None:
    answers: list[tuple[int, bytes]] = []

    async def script(peer: Peer) -> None:
        peer.accept()
        for payload in (b"1770000000000", b""):
            peer.send(payload, PING)
            answers.append(await peer.read())
        await peer.read()

    async with venue(script) as fake:
        connection = await client.open(fake.port)
        await eventually(lambda: len(answers) == 2)
        assert answers == [(PONG, b"1770000000000"), (PONG, b"")]
        assert connection.last_heartbeat_ns > 0


async def test_text_messages_go_out(client: Client) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        await peer.serve_control()

    async with venue(script) as fake:
        connection = await client.open(fake.port)
        connection.send_text('{"method":"SUBSCRIBE"}')
        await eventually(lambda: (1, b'{"method":"SUBSCRIBE"}') in fake.peers[0].received)


async def test_closing_delivers_every_frame_sent_before_the_servers_answer(client: Client) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        while (await peer.read())[0] != CLOSE:
            pass
        for number in range(5_000):
            peer.send(f"late {number}")
        peer.close()
        await peer.drain()
        peer.hang_up()

    async with venue(script) as fake:
        connection = await client.open(fake.port)
        connection.start_close()
        async with asyncio.timeout(60):
            await connection.wait_closed()
        client.take()
    assert len(client.frames) == 5_000
    assert client.frames[-1] == b"late 4999"
    assert [each.code for each in client.closures] == [1000]
    assert connection.closure == client.closures[0]


@pytest.mark.parametrize("code", [1001, 1008, 1011, 1012, 1013])
async def test_the_servers_close_code_and_reason_are_told(client: Client, code: int) -> None:
    async def script(peer: Peer) -> None:
        peer.accept(frame("last"))
        peer.close(code, "because")
        await peer.read()
        peer.hang_up()

    async with venue(script) as fake:
        await client.open(fake.port)
        await eventually(lambda: client.closures)
        await eventually(lambda: [each[0] for each in fake.peers[0].received] == [CLOSE])
    assert client.closures == [Closure(code, "because")]
    assert client.frames == [b"last"]


@pytest.mark.parametrize("end", [Peer.abort, Peer.hang_up], ids=["reset", "fin"])
async def test_an_end_without_close_frame_is_1006(
    client: Client, end: Callable[[Peer], None]
) -> None:
    async def script(peer: Peer) -> None:
        peer.accept(frame("last"))
        await peer.read()
        end(peer)

    async with venue(script) as fake:
        connection = await client.open(fake.port)
        await eventually(lambda: client.frames == [b"last"])
        connection.send_text("go")
        await eventually(lambda: client.closures)
    assert client.closures[0].code == 1006


async def test_a_message_over_the_limit_ends_the_connection_with_1009(client: Client) -> None:
    options = DialOptions(wall_ns=CLOCK.wall_ns, frame_bytes_max=1_000)

    async def script(peer: Peer) -> None:
        peer.accept()
        peer.send("y" * 1_000)
        peer.send("x" * 1_001)
        await peer.read()
        peer.hang_up()

    async with venue(script) as fake:
        await client.open(fake.port, options)
        await eventually(lambda: client.closures)
    assert client.frames == [b"y" * 1_000]
    assert client.closures[0].code == 1009


async def test_fragments_over_the_limit_end_the_connection_with_1009(client: Client) -> None:
    options = DialOptions(wall_ns=CLOCK.wall_ns, frame_bytes_max=1_000)

    async def script(peer: Peer) -> None:
        peer.accept()
        peer.send("x" * 600, fin=False)
        peer.send("x" * 600, CONT)
        await peer.read()
        peer.hang_up()

    async with venue(script) as fake:
        await client.open(fake.port, options)
        await eventually(lambda: client.closures)
    assert client.frames == []
    assert client.closures[0].code == 1009


@pytest.mark.parametrize("status", [302, 400, 403, 404, 418, 429, 451, 500, 503])
async def test_an_http_answer_is_a_handshake_error_with_status_and_retry_after(
    client: Client, status: int
) -> None:
    async def script(peer: Peer) -> None:
        peer.reject(status, "Retry-After: 7\r\nLocation: ws://127.0.0.1:1/\r\n")

    async with venue(script) as fake:
        with pytest.raises(HandshakeError) as caught:
            await client.open(fake.port)
    assert (caught.value.status, caught.value.retry_after_s) == (status, 7.0)
    assert caught.value.retryable
    assert not client.closures


async def test_no_server_is_a_connect_error(client: Client) -> None:
    # Nobody listens, and nobody else can: the port is taken.
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with pytest.raises(ConnectError, match=f"cannot connect to ws://127.0.0.1:{port}"):
            await client.open(port)


async def test_a_silent_server_is_a_connect_error_after_the_timeout(client: Client) -> None:
    async def script(peer: Peer) -> None:
        await peer.is_gone.wait()

    options = DialOptions(wall_ns=CLOCK.wall_ns, open_timeout_s=0.2)
    async with venue(script) as fake:
        with pytest.raises(ConnectError, match="cannot connect"):
            await client.open(fake.port, options)


async def test_a_page_instead_of_a_handshake_is_a_connect_error(client: Client) -> None:
    async def script(peer: Peer) -> None:
        peer.write(b"<html>blocked</html>\r\n\r\n")
        peer.hang_up()

    async with venue(script) as fake:
        with pytest.raises(ConnectError):
            await client.open(fake.port)


async def test_abort_does_not_wait_for_a_frozen_server(client: Client) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        await peer.is_gone.wait()

    async with venue(script) as fake:
        connection = await client.open(fake.port)
        connection.abort()
        async with asyncio.timeout(30):
            await connection.wait_closed()
        assert client.closures[0].code == 1006
        connection.send_text("ignored")
        connection.ping()
        connection.pause_reading()
        connection.resume_reading()
        connection.start_close()


async def test_reading_pauses_at_the_high_water_mark_and_nothing_is_lost(client: Client) -> None:
    total = 400_000

    async def script(peer: Peer) -> None:
        peer.accept()
        for number in range(total):
            peer.send(f"frame {number}")
            if number % 1_000 == 0:
                await peer.drain()
        await peer.serve_control()

    client.takes = False
    async with venue(script) as fake:
        await client.open(fake.port)
        await eventually(lambda: client.pressure == [True])
        seen = len(client.inbox)
        assert seen < total
        client.takes = True
        client.take()
        assert client.pressure[:2] == [True, False]
        await eventually(lambda: len(client.frames) == total, 120)
    assert client.frames == [f"frame {number}".encode() for number in range(total)]


def test_the_byte_mark_pauses_too() -> None:
    client = Client(dial_websockets)
    client.takes = False
    for _ in range(3):
        client.inbox.put(bytes(BYTES_HIGH // 2), 1)
    assert client.pressure == [True]
    client.inbox.take(2)
    assert client.pressure == [True]
    client.inbox.take(2)
    assert client.pressure == [True, False]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def _server_context(authority: trustme.CA, host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


async def test_wss_with_the_right_authority_works(
    client: Client, authority: trustme.CA, tmp_path: Path
) -> None:
    async def script(peer: Peer) -> None:
        peer.accept(frame("secret"))
        await peer.serve_control()

    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    options = DialOptions(wall_ns=CLOCK.wall_ns, tls=trusted)
    async with venue(script, tls=_server_context(authority, "localhost")) as fake:
        await client.open(fake.port, options, "wss", "localhost")
        await eventually(lambda: client.frames == [b"secret"])


@pytest.mark.parametrize("fault", ["unknown authority", "wrong name"])
async def test_wss_refuses_a_certificate_it_cannot_verify(
    client: Client, authority: trustme.CA, fault: str
) -> None:
    trusted = ssl.create_default_context()
    if fault == "wrong name":
        authority.configure_trust(trusted)
    options = DialOptions(wall_ns=CLOCK.wall_ns, tls=trusted)
    name = "elsewhere.example" if fault == "wrong name" else "localhost"
    async with venue(Peer.serve_control, tls=_server_context(authority, name)) as fake:
        with pytest.raises(ConnectError, match="TLS with wss://localhost"):
            await client.open(fake.port, options, "wss", "localhost")
