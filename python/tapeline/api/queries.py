"""Reading stores beside the event loop: so many at once, for so long, and no more."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import structlog

from tapeline.access.source import DataSource
from tapeline.api.problems import BUSY, STORE, TIME, UNREADABLE, ProblemError
from tapeline.errors import StoreError, StoreUnavailableError
from tapeline.telemetry.clock import Clock

_log = structlog.get_logger(__name__)

Result = TypeVar("Result")
OpenSource = Callable[[], DataSource]
IsGone = Callable[[], Awaitable[bool]]
"""Awaited to learn whether the client has gone."""

_RETRY_S: Final = 1
_STORE_RETRY_S: Final = 5
_LOOK_S: Final = 0.5
"""So often it is looked whether somebody still waits for the answer."""


class AbandonedError(Exception):
    """Nobody waits for the answer any more."""


class Work:
    """What a query has: a store, and the duty to stop when nobody waits."""

    def __init__(self, sources: "_Sources") -> None:
        self._sources = sources
        self._held: DataSource | None = None
        self.asks_store = False
        """Whether the query has asked for stores, open or not."""
        self.is_over = threading.Event()

    @property
    def source(self) -> DataSource:
        """Stores that this query alone uses.

        Raises
        ------
        StoreUnavailableError
            A store cannot be reached now.
        """
        self.asks_store = True
        if self._held is None:
            self._held = self._sources.take()
        return self._held

    def check(self) -> None:
        """End the query when nobody waits for it; called between pieces of work.

        Raises
        ------
        AbandonedError
            It took too long, or the client has gone.
        """
        if self.is_over.is_set():
            raise AbandonedError

    def done(self, *, is_good: bool) -> None:
        """Give the stores back; those that failed are closed."""
        if self._held is not None:
            self._sources.give_back(self._held, is_good=is_good)
            self._held = None


class _Sources:
    """Open stores, one for each query that runs."""

    def __init__(self, open_source: OpenSource) -> None:
        self._open = open_source
        self._idle: list[DataSource] = []
        self._lock = threading.Lock()

    def take(self) -> DataSource:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._open()

    def give_back(self, source: DataSource, *, is_good: bool) -> None:
        if not is_good:
            source.close()
            return
        with self._lock:
            self._idle.append(source)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for source in idle:
            source.close()


class Queries:
    """Runs queries in threads, a bounded number at once.

    Parameters
    ----------
    open_source
        Opens the stores; called in a thread, once for each query that runs at the same time.
    workers, waiting
        Queries that run, and that wait, at once.
    time_limit_s
        Seconds that a query may take, its waiting included.
    """

    def __init__(
        self,
        open_source: OpenSource,
        clock: Clock,
        *,
        workers: int,
        waiting: int,
        time_limit_s: float,
    ) -> None:
        self._sources = _Sources(open_source)
        self._clock = clock
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="query")
        self._workers = workers
        self.at_most = workers + waiting
        self._limit_s = time_limit_s
        self._works: set[Work] = set()
        self.answered = 0
        self.refused = 0
        self.last_good_ns = clock.wall_ns()
        """When a store last answered; the start of the server before that."""
        self.is_down = False
        """Whether the last question to a store went unanswered."""

    @property
    def admitted(self) -> int:
        """Queries that run or wait."""
        return len(self._works)

    @property
    def running(self) -> int:
        """Queries that run."""
        return min(self._workers, len(self._works))

    async def run(self, job: Callable[[Work], Result], is_gone: IsGone | None = None) -> Result:
        """Do a job in a thread.

        Raises
        ------
        ProblemError
            Too many queries (503), it took too long (504), or a store is down or damaged (503).
        AbandonedError
            The client has gone.
        """
        if len(self._works) >= self.at_most:
            self.refused += 1
            raise ProblemError(
                BUSY,
                f"{self.at_most} queries run or wait already: try again in {_RETRY_S} s, or ask "
                "for shorter times",
                retry_after_s=_RETRY_S,
            )
        work = Work(self._sources)
        self._works.add(work)
        doing = self._pool.submit(self._do, work, job)
        # Until its thread is done: a query that nobody waits for still takes a place.
        doing.add_done_callback(lambda _: self._works.discard(work))
        future = asyncio.wrap_future(doing)
        try:
            result = await self._wait(future, is_gone)
        except StoreError as error:
            if not work.asks_store:
                raise
            self._note_down(error)
            raise self._store_problem(error) from error
        finally:
            work.is_over.set()
            future.cancel()
        self.answered += 1
        return result

    def _note_down(self, error: StoreError) -> None:
        if not self.is_down:
            _log.error("store_down", error=str(error))
        self.is_down = True

    def _store_problem(self, error: StoreError) -> ProblemError:
        if isinstance(error, StoreUnavailableError):
            kind, what = STORE, "a store cannot be reached now"
        else:
            kind, what = UNREADABLE, "a store is not there yet, or damaged: the log says what"
        return ProblemError(
            kind,
            f"{what}; the server asks it again with the next request",
            stale_since_ns=self.last_good_ns,
            retry_after_s=_STORE_RETRY_S,
        )

    async def _wait(self, future: "asyncio.Future[Result]", is_gone: IsGone | None) -> Result:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._limit_s
        while (left := end - loop.time()) > 0:
            done, _ = await asyncio.wait({future}, timeout=min(left, _LOOK_S))
            if done:
                return future.result()
            if is_gone is not None and await is_gone():
                raise AbandonedError
        raise ProblemError(
            TIME, f"no answer in {self._limit_s:g} s: ask for a shorter time or a smaller limit"
        )

    def _do(self, work: Work, job: Callable[[Work], Result]) -> Result:
        is_good = False
        try:
            work.check()
            result = job(work)
            is_good = True
        finally:
            work.done(is_good=is_good)
        if work.asks_store:
            self.last_good_ns = self._clock.wall_ns()
            self.is_down = False
        return result

    def close(self) -> None:
        """End what runs, and let go of the stores."""
        for work in list(self._works):
            work.is_over.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._sources.close()
