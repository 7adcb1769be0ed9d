"""One target's worker: reads the bus, keeps polling while its store is busy, loses nothing.

The worker's thread owns the source. A second thread owns the store and does one job at a time:
open it, read its progress, deliver a load. Whatever the store does, the source is polled, so the
broker never takes this consumer for dead; when the buffer is full, reading pauses.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from time import sleep as pause
from typing import Any, Final

import structlog

from tapeline.errors import StoreConflictError, TapelineError
from tapeline.storage.consumer.absences import Absences
from tapeline.storage.consumer.buffer import Buffer, Limits
from tapeline.storage.consumer.counters import Counts, WorkerMetrics
from tapeline.storage.consumer.dead_letter import DeadLetters
from tapeline.storage.consumer.delivery import Delivery, Outcome
from tapeline.storage.consumer.hand import Hand
from tapeline.storage.consumer.origin import LOOK_BACK, made_anew
from tapeline.storage.consumer.taken import Taken
from tapeline.storage.ports import Partition, Progress, Source, Store
from tapeline.telemetry.clock import Clock

_log = structlog.get_logger("tapeline.storage.consumer.worker")

_POLL_S: Final = 0.05
_FIRST_S: Final = 0.01
"""A poll may keep what it has until its time is over: while nothing waits here, it is a short one,
because the age of a chunk begins with the end of the poll that brought its first message."""
_BUSY_WAIT_S: Final = 1.0
"""A full buffer waits so long for the store before reading is paused: pausing throws away what was
fetched ahead."""
_RETRY_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_CLOSE_S: Final = 2.0
_WATCH_NS: Final = 500_000_000
_STUCK_NS: Final = 30_000_000_000
"""What a bus still lists and has not given for so long is not waited for: Kafka's ends of
transactions are offsets, and no messages."""
_LOOK_NS: Final = 100_000_000


class Worker:
    """Brings messages of one source into one store.

    Parameters
    ----------
    name
        The target's name, for logs, metrics and dead letters.
    source, store, dead_letters
        What to read, what to fill, where the rest goes. The worker closes source and store.
    """

    def __init__(
        self,
        name: str,
        *,
        source: Source,
        store: Store,
        dead_letters: DeadLetters,
        clock: Clock,
        metrics: WorkerMetrics,
        limits: Limits | None = None,
        drain_s: float = 10.0,
    ) -> None:
        self.name = name
        self.counts = Counts()
        self._source = source
        self._store = store
        self._dead_letters = dead_letters
        self._clock = clock
        self._metrics = metrics
        self._limits = limits if limits is not None else Limits()
        self._drain_s = drain_s
        self._buffer = Buffer(self._limits)
        self._taken = Taken()
        self._expected: dict[Partition, int | None] = {}
        self._absences = Absences(name)
        self._awaiting: set[Partition] = set()
        self._renewed: set[Partition] = set()
        self._is_open = False
        self._hand: Hand | None = None
        self._future: Future[Any] | None = None
        self._on_done: Callable[[Any], None] = _ignore
        self._again: Callable[[], None] = _do_nothing
        self._retry: Callable[[], None] | None = None
        self._retry_at_ns = 0
        self._failures = 0
        self._job_began_ns = 0
        self._began_ns = self._news_ns = clock.monotonic_ns()
        self._read_ns = self._began_ns
        self._quiet_ns: int | None = None
        self._caught_up_ns: int | None = None
        self._is_ending = False
        self._watched_ns = 0
        self._in_flight: Delivery | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set, then store what was read.

        Raises
        ------
        TapelineError
            A fault that no waiting heals.
        """
        self._hand = Hand(f"{self.name}-store")
        try:
            while not stop.is_set():
                self._step()
            self._drain()
        except TapelineError as error:
            self.counts.ended_by = str(error)
            self._metrics.watch(self.counts)
            raise
        finally:
            self._close()

    def is_idle(self, idle_s: float) -> bool:
        """Whether everything read is stored and nothing has come for so long; for any thread."""
        return self._quiet_ns is not None and self._quiet_ns >= idle_s * 1e9

    def has_read_all(self, quiet_s: float) -> bool:
        """Whether everything on the bus was read, and nothing has come for so long; any thread.

        What was read may still wait for its store: an orderly end stores it.
        """
        self._is_ending = True
        return self._caught_up_ns is not None and self._caught_up_ns >= quiet_s * 1e9

    def _has_work(self) -> bool:
        busy = self._future is not None or self._retry is not None or self._in_flight is not None
        return busy or bool(self._awaiting) or len(self._buffer) > 0

    def _step(self) -> None:
        self._read()
        self._advance()
        self._throttle()
        self._watch()
        self._quiet_ns = self._quiet()
        if self._is_ending:
            self._caught_up_ns = self._caught_up()

    def _quiet(self) -> int | None:
        """Return for how long nothing has come, None while there is something to do."""
        if not self._source.is_settled or self._has_work():
            return None
        quiet_ns = self._clock.monotonic_ns() - self._news_ns
        is_looked_at = _LOOK_NS < quiet_ns < _STUCK_NS
        return None if is_looked_at and self._source.lag() != 0 else quiet_ns

    def _caught_up(self) -> int | None:
        """Return for how long nothing has come, None while there is something to read."""
        is_reading = self._source.is_settled and not self._awaiting and not self.counts.is_paused
        if not is_reading or self._source.lag() != 0:
            return None
        return self._clock.monotonic_ns() - self._read_ns

    def _read(self) -> None:
        try:
            messages = self._source.poll(self._limits.messages_per_poll, self._patience_s())
        except TapelineError as error:
            if not error.retryable:
                raise
            self._note_fault("the bus cannot be read, trying again", error)
            pause(_BUSY_WAIT_S)
            return
        changes = self._source.changes()
        if gone := [*changes.lost, *changes.renewed]:
            self._forget(gone)
        self._renewed.update(changes.renewed)
        self._awaiting.update(changes.gained, changes.renewed)
        wanted = [each for each in messages if each.origin in self._expected]
        if wanted:
            self._news_ns = self._read_ns = self._clock.monotonic_ns()
            absences = self._absences.note(wanted)
            absent = sum(each.messages for each in absences)
            self.counts.jumps += absent
            self._metrics.absent(absent)
            self.counts.renewed += sum(each.last is None for each in absences)
            self._buffer.add(wanted, self._news_ns, absences)

    def _patience_s(self) -> float:
        """Return how long a poll may take: not beyond the moment when a chunk is due."""
        left_s = self._buffer.due_in_s(self._clock.monotonic_ns())
        if left_s is None:
            return _FIRST_S
        if self._future is not None:
            # It is not delivered before the store has done its job.
            left_s = max(left_s, _FIRST_S)
        return min(left_s, _POLL_S)

    def _forget(self, partitions: list[Partition]) -> None:
        self._buffer.drop(partitions)
        self._awaiting.difference_update(partitions)
        self._renewed.difference_update(partitions)
        for partition in partitions:
            self._expected.pop(partition, None)

    def _advance(self) -> None:
        """Look at the job in hand, begin the next."""
        now = self._clock.monotonic_ns()
        if self._future is not None:
            if not self._future.done():
                return
            self._settle(self._future)
        if self._future is not None:
            return
        if self._retry is not None:
            if now >= self._retry_at_ns:
                self._retry()
        elif not self._is_open:
            self._begin(self._store.open, self._opened)
        elif self._awaiting:
            self._ask_progress()
        elif self._buffer.is_due(now):
            self._deliver()

    def _begin(self, job: Callable[[], Any], on_done: Callable[[Any], None]) -> None:
        def again() -> None:
            self._begin(job, on_done)

        assert self._hand is not None  # noqa: S101 - for the type checker: run() sets it
        self._again = again
        self._retry = None
        self._on_done = on_done
        self._job_began_ns = self._clock.monotonic_ns()
        self._future = self._hand.submit(job)

    def _settle(self, future: Future[Any]) -> None:
        self._future = None
        error = future.exception()
        if error is None:
            if self.counts.fault is not None:
                _log.warning("it works again", target=self.name)
            self.counts.fault = None
            self._failures = 0
            self._on_done(future.result())
        elif isinstance(error, StoreConflictError):
            self._start_over(error)
        elif isinstance(error, TapelineError) and error.retryable:
            self._wait(error)
        else:
            raise error

    def _wait(self, error: TapelineError) -> None:
        if self.counts.fault is None:
            _log.warning(
                "the store takes nothing, trying again", target=self.name, fault=str(error)
            )
        self.counts.fault = str(error)
        self.counts.faults += 1
        self._metrics.failed(type(error).__name__)
        delay = _RETRY_S[min(self._failures, len(_RETRY_S) - 1)]
        self._failures += 1
        self._retry = self._again
        self._retry_at_ns = self._clock.monotonic_ns() + int(delay * 1e9)

    def _note_fault(self, event: str, error: TapelineError) -> None:
        if self.counts.fault is None:
            _log.warning(event, target=self.name, fault=str(error))
        self.counts.fault = str(error)
        self.counts.faults += 1
        self._metrics.failed(type(error).__name__)

    def _start_over(self, error: StoreConflictError) -> None:
        """Give up what is not stored and read on from where the store is."""
        _log.warning("read on from the store's offsets", target=self.name, reason=str(error))
        self.counts.conflicts += 1
        self._metrics.failed("conflict")
        self._in_flight = None
        owned = list(self._expected)
        self._forget(owned)
        self._awaiting.update(owned)

    def _opened(self, _nothing: None) -> None:
        self._is_open = True

    def _ask_progress(self) -> None:
        asked = frozenset(self._awaiting)
        taken = self._taken

        def ask() -> tuple[Progress, list[Partition]]:
            progress = self._store.progress(asked)
            taken.add(progress.marks)
            tails = self._source.before(progress.offsets, LOOK_BACK)
            return progress, list(made_anew(progress.offsets, tails, taken))

        def start(found: tuple[Progress, list[Partition]]) -> None:
            progress, renewed = found
            ours = {each: progress.offsets.get(each) for each in asked & self._awaiting}
            self._awaiting.difference_update(ours)
            self._expected.update(ours)
            self._absences.begin(ours)
            # Of the others the source knows it: on their new logs may be what the store has taken.
            renewed = list({*renewed, *self._renewed} & progress.offsets.keys())
            self._renewed.difference_update(ours)
            anew = [each for each in renewed if each in ours]
            for each in anew:
                self._absences.begin_anew(each, progress.offsets[each])
            self._source.start({**ours, **dict.fromkeys(anew)})
            # What the bus has is waited for from now on, however long the store took to open.
            self._news_ns = self._clock.monotonic_ns()

        self._begin(ask, start)

    def _deliver(self) -> None:
        load = self._buffer.take()
        delivery = self._in_flight = Delivery(
            load,
            target=self.name,
            store=self._store,
            dead_letters=self._dead_letters,
            expected={each: self._expected[each] for each in load.following},
            taken=self._taken,
            now_ns=self._clock.wall_ns(),
        )

        def stored(outcome: Outcome) -> None:
            self._in_flight = None
            self._news_ns = self._clock.monotonic_ns()
            self.counts.add(outcome)
            seconds = (self._news_ns - self._job_began_ns) / 1e9
            self._buffer.note_write(seconds)
            self._metrics.committed(outcome, seconds, load, self._clock.wall_ns())
            ours = {k: v for k, v in load.following.items() if k in self._expected}
            self._expected.update(ours)
            self._source.commit(ours)

        self._begin(delivery.run, stored)

    def _throttle(self) -> None:
        if self._buffer.is_full and self._future is not None and not self.counts.is_paused:
            wait([self._future], _BUSY_WAIT_S)
            self._advance()
        must_pause = self._buffer.is_full
        if must_pause and not self.counts.is_paused:
            self._source.pause()
        if self.counts.is_paused and not must_pause:
            self._source.resume()
        self.counts.is_paused = must_pause

    def _watch(self) -> None:
        now = self._clock.monotonic_ns()
        if now - self._watched_ns >= _WATCH_NS:
            self._watched_ns = now
            self.counts.lag = self._source.lag()
            self.counts.buffered_bytes = self._buffer.bytes
            self._metrics.watch(self.counts)

    def _drain(self) -> None:
        """Store what was read, for a limited time: what is left will be read again."""
        end = self._clock.monotonic_ns() + int(self._drain_s * 1e9)
        self._source.pause()
        while self._clock.monotonic_ns() < end:
            self._advance()
            if self._in_flight is None and not len(self._buffer):
                break
            if self._future is not None:
                wait([self._future], _POLL_S)
            elif self._retry is not None:
                pause(_POLL_S)
            else:
                self._deliver()
        if self._in_flight is not None or len(self._buffer):
            _log.warning(
                "ended before the store took everything; the rest is on the bus",
                target=self.name,
                fault=self.counts.fault,
            )
        self._watched_ns = 0
        self._watch()

    def _close(self) -> None:
        self._source.close()
        assert self._hand is not None  # noqa: S101 - as above
        closed = self._hand.submit(self._store.close)
        self._hand.end(_CLOSE_S)
        if closed.done():
            closed.result()


def _ignore(_result: object) -> None:
    """Do nothing with a result."""


def _do_nothing() -> None:
    """Stand for a job that was never begun."""
