"""Running the simulator in the test's own event loop, and clients that note everything they get."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tapeline.simulator.faults import parse_fault
from tapeline.simulator.reel import Reel
from tapeline.simulator.registry import venue as simulated_venue
from tapeline.simulator.server import Outcome, ServerSettings, Simulator
from tapeline.simulator.venue import Limits
from tapeline.tape import TapeFrame
from tapeline.telemetry.clock import SystemClock

URL = "wss://stream.binance.com:9443/stream"
START_NS = 1_723_161_255_000_000_000
TIMEOUT_S = 60.0
#: A silence is so many waits in a row: one late turn of the loop is no silence.
LOOKS = 6


def trade(symbol: str, number: int, time_ms: int = 1_723_161_255_343) -> bytes:
    """Return a combined trade frame in the venue's spelling."""
    return (
        f'{{"stream":"{symbol.lower()}@trade","data":{{"e":"trade","E":{time_ms},"s":"{symbol}",'
        f'"t":{number},"p":"61837.63000000","q":"0.02000000","T":{time_ms - 1},'
        f'"m":true,"M":true}}}}'
    ).encode()


def tape(
    count: int, symbols: Sequence[str] = ("BTCUSDT",), step_ns: int = 1_000
) -> list[TapeFrame]:
    """Return `count` trades with ids from 1 for every symbol, symbols in turn."""
    return [
        TapeFrame(START_NS + index * step_ns, URL, "ws", trade(symbol, 1 + index // len(symbols)))
        for index, symbol in zip(range(count * len(symbols)), list(symbols) * count, strict=False)
    ]


def ids(frames: Sequence[bytes], symbol: str = "BTCUSDT") -> list[int]:
    """Return the trade ids of those frames that can be read."""
    found = []
    for frame in frames:
        with contextlib.suppress(orjson.JSONDecodeError):
            message = orjson.loads(frame)
            message = message.get("data", message)
            if message.get("s") == symbol:
                found.append(message["t"])
    return found


@dataclass
class Running:
    """A simulator that serves."""

    url: str
    simulator: Simulator
    stop: asyncio.Event
    task: "asyncio.Task[Outcome]"

    async def outcome(self) -> Outcome:
        """Wait for the end that ``--once`` brings."""
        return await asyncio.wait_for(self.task, TIMEOUT_S)

    def stream(self, name: str = "btcusdt@trade") -> dict[str, Any]:
        """Return a stream's part of the ledger's summary."""
        streams: list[dict[str, Any]] = self.simulator.ledger.summary()["streams"]
        (found,) = [stream for stream in streams if stream["stream"] == name]
        return found


@contextlib.asynccontextmanager
async def serving(
    frames: Sequence[TapeFrame],
    *faults: str,
    limits: Limits | None = None,
    of: tuple[str, str] = ("binance", "spot"),
    **settings: Any,  # noqa: ANN401
) -> AsyncIterator[Running]:
    """Serve a tape, once and as fast as it is read unless `settings` say otherwise."""
    venue = simulated_venue(*of, limits)
    reel = Reel(venue)
    reel.append(frames)
    parsed = [parse_fault(fault) for fault in faults]
    chosen: dict[str, Any] = {"speed": None, "is_once": True, "faults": parsed, **settings}
    simulator = Simulator(reel, venue, ServerSettings(**chosen), SystemClock())
    stop = asyncio.Event()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(simulator.run(stop, listening.set_result))
    task.add_done_callback(lambda _: listening.done() or listening.cancel())
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    if task.done():
        task.result()
    try:
        yield Running(listening.result(), simulator, stop, task)
    finally:
        stop.set()
        await asyncio.wait_for(task, TIMEOUT_S)


@dataclass
class Heard:
    """What one connection brought, and how it ended."""

    frames: list[bytes] = field(default_factory=list)
    code: int | None = None

    def answers(self) -> list[dict[str, Any]]:
        """Return the answers to requests."""
        messages = [orjson.loads(frame) for frame in self.frames if b'"id"' in frame]
        return [message for message in messages if "id" in message]


async def listen(
    url: str, *, tls: ssl.SSLContext | None = None, quiet_s: float | None = None
) -> Heard:
    """Read one connection to its end, or until it has been silent for `quiet_s`."""
    heard = Heard()
    async with connect(url, max_queue=None, ssl=tls, compression=None, proxy=None) as client:
        await read_all(client, heard, quiet_s)
    heard.code = client.close_code
    return heard


async def read_all(client: ClientConnection, heard: Heard, quiet_s: float | None = None) -> None:
    """Read until the connection ends, or has been silent for `quiet_s`."""
    wait_s, in_vain = (quiet_s or TIMEOUT_S) / LOOKS, 0
    with contextlib.suppress(ConnectionClosed):
        while in_vain < LOOKS:
            try:
                frame = await asyncio.wait_for(client.recv(decode=False), wait_s)
            except TimeoutError:
                in_vain += 1
                continue
            in_vain = 0
            heard.frames.append(bytes(frame))
