"""Bursts, and hot symbols beside cold ones: real sockets, real normaliser, nothing lost or late."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

import orjson
import polars as pl

import tapeline as tl
from tapeline.adapters.binance.spot.dialect import DIALECT
from tapeline.adapters.connection.feed import Feed, FeedPlan
from tapeline.adapters.connection.health import HealthPolicy
from tapeline.adapters.connection.inbox import BYTES_HIGH, FRAMES_HIGH
from tapeline.adapters.connection.line_context import LineContext, LinePolicy
from tapeline.adapters.connection.patience import ConnectBudgets
from tapeline.adapters.connection.ports import DialOptions
from tapeline.adapters.connection.websockets_client import dial_websockets
from tapeline.apps.pump import Pump
from tapeline.model import Instrument
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics
from tests.fakes.websocket_venue import TEXT, Peer, eventually, frame, venue

CLOCK = SystemClock()
HOT = 2
COLD = 200
BURST = 10_000
# What this machine does beside, or not in time, is no fault of the line.
PATIENT = LinePolicy(
    health=HealthPolicy(first_data_s=120.0, staleness_s=120.0, pong_timeout_s=60.0),
    ack_timeout_s=120.0,
    close_silence_s=0.2,
)


def topic_of(symbol: str) -> str:
    return f"trade.binance.spot.{symbol.lower()}"


HOT_TOPICS = {topic_of(f"C{number}USDT") for number in range(HOT)}


def instruments(count: int) -> tuple[Instrument, ...]:
    return tuple(
        Instrument("binance", "spot", f"C{number}/USDT", f"C{number}USDT")
        for number in range(count)
    )


def trade(symbol: str, number: int) -> str:
    return (
        f'{{"e":"trade","E":1700000000001,"s":"{symbol}","t":{number},"p":"1.5","q":"2",'
        f'"T":1700000000000,"m":true,"M":true}}'
    )


class Bus:
    """Keeps messages, and when a topic had its first, in time that this process worked."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes, bytes]] = []
        self.first_at: dict[str, float] = {}

    def send(self, messages: Sequence[tuple[str, bytes, bytes]]) -> None:
        now = time.process_time()
        self.messages += messages
        for topic, _, _ in messages:
            self.first_at.setdefault(topic, now)

    def ids(self, symbol: str) -> list[int]:
        topic = topic_of(symbol)
        return _ids([value for name, _, value in self.messages if name == topic])

    def hot_before(self) -> dict[str, int]:
        """How many hot trades came before the first message of each topic."""
        hot, found = 0, dict[str, int]()
        for topic, _, value in self.messages:
            found.setdefault(topic, hot)
            if topic in HOT_TOPICS:
                hot += len(_ids([value]))
        return found


def _ids(values: Sequence[bytes]) -> list[int]:
    table = pl.DataFrame(tl.decode(values, event_type="trade"))
    return [int(text) for text in table["native_id"]]


@asynccontextmanager
async def collecting(port: int, count: int) -> AsyncIterator[tuple[Bus, Pump, Feed]]:
    bus, faults = Bus(), list[Exception]()
    listed = instruments(count)
    normalizer = tl.Normalizer(
        exchange="binance", market="spot", instruments=listed, stale_after_ns=0
    )
    pump = Pump(normalizer, bus, CLOCK, faults.append)
    context = LineContext(
        downstream=pump,
        dial=dial_websockets,
        dial_options=DialOptions(wall_ns=CLOCK.wall_ns),
        budgets=ConnectBudgets(CLOCK.monotonic_ns),
        clock=CLOCK,
        random_source=random.Random(7),
        metrics=Metrics(),
        policy=PATIENT,
    )
    plan = FeedPlan(dialect=DIALECT, instruments=listed, endpoint=f"ws://127.0.0.1:{port}")
    feed = Feed(plan, context)
    task = asyncio.create_task(feed.run())
    try:
        yield bus, pump, feed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await feed.close()
    pump.finish()
    assert faults == []


async def test_a_burst_keeps_its_order_and_its_frames_while_queues_stay_bounded() -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        burst = b"".join(frame(trade("C0USDT", number)) for number in range(1, BURST + 1))
        peer.write(burst)
        await peer.drain()
        await peer.serve_control()

    async with venue(script) as fake, collecting(fake.port, 1) as (bus, pump, feed):
        high = 0
        line = feed.lines[0]
        while pump.frames < BURST:
            for session in line._open:
                assert session.inbox is not None
                high = max(high, len(session.inbox))
            await asyncio.sleep(0)
        assert feed.reconnects == 0
    assert bus.ids("C0USDT") == list(range(1, BURST + 1))
    # What one read of the socket brings may pass the mark once.
    assert high <= FRAMES_HIGH + BYTES_HIGH // 1_000


async def test_hot_symbols_do_not_starve_cold_ones_of_the_same_line() -> None:
    sent_at: dict[str, float] = {}
    sent_after: dict[str, int] = {}

    async def script(peer: Peer) -> None:
        peer.accept()
        streams: list[str] = []
        while len(streams) < HOT + COLD:
            opcode, payload = await peer.read()
            if opcode == TEXT:
                request = orjson.loads(payload)
                streams += request["params"]
                peer.send(f'{{"result":null,"id":{request["id"]}}}')
        hot = 0
        for cold in range(HOT, HOT + COLD):
            for _ in range(50):
                hot += 1
                peer.send(trade("C0USDT", hot))
                peer.send(trade("C1USDT", hot))
            symbol = f"C{cold}USDT"
            sent_at[topic_of(symbol)] = time.process_time()
            sent_after[topic_of(symbol)] = hot * HOT
            peer.send(trade(symbol, 1))
            await peer.drain()
            await asyncio.sleep(0)
        await peer.serve_control()

    async with venue(script) as fake, collecting(fake.port, HOT + COLD) as (bus, _, feed):
        await eventually(lambda: len(sent_at) == COLD and sent_at.keys() <= bus.first_at.keys())
        assert feed.reconnects == 0
    delays = sorted(bus.first_at[topic] - when for topic, when in sent_at.items())
    assert len(delays) == COLD
    assert delays[-1] < 1.0
    # Only what goes down in the same push may come before it.
    came_after = bus.hot_before()
    assert max(came_after[topic] - hot for topic, hot in sent_after.items()) <= FRAMES_HIGH
    for symbol in ("C0USDT", "C1USDT"):
        assert all(b == a + 1 for a, b in pairwise(bus.ids(symbol)))
