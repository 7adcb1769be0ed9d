"""A whole collector under clocks that step, jitter, drift and stop."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import tapeline as tl
from tapeline.apps.collect_plan import venue_plans
from tapeline.apps.collector import Collector, SendLatency
from tapeline.apps.settings import CollectSettings
from tapeline.tape import TapeFrame
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics
from tapeline.transport.kafka_settings import KafkaSettings
from tapeline.transport.local_file import LocalFile
from tapeline.transport.open import open_sink
from tests.python.contract.simulator_client import START_NS, URL, Running, serving, trade

HOUR_NS = 3_600 * 10**9
COUNT = 3_000


class FaultyClock:
    """The machine's clock with faults of the wall on top; its monotonic side is sound.

    A suspended machine is told from a step forward by nothing: its monotonic clock stood still.
    """

    def __init__(self, offset_ns: Callable[[int], int]) -> None:
        self._offset_ns = offset_ns
        self.is_due: Callable[[], bool] = lambda: False
        """Whether it is time to be wrong."""
        self._began_ns: int | None = None

    def wall_ns(self) -> int:
        if self._began_ns is None:
            if not self.is_due():
                return SystemClock.wall_ns()
            self._began_ns = SystemClock.monotonic_ns()
        since_ns = SystemClock.monotonic_ns() - self._began_ns
        return SystemClock.wall_ns() + self._offset_ns(since_ns)

    def monotonic_ns(self) -> int:
        return SystemClock.monotonic_ns()


def step(by_ns: int) -> Callable[[int], int]:
    return lambda _since_ns: by_ns


def jitter(since_ns: int) -> int:
    return -(10**6) if since_ns // 1_000_000 % 2 else 0


CLOCKS: dict[str, tuple[Callable[[int], int], str]] = {
    # The clock, and what events say of themselves after its step.
    "hour-ahead": (step(HOUR_NS), "stale_timestamp"),
    "hour-back": (step(-HOUR_NS), "future_timestamp"),
    "suspended-90s": (step(90 * 10**9), "stale_timestamp"),
    "jitter-1ms": (jitter, ""),
    "drift-1%": (lambda since_ns: since_ns // 100, ""),
}


def trades() -> list[TapeFrame]:
    """Return 3 s of trades that happen now."""
    now_ms = SystemClock.wall_ns() // 1_000_000
    return [
        TapeFrame(
            START_NS + number * 1_000_000, URL, "ws", trade("BTCUSDT", number, now_ms + number)
        )
        for number in range(1, COUNT + 1)
    ]


async def collected(running: Running, bus: Path, clock: FaultyClock) -> dict[str, Any]:
    settings = CollectSettings(
        symbols=("BTC/USDT",),
        types=("trade",),
        endpoint=(running.url,),
        transport=f"local:{bus}",
        idle_s=2.0,
        # Less than what the wall steps by, more than the silence that ends the run.
        staleness_s=6.0,
        first_data_s=6.0,
        stale_after_s=60.0,
    )
    sent = SendLatency()
    sink = open_sink(settings.transport, kafka=KafkaSettings(servers=""), clock=clock, on_ack=sent)
    plans = venue_plans(settings)
    collector = Collector(settings, plans, sink=sink, sent=sent, clock=clock, metrics=Metrics())
    # When a part has come: how long it takes to get here is the machine's affair.
    clock.is_due = lambda: collector.frames > COUNT // 3
    return (await collector.run()).as_dict()


@pytest.mark.parametrize("name", CLOCKS)
async def test_a_clock_that_is_wrong_costs_no_connection_and_no_event(
    name: str, tmp_path: Path
) -> None:
    offset_ns, issue = CLOCKS[name]
    bus = tmp_path / "bus.db"
    async with serving(trades(), speed=1.0, is_once=False) as running:
        facts = await asyncio.wait_for(collected(running, bus, FaultyClock(offset_ns)), 120)
    assert (facts["reconnects"], facts["residual"]) == (0, 0)
    ages = [value for stage in facts["latency"].values() for value in stage.values()]
    assert min(age for age in ages if age is not None) >= 0

    messages = messages_of(bus)
    rows = rows_of("trade", messages)
    assert [int(row["native_id"]) for row in rows] == list(range(1, COUNT + 1))
    kinds = {row["kind"] for row in rows_of("coverage", messages)}
    assert kinds == {"session_start", "session_end"}
    # What the clock did is in the data: stamps are what it said, and events do not fit to them.
    told = [bool(issue) and issue in row["issues"] for row in rows]
    assert any(told) is bool(issue)
    assert told == sorted(told), "once wrong, it stays so"
    assert not issue or 0 < told.index(True) < COUNT


def messages_of(bus: Path) -> list[tuple[str, bytes]]:
    reader = LocalFile(bus, mode="read")
    try:
        found = reader.read(-(2**63), 1_000_000)
        return [(each.topic, each.message[2]) for each in found]
    finally:
        reader.close()


def rows_of(event_type: str, messages: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
    values = [value for topic, value in messages if topic.startswith(f"{event_type}.")]
    return pl.DataFrame(tl.decode(values, event_type=event_type)).to_dicts()
