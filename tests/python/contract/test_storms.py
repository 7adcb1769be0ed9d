"""Fifty storms in a row: every connection is reset at once, and nothing stays behind."""

import asyncio
import gc
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import tapeline as tl
from tapeline.adapters.connection.feed import Feed, FeedPlan
from tapeline.adapters.connection.health import HealthPolicy
from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.line_context import LineContext, LinePolicy
from tapeline.adapters.connection.patience import ConnectBudgets
from tapeline.adapters.connection.ports import DialOptions
from tapeline.adapters.connection.session import Session
from tapeline.adapters.connection.websockets_client import dial_websockets
from tapeline.adapters.registry import venue as market_of
from tapeline.apps.pump import Pump
from tapeline.model import Instrument
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics
from tests.fakes.websocket_venue import eventually
from tests.python.contract.simulator_client import serving, tape

CLOCK = SystemClock()
STORMS = 50
SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT")
#: Of each symbol; at 3 ms a frame there is time for all lines to come back between two storms.
FRAMES_A_STORM = 25
# Connections count as healthy at once, or the back-off would make this minutes.
POLICY = LinePolicy(
    health=HealthPolicy(first_data_s=0, staleness_s=0, idle_ping_s=0),
    healthy_after_s=0.0,
    check_s=0.005,
)


class Bus:
    """Counts messages and keeps none."""

    def __init__(self) -> None:
        self.by_type: Counter[str] = Counter()

    def send(self, messages: Sequence[tuple[str, bytes, bytes]]) -> None:
        self.by_type.update(topic.partition(".")[0] for topic, _, _ in messages)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096


def living(kind: type) -> int:
    gc.collect()
    return sum(isinstance(each, kind) for each in gc.get_objects())


async def test_fifty_storms_leave_nothing_behind() -> None:
    dialect = market_of("binance", "spot").dialect
    assert dialect is not None
    pairs = [Instrument("binance", "spot", f"{raw[:3]}/USDT", raw) for raw in SYMBOLS]
    frames = tape(STORMS * FRAMES_A_STORM, SYMBOLS, step_ns=3_000_000)
    total = len(frames)
    storms = [f"storm=1@{total * (number + 1) // (STORMS + 1)}" for number in range(STORMS)]
    bus, faults = Bus(), list[Exception]()
    normalizer = tl.Normalizer(
        exchange="binance", market="spot", instruments=pairs, stale_after_ns=0
    )
    pump = Pump(normalizer, bus, CLOCK, faults.append)
    async with serving(frames, *storms, clients=len(SYMBOLS), speed=1.0, is_once=False) as running:
        context = LineContext(
            downstream=pump,
            dial=dial_websockets,
            dial_options=DialOptions(wall_ns=CLOCK.wall_ns),
            # The venue's own budget is for minutes; what is asked here is what stays behind.
            budgets=ConnectBudgets(CLOCK.monotonic_ns),
            clock=CLOCK,
            random_source=random.Random(7),
            metrics=Metrics(),
            policy=POLICY,
        )
        generous = replace(dialect.limits.connects, burst=10_000)
        plan = FeedPlan(
            dialect=replace(dialect, limits=replace(dialect.limits, connects=generous)),
            instruments=tuple(pairs),
            endpoint=running.url,
            isolated=frozenset(SYMBOLS),
        )
        feed = Feed(plan, context)
        task = asyncio.create_task(feed.run())
        player = running.simulator.player
        await eventually(lambda: player.position >= total // 2)
        half_bytes, half_reconnects = resident_bytes(), feed.reconnects
        await eventually(lambda: player.position >= total)
        await eventually(lambda: all(line.is_up for line in feed.lines))
        await asyncio.sleep(0.2)
        sessions, inboxes, tasks = living(Session), living(Inbox), len(asyncio.all_tasks())
        whole_bytes = resident_bytes()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await feed.close()
    pump.finish()
    assert faults == []
    # On a slow machine a storm may come before the last line is back from the one before.
    assert feed.reconnects >= STORMS * 2
    assert half_reconnects >= STORMS // 2
    # One connection a line, and perhaps one that is being made or closed.
    assert max(sessions, inboxes) <= 2 * len(SYMBOLS)
    assert tasks <= 12 * len(SYMBOLS)
    # As many storms again took no more than a fifth of what was there.
    assert whole_bytes <= 1.2 * half_bytes
    counters = normalizer.counters()
    assert counters["events"]["trade"] + counters["duplicates"] == counters["frames"]
