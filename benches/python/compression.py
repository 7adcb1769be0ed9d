"""What permessage-deflate costs and saves: the same frames both ways, over a loopback socket.

Run it with ``python -m benches.python.compression [TAPE]``; a recorded tape tells more than none.
"""

import asyncio
import multiprocessing
import socket
import struct
import sys
import time
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection as Pipe
from typing import NamedTuple

from tapeline.adapters.connection.dialect import StreamKey
from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.ports import Closure, DialOptions
from tapeline.adapters.connection.websockets_client import dial_websockets
from tapeline.tape.reader import TapeReader
from tapeline.telemetry.clock import SystemClock

FRAMES = 40_000
ROUNDS = 3
# Offset of tcpi_bytes_received in Linux's struct tcp_info.
_BYTES_RECEIVED = 128


class Cost(NamedTuple):
    """Of one frame."""

    cpu_us: float
    wire_bytes: float


def frames(path: str | None) -> list[bytes]:
    """Return the frames of a tape, or generated trades."""
    if path is not None:
        found = [line.raw for line in TapeReader(path) if line.kind == "ws"][:FRAMES]
    else:
        found = [
            b'{"e":"trade","E":%d,"s":"BTCUSDT","t":%d,"p":"%d.63","q":"0.0%d","T":%d,"m":true}'
            % (1_723_161_255_343 + n, n, 61_837 + n % 7, n % 97, 1_723_161_255_342 + n)
            for n in range(FRAMES)
        ]
    return found


def _serve(messages: Sequence[bytes], pipe: Pipe) -> None:
    from websockets.asyncio.server import ServerConnection, serve

    async def play(peer: ServerConnection) -> None:
        for message in messages:
            await peer.send(message, text=True)
        await peer.wait_closed()

    async def run() -> None:
        async with serve(play, "127.0.0.1", 0, compression="deflate", ping_interval=None) as server:
            pipe.send(next(iter(server.sockets)).getsockname()[1])
            await server.wait_closed()

    asyncio.run(run())


class _Owner:
    def control(self, kind: str, text: str) -> None: ...

    def judged(
        self, frames: int, quarantined: int, control: int, *, events: int = 0, duplicates: int = 0
    ) -> None: ...

    def heard(self, streams: Iterable[StreamKey]) -> None: ...


async def measure(port: int, count: int, *, is_compressed: bool) -> Cost:
    """Read all frames once and return what one cost this process."""
    seen = 0
    done = asyncio.Event()

    def ready(inbox: Inbox) -> None:
        asyncio.get_running_loop().call_soon(take, inbox)

    def take(inbox: Inbox) -> None:
        nonlocal seen
        seen += len(inbox.take(1_000_000)[0])
        if seen >= count:
            done.set()

    def closed(closure: Closure) -> None:
        done.set()

    options = DialOptions(wall_ns=SystemClock().wall_ns, is_compressed=is_compressed)
    inbox = Inbox(_Owner(), ready, lambda _: None)
    started = time.process_time()
    connection = await dial_websockets(f"ws://127.0.0.1:{port}/", inbox, closed, options)
    await done.wait()
    cpu_us = (time.process_time() - started) * 1e6 / count
    raw = connection._tap.transport.get_extra_info("socket")
    info = raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    (received,) = struct.unpack_from("Q", info, _BYTES_RECEIVED)
    connection.abort()
    assert seen == count, f"{seen} of {count} frames came"
    return Cost(cpu_us, received / count)


def main() -> None:
    """Print the cost of a frame both ways, the least of several rounds."""
    messages = frames(sys.argv[1] if len(sys.argv) > 1 else None)
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(messages, theirs), daemon=True)
    server.start()
    port = ours.recv()
    plain = sum(map(len, messages)) / len(messages)
    sys.stdout.write(f"{len(messages):,} frames of {plain:.0f} bytes\n")
    found: dict[bool, list[Cost]] = {False: [], True: []}
    for _ in range(ROUNDS):
        for is_compressed, costs in found.items():
            costs.append(asyncio.run(measure(port, len(messages), is_compressed=is_compressed)))
    for is_compressed, costs in found.items():
        name = "on " if is_compressed else "off"
        least = min(costs)
        sys.stdout.write(
            f"compression {name}: {least.cpu_us:.2f} µs CPU, {least.wire_bytes:.0f} bytes a frame\n"
        )
    server.terminate()


if __name__ == "__main__":
    main()
