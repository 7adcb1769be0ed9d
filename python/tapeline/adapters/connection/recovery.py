"""Books that want a snapshot are given one: one recovery an instrument, with growing patience."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tapeline.adapters.connection.feed import Feed
from tapeline.adapters.connection.rest import RestError, RestScheduler
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.log import logger
from tapeline.telemetry.metrics import Metrics

_LOG = logger("tapeline.adapters.recovery")
_NS = 1_000_000_000

BookRequest = tuple[str, str, Literal["rest", "resubscribe"]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a book is fetched.

    Parameters
    ----------
    url
        Where.
    weight
        What that costs.
    is_urgent
        Before those that are not.
    """

    url: str
    weight: int
    is_urgent: bool = False


class Replies(Protocol):
    """Takes REST replies in order with the frames."""

    def reply(self, url: str, body: bytes, received_ns: int) -> None:
        """Take over a reply."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPolicy:
    """How often a book is tried, in seconds.

    Parameters
    ----------
    grace_s
        A book may heal so long before anything is asked: frames that are late fill the gap.
    first_delay_s, delay_max_s
        Time between two tries; it doubles from the first to the last.
    tries_max
        So many tries are the effort of one recovery; afterwards the book is called degraded and
        tried once in ``degraded_s``.
    calm_s
        A book that was right for so long has its next recovery begin anew.
    check_s
        Time between two looks at which books want something.
    """

    grace_s: float = 0.25
    first_delay_s: float = 1.0
    delay_max_s: float = 30.0
    tries_max: int = 8
    degraded_s: float = 120.0
    calm_s: float = 30.0
    check_s: float = 0.1


@dataclass(slots=True)
class _Effort:
    """What was done for one book so far."""

    tries: int = 0
    due_ns: int = 0
    wanted_ns: int = 0
    is_wanted: bool = False
    is_running: bool = False


class BookRecovery:
    """Serves the books of one feed.

    Parameters
    ----------
    requests
        Returns the books that want a snapshot now.
    replies
        Where REST snapshots go.
    snapshot
        How an instrument's book is fetched.
    """

    def __init__(
        self,
        feed: Feed,
        requests: Callable[[], Sequence[BookRequest]],
        replies: Replies,
        scheduler: RestScheduler,
        snapshot: Callable[[str], Snapshot],
        *,
        clock: Clock,
        metrics: Metrics,
        policy: RecoveryPolicy | None = None,
    ) -> None:
        self._feed = feed
        self._requests = requests
        self._replies = replies
        self._scheduler = scheduler
        self._snapshot = snapshot
        self._clock = clock
        self._policy = policy if policy is not None else RecoveryPolicy()
        self._efforts: dict[tuple[str, str], _Effort] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._wanted = 0
        name = feed.plan.dialect.name
        self._log = _LOG.bind(market=name)
        self._tries = metrics.counter(
            "tapeline_adapters_book_recoveries", "Snapshots asked for.", market=name
        )
        metrics.gauge(
            "tapeline_adapters_books_unsynced", "Books that want a snapshot.", market=name
        ).set_function(lambda: float(self._wanted))

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            while True:
                self.step()
                await asyncio.sleep(self._policy.check_s)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    def step(self) -> None:
        """Look once at which books want something, and start what is due."""
        wanted = {(symbol, channel): way for symbol, channel, way in self._requests()}
        now_ns = self._clock.monotonic_ns()
        # A book that nobody subscribes to any more wants nothing, whatever its state.
        lines_of = {key: lines for key in wanted if (lines := self._feed.lines_of(*key))}
        self._forget_served(lines_of, now_ns)
        for key, lines in lines_of.items():
            way = wanted[key]
            effort = self._efforts.setdefault(key, _Effort(wanted_ns=now_ns))
            if not effort.is_wanted:
                effort.is_wanted = True
                effort.due_ns = max(effort.due_ns, now_ns + int(self._policy.grace_s * _NS))
            if effort.is_running or now_ns < effort.due_ns or not lines[0][0].is_up:
                continue
            self._note_try(key, effort, now_ns)
            if way == "rest":
                self._start_rest(key, effort)
            else:
                line, stream = lines[0]
                line.resubscribe(stream)

    def _forget_served(self, wanted: Collection[tuple[str, str]], now_ns: int) -> None:
        """Drop the efforts that helped for long enough: a book that fails at once again waits."""
        calm_ns = int(self._policy.calm_s * _NS)
        self._wanted = len(wanted)
        for key, effort in list(self._efforts.items()):
            if key in wanted:
                effort.wanted_ns = now_ns
                continue
            effort.is_wanted = False
            if not effort.is_running and now_ns - effort.wanted_ns > calm_ns:
                del self._efforts[key]

    def _note_try(self, key: tuple[str, str], effort: _Effort, now_ns: int) -> None:
        policy = self._policy
        effort.tries += 1
        self._tries.inc()
        delay_s = min(policy.first_delay_s * 2.0 ** (effort.tries - 1), policy.delay_max_s)
        if effort.tries >= policy.tries_max:
            delay_s = policy.degraded_s
        if effort.tries == policy.tries_max:
            self._log.error("book cannot be synchronised", symbol=key[0], tries=effort.tries)
        effort.due_ns = now_ns + int(delay_s * _NS)

    def _start_rest(self, key: tuple[str, str], effort: _Effort) -> None:
        effort.is_running = True
        task = asyncio.create_task(self._fetch(key, effort), name=f"snapshot {key[0]}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _fetch(self, key: tuple[str, str], effort: _Effort) -> None:
        raw_symbol, limits = key[0], self._feed.plan.dialect.rest
        try:
            wanted = self._snapshot(raw_symbol)
            reply = await self._scheduler.get(
                wanted.url, weight=wanted.weight, limits=limits, is_urgent=wanted.is_urgent
            )
            # Without updates a snapshot would stand for a live book for ever.
            if self._feed.lines_of(*key):
                self._replies.reply(reply.url, reply.body, reply.received_ns)
        except RestError as error:
            self._log.warning("snapshot failed", symbol=raw_symbol, error=str(error))
        except Exception:  # noqa: BLE001 - the outer edge of the task
            self._log.exception("snapshot failed")
        finally:
            effort.is_running = False
