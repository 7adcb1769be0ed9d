"""Books that want a snapshot, served by REST or by resubscribing, over real sockets."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from tapeline.adapters.connection.feed import Feed
from tapeline.adapters.connection.recovery import (
    BookRecovery,
    BookRequest,
    RecoveryPolicy,
    Snapshot,
)
from tapeline.adapters.connection.rest import RestScheduler, http_fetch
from tapeline.telemetry.clock import Clock, SystemClock
from tapeline.telemetry.metrics import Metrics
from tests.fakes.http_venue import HttpVenue, Reply, http_venue
from tests.fakes.message_venues import OkxLike
from tests.fakes.websocket_venue import eventually, venue
from tests.python.contract.fed_lines import CALM, OKX, Downstream, context, plan

CLOCK = SystemClock()
FAST = RecoveryPolicy(
    grace_s=0.0,
    first_delay_s=0.1,
    delay_max_s=0.4,
    tries_max=4,
    degraded_s=60.0,
    calm_s=5.0,
    check_s=0.01,
)


class HandClock(SystemClock):
    """A clock whose intervals a test decides: how late this machine is does not matter."""

    def __init__(self) -> None:
        self._now_ns = 1_000_000_000_000

    def monotonic_ns(self) -> int:
        return self._now_ns

    def advance(self, seconds: float) -> None:
        self._now_ns += round(seconds * 1e9)


@dataclass
class Books:
    """Says which books want something; a snapshot satisfies one if it is new enough."""

    wanted: list[BookRequest]
    replies: list[tuple[str, bytes]] = field(default_factory=list)
    is_satisfied: bool = True
    looks: int = 0

    def requests(self) -> list[BookRequest]:
        self.looks += 1
        return list(self.wanted)

    async def looked_at(self) -> None:
        """Wait until the recovery has seen how things are now."""
        before = self.looks
        await eventually(lambda: self.looks >= before + 2)

    async def replied(self, count: int) -> None:
        """Wait for so many snapshots."""
        await eventually(lambda: len(self.replies) == count)

    def reply(self, url: str, body: bytes, received_ns: int) -> None:
        assert received_ns > 0
        self.replies.append((url, body))
        if self.is_satisfied:
            symbol = url.partition("symbol=")[2]
            self.wanted = [each for each in self.wanted if each[0] != symbol]


@asynccontextmanager
async def recovering(
    books: Books,
    script: OkxLike,
    rest: HttpVenue,
    policy: RecoveryPolicy = FAST,
    clock: Clock = CLOCK,
) -> AsyncIterator[Feed]:
    async with venue(script) as fake, http_fetch() as fetch:
        wanted = replace(plan(OKX, 3, "books"), endpoint=f"ws://127.0.0.1:{fake.port}")
        feed = Feed(wanted, context(Downstream(), CALM))
        scheduler = RestScheduler(fetch, CLOCK, random.Random(7), Metrics())
        recovery = BookRecovery(
            feed,
            books.requests,
            books,
            scheduler,
            lambda raw_symbol: Snapshot(f"{rest.url}/depth?symbol={raw_symbol}", weight=1),
            clock=clock,
            metrics=Metrics(),
            policy=policy,
        )
        tasks = [asyncio.create_task(each) for each in (feed.run(), recovery.run())]
        try:
            yield feed
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await feed.close()


async def _snapshot(_path: str, _index: int) -> Reply:
    return Reply(body=b'{"lastUpdateId":1}')


async def test_a_book_gets_its_snapshot_by_rest_once() -> None:
    books = Books([("S0", "books", "rest"), ("S1", "books", "rest")])
    async with http_venue(_snapshot) as rest, recovering(books, OkxLike(), rest):
        await eventually(lambda: len(books.replies) == 2)
        await asyncio.sleep(0.3)
        assert sorted(path for _, path in rest.asked) == ["/depth?symbol=S0", "/depth?symbol=S1"]


async def asks_only_after(
    seconds: float, clock: HandClock, books: Books, rest: HttpVenue, asked: int
) -> None:
    """Nothing more is asked until so much time is over."""
    await books.looked_at()
    clock.advance(seconds - 0.01)
    await books.looked_at()
    await asyncio.sleep(0.1)
    assert len(rest.asked) == asked
    clock.advance(0.02)


async def test_a_book_that_late_frames_heal_in_time_asks_for_nothing() -> None:
    books, clock = Books([]), HandClock()
    policy = replace(FAST, grace_s=0.5)
    async with (
        http_venue(_snapshot) as rest,
        recovering(books, OkxLike(), rest, policy, clock) as feed,
    ):
        await eventually(lambda: feed.lines[0].is_up)
        for _ in range(3):
            books.wanted = [("S0", "books", "rest")]
            await books.looked_at()
            clock.advance(0.4)
            await books.looked_at()
            books.wanted = []
            await books.looked_at()
            clock.advance(0.4)
        books.wanted = [("S0", "books", "rest")]
        await asks_only_after(0.5, clock, books, rest, asked=0)
        await books.replied(1)


async def test_a_snapshot_that_is_too_old_is_asked_for_again_with_growing_delay() -> None:
    books, clock = Books([("S0", "books", "rest")], is_satisfied=False), HandClock()
    async with http_venue(_snapshot) as rest, recovering(books, OkxLike(), rest, clock=clock):
        # Attempts are bounded: after the fourth it is given up for a minute.
        for asked, delay_s in enumerate((0.1, 0.2, 0.4, 60.0), start=1):
            await books.replied(asked)
            await asks_only_after(delay_s, clock, books, rest, asked)
        await books.replied(5)


async def test_a_book_is_resubscribed_alone_and_not_in_a_storm() -> None:
    books = Books([("S1", "books", "resubscribe")])
    script = OkxLike()
    async with http_venue(_snapshot) as rest, recovering(books, script, rest):
        await eventually(lambda: len(script.heard.history) >= 5)
        assert script.heard.history[3:5] == [
            ("unsubscribe", "books:S1"),
            ("subscribe", "books:S1"),
        ]
        await asyncio.sleep(1.0)
        # Four tries at most, whatever the book goes on to say; the others are left alone.
        assert len(script.heard.history) <= 3 + 2 * FAST.tries_max
        assert {name for _, name in script.heard.history[3:]} == {"books:S1"}
        assert rest.asked == []


async def test_a_book_that_fails_again_at_once_waits_longer() -> None:
    books, clock = Books([("S0", "books", "rest")]), HandClock()
    async with http_venue(_snapshot) as rest, recovering(books, OkxLike(), rest, clock=clock):
        for asked, delay_s in enumerate((0.1, 0.2), start=1):
            await books.replied(asked)
            books.wanted = [("S0", "books", "rest")]
            await asks_only_after(delay_s, clock, books, rest, asked)
        await books.replied(3)


async def test_a_book_of_a_stream_that_nobody_asked_for_is_left_alone() -> None:
    books = Books([("X", "books", "rest"), ("S0", "trades", "rest")])
    async with http_venue(_snapshot) as rest, recovering(books, OkxLike(), rest):
        await asyncio.sleep(0.3)
        assert rest.asked == []


async def test_a_snapshot_that_comes_after_its_book_was_unsubscribed_is_dropped() -> None:
    may_answer = asyncio.Event()

    async def script(_path: str, _index: int) -> Reply:
        await may_answer.wait()
        return Reply(body=b"{}")

    books = Books([("S0", "books", "rest"), ("S1", "books", "rest")])
    async with http_venue(script) as rest, recovering(books, OkxLike(), rest) as feed:
        await eventually(lambda: len(rest.asked) == 2)
        feed.update(plan(OKX, 1, "books"))
        may_answer.set()
        await eventually(lambda: books.replies)
        await asyncio.sleep(0.2)
        assert [url.partition("symbol=")[2] for url, _ in books.replies] == ["S0"]
        assert len(rest.asked) == 2


async def test_a_stalled_server_stops_neither_the_line_nor_the_other_books() -> None:
    async def script(path: str, _index: int) -> Reply:
        if path.endswith("S0"):
            await asyncio.sleep(30)
        return Reply(body=b"{}")

    books = Books([(f"S{n}", "books", "rest") for n in range(3)])
    async with http_venue(script) as rest, recovering(books, OkxLike(), rest) as feed:
        await eventually(lambda: len(books.replies) == 2)
        assert feed.reconnects == 0
        assert [each[0] for each in books.wanted] == ["S0"]
