"""The local bus: messages go to a file on this machine, written by one thread of its own."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import structlog

from tapeline.errors import TransportError
from tapeline.telemetry.clock import Clock
from tapeline.transport.local_file import LocalFile
from tapeline.transport.ports import AckHook, CloseReport, DeliveryStats, Message
from tapeline.transport.topics import parse_routing_key

_log = structlog.get_logger("tapeline.transport.local")

_GROUP_MESSAGES: Final = 4096
"""Messages of one transaction; what has gathered while the last one was written goes down
together."""

_RETRY_S: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """Settings of the local bus."""

    path: Path
    durable: Literal["process", "full"] = "process"
    """``"process"``: acknowledged = survives ``kill -9``. ``"full"``: synced to the disk,
    slower."""
    queue_bytes_max: int = 64 * 1024 * 1024
    """Waiting for the writing thread: some 5 s of 150,000 trades/s, and small beside any machine's
    memory."""
    block_s_max: float = 5.0
    """How long ``send`` waits for room before it gives the messages back to the caller."""


class LocalSink:
    """A :class:`~tapeline.transport.ports.MessageSink` that appends to a local transport file.

    ``send`` only appends to a list. When the disk is slower than the feed for so long that
    ``queue_bytes_max`` wait, ``send`` blocks: dropping is forbidden, memory is finite, and frames
    that are not read meanwhile wait in the reader's own bounded queue and then in TCP. After
    ``block_s_max`` (a disk that does not write at all) it raises, and the messages stay with the
    caller.

    Parameters
    ----------
    settings
        Path, durability and limits.
    clock
        For the latency of acknowledgements.
    on_ack
        Told the latency of each written group.

    Raises
    ------
    BusFileError
        The file is not ours, damaged, newer than this program or written by another process.
    """

    def __init__(
        self, settings: LocalSettings, *, clock: Clock, on_ack: AckHook | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._on_ack = on_ack
        self._file = LocalFile(settings.path, durable=settings.durable)
        self._state = threading.Condition()
        self._queue: deque[tuple[Message, int]] = deque()
        self._queue_bytes = 0
        self._new_topics: list[str] = []
        self._known: set[str] = set()
        self._latencies: deque[tuple[int, int]] = deque()
        self._sent = 0
        self._written = 0
        self._is_closing = False
        self._give_up = False
        self._fault: str | None = None
        self._thread = threading.Thread(
            target=self._write_until_closed, name="tapeline-local-bus", daemon=True
        )
        self._thread.start()

    def create_topics(self, topics: Sequence[str]) -> None:
        """Register the topics; see :meth:`MessageSink.create_topics`."""
        self._check(topics)
        with self._state:
            self._new_topics.extend(topics)
            self._state.notify_all()

    @property
    def is_ready(self) -> bool:
        """True: the writing thread makes a topic before its first message."""
        return True

    def send(self, messages: Sequence[Message]) -> None:
        """Queue messages for the writing thread; see :meth:`MessageSink.send`."""
        self._check([topic for topic, _, _ in messages])
        size = sum(len(key) + len(value) for _, key, value in messages)
        now = self._clock.monotonic_ns()
        with self._state:
            self._wait_for_room(size)
            self._queue.extend((message, now) for message in messages)
            self._queue_bytes += size
            self._sent += len(messages)
            self._state.notify_all()

    def poll(self) -> None:
        """Report latencies of what has been written since the last call."""
        while self._latencies:
            latency_ns, count = self._latencies.popleft()
            if self._on_ack is not None:
                self._on_ack(latency_ns, count)

    def stats(self) -> DeliveryStats:
        """Count; here ``acknowledged`` is committed to the file."""
        with self._state:
            return DeliveryStats(
                sent=self._sent,
                recovered=0,
                acknowledged=self._written,
                in_flight=self._sent - self._written,
                spooled=0,
                redelivered=0,
                failed=0,
            )

    def close(self, deadline_s: float) -> CloseReport:
        """Write what is queued, for at most ``deadline_s``, and close the file."""
        with self._state:
            self._is_closing = True
            self._state.notify_all()
        self._thread.join(deadline_s)
        with self._state:
            self._give_up = True
            self._state.notify_all()
        # A write that has begun is finished by SQLite; it cannot hang for longer than the disk
        # does.
        self._thread.join(_RETRY_S * 2)
        self.poll()
        stats = self.stats()
        if stats.in_flight:
            _log.error("messages not written", lost=stats.in_flight, fault=self._fault)
        if not self._thread.is_alive():
            self._file.close()
        return CloseReport(delivered=stats.acknowledged, spooled=0, failed=0, lost=stats.in_flight)

    def _check(self, topics: Sequence[str]) -> None:
        for topic in set(topics) - self._known:
            parse_routing_key(topic)
            self._known.add(topic)

    def _wait_for_room(self, size: int) -> None:
        if self._is_closing:
            raise TransportError(f"the local bus {self._settings.path} is closed")
        limit = self._settings.queue_bytes_max
        if not self._state.wait_for(
            lambda: not self._queue or self._queue_bytes + size <= limit, self._settings.block_s_max
        ):
            raise TransportError(
                f"{self._settings.path} takes no more messages: {self._queue_bytes} bytes wait"
                f" ({self._fault or 'the disk is too slow'})"
            )

    def _write_until_closed(self) -> None:
        try:
            while self._write_next_group():
                pass
        except Exception as error:  # noqa: BLE001 (the thread's outer edge)
            # A fault of ours. The messages stay queued; send() tells when the queue is full.
            _log.exception("the local bus's writing thread has ended")
            self._fault = f"{type(error).__name__}: {error}"

    def _write_next_group(self) -> bool:
        with self._state:
            self._state.wait_for(lambda: bool(self._queue or self._new_topics or self._is_closing))
            if self._give_up or not (self._queue or self._new_topics):
                return False
            topics, self._new_topics = self._new_topics, []
            group = [self._queue[index] for index in range(min(len(self._queue), _GROUP_MESSAGES))]
        try:
            self._file.add_topics(topics)
            self._file.append([message for message, _ in group])
        except TransportError as error:
            self._wait_after_fault(error, topics)
            return True
        self._account(group)
        return True

    def _account(self, group: Sequence[tuple[Message, int]]) -> None:
        now = self._clock.monotonic_ns()
        with self._state:
            for (_, key, value), _ in group:
                self._queue.popleft()
                self._queue_bytes -= len(key) + len(value)
            self._written += len(group)
            if self._fault is not None:
                _log.warning("local bus writes again", path=str(self._settings.path))
                self._fault = None
            self._state.notify_all()
        if group:
            self._latencies.append((now - group[0][1], len(group)))

    def _wait_after_fault(self, error: TransportError, topics: list[str]) -> None:
        with self._state:
            self._new_topics = topics + self._new_topics
            if self._fault is None:
                _log.error("local bus cannot write, trying again", fault=str(error))
            self._fault = str(error)
            self._state.wait_for(lambda: self._give_up, _RETRY_S)
