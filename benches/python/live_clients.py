"""Many clients of the live socket in one process: fast ones, and some that read little or nothing.

Run by :mod:`benches.python.live`. A line on stdin tells how many events were sent: it prints one
JSON object when the fast ones have heard of all of them, or do not for a minute.
"""

import asyncio
import json
import os
import struct
import sys
from base64 import b64encode
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import uvloop

from tapeline.telemetry.clock import SystemClock

_HEADER: Final = struct.Struct("<BBBBIIIIbbHq")
_LATE_S: Final = 60
"""What has not come so long after the last event was sent will not come."""
_TRICKLE: Final = 1024
"""Bytes a second that the slow ones of odd number read; the others read nothing."""


def _subscriptions(symbols: list[str]) -> bytes:
    found = b""
    for number, symbol in enumerate(symbols):
        words = {
            "op": "subscribe",
            "id": number,
            "type": "trade",
            "exchange": "binance",
            "market": "spot",
            "symbol": symbol,
        }
        text = json.dumps(words).encode()
        found += b"\x81" + bytes([0x80 | 126]) + struct.pack(">H", len(text)) + bytes(4) + text
    return found


def _rounded(value_ns: int) -> int:
    shift = max(0, value_ns.bit_length() - 6)
    return value_ns >> shift << shift


def _handshake(port: int) -> bytes:
    key = b64encode(os.urandom(16)).decode()
    return (
        f"GET /ws/market HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


@dataclass
class Totals:
    """What all clients of this process saw."""

    latency: Counter[int] = field(default_factory=Counter)
    """Events by nanoseconds, to one part in 64."""
    subscribed: int = 0
    messages: int = 0
    cuts: int = 0
    """Slow clients cut off by the server, and connected again."""
    lost_fast: int = 0
    """Fast clients whose connection ended."""


class FastClient(asyncio.Protocol):
    """Reads everything; counts rows and markers."""

    def __init__(self, port: int, symbols: list[str], totals: Totals) -> None:
        self._start = _handshake(port)
        self._symbols = symbols
        self._totals = totals
        self._buffer = b""
        self._is_open = False
        self._clock = SystemClock()
        self.rows = 0
        self.skipped = 0
        self.markers = 0
        self.is_ending = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401
        self.transport = transport
        transport.write(self._start)

    def connection_lost(self, exc: Exception | None) -> None:
        self._totals.lost_fast += not self.is_ending

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        if not self._is_open:
            head, end, buffer = buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            self._is_open = True
            assert self.transport is not None
            self.transport.write(_subscriptions(self._symbols))
        at, size = 0, len(buffer)
        while size - at >= 2:
            length, begin = buffer[at + 1], at + 2
            if length == 126:
                length, begin = int.from_bytes(buffer[at + 2 : at + 4]), at + 4
            elif length == 127:
                length, begin = int.from_bytes(buffer[at + 2 : at + 10]), at + 10
            if size < begin + length or begin > size:
                break
            self._message(buffer[at] & 15, buffer, begin, begin + length)
            at = begin + length
        self._buffer = buffer[at:]

    def _message(self, opcode: int, buffer: bytes, at: int, end: int) -> None:
        if opcode == 1:
            words = json.loads(buffer[at:end])
            self._totals.subscribed += words["op"] == "subscribed"
            if words["op"] == "skipped":
                self.skipped += words["skipped"]
                self.markers += 1
            return
        if opcode == 9:
            assert self.transport is not None
            self.transport.write(b"\x8a" + bytes([0x80 | (end - at)]) + bytes(4) + buffer[at:end])
            return
        now_ns = self._clock.wall_ns()
        self._totals.messages += 1
        while at < end:
            header = _HEADER.unpack_from(buffer, at)
            length, rows = header[4], header[7]
            # The oldest event of the frame: the one that waited longest.
            (received_ns,) = struct.unpack_from("<q", buffer, at + 32 + 8 * rows)
            self._totals.latency[_rounded(now_ns - received_ns)] += rows
            self.rows += rows
            at += length


async def _slow(port: int, symbols: list[str], number: int, totals: Totals) -> None:
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_TRICKLE)
        writer.write(_handshake(port))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_subscriptions(symbols))
        try:
            while True:
                await asyncio.sleep(1)
                # One byte is enough to notice the end of the connection.
                if number % 2 and not await reader.read(_TRICKLE):
                    break
                if not number % 2:
                    writer.write(b"\x8a\x80" + bytes(4))
                    await writer.drain()
        except OSError:
            pass
        totals.cuts += 1
        writer.transport.abort()


async def _run(port: int, fast: int, slow: int, symbols: list[str]) -> dict[str, Any]:
    totals = Totals()
    loop = asyncio.get_running_loop()
    clients: list[FastClient] = []
    for _ in range(fast):
        _, client = await loop.create_connection(
            lambda: FastClient(port, symbols, totals), "127.0.0.1", port
        )
        clients.append(client)
    lazy = [asyncio.create_task(_slow(port, symbols, each, totals)) for each in range(slow)]
    while totals.subscribed < fast * len(symbols):  # noqa: ASYNC110 - protocols tell no loop
        await asyncio.sleep(0.05)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sent = int(await asyncio.to_thread(sys.stdin.readline))
    with suppress(TimeoutError):
        async with asyncio.timeout(_LATE_S):
            while any(  # noqa: ASYNC110 - protocols tell no loop
                client.rows + client.skipped < sent for client in clients
            ):
                await asyncio.sleep(0.05)
    for task in lazy:
        task.cancel()
    await asyncio.gather(*lazy, return_exceptions=True)
    for client in clients:
        client.is_ending = True
    return {
        "rows": [client.rows for client in clients],
        "skipped": [client.skipped for client in clients],
        "markers": sum(client.markers for client in clients),
        "messages": totals.messages,
        "cuts": totals.cuts,
        "lost_fast": totals.lost_fast,
        "latency": sorted(totals.latency.items()),
    }


def main() -> None:
    """Run clients: ``port fast slow symbol,symbol``."""
    port, fast, slow, symbols = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(_run(int(port), int(fast), int(slow), symbols.split(",")))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
