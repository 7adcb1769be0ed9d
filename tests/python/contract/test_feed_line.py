"""How a line behaves towards servers that do not, over real sockets."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Literal

import orjson
import pytest

from tapeline.adapters.binance.spot.dialect import DIALECT
from tapeline.adapters.connection.feed import Feed, FeedPlan
from tapeline.adapters.connection.health import HealthPolicy
from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.line_context import LineContext, LinePolicy
from tapeline.adapters.connection.patience import ConnectBudgets
from tapeline.adapters.connection.ports import DialOptions
from tapeline.adapters.connection.websockets_client import dial_websockets
from tapeline.errors import ConnectRefusedError
from tapeline.model import Instrument
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics
from tests.fakes.websocket_venue import CLOSE, TEXT, Peer, Venue, eventually, seconds_until, venue

CLOCK = SystemClock()
BTC = Instrument("binance", "spot", "BTC/USDT", "BTCUSDT")
# Rules that a test is not about are off or far away.
CALM = LinePolicy(
    health=HealthPolicy(first_data_s=0, staleness_s=0, idle_ping_s=0),
    close_silence_s=0.5,
    close_limit_s=2.0,
    overlap_s=5.0,
    check_s=0.01,
    rate_limited_s=0.3,
)


class Downstream:
    """Stands for pump and normaliser: keeps trades, tells control frames and rubbish apart."""

    def __init__(self) -> None:
        self.trades: list[int] = []
        self.changes: list[tuple[str, int]] = []
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
            if kind in ("ack", "error", "server_shutdown"):
                inbox.owner.control(kind, frame.decode())
            is_control = kind in ("ack", "error", "server_shutdown", "pong")
            inbox.owner.judged(1, int(kind == "bad"), int(is_control))

    def _judge(self, frame: bytes, stamp: int) -> str:
        try:
            message = orjson.loads(frame)
        except orjson.JSONDecodeError:
            return "bad"
        message = message.get("data", message)
        if message.get("e") == "trade":
            self.trades.append(message["t"])
            self._stamps[message["s"], "trade"] = stamp
            return "trade"
        if message.get("e") == "serverShutdown":
            return "server_shutdown"
        return "error" if "error" in message or "code" in message else "ack"

    def connection(
        self,
        inbox: Inbox | None,
        state: Literal["lost", "restored", "started", "stopped"],
        reason: str,
        streams: Sequence[tuple[str, str]],
    ) -> None:
        if state == "lost" and inbox is not None:
            self.take(inbox)
        self.changes.append((state, len(self.trades)))

    def last_received(self) -> Mapping[tuple[str, str], int]:
        return dict(self._stamps)


def trade(number: int, symbol: str = "BTCUSDT") -> str:
    return orjson.dumps({"e": "trade", "s": symbol, "t": number}).decode()


@asynccontextmanager
async def feeding(
    fake: Venue,
    policy: LinePolicy = CALM,
    plan: FeedPlan | None = None,
) -> AsyncIterator[tuple[Downstream, Feed]]:
    downstream = Downstream()
    context = LineContext(
        downstream=downstream,
        dial=dial_websockets,
        dial_options=DialOptions(wall_ns=CLOCK.wall_ns, open_timeout_s=60.0),
        budgets=ConnectBudgets(CLOCK.monotonic_ns),
        clock=CLOCK,
        random_source=random.Random(7),
        metrics=Metrics(),
        policy=policy,
    )
    plan = plan if plan is not None else FeedPlan(dialect=DIALECT, instruments=(BTC,))
    feed = Feed(replace(plan, endpoint=f"ws://127.0.0.1:{fake.port}"), context)
    task = asyncio.create_task(feed.run())
    try:
        yield downstream, feed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await feed.close()


async def test_stopping_delivers_what_the_server_sends_before_its_close_frame() -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        peer.send(trade(0))
        while (await peer.read())[0] != CLOSE:
            pass
        for number in range(1, 2_000):
            peer.send(trade(number))
        peer.close()
        await peer.drain()
        peer.hang_up()

    # A busy machine may keep the server silent for long.
    patient = replace(CALM, close_silence_s=30.0, close_limit_s=60.0, drain_limit_s=60.0)
    async with venue(script) as fake:
        async with feeding(fake, patient) as (downstream, _):
            await eventually(lambda: downstream.trades == [0])  # there is a connection
        await eventually(lambda: len(downstream.trades) == 2_000)
    assert downstream.changes == []


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1008, 1009, 1011, 1012])
async def test_a_closed_line_comes_back_and_both_changes_are_recorded(code: int) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        peer.send(trade(peer.index))
        if peer.index == 0:
            peer.hang_up() if code == 1006 else peer.close(code, "24 h")
        await peer.serve_control()

    async with venue(script) as fake, feeding(fake) as (downstream, feed):
        await eventually(lambda: downstream.trades == [0, 1])
        assert downstream.changes == [("lost", 1), ("restored", 1)]
        assert feed.reconnects == 1


@pytest.mark.parametrize(
    ("plan", "path"),
    [
        (FeedPlan(dialect=DIALECT, instruments=(BTC,)), "/ws/btcusdt@trade"),
        (
            FeedPlan(dialect=DIALECT, instruments=(BTC,), time_unit="us"),
            "/ws/btcusdt@trade?timeUnit=MICROSECOND",
        ),
        (
            FeedPlan(dialect=DIALECT, instruments=(BTC,), channels=("trade", "aggTrade")),
            "/stream?streams=btcusdt@trade/btcusdt@aggTrade",
        ),
        (
            FeedPlan(
                dialect=DIALECT, instruments=(BTC,), channels=("trade", "aggTrade"), time_unit="us"
            ),
            "/stream?streams=btcusdt@trade/btcusdt@aggTrade&timeUnit=MICROSECOND",
        ),
        (
            FeedPlan(
                dialect=DIALECT,
                instruments=(Instrument("binance", "spot", "币安人生/USDT", "币安人生USDT"),),
            ),
            "/ws/%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9Fusdt@trade",
        ),
    ],
)
async def test_the_address_names_streams_and_time_unit(plan: FeedPlan, path: str) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        await peer.serve_control()

    async with venue(script) as fake, feeding(fake, plan=plan):
        await eventually(lambda: fake.peers and fake.peers[0].path)
        assert fake.peers[0].path == path


def many(count: int) -> FeedPlan:
    return FeedPlan(
        dialect=DIALECT,
        instruments=tuple(
            Instrument("binance", "spot", f"C{number}/USDT", f"C{number}USDT")
            for number in range(count)
        ),
    )


async def test_many_streams_are_subscribed_by_paced_messages() -> None:
    times: list[float] = []
    asked: list[str] = []

    async def script(peer: Peer) -> None:
        times.append(asyncio.get_running_loop().time())
        peer.accept()
        while True:
            opcode, payload = await peer.read()
            if opcode == TEXT:
                times.append(asyncio.get_running_loop().time())
                message = orjson.loads(payload)
                assert message["method"] == "SUBSCRIBE"
                asked.extend(message["params"])
                peer.send(orjson.dumps({"result": None, "id": message["id"]}))
            elif opcode == CLOSE:
                peer.close()

    async with venue(script) as fake, feeding(fake, plan=many(410)):
        await eventually(lambda: len(asked) == 410)
        assert fake.peers[0].path == "/stream"
    accepted, *arrived = times
    assert len(arrived) == 3
    # From the beginning: between two arrivals it is less when the first of them is read late.
    assert all(at - accepted >= number * 0.4 for number, at in enumerate(arrived))


async def test_an_answer_that_does_not_come_ends_the_connection() -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        await peer.serve_control()

    policy = replace(CALM, ack_timeout_s=0.1)
    async with venue(script) as fake, feeding(fake, policy, many(101)) as (downstream, _):
        await eventually(lambda: len(fake.peers) >= 2)
        assert downstream.changes[0] == ("lost", 0)


@pytest.mark.parametrize(
    "answer",
    [
        '{"error":{"code":2,"msg":"Invalid request: unknown stream"},"id":1}',
        '{"code":2,"msg":"Invalid request: unknown stream","id":1}',
        '{"code":2,"msg":"Invalid request: unknown stream"}',
    ],
)
async def test_a_refused_subscription_is_told_to_the_operator(answer: str) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        await peer.read()
        peer.send(answer)
        await peer.serve_control()

    async with venue(script) as fake, _run_to_fault(fake, many(101)) as fault:
        assert "unknown stream (code 2), for c0usdt@trade" in str(fault)


@asynccontextmanager
async def _run_to_fault(fake: Venue, plan: FeedPlan) -> AsyncIterator[BaseException]:
    context = LineContext(
        downstream=Downstream(),
        dial=dial_websockets,
        dial_options=DialOptions(wall_ns=CLOCK.wall_ns),
        budgets=ConnectBudgets(CLOCK.monotonic_ns),
        clock=CLOCK,
        random_source=random.Random(7),
        metrics=Metrics(),
        policy=CALM,
    )
    feed = Feed(replace(plan, endpoint=f"ws://127.0.0.1:{fake.port}"), context)
    async with asyncio.timeout(60):
        with pytest.raises(ConnectRefusedError) as caught:
            await feed.run()
    yield caught.value
    await feed.close()


@pytest.mark.parametrize("status", [302, 400, 403, 404, 451])
async def test_a_refusal_of_the_first_connection_is_final(status: int) -> None:
    async def script(peer: Peer) -> None:
        peer.reject(status)

    async with venue(script) as fake:
        async with _run_to_fault(fake, FeedPlan(dialect=DIALECT, instruments=(BTC,))) as fault:
            assert f"HTTP {status}" in str(fault)
        assert len(fake.peers) == 1


@pytest.mark.parametrize("status", [403, 418, 429, 451, 500, 503])
async def test_a_refused_reconnect_waits_and_tries_again(status: int) -> None:
    times: list[float] = []

    async def script(peer: Peer) -> None:
        times.append(asyncio.get_running_loop().time())
        if peer.index == 1:
            peer.reject(status)
            return
        peer.accept()
        peer.send(trade(peer.index))
        if peer.index == 0:
            peer.close(1001)
        await peer.serve_control()

    async with venue(script) as fake, feeding(fake) as (downstream, _):
        await eventually(lambda: downstream.trades == [0, 2])
    if status < 500:
        assert times[2] - times[1] >= CALM.rate_limited_s


async def test_retry_after_is_honoured_over_our_own_waiting() -> None:
    times: list[float] = []

    async def script(peer: Peer) -> None:
        times.append(asyncio.get_running_loop().time())
        if peer.index == 0:
            peer.reject(429, "Retry-After: 1\r\n")
            return
        peer.accept()
        peer.send(trade(1))
        await peer.serve_control()

    async with venue(script) as fake, feeding(fake) as (downstream, _):
        await eventually(lambda: downstream.trades == [1])
    assert times[1] - times[0] >= 1.0


async def test_a_server_that_accepts_and_drops_is_not_hammered() -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        peer.hang_up()

    async with venue(script) as fake, feeding(fake):
        end = asyncio.get_running_loop().time() + 2.0
        await eventually(lambda: asyncio.get_running_loop().time() >= end)
        assert len(fake.peers) <= 10
        await eventually(lambda: len(fake.peers) >= 2)


async def test_rotation_makes_the_new_connection_before_it_breaks_the_old_one() -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        sender = asyncio.create_task(send_common(peer))
        try:
            await peer.serve_control()
        finally:
            sender.cancel()

    number = 0

    async def send_common(peer: Peer) -> None:
        seen = -1
        while True:
            if seen != number:
                seen = number
                peer.send(trade(seen))
            await asyncio.sleep(0.001)

    async with venue(script) as fake:
        async with feeding(fake, replace(CALM, rotate_hours=0.3 / 3600)) as (downstream, feed):
            await eventually(lambda: len(downstream.trades) == 1)  # there is a connection
            while feed.reconnects < 3:
                number += 1
                await asyncio.sleep(0.005)
            await eventually(lambda: max(downstream.trades) == number)
        assert downstream.changes == []
        assert set(range(1, number + 1)) <= set(downstream.trades)
        assert [each[0] for each in fake.peers[0].received] == [CLOSE]


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_shutdown_notice_moves_to_a_new_connection_without_a_gap(wrapped: bool) -> None:
    notice = '{"e":"serverShutdown","E":1}'
    text = f'{{"stream":"!serverShutdown","data":{notice}}}' if wrapped else notice
    moved = asyncio.Event()

    async def script(peer: Peer) -> None:
        peer.accept()
        peer.send(trade(peer.index * 10))
        if peer.index == 0:
            peer.send(text)
            await moved.wait()
            peer.send(trade(1))
            peer.close(1001, "shutdown")
        else:
            moved.set()
        await peer.serve_control()

    async with venue(script) as fake, feeding(fake) as (downstream, _):
        await eventually(lambda: set(downstream.trades) == {0, 1, 10})
        assert downstream.changes == []


async def test_a_half_open_connection_is_noticed_and_replaced_within_5_seconds() -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        peer.send(trade(peer.index))
        if peer.index == 0:
            await peer.is_gone.wait()
        await peer.serve_control()

    policy = replace(CALM, health=HealthPolicy(first_data_s=0, staleness_s=0))
    async with venue(script) as fake, feeding(fake, policy) as (downstream, _):
        await eventually(lambda: downstream.trades == [0])
        assert await seconds_until(lambda: downstream.trades == [0, 1]) <= 5.5
        assert downstream.changes == [("lost", 1), ("restored", 1)]


async def test_a_quiet_server_that_answers_pings_is_kept() -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        peer.send(trade(0))
        await peer.serve_control()

    health = HealthPolicy(first_data_s=0, staleness_s=0, idle_ping_s=0.1, pong_timeout_s=30.0)
    async with venue(script) as fake, feeding(fake, replace(CALM, health=health)) as (_, feed):
        await eventually(lambda: fake.peers and len(fake.peers[0].received) >= 5)
        assert feed.reconnects == 0


async def test_an_acknowledgement_without_data_is_not_taken_for_health() -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        peer.send('{"result":null,"id":1}')
        if peer.index:
            peer.send(trade(peer.index))
        await peer.serve_control()

    health = HealthPolicy(first_data_s=0.2, staleness_s=0)
    async with venue(script) as fake, feeding(fake, replace(CALM, health=health)) as (found, _):
        await eventually(lambda: found.trades)


async def test_one_silent_stream_among_others_is_noticed() -> None:
    eth = Instrument("binance", "spot", "ETH/USDT", "ETHUSDT")

    async def script(peer: Peer) -> None:
        peer.accept()
        number = 0
        while True:
            number += 1
            peer.send(trade(number))
            if number < 10 or peer.index:
                peer.send(trade(number, "ETHUSDT"))
            await asyncio.sleep(0.01)
            await peer.drain()

    health = HealthPolicy(first_data_s=0.5, staleness_s=0.5)
    plan = FeedPlan(dialect=DIALECT, instruments=(BTC, eth))
    async with venue(script) as fake, feeding(fake, replace(CALM, health=health), plan):
        await eventually(lambda: len(fake.peers) >= 2)


async def test_bad_frames_cost_themselves_and_too_many_one_reconnect() -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        peer.send("<html>not a frame</html>")
        peer.send(trade(peer.index))
        if peer.index < 2:
            for _ in range(30):
                peer.send(b"\xff\x00 rubbish")
        await peer.serve_control()

    async with venue(script) as fake, feeding(fake) as (downstream, feed):
        await eventually(lambda: downstream.trades == [0, 1])
        await eventually(lambda: [each[0] for each in fake.peers[0].received] == [CLOSE])
        end = asyncio.get_running_loop().time() + 0.5
        await eventually(lambda: asyncio.get_running_loop().time() >= end)
        assert feed.reconnects == 1
        assert downstream.changes == []


async def test_isolated_symbols_get_lines_of_their_own() -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        await peer.serve_control()

    plan = replace(many(3), isolated=frozenset({"C1USDT"}))
    async with venue(script) as fake, feeding(fake, plan=plan):
        await eventually(lambda: len(fake.peers) == 2 and all(each.path for each in fake.peers))
        assert {each.path for each in fake.peers} == {
            "/ws/c1usdt@trade",
            "/stream?streams=c0usdt@trade/c2usdt@trade",
        }
