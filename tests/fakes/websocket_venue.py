"""A WebSocket server that does exactly what its script says, however wrong.

Written over asyncio streams and not over a WebSocket library, because a library would not let it
misbehave: fragments, oversized frames, half-open sockets, an HTTP page instead of a handshake.
"""

import asyncio
import base64
import hashlib
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

TEXT, BINARY, CLOSE, PING, PONG, CONT = 1, 2, 8, 9, 10, 0
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Peer:
    """One client as the server sees it."""

    def __init__(
        self, index: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.index = index
        self.path = ""
        self.key = b""
        self.received: list[tuple[int, bytes]] = []
        self.is_gone = asyncio.Event()
        self._reader = reader
        self._writer = writer

    async def read_request(self) -> None:
        head = await self._reader.readuntil(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        self.path = lines[0].split(b" ")[1].decode()
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"sec-websocket-key":
                self.key = value.strip()

    def accept(self, first: bytes = b"") -> None:
        """Answer 101; ``first`` goes into the same segment."""
        digest = base64.b64encode(hashlib.sha1(self.key + _GUID).digest())  # noqa: S324
        self.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + digest + b"\r\n\r\n" + first
        )

    def reject(self, status: int, headers: str = "") -> None:
        self.write(
            f"HTTP/1.1 {status} No\r\n{headers}Content-Length: 2\r\n"
            f"Connection: close\r\n\r\nno".encode()
        )
        self._writer.close()

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    def send(self, payload: bytes | str, opcode: int = TEXT, *, fin: bool = True) -> None:
        self.write(frame(payload, opcode, fin=fin))

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.send(struct.pack("!H", code) + reason.encode(), CLOSE)

    def abort(self) -> None:
        self._writer.transport.abort()

    def hang_up(self) -> None:
        """End the TCP connection without a close frame."""
        self._writer.close()

    async def drain(self) -> None:
        await self._writer.drain()

    async def read(self) -> tuple[int, bytes]:
        """Read one client frame."""
        first, second = await self._reader.readexactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", await self._reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
        mask = await self._reader.readexactly(4)
        data = await self._reader.readexactly(length)
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        self.received.append((first & 15, payload))
        return first & 15, payload

    async def serve_control(self) -> None:
        """Answer pings and the close frame until the client is gone."""
        while True:
            opcode, payload = await self.read()
            if opcode == PING:
                self.send(payload, PONG)
            if opcode == CLOSE:
                self.send(payload, CLOSE)
                await self.drain()
                self.hang_up()
                return


def frame(payload: bytes | str, opcode: int = TEXT, *, fin: bool = True) -> bytes:
    """Encode a server frame."""
    data = payload.encode() if isinstance(payload, str) else payload
    head = bytes([opcode | (0x80 if fin else 0)])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 65_536:
        return head + b"\x7e" + struct.pack("!H", len(data)) + data
    return head + b"\x7f" + struct.pack("!Q", len(data)) + data


Script = Callable[[Peer], Awaitable[None]]


class Venue:
    """A listening server and the clients it has seen."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.peers: list[Peer] = []
        self.port = 0
        self.faults: list[BaseException] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(len(self.peers), reader, writer)
        self.peers.append(peer)
        try:
            await peer.read_request()
            await self.script(peer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception as fault:  # noqa: BLE001 - shown by the test that owns the venue
            self.faults.append(fault)
        finally:
            peer.is_gone.set()
            with suppress(Exception):
                writer.close()


@asynccontextmanager
async def venue(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Venue]:
    """Serve a script on a free loopback port; every peer is dropped at the end."""
    fake = Venue(script)
    tasks: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        tasks.add(asyncio.ensure_future(fake._serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        await closed(server)
        # Also those that nobody has begun to serve: they are no peers yet.
        for writer in writers:
            writer.transport.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert not fake.faults, fake.faults


async def closed(server: asyncio.Server) -> None:
    """Accept nobody more, let in whoever is on the threshold, close.

    A connection accepted just before its server is closed is forgotten by asyncio, still open.
    """
    for each in server.sockets:
        asyncio.get_running_loop().remove_reader(each)
    for _ in range(5):
        await asyncio.sleep(0)
    server.close()


async def eventually(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    """Wait until a condition holds, by asking; however slow the machine is."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    while not condition():
        assert loop.time() < deadline, "the condition did not come true"
        await asyncio.sleep(0.005)


async def seconds_until(condition: Callable[[], object]) -> float:
    """Wait until a condition holds; return how long that took when this machine was not held up."""
    loop, seconds = asyncio.get_running_loop(), 0.0
    while not condition():
        before = loop.time()
        await asyncio.sleep(0.005)
        seconds += min(loop.time() - before, 0.05)
        assert seconds < 60, "the condition did not come true"
    return seconds
