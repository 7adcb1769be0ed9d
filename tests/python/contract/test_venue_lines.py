"""Lines to venues that are subscribed to by message, over real sockets."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import orjson
import pytest

from tapeline.adapters.connection.dialect import Dialect, Heartbeat
from tapeline.adapters.connection.downstream import StreamState
from tapeline.adapters.connection.feed import Feed, FeedPlan
from tapeline.adapters.connection.health import HealthPolicy
from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.line_context import LineContext, LinePolicy
from tapeline.adapters.connection.patience import ConnectBudgets
from tapeline.adapters.connection.ports import DialOptions
from tapeline.adapters.connection.session import EndKind
from tapeline.adapters.connection.websockets_client import dial_websockets
from tapeline.adapters.registry import venue as market_of
from tapeline.errors import ConnectRefusedError
from tapeline.model import Instrument
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics
from tests.fakes.message_venues import BybitLike, MessageVenue, OkxLike
from tests.fakes.websocket_venue import Peer, eventually, venue

CLOCK = SystemClock()
CALM = LinePolicy(
    health=HealthPolicy(first_data_s=0, staleness_s=0, idle_ping_s=0),
    close_silence_s=0.5,
    close_limit_s=2.0,
    overlap_s=5.0,
    check_s=0.01,
)


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
        dial_options=DialOptions(wall_ns=CLOCK.wall_ns, open_timeout_s=2.0),
        budgets=ConnectBudgets(CLOCK.monotonic_ns),
        clock=CLOCK,
        random_source=random.Random(7),
        metrics=Metrics(),
        policy=policy,
    )


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


async def test_okx_streams_are_subscribed_in_paced_messages_and_acknowledged_one_by_one() -> None:
    script = OkxLike()
    policy = replace(CALM, ack_timeout_s=1.0)
    async with feeding(script, plan(OKX, 120), policy) as (_, feed):
        await eventually(lambda: len(script.heard.subscribed) == 120)
        sizes = [len(request["args"]) for _, request in script.heard.requests]
        times = [when for when, _ in script.heard.requests]
        assert sizes == [50, 50, 20]
        assert min(b - a for a, b in pairwise(times)) >= 0.3
        assert len(script.peers) == 1
        assert feed.reconnects == 0


async def test_bybit_spot_takes_ten_topics_a_message() -> None:
    script = BybitLike()
    async with feeding(script, plan(BYBIT, 25)):
        await eventually(lambda: len(script.heard.subscribed) == 25)
    assert [len(request["args"]) for _, request in script.heard.requests] == [10, 10, 5]


async def test_streams_of_different_paths_get_different_connections() -> None:
    script = OkxLike()
    async with feeding(script, plan(OKX, 2, "trades", "trades-all", "books")):
        await eventually(lambda: len(script.heard.subscribed) == 6)
    assert sorted(each.path for each in script.peers) == ["/ws/v5/business", "/ws/v5/public"]


async def test_one_subscription_brings_the_liquidations_of_all_swaps() -> None:
    script = OkxLike()
    async with feeding(script, plan(OKX, 3, "liquidation-orders")):
        await eventually(lambda: script.heard.subscribed)
    assert script.heard.history == [("subscribe", "liquidation-orders:SWAP")]


async def test_a_mute_venue_is_left_when_the_answer_is_due() -> None:
    script = OkxLike(is_mute=True)
    async with feeding(script, plan(OKX), replace(CALM, ack_timeout_s=0.1)) as (downstream, _):
        await eventually(lambda: len(script.peers) >= 2)
    assert downstream.changes[0] == ("lost", STREAMS)


@pytest.mark.parametrize(
    ("script", "dialect", "sentence"),
    [
        (OkxLike(refused=frozenset({"trades:S0", "trades:S1"})), OKX, "instId:S[01] doesn't exist"),
        (
            BybitLike(refused=frozenset({"publicTrade.S0", "publicTrade.S1"})),
            BYBIT,
            "handler not found",
        ),
    ],
)
async def test_a_refusal_of_everything_at_the_very_start_is_the_operators(
    script: MessageVenue, dialect: Dialect, sentence: str
) -> None:
    async with venue(script) as fake:
        feed = Feed(
            replace(plan(dialect, 2), endpoint=f"ws://127.0.0.1:{fake.port}"),
            context(Downstream(), CALM),
        )
        async with asyncio.timeout(5):
            with pytest.raises(ConnectRefusedError, match=sentence):
                await feed.run()
        await feed.close()


@pytest.mark.parametrize(
    ("script", "dialect", "refused"),
    [
        (OkxLike(refused=frozenset({"trades:S1"})), OKX, "trades:S1"),
        (BybitLike(refused=frozenset({"publicTrade.S1"})), BYBIT, "publicTrade.S1"),
    ],
)
async def test_one_refused_symbol_at_the_very_start_is_recorded_and_costs_no_other(
    script: MessageVenue, dialect: Dialect, refused: str
) -> None:
    async with feeding(script, plan(dialect, 3)) as (downstream, feed):
        await eventually(lambda: len(script.heard.subscribed) == 2)
        assert refused not in script.heard.subscribed
        await eventually(
            lambda: downstream.changes == [("stopped", (("S1", dialect.channels[0].name),))]
        )
        assert feed.reconnects == 0


async def test_a_refusal_while_running_costs_that_stream_alone() -> None:
    script = OkxLike(
        lambda peer, name: peer.send(data(name, name.partition(":")[2])),
        refused=frozenset({"trades:S2"}),
    )
    wanted = plan(OKX, 2)
    async with feeding(script, wanted) as (downstream, feed):
        await eventually(lambda: len(downstream.data) == 2)
        feed.update(plan(OKX, 4))
        await eventually(lambda: "trades:S3" in downstream.data)
        assert script.heard.subscribed == {"trades:S0", "trades:S1", "trades:S3"}
        await eventually(lambda: len(downstream.changes) == 2)
        assert feed.reconnects == 0
    assert downstream.changes == [("started", trades("S2", "S3")), ("stopped", trades("S2"))]


async def test_one_unknown_topic_costs_bybit_streams_of_its_request_nothing() -> None:
    script = BybitLike(lambda peer, name: peer.send(data(name, name.partition(".")[2])))
    async with feeding(script, plan(BYBIT, 1)) as (downstream, feed):
        await eventually(lambda: downstream.data)
        script.refused = frozenset({"publicTrade.S4"})
        feed.update(plan(BYBIT, 9))
        await eventually(lambda: len(script.heard.subscribed) == 8)
        assert "publicTrade.S4" not in script.heard.subscribed
        await eventually(lambda: len(downstream.changes) == 2)
        assert feed.reconnects == 0
    assert downstream.changes[1] == ("stopped", (("S4", "publicTrade"),))


async def test_a_stream_known_to_be_refused_does_not_make_its_line_reconnect() -> None:
    script = OkxLike(lambda peer, name: peer.send(data(name, name.partition(":")[2])))
    health = HealthPolicy(first_data_s=0.7, staleness_s=0, idle_ping_s=0)
    async with feeding(script, plan(OKX, 1), replace(CALM, health=health)) as (downstream, feed):
        await eventually(lambda: downstream.data)
        script.refused = frozenset({"trades:S1"})
        feed.update(plan(OKX, 2))
        await asyncio.sleep(1.4)
        assert feed.reconnects == 0


@pytest.mark.parametrize("fault", ["subscription", "handshake"])
async def test_what_is_refused_to_a_line_opened_later_does_not_end_the_feed(fault: str) -> None:
    class Refusing(OkxLike):
        async def __call__(self, peer: Peer) -> None:
            if peer.index == 1 and fault == "handshake":
                peer.reject(403)
                return
            await super().__call__(peer)

    script = Refusing(
        lambda peer, name: peer.send(data(name, name.partition(":")[2])),
        refused=frozenset({"trades-all:S0"}) if fault == "subscription" else frozenset(),
    )
    async with feeding(script, plan(OKX, 1), replace(CALM, rate_limited_s=0.1)) as (seen, feed):
        await eventually(lambda: seen.data)
        feed.update(plan(OKX, 1, "trades", "trades-all"))
        if fault == "handshake":
            await eventually(lambda: "trades-all:S0" in script.heard.subscribed)
        else:
            await eventually(lambda: len(script.peers) == 2)
            await asyncio.sleep(0.3)
        feed.update(plan(OKX, 2, "trades"))
        await eventually(lambda: "trades:S1" in script.heard.subscribed)


async def test_what_is_asked_for_while_a_connection_is_made_is_subscribed_to() -> None:
    go_on = asyncio.Event()

    class Slow(OkxLike):
        async def __call__(self, peer: Peer) -> None:
            await go_on.wait()
            await super().__call__(peer)

    script = Slow()
    async with feeding(script, plan(OKX, 3)) as (_, feed):
        await asyncio.sleep(0.2)
        feed.update(
            replace(plan(OKX, 5), instruments=plan(OKX, 5).instruments[1:])  # S1 to S4
        )
        go_on.set()
        wanted = {f"trades:S{n}" for n in range(1, 5)}
        await eventually(lambda: script.heard.subscribed == wanted)
        assert len(script.peers) == 1


async def test_an_old_connection_is_left_when_the_new_one_has_subscribed_to_everything() -> None:
    gone_at: list[int] = []

    class Watching(BybitLike):
        async def __call__(self, peer: Peer) -> None:
            try:
                await super().__call__(peer)
            finally:
                if peer.index == 0:
                    gone_at.append(len(self.heard.history))

    script = Watching(lambda peer, name: peer.send(data(name, name.partition(".")[2])))
    async with feeding(script, plan(BYBIT, 40)) as (downstream, feed):
        await eventually(lambda: len(downstream.data) == 40)
        session = feed.lines[0]._session
        assert session is not None
        session.end(EndKind.ROTATION, "test")
        await eventually(lambda: gone_at)
        # 40 subscriptions of the first connection and all 40 of the second.
        assert gone_at == [80]
        assert downstream.changes == []


async def test_a_connection_lost_while_its_successor_is_made_is_recorded() -> None:
    go_on = asyncio.Event()

    class Slow(OkxLike):
        async def __call__(self, peer: Peer) -> None:
            if peer.index:
                await go_on.wait()
            await super().__call__(peer)

    script = Slow(lambda peer, name: peer.send(data(name)))
    async with feeding(script, plan(OKX)) as (downstream, feed):
        await eventually(lambda: downstream.data)
        session = feed.lines[0]._session
        assert session is not None
        session.end(EndKind.SERVER_SHUTDOWN, "test")
        await asyncio.sleep(0.2)
        script.peers[0].abort()
        await eventually(lambda: downstream.changes == [("lost", STREAMS)])
        go_on.set()
        await eventually(lambda: len(downstream.data) == 2)
        assert downstream.changes == [("lost", STREAMS), ("restored", STREAMS)]


async def test_an_old_connection_stays_while_the_new_one_lacks_a_stream_of_it() -> None:
    lacks = True

    class Partial(OkxLike):
        async def __call__(self, peer: Peer) -> None:
            beating = asyncio.create_task(self.pour(peer))
            await super().__call__(peer)
            beating.cancel()

        async def pour(self, peer: Peer) -> None:
            number = 0
            while True:
                number += 1
                await asyncio.sleep(0.02)
                for symbol in ("S0",) if peer.index and lacks else ("S0", "S1"):
                    peer.send(data(f"{symbol} {peer.index} {number}", symbol))

    script = Partial()
    policy = replace(CALM, overlap_s=1.5)
    async with feeding(script, plan(OKX, 2), policy) as (downstream, feed):
        await eventually(lambda: len(downstream.data) > 10)
        old = feed.lines[0]._session
        assert old is not None
        old.end(EndKind.ROTATION, "test")
        await eventually(lambda: len(script.peers) == 2)
        await eventually(script.peers[1].is_gone.is_set)
        assert not script.peers[0].is_gone.is_set()
        assert feed.lines[0]._session is old
        lacks = False
        await eventually(script.peers[0].is_gone.is_set)
        assert downstream.changes == []
        new = feed.lines[0]._session
        assert new is not None
        assert new.heard_ns.keys() == {("S0", "trades"), ("S1", "trades")}


async def test_a_missing_answer_does_not_end_a_connection_that_delivers() -> None:
    class Mute(OkxLike):
        async def __call__(self, peer: Peer) -> None:
            peer.accept()
            for symbol in ("S0", "S1"):
                peer.send(data("early", symbol))
            await peer.read()
            for number in range(30):
                for symbol in ("S0", "S1"):
                    peer.send(data(str(number), symbol))
                await asyncio.sleep(0.05)
            await peer.serve_control()

    script = Mute()
    async with feeding(script, plan(OKX, 2), replace(CALM, ack_timeout_s=0.5)) as (seen, feed):
        await eventually(lambda: "29" in seen.data)
        assert (feed.reconnects, seen.changes) == (0, [])


async def test_a_server_that_ignores_the_close_and_goes_on_sending_is_dropped_in_time() -> None:
    class Deaf(OkxLike):
        async def __call__(self, peer: Peer) -> None:
            peer.accept()
            while True:
                peer.send(data("x"))
                await asyncio.sleep(0.05)

    policy = replace(CALM, close_silence_s=0.2, close_limit_s=30.0, drain_limit_s=0.5)
    async with feeding(Deaf(), plan(OKX), policy) as (downstream, feed):
        await eventually(lambda: downstream.data)
        async with asyncio.timeout(1.5):
            await feed.close()


async def test_streams_come_and_go_without_a_new_connection() -> None:
    script = OkxLike()
    async with feeding(script, plan(OKX, 3)) as (_, feed):
        await eventually(lambda: len(script.heard.subscribed) == 3)
        new, gone = feed.update(plan(OKX, 2, "trades", "books"))
        assert [each.raw_symbol for each in gone] == ["S2"]
        assert [each.channel for each in new] == ["books", "books"]
        wanted = {"trades:S0", "trades:S1", "books:S0", "books:S1"}
        await eventually(lambda: script.heard.subscribed == wanted)
        assert len(script.peers) == 1


async def test_what_begins_and_ends_on_purpose_is_recorded_in_order_with_its_data() -> None:
    script = OkxLike(lambda peer, name: peer.send(data(name, name.partition(":")[2])))
    async with feeding(script, plan(OKX, 2)) as (downstream, feed):
        await eventually(lambda: len(downstream.data) == 2)
        feed.update(plan(OKX, 3))
        await eventually(lambda: len(downstream.data) == 3)
        feed.update(replace(plan(OKX, 3), instruments=plan(OKX, 3).instruments[1:]))
        await eventually(lambda: len(downstream.changes) == 2)
        assert script.heard.history[-1] == ("unsubscribe", "trades:S0")
        feed.update(plan(OKX, 0))
        await eventually(script.peers[0].is_gone.is_set)
        await eventually(lambda: len(downstream.changes) == 3)
        feed.update(plan(OKX, 1))
        await eventually(lambda: len(downstream.data) == 4)
    assert downstream.changes == [
        ("started", trades("S2")),
        ("stopped", trades("S0")),
        ("stopped", trades("S1", "S2")),
        ("started", trades("S0")),
    ]


async def test_the_last_stream_gone_closes_the_connection_and_a_new_one_opens_another() -> None:
    script = OkxLike()
    async with feeding(script, plan(OKX)) as (_, feed):
        await eventually(lambda: script.heard.subscribed)
        feed.update(plan(OKX, 0))
        await eventually(script.peers[0].is_gone.is_set)
        feed.update(plan(OKX, 1))
        await eventually(lambda: len(script.peers) == 2)


async def test_a_reconnect_asks_for_what_is_wanted_now() -> None:
    script = OkxLike()
    async with feeding(script, plan(OKX, 3)) as (_, feed):
        await eventually(lambda: len(script.heard.subscribed) == 3)
        feed.update(plan(OKX, 1))
        await eventually(lambda: len(script.heard.subscribed) == 1)
        script.heard.history.clear()
        script.peers[0].abort()
        await eventually(lambda: script.heard.history)
        assert script.heard.history == [("subscribe", "trades:S0")]


async def test_a_stream_can_be_begun_anew() -> None:
    script = OkxLike()
    async with feeding(script, plan(OKX, 2, "books")) as (_, feed):
        await eventually(lambda: len(script.heard.subscribed) == 2)
        ((line, stream),) = feed.lines_of("S1", "books")
        assert line.resubscribe(stream)
        await eventually(lambda: len(script.heard.history) == 4)
        assert script.heard.history[2:] == [("unsubscribe", "books:S1"), ("subscribe", "books:S1")]


@pytest.mark.parametrize(("script", "dialect"), [(OkxLike(), OKX), (BybitLike(), BYBIT)])
async def test_the_venues_own_heartbeat_is_sent_data_or_not(
    script: MessageVenue, dialect: Dialect
) -> None:
    fast = replace(dialect, heartbeat=replace(dialect.heartbeat, every_s=0.1))
    async with feeding(script, plan(fast)) as (_, feed):
        await eventually(lambda: len(script.heard.heartbeats) >= 5)
        assert feed.reconnects == 0
    assert script.heard.websocket_pings == 0


async def test_a_heartbeat_that_is_answered_keeps_a_silent_connection() -> None:
    script = OkxLike()
    health = HealthPolicy(first_data_s=0, staleness_s=0, idle_ping_s=0.1, pong_timeout_s=0.3)
    async with feeding(script, plan(OKX), replace(CALM, health=health)) as (_, feed):
        await eventually(lambda: len(script.heard.heartbeats) >= 8)
        assert feed.reconnects == 0


async def test_a_heartbeat_without_an_answer_is_a_half_open_connection_within_5_seconds() -> None:
    script = OkxLike(answers_pings=False)
    policy = replace(CALM, health=HealthPolicy(first_data_s=0, staleness_s=0))
    loop = asyncio.get_running_loop()
    async with feeding(script, plan(OKX), policy) as (downstream, _):
        await eventually(lambda: script.heard.subscribed)
        since = loop.time()
        await eventually(lambda: len(script.peers) == 2)
        assert loop.time() - since <= 5.5
    assert [state for state, _ in downstream.changes] == ["lost", "restored"]


async def test_the_notice_64008_moves_to_a_new_connection_without_a_gap() -> None:
    notice = '{"event":"notice","code":"64008","msg":"The connection will soon be closed"}'

    def begun(peer: Peer, _name: str) -> None:
        peer.send(data(str(peer.index)))
        if peer.index == 0:
            peer.send(notice)

    script = OkxLike(begun)
    async with feeding(script, plan(OKX)) as (downstream, _):
        await eventually(lambda: downstream.data == ["0", "1"])
        await eventually(script.peers[0].is_gone.is_set)
        assert downstream.changes == []


async def test_silence_is_no_fault_of_a_liquidation_stream() -> None:
    script = OkxLike()
    health = HealthPolicy(first_data_s=0.1, staleness_s=0.1, idle_ping_s=0)
    loop = asyncio.get_running_loop()
    async with feeding(
        script, plan(OKX, 1, "liquidation-orders"), replace(CALM, health=health)
    ) as (_, feed):
        end = loop.time() + 1.0
        await eventually(lambda: loop.time() >= end)
        assert (feed.reconnects, feed.connections) == (0, 1)


async def test_a_storm_of_lost_connections_stays_within_the_hosts_budget() -> None:
    times: list[float] = []

    class Dropping(OkxLike):
        async def __call__(self, peer: Peer) -> None:
            times.append(asyncio.get_running_loop().time())
            peer.accept()
            peer.hang_up()

    wanted = replace(plan(OKX, 20), isolated=frozenset(f"S{n}" for n in range(20)))
    loop = asyncio.get_running_loop()
    async with feeding(Dropping(), wanted):
        end = loop.time() + 3.0
        await eventually(lambda: loop.time() >= end)
    for start in times:
        assert sum(start <= when < start + 0.95 for when in times) <= 3


def test_a_dialects_heartbeat_is_a_websocket_ping_unless_it_says_otherwise() -> None:
    assert talk("binance", "spot").heartbeat == Heartbeat(text=None, every_s=0.0)
