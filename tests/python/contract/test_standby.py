"""Two lines with the same streams, merged by event id: real sockets, real normaliser."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

import tapeline as tl
from tapeline.adapters.binance.spot.dialect import DIALECT
from tapeline.adapters.connection.feed import Feed, FeedPlan
from tapeline.adapters.connection.health import HealthPolicy
from tapeline.adapters.connection.line_context import LineContext, LinePolicy
from tapeline.adapters.connection.patience import ConnectBudgets
from tapeline.adapters.connection.ports import DialOptions
from tapeline.adapters.connection.websockets_client import dial_websockets
from tapeline.apps.pump import Pump
from tapeline.model import Instrument
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics
from tests.fakes.binance_like import trade_text
from tests.fakes.websocket_venue import Peer, Venue, eventually, venue

CLOCK = SystemClock()
BTC = Instrument("binance", "spot", "BTC/USDT", "BTCUSDT")
PLAN = FeedPlan(dialect=DIALECT, instruments=(BTC,), core=frozenset({"BTCUSDT"}))
CALM = LinePolicy(
    health=HealthPolicy(first_data_s=0, staleness_s=0, idle_ping_s=0),
    close_silence_s=0.5,
    close_limit_s=2.0,
    check_s=0.01,
)


class Bus:
    """Keeps what the pump sends."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes, bytes]] = []

    def send(self, messages: Sequence[tuple[str, bytes, bytes]]) -> None:
        self.messages += messages

    def rows(self, event_type: str) -> list[dict[str, Any]]:
        values = [value for topic, _, value in self.messages if topic.startswith(f"{event_type}.")]
        if not values:
            return []
        return pl.DataFrame(tl.decode(values, event_type=event_type)).to_dicts()

    def ids(self) -> list[int]:
        return [int(row["native_id"]) for row in self.rows("trade")]

    def changes(self) -> list[str]:
        kinds = [str(row["kind"]) for row in self.rows("coverage")]
        return [kind for kind in kinds if kind.startswith("connection")]


class Running:
    """Feed, pump, normaliser and bus of one test."""

    def __init__(self, fake: Venue, policy: LinePolicy, plan: FeedPlan) -> None:
        self.bus = Bus()
        self.faults: list[Exception] = []
        self.normalizer = tl.Normalizer(
            exchange="binance", market="spot", instruments=[BTC], stale_after_ns=0
        )
        self.pump = Pump(self.normalizer, self.bus, CLOCK, self.faults.append)
        context = LineContext(
            downstream=self.pump,
            dial=dial_websockets,
            dial_options=DialOptions(wall_ns=CLOCK.wall_ns, open_timeout_s=20.0),
            budgets=ConnectBudgets(CLOCK.monotonic_ns),
            clock=CLOCK,
            random_source=random.Random(7),
            metrics=Metrics(),
            policy=policy,
        )
        self.feed = Feed(replace(plan, endpoint=f"ws://127.0.0.1:{fake.port}"), context)


@asynccontextmanager
async def running(
    script: Callable[[Peer], Awaitable[None]], policy: LinePolicy = CALM, plan: FeedPlan = PLAN
) -> AsyncIterator[tuple[Running, Venue]]:
    async with venue(script) as fake:
        run = Running(fake, policy, plan)
        task = asyncio.create_task(run.feed.run())
        try:
            yield run, fake
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await run.feed.close()
        run.pump.finish()
        assert run.faults == []


class Live:
    """A venue with one clock: every connection gets the same trades, each with its delay."""

    def __init__(self, *delays_s: float) -> None:
        self.number = 0
        self._delays_s = delays_s

    async def __call__(self, peer: Peer) -> None:
        peer.accept()
        # A new connection begins with what comes next, as at an exchange.
        sending = asyncio.create_task(self._send(peer, self.number))
        try:
            await peer.serve_control()
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, peer: Peer, sent: int) -> None:
        delay_s = self._delays_s[peer.index % len(self._delays_s)]
        while True:
            wanted = self.number
            await asyncio.sleep(delay_s)
            for number in range(sent + 1, wanted + 1):
                peer.send(trade_text(number))
            sent = wanted
            await peer.drain()
            await asyncio.sleep(0.001)

    async def trade(self, count: int) -> None:
        for _ in range(count):
            self.number += 1
            await asyncio.sleep(0.001)


async def test_a_core_pair_has_two_lines_whose_trades_are_merged() -> None:
    live = Live(0.0, 0.05)
    async with running(live) as (run, fake):
        await eventually(lambda: all(line.is_up for line in run.feed.lines))
        await live.trade(300)
        first, second = (line.standing for line in run.feed.lines)
        await eventually(lambda: first.late + second.late == 300)
        assert first.missing == second.missing == 0
        assert len(fake.peers) == 2
    assert sorted(run.bus.ids()) == list(range(1, 301))
    assert first.firsts + second.firsts == 300
    assert first.late + second.late == 300
    assert (first.firsts > 250) != (second.firsts > 250), "the delayed line is hardly ever first"
    later = second if first.firsts > second.firsts else first
    found = later.lag.summary()
    assert found["count"] is not None
    assert found["count"] >= 3
    assert 5_000_000 <= (found["p50_ns"] or 0) <= 200_000_000


@pytest.mark.parametrize("victim", [0, 1])
async def test_the_death_of_one_line_loses_and_duplicates_nothing(victim: int) -> None:
    live = Live(0.0, 0.003)
    async with running(live) as (run, fake):
        await eventually(lambda: all(line.is_up for line in run.feed.lines))
        for killed in range(1, 6):
            await live.trade(60)
            await eventually(lambda: all(line.is_up for line in run.feed.lines))
            alive = [peer for peer in fake.peers if not peer.is_gone.is_set()]
            alive[victim].abort()
            # The one that is left goes on alone until the other is back.
            trading = asyncio.create_task(live.trade(30))
            await eventually(lambda killed=killed: run.feed.reconnects == killed)  # type: ignore[misc]
            await eventually(lambda killed=killed: len(fake.peers) == killed + 2)  # type: ignore[misc]
            await trading
        await live.trade(60)
        await eventually(lambda: max(run.bus.ids(), default=0) == live.number)
        assert live.number == 510
    assert sorted(run.bus.ids()) == list(range(1, 511))
    assert run.normalizer.gaps() == []
    assert run.bus.changes() == [], "the pair was never down, so nothing was lost"


async def test_a_line_that_misses_trades_is_told_by_what_the_other_brought() -> None:
    class Lossy(Live):
        async def _send(self, peer: Peer, sent: int) -> None:
            while True:
                for number in range(sent + 1, self.number + 1):
                    if peer.index == 0 or number % 10:
                        peer.send(trade_text(number))
                sent = self.number
                await asyncio.sleep(0.001)

    live = Lossy()
    async with running(live) as (run, _):
        await eventually(lambda: all(line.is_up for line in run.feed.lines))
        await live.trade(200)
        await eventually(lambda: len(run.bus.ids()) == 200)
        await eventually(
            lambda: sorted(line.standing.missing for line in run.feed.lines) == [0, 20]
        )
    assert sorted(run.bus.ids()) == list(range(1, 201))


async def test_both_lines_down_is_a_loss_and_one_up_again_its_end() -> None:
    live = Live(0.0, 0.0)
    async with running(live) as (run, fake):
        await eventually(lambda: all(line.is_up for line in run.feed.lines))
        await live.trade(20)
        await eventually(lambda: len(run.bus.ids()) == 20)
        for peer in list(fake.peers):
            peer.abort()
        await eventually(lambda: run.feed.reconnects == 2)
        await live.trade(20)
        await eventually(lambda: max(run.bus.ids()) == live.number)
    assert run.bus.changes() == ["connection_lost", "connection_restored"]


async def test_a_mute_line_is_replaced_although_the_other_one_delivers() -> None:
    class Mute(Live):
        async def _send(self, peer: Peer, sent: int) -> None:
            if peer.index != 1:
                await super()._send(peer, sent)

    live = Mute(0.0)
    health = HealthPolicy(first_data_s=0.3, staleness_s=0, idle_ping_s=0)
    async with running(live, replace(CALM, health=health, overlap_s=0.2)) as (run, fake):
        await eventually(lambda: all(line.is_up for line in run.feed.lines))
        trading = asyncio.create_task(live.trade(2_000))
        await eventually(lambda: len(fake.peers) >= 3)
        trading.cancel()
        await asyncio.gather(trading, return_exceptions=True)
        await eventually(lambda: max(run.bus.ids(), default=0) == live.number)
    assert sorted(run.bus.ids()) == list(range(1, live.number + 1))


async def test_frames_in_another_order_on_each_line_are_each_one_event() -> None:
    order = {0: [1, 2, 3, 4, 5, 6], 1: [2, 1, 4, 3, 6, 5]}

    async def script(peer: Peer) -> None:
        peer.accept()
        for number in order[peer.index % 2]:
            peer.send(trade_text(number))
            await asyncio.sleep(0.01)
        await peer.serve_control()

    async with running(script) as (run, _):
        await eventually(lambda: len(run.bus.ids()) == 6)
        await eventually(lambda: sum(line.standing.late for line in run.feed.lines) == 6)
    assert sorted(run.bus.ids()) == [1, 2, 3, 4, 5, 6]
    assert run.normalizer.gaps() == []
