"""An HTTP server that answers as its script says, over sockets it keeps open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.fakes.websocket_venue import closed


@dataclass(frozen=True)
class Reply:
    """What is answered; ``status`` 0 hangs up instead."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


Script = Callable[[str, int], Awaitable[Reply]]


class HttpVenue:
    """A listening server, and what it was asked."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.port = 0
        self.connections = 0
        self.asked: list[tuple[float, str]] = []
        self.open = 0
        self.open_max = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._answer(reader, writer):
                    pass
        finally:
            with suppress(Exception):
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1].decode()
        self.asked.append((asyncio.get_running_loop().time(), path))
        self.open += 1
        self.open_max = max(self.open_max, self.open)
        try:
            reply = await self.script(path, len(self.asked) - 1)
        finally:
            self.open -= 1
        if not reply.status:
            return False
        headers = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
        headers += f"Content-Length: {len(reply.body)}\r\n"
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{headers}\r\n".encode() + reply.body)
        await writer.drain()
        return True


@asynccontextmanager
async def http_venue(script: Script) -> AsyncIterator[HttpVenue]:
    """Serve on a free loopback port."""
    fake = HttpVenue(script)
    tasks: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        tasks.add(asyncio.ensure_future(fake.serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        await closed(server)
        # Also those that nobody has begun to serve.
        for writer in writers:
            writer.transport.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
