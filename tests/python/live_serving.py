"""A live socket served by uvicorn in a thread, and clients over real sockets."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

import pyarrow as pa
import uvicorn
import uvloop
from fastapi import APIRouter, FastAPI
from websockets.asyncio.client import ClientConnection, connect

from tapeline.api.auth import SCOPES, Grant, Tokens, hash_of
from tapeline.api.live.encoder import Encoder
from tapeline.api.live.gate import Gate
from tapeline.api.live.hub import Hub
from tapeline.api.live.inlet import Inlet
from tapeline.api.live.server import uvicorn_options
from tapeline.api.live.settings import LiveSettings
from tapeline.api.live.socket import PATH, MarketSocket
from tapeline.api.origins import Origins
from tapeline.apps.live_feed import FeedSettings
from tapeline.apps.serve_live import ServeLive
from tapeline.telemetry.clock import SystemClock
from tests.python.live_frames import Frame, frames

DECIMAL = pa.decimal128(38, 18)
TIME_NS = 1_764_000_000_000_000_000
TRADES = {"type": "trade", "exchange": "binance", "market": "spot", "symbol": "BTC/USDT"}
PATIENCE_S = 60.0


@dataclass(slots=True)
class Serving:
    """A server that runs."""

    port: int
    hub: Hub
    inlet: Inlet
    socket: MarketSocket
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{PATH}"

    def encoder(self) -> Encoder:
        return Encoder(lambda key: key in self.hub.wanted)

    def publish(self, rows: pa.RecordBatch, event_type: str = "trade") -> None:
        self.inlet.put(self.encoder().events(event_type, rows))


def _tokens(token: str, until_ns: int | None) -> Tokens:
    return Tokens([Grant(hash_of(token), SCOPES, until_ns)], SystemClock())


@contextmanager
def serving(
    settings: LiveSettings | None = None,
    *,
    token: str | None = None,
    until_ns: int | None = None,
    allowed_origins: frozenset[str] = frozenset(),
    port: int = 0,
) -> Iterator[Serving]:
    """Serve a hub on a free port; what is published is the test's."""
    hub = Hub(settings)
    tokens = None if token is None else _tokens(token, until_ns)
    gate = Gate(hub.settings, SystemClock(), tokens, Origins.of((), allowed_origins))
    socket = MarketSocket(hub, gate)
    with _running(hub, socket.router(), port) as (number, loop):
        inlet = Inlet(hub, loop)
        yield Serving(number, hub, inlet, socket, loop)
        inlet.close()


@contextmanager
def serving_bus(feed: FeedSettings) -> Iterator[tuple[str, ServeLive]]:
    """Serve what is on a bus; gives the address of the socket."""
    live = ServeLive(feed, SystemClock())
    with _running(live.hub, live.router(), 0) as (number, _):
        yield f"ws://127.0.0.1:{number}{PATH}", live


@contextmanager
def _running(
    hub: Hub, router: APIRouter, port: int
) -> Iterator[tuple[int, asyncio.AbstractEventLoop]]:
    """Run a server in a thread with an event loop of its own."""
    ready: list[tuple[int, asyncio.AbstractEventLoop]] = []
    started = threading.Event()
    servers: list[uvicorn.Server] = []

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve())

    async def serve() -> None:
        app = FastAPI()
        app.include_router(router)
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_level="critical",
            http="httptools",
            **uvicorn_options(hub.settings),
        )
        server = uvicorn.Server(config)
        servers.append(server)
        task = asyncio.create_task(server.serve())
        await until(lambda: server.started or task.done())
        number = server.servers[0].sockets[0].getsockname()[1]
        ready.append((number, asyncio.get_running_loop()))
        started.set()
        await task

    thread = threading.Thread(target=run, name="live server", daemon=True)
    thread.start()
    assert started.wait(PATIENCE_S)
    try:
        yield ready[0]
    finally:
        servers[0].should_exit = True
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@dataclass
class Client:
    """A client that keeps what it is told, by channel."""

    line: ClientConnection
    words: list[dict[str, Any]] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    data: list[dict[str, Any]] = field(default_factory=list)
    skipped: dict[int, int] = field(default_factory=dict)

    @classmethod
    async def open(cls, url: str, **options: Any) -> Self:  # noqa: ANN401 - those of `connect`
        chosen = {"compression": None, "proxy": None, "open_timeout": PATIENCE_S, **options}
        return cls(await connect(url, **chosen))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.line.close()

    async def say(self, words: Mapping[str, Any] | str | bytes) -> None:
        await self.line.send(words if isinstance(words, str | bytes) else json.dumps(words))

    async def hear(self) -> dict[str, Any] | list[Frame]:
        """Take one message."""
        async with asyncio.timeout(PATIENCE_S):
            message = await self.line.recv()
        if isinstance(message, bytes):
            found = list(frames(message))
            self.frames.extend(found)
            return found
        words: dict[str, Any] = json.loads(message)
        if words["op"] == "data":
            self.data.append(words)
        elif words["op"] == "skipped":
            channel = words["channel"]
            self.skipped[channel] = self.skipped.get(channel, 0) + words["skipped"]
        else:
            self.words.append(words)
        return words

    async def until(self, op: str) -> dict[str, Any]:
        """Take messages up to one of a kind."""
        while True:
            message = await self.hear()
            if isinstance(message, dict) and message["op"] == op:
                return message

    async def subscribe(
        self, topic: Mapping[str, str], number: int = 1, form: str = "binary"
    ) -> int:
        """Subscribe; return the channel."""
        await self.say({"op": "subscribe", "id": number, "format": form, **topic})
        channel: int = (await self.until("subscribed"))["channel"]
        return channel

    async def events(self, count: int, channel: int) -> list[Frame]:
        """Take messages until so many events of a channel came or were skipped."""
        while self.rows(channel) + self.skipped.get(channel, 0) < count:
            await self.hear()
        return [frame for frame in self.frames if frame.channel == channel]

    def rows(self, channel: int) -> int:
        told = sum(len(each["rows"]) for each in self.data if each["channel"] == channel)
        return told + sum(frame.rows for frame in self.frames if frame.channel == channel)


def trade_rows(count: int, first: int = 0, *, symbol: str = "BTC/USDT") -> pa.RecordBatch:
    """Return trades whose quantity is their number, from ``first`` on."""
    numbers = range(first, first + count)
    return pa.RecordBatch.from_pydict(
        {
            "exchange": pa.array(["binance"] * count),
            "market": pa.array(["spot"] * count),
            "symbol": pa.array([symbol] * count),
            "event_id": pa.array([each.to_bytes(16) for each in numbers], pa.binary(16)),
            "price": pa.array([Decimal("61837.63")] * count, DECIMAL),
            "quantity": pa.array([Decimal(each) for each in numbers], DECIMAL),
            "side": pa.array(["buy"] * count),
            "quality": pa.array(["perfect"] * count),
            "timestamp_ns": pa.array([TIME_NS + each for each in numbers], pa.int64()),
            "received_ns": pa.array([TIME_NS + each for each in numbers], pa.int64()),
        }
    )


def quantities(found: list[Frame]) -> list[int]:
    """Return the numbers of trades."""
    return [int(each) for frame in found for each in frame.columns["quantity"]]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens in another thread."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - nothing tells this loop
            await asyncio.sleep(0.01)


class ShownBook:
    """A client's book: what the frames of one channel say, applied as the documentation has it."""

    def __init__(self) -> None:
        self.levels: dict[tuple[str, str], str] = {}
        self.is_live = False
        self.last_update_id: int | None = None
        self.snapshots = 0
        self.updates = 0
        self._sequence: int | None = None

    def apply(self, frame: Frame) -> None:
        if frame.kind == "book_snapshot":
            self.levels.clear()
            self.is_live = not frame.flags & 1
            self.snapshots += 1
        else:
            assert self.is_live
            assert self._sequence is not None
            assert frame.sequence == self._sequence + 1
            self.updates += 1
        self._sequence = frame.sequence
        self.last_update_id = frame.head["last_update_id"]
        columns = frame.columns
        for side, price, quantity in zip(
            columns["book_side"], columns["price"], columns["quantity"], strict=True
        ):
            if quantity == "0":
                del self.levels[side, price]
            else:
                self.levels[side, price] = quantity

    def side(self, name: str) -> list[tuple[str, str]]:
        """Return the levels of a side, best first."""
        found = [(price, size) for (side, price), size in self.levels.items() if side == name]
        return sorted(found, key=lambda level: Decimal(level[0]), reverse=name == "bid")
