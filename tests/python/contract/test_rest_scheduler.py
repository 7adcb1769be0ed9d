"""REST requests against a server that refuses, bans, stalls and hangs up, over real sockets."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest

from tapeline.adapters.connection.dialect import RestLimits
from tapeline.adapters.connection.rest import RestError, RestScheduler, http_fetch
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics
from tests.fakes.http_venue import HttpVenue, Reply, http_venue
from tests.fakes.websocket_venue import eventually

PLENTY = RestLimits(weight_per_minute=1_000_000, weight_header="x-used")


@asynccontextmanager
async def scheduling(
    script: Callable[[str, int], Awaitable[Reply]],
    *,
    attempts_max: int = 5,
    metrics: Metrics | None = None,
) -> AsyncIterator[tuple[HttpVenue, RestScheduler]]:
    shown = metrics if metrics is not None else Metrics()
    async with http_venue(script) as fake, http_fetch() as fetch:
        yield (
            fake,
            RestScheduler(fetch, SystemClock(), random.Random(7), shown, attempts_max=attempts_max),
        )


def in_turn(*replies: Reply) -> Callable[[str, int], Awaitable[Reply]]:
    async def script(_path: str, index: int) -> Reply:
        return replies[min(index, len(replies) - 1)]

    return script


OK = Reply(body=b'{"lastUpdateId":7}')


async def test_a_reply_comes_with_its_address_and_the_time_it_was_there() -> None:
    async with scheduling(in_turn(OK)) as (fake, rest):
        before_ns = SystemClock().wall_ns()
        url = f"{fake.url}/api/v3/depth?symbol=%E7%89%9B%E6%9D%A5USDT"
        reply = await rest.get(url, weight=1, limits=PLENTY)
        assert (reply.url, reply.body) == (url, OK.body)
        assert before_ns <= reply.received_ns <= SystemClock().wall_ns()
        assert fake.asked[0][1] == "/api/v3/depth?symbol=%E7%89%9B%E6%9D%A5USDT"


async def test_connections_are_kept_and_no_more_than_four_are_used() -> None:
    is_full = asyncio.Event()

    async def script(_path: str, index: int) -> Reply:
        if index == 3:
            is_full.set()
        async with asyncio.timeout(5):
            await is_full.wait()
        await asyncio.sleep(0.02)
        return OK

    async with scheduling(script) as (fake, rest):
        await asyncio.gather(
            *(rest.get(f"{fake.url}/{n}", weight=1, limits=PLENTY) for n in range(20))
        )
        assert len(fake.asked) == 20
        assert (fake.connections, fake.open_max) == (4, 4)


@pytest.mark.parametrize("status", [429, 418])
async def test_the_time_the_venue_asks_for_is_waited_by_everybody(status: int) -> None:
    refusal = Reply(status, headers={"Retry-After": "1"})
    metrics = Metrics()
    async with scheduling(in_turn(refusal, OK), metrics=metrics) as (fake, rest):
        first = asyncio.create_task(rest.get(f"{fake.url}/a", weight=1, limits=PLENTY))
        told = {"status": str(status)}
        await eventually(
            lambda: metrics.registry.get_sample_value("tapeline_adapters_rest_requests_total", told)
        )
        await rest.get(f"{fake.url}/b", weight=1, limits=PLENTY)
        await first
        times = [when for when, _ in fake.asked]
        assert len(times) == 3
        assert min(times[1:]) - times[0] >= 0.95


async def test_a_busy_or_absent_server_is_tried_again_and_not_for_ever() -> None:
    async with scheduling(in_turn(Reply(503), Reply(0), OK)) as (fake, rest):
        reply = await rest.get(f"{fake.url}/a", weight=1, limits=PLENTY)
        assert reply.body == OK.body
    async with scheduling(in_turn(Reply(503)), attempts_max=3) as (fake, rest):
        with pytest.raises(RestError, match="HTTP 503"):
            await rest.get(f"{fake.url}/a", weight=1, limits=PLENTY)
        assert len(fake.asked) == 3


async def test_a_refusal_for_good_is_not_repeated() -> None:
    async with scheduling(in_turn(Reply(400))) as (fake, rest):
        with pytest.raises(RestError, match="HTTP 400"):
            await rest.get(f"{fake.url}/a", weight=1, limits=PLENTY)
        assert len(fake.asked) == 1


async def test_requests_of_more_weight_than_the_budget_wait_for_it() -> None:
    limits = RestLimits(weight_per_minute=6_000, snapshot_weight=250)
    async with scheduling(in_turn(OK)) as (fake, rest):
        begun = asyncio.get_running_loop().time()
        await asyncio.gather(
            *(rest.get(f"{fake.url}/{n}", weight=250, limits=limits) for n in range(7))
        )
        times = sorted(when for when, _ in fake.asked)
        assert times[5] - begun < 2.5, "a quarter of the minute goes at once"
        assert times[6] - begun >= 2.4, "250 of 6,000 a minute is 2.5 s"


async def test_what_is_urgent_goes_before_all_that_wait() -> None:
    async def script(_path: str, _index: int) -> Reply:
        await asyncio.sleep(0.03)
        return OK

    async with scheduling(script) as (fake, rest):
        get = partial(rest.get, weight=1, limits=PLENTY)
        tail = [asyncio.create_task(get(f"{fake.url}/tail{n}")) for n in range(30)]
        await eventually(lambda: len(fake.asked) >= 4)
        given_up = asyncio.create_task(get(f"{fake.url}/gone", is_urgent=True))
        core = asyncio.create_task(get(f"{fake.url}/core", is_urgent=True))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(*tail, core)
    paths = [path for _, path in fake.asked]
    assert len(paths) == 31
    # Four were on their way, four more may have had their turn.
    assert paths.index("/core") <= 8
    tails = [path for path in paths if path != "/core"]
    assert tails[8:] == [f"/tail{n}" for n in range(8, 30)]


async def test_what_others_use_of_the_budget_counts_too() -> None:
    limits = RestLimits(weight_per_minute=600, snapshot_weight=10, weight_header="x-used")
    used_up = Reply(body=b"{}", headers={"X-Used": "1210"})
    async with scheduling(in_turn(used_up, OK)) as (fake, rest):
        begun = asyncio.get_running_loop().time()
        for path in ("a", "b"):
            await rest.get(f"{fake.url}/{path}", weight=10, limits=limits)
        assert fake.asked[1][0] - begun >= 1.9


async def test_hosts_do_not_wait_for_each_other() -> None:
    refusal = Reply(429, headers={"Retry-After": "30"})
    async with scheduling(in_turn(refusal)) as (banned, rest), http_venue(in_turn(OK)) as other:
        waiting = asyncio.create_task(rest.get(f"{banned.url}/a", weight=1, limits=PLENTY))
        await eventually(lambda: banned.asked)
        async with asyncio.timeout(20):
            await rest.get(f"{other.url}/b", weight=1, limits=PLENTY)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
