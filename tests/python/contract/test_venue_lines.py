"""Lines to venues that are subscribed to by message, over real sockets."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from tapeline.adapters.connection.dialect import Dialect
from tapeline.adapters.connection.feed import Feed
from tapeline.adapters.connection.health import HealthPolicy
from tapeline.adapters.connection.session import EndKind
from tapeline.errors import ConnectRefusedError
from tests.fakes.message_venues import BybitLike, MessageVenue, OkxLike
from tests.fakes.websocket_venue import Peer, eventually, venue
from tests.python.contract.fed_lines import (
    BYBIT,
    CALM,
    OKX,
    STREAMS,
    Downstream,
    context,
    data,
    feeding,
    lateness,
    plan,
    trades,
)


async def test_okx_streams_are_subscribed_in_paced_messages_and_acknowledged_one_by_one() -> None:
    script = OkxLike()
    policy = replace(CALM, ack_timeout_s=5.0)
    async with lateness() as late, feeding(script, plan(OKX, 120), policy) as (_, feed):
        await eventually(lambda: len(script.heard.subscribed) == 120)
        sizes = [len(request["args"]) for _, request in script.heard.requests]
        times = [when for when, _ in script.heard.requests]
        assert sizes == [50, 50, 20]
        assert min(b - a for a, b in pairwise(times)) >= 0.34 - late()
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
        await eventually(lambda: downstream.changes)
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
        async with asyncio.timeout(60):
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
    health = HealthPolicy(first_data_s=1.5, staleness_s=0, idle_ping_s=0)
    async with feeding(script, plan(OKX, 1), replace(CALM, health=health)) as (downstream, feed):
        await eventually(lambda: downstream.data)
        script.refused = frozenset({"trades:S1"})
        feed.update(plan(OKX, 2))
        await asyncio.sleep(3.0)
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
        await eventually(lambda: len(downstream.data) == 2 and len(downstream.changes) == 2)
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
    # What only the old one brings must have been missing for a second by then.
    policy = replace(CALM, overlap_s=3.0)
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
            for number in range(60):
                for symbol in ("S0", "S1"):
                    peer.send(data(str(number), symbol))
                await asyncio.sleep(0.05)
            await peer.serve_control()

    script = Mute()
    async with feeding(script, plan(OKX, 2), replace(CALM, ack_timeout_s=1.5)) as (seen, feed):
        await eventually(lambda: "59" in seen.data)
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
        async with asyncio.timeout(10.0):
            await feed.close()
