"""Streams that come and go on a line, its heartbeats and its limits, over real sockets."""

import asyncio
from dataclasses import replace

import pytest

from tapeline.adapters.connection.dialect import Dialect, Heartbeat
from tapeline.adapters.connection.health import HealthPolicy
from tests.fakes.message_venues import BybitLike, MessageVenue, OkxLike
from tests.fakes.websocket_venue import Peer, eventually, seconds_until
from tests.python.contract.fed_lines import (
    BYBIT,
    CALM,
    OKX,
    data,
    feeding,
    lateness,
    plan,
    talk,
    trades,
)


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
        await eventually(lambda: script.heard.history[-1] == ("unsubscribe", "trades:S0"))
        feed.update(plan(OKX, 0))
        await eventually(script.peers[0].is_gone.is_set)
        await eventually(lambda: len(downstream.changes) == 3)
        feed.update(plan(OKX, 1))
        await eventually(lambda: len(downstream.data) == 4 and len(downstream.changes) == 4)
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
    health = HealthPolicy(first_data_s=0, staleness_s=0, idle_ping_s=0.2, pong_timeout_s=1.0)
    async with feeding(script, plan(OKX), replace(CALM, health=health)) as (_, feed):
        await eventually(lambda: len(script.heard.heartbeats) >= 8)
        assert feed.reconnects == 0


async def test_a_heartbeat_without_an_answer_is_a_half_open_connection_within_5_seconds() -> None:
    script = OkxLike(answers_pings=False)
    policy = replace(CALM, health=HealthPolicy(first_data_s=0, staleness_s=0))
    async with feeding(script, plan(OKX), policy) as (downstream, _):
        await eventually(lambda: script.heard.subscribed)
        assert await seconds_until(lambda: len(script.peers) == 2) <= 5.5
        await eventually(lambda: len(downstream.changes) == 2)
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
        await eventually(lambda: feed.connections)
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
    async with lateness() as late, feeding(Dropping(), wanted):
        end = loop.time() + 3.0
        await eventually(lambda: loop.time() >= end)
        window_s = 1.0 - late()
    for start in times:
        assert sum(start <= when < start + window_s for when in times) <= 3


def test_a_dialects_heartbeat_is_a_websocket_ping_unless_it_says_otherwise() -> None:
    assert talk("binance", "spot").heartbeat == Heartbeat(text=None, every_s=0.0)
