"""A second Binance spot server, written from the venue's documents alone and told how to misbehave.

It shares nothing with ``tapeline.simulator``: what the collector believes about the venue is held
against a program that was not written beside it. It plays a list of trades, notes what it wrote,
and goes on after a reconnect where its manners say.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.websocket_venue import CLOSE, CONT, PING, PONG, TEXT, Peer, Venue, frame, venue

SHUTDOWN = '{"e":"serverShutdown","E":1770123456789}'
START_MS = 1_700_000_000_000


def trade_text(number: int) -> str:
    """Return the trade ``number`` as the venue spells it."""
    return (
        f'{{"e":"trade","E":{START_MS + number},"s":"BTCUSDT","t":{number},"p":"100.50000000",'
        f'"q":"0.02000000","T":{START_MS + number},"m":true,"M":true}}'
    )


@dataclass(frozen=True, kw_only=True)
class Manners:
    """What this server does that a client may not like; times in seconds."""

    drop_every: int = 0
    """End each connection after so many frames, as ``ending`` says."""
    ending: str = "1001"
    """A close code, ``fin`` (no close frame), ``rst``, or ``shutdown`` (announced, then 1001)."""
    ping_every_s: float = 0.0
    answers_pings: bool = True
    frames_per_write: int = 20
    pause_s: float = 0.002
    """Between two writes."""
    is_byte_by_byte: bool = False
    fragments: int = 0
    repeats: int = 0
    """After a reconnect so many frames come again."""
    skips: int = 0
    """So many frames are never sent, at each reconnect."""
    slow_101_s: float = 0.0
    broken_handshakes: int = 0
    """So many connections end in the middle of the server's answer."""
    strays: int = 0
    """Frames of a stream nobody asked for, before the data."""
    frames_before_ack: int = 0
    extra_headers: str = ""


@dataclass
class Written:
    """What the server wrote, over all connections."""

    ids: list[int] = field(default_factory=list)
    strays: int = 0
    acks: int = 0
    shutdowns: int = 0
    skipped: list[int] = field(default_factory=list)
    pongs: int = 0
    close_codes: list[int] = field(default_factory=list)
    connections: int = 0
    handshakes: int = 0
    is_done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def frames(self) -> int:
        return len(self.ids) + self.strays + self.acks + self.shutdowns


class BinanceLike:
    """Plays ``texts`` (bare messages by native id) to whoever is connected."""

    def __init__(self, texts: Sequence[tuple[int, str]], manners: Manners) -> None:
        self.texts = texts
        self.manners = manners
        self.written = Written()
        self._at = 0

    async def __call__(self, peer: Peer) -> None:
        manners, written = self.manners, self.written
        written.handshakes += 1
        if written.handshakes <= manners.broken_handshakes:
            peer.write(b"HTTP/1.1 101 Switching Pro")
            await peer.drain()
            peer.hang_up()
            return
        await asyncio.sleep(manners.slow_101_s)
        peer.accept()
        written.connections += 1
        if written.connections > 1:
            self._reconnected()
        target = urlsplit(peer.path)
        named = parse_qs(target.query).get("streams", [""])[0] or target.path.partition("/ws/")[2]
        streams = {unquote(name) for name in named.split("/") if name}
        connection = _Connection(self, peer, streams, is_wrapped=target.path == "/stream")
        await connection.serve()

    def _reconnected(self) -> None:
        manners = self.manners
        skipped = self.texts[self._at : self._at + manners.skips]
        self.written.skipped += [number for number, _ in skipped]
        self._at = max(0, self._at + len(skipped) - manners.repeats)

    def take(self, count: int) -> Sequence[tuple[int, str]]:
        taken = self.texts[self._at : self._at + count]
        self._at += len(taken)
        if self._at >= len(self.texts):
            self.written.is_done.set()
        return taken


class _Connection:
    def __init__(
        self, server: BinanceLike, peer: Peer, streams: set[str], *, is_wrapped: bool
    ) -> None:
        self._server = server
        self._manners = server.manners
        self._written = server.written
        self._peer = peer
        self._streams = streams
        self._is_wrapped = is_wrapped
        self._is_closing = False
        self._subscribed = asyncio.Event()
        if streams:
            self._subscribed.set()
        self._sent = 0

    async def serve(self) -> None:
        listening = asyncio.ensure_future(self._listen())
        others = [asyncio.ensure_future(self._play()), asyncio.ensure_future(self._heartbeat())]
        try:
            await listening
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await self._peer.drain()

    async def _listen(self) -> None:
        while True:
            opcode, payload = await self._peer.read()
            if opcode == PING and self._manners.answers_pings:
                self._peer.send(payload, PONG)
            elif opcode == PONG:
                self._written.pongs += payload == b"1770000000000"
            elif opcode == CLOSE:
                # What would come behind our answer is nothing a client must read.
                self._is_closing = True
                self._written.close_codes.append(struct.unpack("!H", payload[:2])[0])
                self._peer.send(payload, CLOSE)
                await self._peer.drain()
                self._peer.hang_up()
                return
            elif opcode == TEXT:
                self._request(json.loads(payload))

    def _request(self, request: dict[str, object]) -> None:
        params = request["params"]
        assert request["method"] == "SUBSCRIBE"
        assert isinstance(params, list)
        for number, text in self._server.take(self._manners.frames_before_ack):
            self._data(number, text)
        self._peer.send(json.dumps({"result": None, "id": request["id"]}))
        self._written.acks += 1
        self._streams |= set(params)
        self._subscribed.set()

    async def _heartbeat(self) -> None:
        while self._manners.ping_every_s:
            await asyncio.sleep(self._manners.ping_every_s)
            self._peer.send(b"1770000000000", PING)

    def _envelope(self, stream: str, text: str) -> str:
        return f'{{"stream":"{stream}","data":{text}}}' if self._is_wrapped else text

    def _data(self, number: int, text: str) -> None:
        channel = "aggTrade" if '"aggTrade"' in text else "trade"
        self._peer.write(self._framed(self._envelope(f"btcusdt@{channel}", text)))
        self._written.ids.append(number)

    def _framed(self, text: str) -> bytes:
        if not self._manners.fragments:
            return frame(text)
        data = text.encode()
        size = -(-len(data) // self._manners.fragments)
        parts = [data[at : at + size] for at in range(0, len(data), size)]
        return b"".join(
            frame(part, CONT if at else TEXT, fin=at == len(parts) - 1)
            + (frame(b"between", PING) if at == 0 and len(parts) > 1 else b"")
            for at, part in enumerate(parts)
        )

    async def _play(self) -> None:
        manners, written = self._manners, self._written
        await self._subscribed.wait()
        for at in range(manners.strays):
            self._peer.send(self._envelope("ethusdt@kline_1m", f'{{"e":"kline","E":{at}}}'))
            written.strays += 1
        while not (written.is_done.is_set() or self._is_closing):
            count = manners.frames_per_write
            if manners.drop_every:
                count = min(count, manners.drop_every - self._sent)
            taken = self._server.take(count)
            if manners.is_byte_by_byte:
                await self._dribble(taken)
            else:
                payload = []
                for number, text in taken:
                    payload.append(self._framed(self._envelope("btcusdt@trade", text)))
                    written.ids.append(number)
                self._peer.write(b"".join(payload))
            self._sent += len(taken)
            if manners.drop_every and self._sent >= manners.drop_every:
                await self._end()
                return
            await self._peer.drain()
            await asyncio.sleep(manners.pause_s)

    async def _dribble(self, taken: Sequence[tuple[int, str]]) -> None:
        for number, text in taken:
            written = self._framed(self._envelope("btcusdt@trade", text))
            for at in range(len(written)):
                self._peer.write(written[at : at + 1])
                await asyncio.sleep(0)
            self._written.ids.append(number)

    async def _end(self) -> None:
        ending = self._manners.ending
        if ending == "shutdown":
            self._peer.send(self._envelope("!serverShutdown", SHUTDOWN))
            self._written.shutdowns += 1
            ending = "1001"
        if ending == "rst":
            transport = self._peer._writer.transport
            raw = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        elif ending == "fin":
            await self._peer.drain()
            self._peer.hang_up()
        else:
            self._peer.close(int(ending), "test")
            await self._peer.drain()


@asynccontextmanager
async def binance_like(
    texts: Sequence[tuple[int, str]], manners: Manners, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[Venue, Written]]:
    """Serve on a free loopback port."""
    server = BinanceLike(texts, manners)
    async with venue(server, tls=tls) as fake:
        with contextlib.suppress(ConnectionError):
            yield fake, server.written
