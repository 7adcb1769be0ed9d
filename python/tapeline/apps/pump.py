"""The pump: frames of one event-loop turn go down together, from the inboxes to the bus."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from tapeline.adapters.connection.dialect import StreamKey
from tapeline.adapters.connection.downstream import StreamState
from tapeline.adapters.connection.inbox import FRAMES_HIGH, Inbox
from tapeline.cleaning.native import NativeNormalizer, PushResult
from tapeline.errors import TransportError
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.latency import LatencyHistogram
from tapeline.telemetry.log import logger

_LOG = logger("tapeline.apps.pump")

Message = tuple[str, bytes, bytes]
# One push of so many frames takes some 3 ms: longer would make the sockets wait.
_FRAMES_PER_PUSH = FRAMES_HIGH
_SAMPLES_MAX = 256
_SAMPLE_EVERY_NS = 50_000_000


class Sink(Protocol):
    """The one thing the pump needs of a bus."""

    def send(self, messages: Sequence[Message]) -> None:
        """Take over messages, or raise TransportError and take none."""
        ...


class Pump:
    """Pushes frames through the normaliser and hands the messages to the sink.

    When the sink takes nothing, the messages wait here and the frames in their inboxes, which then
    stop reading their sockets. Nothing is dropped.

    Parameters
    ----------
    on_fault
        Called once with an exception that must end the program.
    """

    def __init__(
        self,
        normalizer: NativeNormalizer,
        sink: Sink,
        clock: Clock,
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._normalizer = normalizer
        self._sink = sink
        self._clock = clock
        self._on_fault = on_fault
        self._loop = asyncio.get_running_loop()
        self._ready: deque[Inbox] = deque()
        self._replies: deque[tuple[str, bytes, int]] = deque()
        self._is_scheduled = False
        self._unsent: list[Message] = []
        self.last_received = normalizer.last_received
        self.frames = 0
        # Without acknowledgements and heartbeats: a venue that only answers pings is silent.
        self.data_frames = 0
        self.replies = 0
        self.first_frame_ns: int | None = None
        self.last_frame_ns: int | None = None
        self.bytes = 0
        # Messages for whoever asks how old their events were; nothing is decoded here.
        self.samples: deque[Message] = deque(maxlen=_SAMPLES_MAX)
        self._sample_ns = 0
        self.waiting = LatencyHistogram()
        self.pushing = LatencyHistogram()

    @property
    def is_blocked(self) -> bool:
        """Whether messages wait here for the sink."""
        return bool(self._unsent)

    def ready(self, inbox: Inbox) -> None:
        """Take note that an inbox has frames."""
        self._ready.append(inbox)
        self._schedule()

    def connection(
        self,
        inbox: Inbox | None,
        state: StreamState,
        reason: str,
        streams: Sequence[StreamKey],
    ) -> None:
        """Record the change; what came before an end is pushed before it."""
        if inbox is not None and state in ("lost", "stopped"):
            while len(inbox) and not self.is_blocked:
                self._push(inbox)
        now_ns = self._clock.wall_ns()
        self._send(self._normalizer.connection(state, now_ns, reason, streams=streams))

    def reply(self, url: str, body: bytes, received_ns: int) -> None:
        """Take a REST reply; the frames that came before it are pushed before it."""
        self._replies.append((url, body, received_ns))
        self._schedule()

    def retry(self) -> None:
        """Offer the sink again what it refused; call it from the poll loop."""
        if self._unsent:
            self._offer([])
            self._schedule()

    def finish(self) -> None:
        """Push everything that is left and end the session in the data.

        Raises
        ------
        TransportError
            The sink takes nothing; the messages are lost with this process.
        """
        while self._ready:
            inbox = self._ready.popleft()
            while len(inbox):
                self._push(inbox)
        self._push_replies()
        self._send(self._normalizer.finish(self._clock.wall_ns()))
        if self._unsent:
            raise TransportError(f"{len(self._unsent)} messages could not be handed to the bus")

    def _schedule(self) -> None:
        has_work = self._ready or self._replies
        if has_work and not self._is_scheduled and not self._unsent:
            self._is_scheduled = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._is_scheduled = False
        try:
            for _ in range(len(self._ready)):
                inbox = self._ready.popleft()
                self._push(inbox)
                if len(inbox):
                    self._ready.append(inbox)
                if self._unsent:
                    break
            if not self._unsent:
                self._push_replies()
        except Exception as error:  # noqa: BLE001 - a callback: nobody else would hear of it
            self._on_fault(error)
            return
        self._schedule()

    def _push(self, inbox: Inbox) -> None:
        frames, stamps = inbox.take(_FRAMES_PER_PUSH)
        if not frames:
            return
        clock = self._clock
        if inbox.watch is not None:
            inbox.watch(frames, stamps)
        before = self.last_received() if inbox.is_tracked else None
        started_ns = clock.monotonic_ns()
        result = self._normalizer.push(frames, stamps, sent_ns=clock.wall_ns())
        ended_ns = clock.monotonic_ns()
        count = len(frames)
        if self.first_frame_ns is None:
            self.first_frame_ns = started_ns
        self.last_frame_ns = ended_ns
        self.frames += count
        self.bytes += sum(map(len, frames))
        self.data_frames += count - result.control
        self.pushing.record(ended_ns - started_ns, count)
        # The batch's oldest frame speaks for all of it: never too good.
        self.waiting.record(clock.wall_ns() - stamps[0], count)
        self._send(result)
        if ended_ns >= self._sample_ns and result.events:
            self._sample_ns = ended_ns + _SAMPLE_EVERY_NS
            self.samples.append(result.messages[-1])
        if before is not None:
            now = self.last_received().items()
            inbox.owner.heard(key for key, stamp in now if before.get(key) != stamp)
        for _, kind, text in result.controls:
            inbox.owner.control(kind, text)
        inbox.owner.judged(
            count,
            result.quarantined,
            result.control,
            events=result.events,
            duplicates=result.duplicates,
        )

    def _push_replies(self) -> None:
        while self._replies:
            url, body, received_ns = self._replies.popleft()
            sent_ns = self._clock.wall_ns()
            self._send(self._normalizer.push_reply(url, body, received_ns, sent_ns=sent_ns))
            self.replies += 1

    def _send(self, result: PushResult) -> None:
        if result.messages:
            self._offer(result.messages)

    def _offer(self, messages: list[Message]) -> None:
        was_blocked = bool(self._unsent)
        waiting = self._unsent + messages if was_blocked else messages
        try:
            self._sink.send(waiting)
        except TransportError as error:
            self._unsent = waiting
            if not was_blocked:
                _LOG.error("the bus takes nothing, frames wait", error=str(error))
            return
        self._unsent = []
        if was_blocked:
            _LOG.warning("the bus takes messages again")
