"""Names that are remembered, packets that are sent at once, and compression by setting."""

import asyncio
import socket
from collections.abc import Iterable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tapeline.adapters.connection.clients import Client, dial_with
from tapeline.adapters.connection.dialect import StreamKey
from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.ports import Closure, DialOptions
from tapeline.adapters.connection.sockets import Names, open_socket
from tapeline.errors import SettingsError
from tapeline.telemetry.clock import SystemClock
from tests.fakes.websocket_venue import eventually

NS = 1_000_000_000


class Clock:
    ns = 0

    def __call__(self) -> int:
        return self.ns


class Resolver:
    """Stands for the resolver of the operating system, which cannot be told to fail."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_down = self.is_hanging = False
        self.address = "127.0.0.1"

    async def __call__(self, host: str, port: int, **_: Any) -> list[Any]:  # noqa: ANN401
        self.asked += 1
        if self.is_hanging:
            await asyncio.sleep(60)
        if self.is_down:
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (self.address, port))]


@pytest.fixture
async def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    found = Resolver()
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
    return found


async def test_a_name_is_asked_once_a_minute_and_kept_while_no_resolver_answers(
    resolver: Resolver,
) -> None:
    clock = Clock()
    names = Names(clock)
    first = await names.resolve("stream.example", 443)
    assert await names.resolve("stream.example", 443) == first
    assert resolver.asked == 1
    clock.ns = 61 * NS
    resolver.is_down = True
    assert await names.resolve("stream.example", 443) == first
    resolver.is_down, resolver.address = False, "127.0.0.2"
    assert (await names.resolve("stream.example", 443))[0][1][0] == "127.0.0.2"


async def test_a_resolver_that_hangs_does_not_keep_us_from_the_address_we_know(
    resolver: Resolver,
) -> None:
    clock = Clock()
    names = Names(clock)
    first = await names.resolve("stream.example", 443)
    clock.ns, resolver.is_hanging = 61 * NS, True
    async with asyncio.timeout(30.0):
        assert await names.resolve("stream.example", 443) == first


async def test_a_name_that_never_resolved_is_an_error(resolver: Resolver) -> None:
    resolver.is_down = True
    with pytest.raises(OSError, match="name resolution"):
        await Names(Clock()).resolve("stream.example", 443)


async def test_an_address_that_no_longer_answers_is_looked_up_again(resolver: Resolver) -> None:
    names = Names(Clock())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        # Bound and not listened on: nobody else takes it meanwhile.
        free = probe.getsockname()[1]
        with pytest.raises(OSError, match="Connect"):
            await open_socket(f"ws://stream.example:{free}", names)
    await names.resolve("stream.example", free)
    assert resolver.asked == 2


async def test_a_socket_sends_small_packets_at_once() -> None:
    async def ignore(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(ignore, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with await open_socket(f"ws://127.0.0.1:{port}", Names(Clock())) as opened:
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    server.close()


class Owner:
    def control(self, kind: str, text: str) -> None: ...

    def judged(
        self, frames: int, quarantined: int, control: int, *, events: int = 0, duplicates: int = 0
    ) -> None: ...

    def heard(self, streams: Iterable[StreamKey]) -> None: ...


@pytest.mark.parametrize("is_compressed", [True, False])
async def test_frames_are_the_same_with_and_without_compression(is_compressed: bool) -> None:
    offered: list[str | None] = []
    texts = [f'{{"e":"trade","t":{number},"p":"100.50"}}' for number in range(500)]

    async def play(peer: ServerConnection) -> None:
        assert peer.request is not None
        offered.append(peer.request.headers.get("Sec-WebSocket-Extensions"))
        for text in texts:
            await peer.send(text)
        await peer.wait_closed()

    closures: list[Closure] = []
    inbox = Inbox(Owner(), lambda _: None, lambda _: None)
    dial = dial_with(Client.AUTO, needs_compression=is_compressed)
    options = DialOptions(wall_ns=SystemClock.wall_ns, is_compressed=is_compressed)
    async with serve(play, "127.0.0.1", 0, compression="deflate") as server:
        port = next(iter(server.sockets)).getsockname()[1]
        connection = await dial(f"ws://127.0.0.1:{port}/", inbox, closures.append, options)
        await eventually(lambda: len(inbox) == len(texts))
        frames, _ = inbox.take(1_000)
        connection.abort()
        await connection.wait_closed()
    assert frames == [text.encode() for text in texts]
    assert ("permessage-deflate" in (offered[0] or "")) is is_compressed


def test_a_client_that_cannot_compress_is_refused() -> None:
    with pytest.raises(SettingsError, match="picows knows no compression"):
        dial_with(Client.PICOWS, needs_compression=True)
