"""The thread that talks to NATS: connects, makes streams, publishes, hears acknowledgements.

It decides nothing about messages: each one handed in comes back as an :class:`Outcome`. When a
connection breaks, every message without an answer comes back as a failure, in order, and nothing
handed in under the old epoch is sent on the next connection.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from tapeline.errors import TransportError
from tapeline.telemetry.clock import Clock
from tapeline.transport.nats_connection import (
    CLIENT_FAULTS,
    NatsApiError,
    close,
    connect,
    make_stream,
    said,
)
from tapeline.transport.nats_settings import NatsSettings

_log = structlog.get_logger("tapeline.transport.nats")

_RETRY_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0)
_REFUSED_RETRY_S: Final = 5.0
_LOOK_S: Final = 0.1
_STEP_S: Final = 0.02
_JOIN_S: Final = 5.0
_NO_STREAM: Final = "503"
_TOO_LARGE: Final = 10054


@dataclass(slots=True)
class Job:
    """A message to publish."""

    token: int
    stream: str
    subject: str
    headers: dict[str, str]
    value: bytes
    sent_ns: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message."""

    token: int
    at_ns: int
    fault: str | None = None
    is_refused: bool = False
    """It will never be taken, however often it is sent."""
    lost_stream: bool = False
    """There was no stream for it."""


class NatsLink:
    """A connection to NATS that comes back, for one owner's thread.

    Parameters
    ----------
    settings
        Where, and the limits.
    clock
        For times of acknowledgements.
    """

    def __init__(self, settings: NatsSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._inbox: deque[tuple[int, Job]] = deque()
        self._outcomes: deque[Outcome] = deque()
        self._wanted: dict[str, dict[str, Any]] = {}
        self._ready: set[str] = set()
        self._complained: set[str] = set()
        self._unanswered: dict[int, Job] = {}
        self._answered_ns = 0
        self._is_closing = False
        self.epoch = 0
        """Counts connections; odd while there is one."""
        self.payload_max = 0
        """Bytes the server takes in a message; known once it was connected."""
        self._news = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="tapeline-nats", daemon=True)
        self._thread.start()

    def want(self, configs: Iterable[dict[str, Any]]) -> None:
        """Have these streams made; one that was lost is made again."""
        for config in configs:
            self._wanted[config["name"]] = config
        self._rouse()

    def ready(self) -> frozenset[str]:
        """Return the streams that are there, as far as is known."""
        return frozenset(self._ready)

    def hand(self, epoch: int, jobs: Sequence[Job]) -> None:
        """Publish these, in order, if the connection is still that of the epoch."""
        self._inbox.extend((epoch, job) for job in jobs)
        self._rouse()

    def outcomes(self) -> list[Outcome]:
        """Return what has become of messages since the last call."""
        self._news.clear()
        return [self._outcomes.popleft() for _ in range(len(self._outcomes))]

    def wait(self, timeout_s: float) -> None:
        """Wait for the next outcome."""
        self._news.wait(timeout_s)

    def close(self) -> None:
        """Disconnect; what has no outcome yet gets none."""
        self._is_closing = True
        self._rouse()
        self._thread.join(_JOIN_S)

    def _rouse(self) -> None:
        with contextlib.suppress(RuntimeError):  # The thread has ended.
            self._loop.call_soon_threadsafe(self._wake.set)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._connect_until_closed())
        except Exception:  # noqa: BLE001 (the thread's outer edge)
            # A fault of ours. Messages stay with the owner, who finds no connection.
            _log.exception("the thread that talks to NATS has ended")
        finally:
            self._loop.close()

    async def _connect_until_closed(self) -> None:
        failures = 0
        while not self._is_closing:
            try:
                client = await connect(self._settings.address, "tapeline-sink")
            except TransportError as error:
                if failures == 0:
                    _log.warning("NATS is away, messages go to the spool", fault=str(error))
                await self._rest(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
                failures += 1
                continue
            failures = 0
            fault = await self._serve(client)
            if not self._is_closing:
                _log.warning("the connection to NATS is lost", fault=fault)
        self._fail_all("closed")

    async def _serve(self, client: Client) -> str:
        """Work on one connection until it breaks; return why."""
        self.payload_max = client.max_payload
        self._ready.clear()
        self._answered_ns = self._clock.monotonic_ns()
        prefix = client.new_inbox()
        try:
            await client.subscribe(f"{prefix}.*", cb=self._on_answer)
        except CLIENT_FAULTS as error:
            await close(client)
            return said(error)
        self.epoch += 1
        tasks = [
            asyncio.create_task(each)
            for each in (self._publish(client, prefix), self._make(client), self._watch(client))
        ]
        done, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self.epoch += 1
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await close(client)
        fault = _fault_of(done)
        self._fail_all(fault)
        return fault

    async def _publish(self, client: Client, inbox: str) -> None:
        while True:
            self._wake.clear()
            while self._inbox and len(self._unanswered) < self._settings.unacknowledged_max:
                epoch, job = self._inbox.popleft()
                if epoch != self.epoch or job.stream not in self._ready:
                    self._settle(job.token, "the connection or the stream was lost")
                    continue
                job.sent_ns = self._clock.monotonic_ns()
                self._unanswered[job.token] = job
                reply = f"{inbox}.{job.token}"
                await client.publish(job.subject, job.value, reply, job.headers)
            await self._wait(_LOOK_S)

    async def _make(self, client: Client) -> None:
        """Make streams that are wanted and not there."""
        due: dict[str, int] = {}
        while True:
            now = self._clock.monotonic_ns()
            for name, config in list(self._wanted.items()):
                if name in self._ready or due.get(name, 0) > now:
                    continue
                try:
                    await make_stream(client, config)
                except TransportError as error:
                    is_refused = isinstance(error, NatsApiError)
                    due[name] = now + int((_REFUSED_RETRY_S if is_refused else _RETRY_S[-2]) * 1e9)
                    self._complain(name, error)
                else:
                    self._ready.add(name)
                    self._complained.discard(name)
                    self._news.set()
            await asyncio.sleep(_RETRY_S[0])

    def _complain(self, name: str, error: TransportError) -> None:
        if name not in self._complained:
            self._complained.add(name)
            _log.error("stream not made, its messages wait", stream=name, fault=str(error))

    async def _watch(self, client: Client) -> None:
        """End when the connection is of no more use."""
        answer_ns = int(self._settings.answer_s * 1e9)
        while not (self._is_closing or client.is_closed):
            await asyncio.sleep(_LOOK_S)
            oldest = next(iter(self._unanswered.values()), None)
            if oldest is not None:
                silent_since = max(oldest.sent_ns, self._answered_ns)
                if self._clock.monotonic_ns() - silent_since > answer_ns:
                    raise TransportError("no acknowledgement in time")
        raise TransportError("closed" if self._is_closing else "the server has gone")

    async def _on_answer(self, message: Msg) -> None:
        token = int(message.subject.rpartition(".")[2])
        if token not in self._unanswered:
            return
        self._answered_ns = self._clock.monotonic_ns()
        headers = message.headers
        if headers and headers.get("Status") == _NO_STREAM:
            self._lose(token)
            return
        fault = orjson.loads(message.data).get("error")
        if fault is None:
            self._settle(token)
        else:
            text = str(fault.get("description", fault))
            self._settle(token, text, is_refused=fault.get("err_code") == _TOO_LARGE)

    def _lose(self, token: int) -> None:
        """Nobody listens on this subject: its stream is gone."""
        stream = self._unanswered[token].stream
        self._ready.discard(stream)
        self._wanted.pop(stream, None)
        self._settle(token, "its stream is gone", lost_stream=True)

    def _settle(
        self,
        token: int,
        fault: str | None = None,
        *,
        is_refused: bool = False,
        lost_stream: bool = False,
    ) -> None:
        self._unanswered.pop(token, None)
        now = self._clock.monotonic_ns()
        self._outcomes.append(Outcome(token, now, fault, is_refused, lost_stream))
        self._news.set()
        self._wake.set()

    def _fail_all(self, fault: str) -> None:
        for token in list(self._unanswered):
            self._settle(token, fault)
        while self._inbox:
            _, job = self._inbox.popleft()
            self._settle(job.token, fault)

    async def _rest(self, time_s: float) -> None:
        """Wait before the next attempt, whatever is handed in meanwhile."""
        for _ in range(round(time_s / _STEP_S)):
            if not self._is_closing:
                await asyncio.sleep(_STEP_S)

    async def _wait(self, timeout_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), timeout_s)


def _fault_of(done: Iterable["asyncio.Task[None]"]) -> str:
    for task in done:
        error = task.exception()
        if error is not None and not isinstance(error, (TransportError, *CLIENT_FAULTS)):
            raise error
        if error is not None:
            return said(error)
    return "closed"
