"""What tests of lines to venues share: a feed over real sockets, and who takes what it brings."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import orjson

from tapeline.adapters.connection.dialect import Dialect
from tapeline.adapters.connection.downstream import StreamState
from tapeline.adapters.connection.feed import Feed, FeedPlan
from tapeline.adapters.connection.health import HealthPolicy
from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.line_context import LineContext, LinePolicy
from tapeline.adapters.connection.patience import ConnectBudgets
from tapeline.adapters.connection.ports import DialOptions
from tapeline.adapters.connection.websockets_client import dial_websockets
from tapeline.adapters.registry import venue as market_of
from tapeline.model import Instrument
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics
from tests.fakes.message_venues import MessageVenue
from tests.fakes.websocket_venue import venue

CLOCK = SystemClock()
CALM = LinePolicy(
    health=HealthPolicy(first_data_s=0, staleness_s=0, idle_ping_s=0),
    close_silence_s=0.5,
    close_limit_s=2.0,
    overlap_s=5.0,
    check_s=0.01,
)


_TICK_S = 0.005
_TURNS = 3


class Downstream:
    """Stands for pump and normaliser: tells control frames from data."""

    def __init__(self) -> None:
        self.data: list[str] = []
        self.changes: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self._stamps: dict[tuple[str, str], int] = {}

    def ready(self, inbox: Inbox) -> None:
        asyncio.get_running_loop().call_soon(self.take, inbox)

    def take(self, inbox: Inbox) -> None:
        for frame, stamp in zip(*inbox.take(1_000_000), strict=True):
            before = dict(self._stamps)
            kind = self._judge(frame, stamp)
            if inbox.is_tracked:
                inbox.owner.heard(
                    key for key in self._stamps if before.get(key) != self._stamps[key]
                )
            if kind != "data":
                inbox.owner.control(kind, frame.decode())
            inbox.owner.judged(1, 0, int(kind != "data"))

    def _judge(self, frame: bytes, stamp: int) -> str:
        if frame == b"pong":
            return "heartbeat"
        message = orjson.loads(frame)
        if message.get("op") == "ping":
            return "heartbeat"
        if message.get("event") == "notice":
            return "server_shutdown" if message["code"] == "64008" else "notice"
        if message.get("event") == "error" or message.get("success") is False:
            return "error"
        if "event" in message or "success" in message:
            return "ack"
        self.data.append(message["text"])
        self._stamps[message["symbol"], message["channel"]] = stamp
        return "data"

    def connection(
        self,
        inbox: Inbox | None,
        state: StreamState,
        reason: str,
        streams: Sequence[tuple[str, str]],
    ) -> None:
        self.changes.append((state, tuple(streams)))

    def last_received(self) -> Mapping[tuple[str, str], int]:
        return dict(self._stamps)


def data(text: str, symbol: str = "S0", channel: str = "trades") -> str:
    return orjson.dumps({"text": text, "symbol": symbol, "channel": channel}).decode()


def trades(*symbols: str) -> tuple[tuple[str, str], ...]:
    """Return what a record says of the trades of some symbols."""
    return tuple((symbol, "trades") for symbol in symbols)


def talk(exchange: str, market: str, **changes: object) -> Dialect:
    found = market_of(exchange, market).dialect
    assert found is not None
    return replace(found, **changes)  # type: ignore[arg-type]


OKX = talk("okx", "swap")
BYBIT = talk("bybit", "spot")
# Of a plan with one instrument and the first channel of OKX.
STREAMS = (("S0", "trades"),)


def plan(dialect: Dialect, count: int = 1, *channels: str) -> FeedPlan:
    return FeedPlan(
        dialect=dialect,
        instruments=tuple(
            Instrument(dialect.exchange, dialect.market, f"S{n}/USDT", f"S{n}")
            for n in range(count)
        ),
        channels=channels or (dialect.channels[0].name,),
    )


def context(downstream: Downstream, policy: LinePolicy) -> LineContext:
    return LineContext(
        downstream=downstream,
        dial=dial_websockets,
        dial_options=DialOptions(wall_ns=CLOCK.wall_ns, open_timeout_s=30.0),
        budgets=ConnectBudgets(CLOCK.monotonic_ns),
        clock=CLOCK,
        random_source=random.Random(7),
        metrics=Metrics(),
        policy=policy,
    )


@asynccontextmanager
async def lateness() -> AsyncIterator[Callable[[], float]]:
    """Tell how late the event loop was at most, for times that are measured at a socket's end.

    A message takes some turns of the loop from the one who writes to the one who notes the time.
    """
    loop, worst = asyncio.get_running_loop(), 0.0

    async def watch() -> None:
        nonlocal worst
        while True:
            due = loop.time() + _TICK_S
            await asyncio.sleep(_TICK_S)
            worst = max(worst, loop.time() - due)

    watching = asyncio.create_task(watch())
    try:
        yield lambda: _TURNS * (worst + _TICK_S)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


@asynccontextmanager
async def feeding(
    script: MessageVenue, wanted: FeedPlan, policy: LinePolicy = CALM
) -> AsyncIterator[tuple[Downstream, Feed]]:
    downstream = Downstream()
    async with venue(script) as fake:
        feed = Feed(
            replace(wanted, endpoint=f"ws://127.0.0.1:{fake.port}"), context(downstream, policy)
        )
        task = asyncio.create_task(feed.run())
        try:
            yield downstream, feed
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await feed.close()
