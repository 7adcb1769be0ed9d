"""Listen to a ZeroMQ publisher as a consumer does: a topic of one run is a partition.

What was missed shows as a jump of the numbers, and the worker states it. A publisher that is
started again begins new partitions.
"""

from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Final

import structlog
import zmq

from tapeline.errors import TransportError
from tapeline.storage.ports import Changes, Message, Offsets, Partition, Tail
from tapeline.telemetry.clock import Clock
from tapeline.transport.uris import ZmqUri
from tapeline.transport.zeromq_frames import FRAMES, read_header, secure_client

_log = structlog.get_logger("tapeline.storage.consumer.zeromq")

_HELD_MAX: Final = 10_000
"""Messages kept of partitions that are not started yet; more are missed, like any other."""


class ZmqSource:
    """Topics of a publisher, from the moment of listening.

    Parameters
    ----------
    address
        The publisher.
    wants
        Whether a topic is read.
    clock
        For patience.
    prefixes
        What the routing keys that are asked for begin with; none is all.

    Raises
    ------
    TransportError
        The keys cannot be read.
    """

    def __init__(
        self,
        address: ZmqUri,
        wants: Callable[[str], bool],
        clock: Clock,
        *,
        prefixes: Collection[str] = (),
    ) -> None:
        self._wants = wants
        self._clock = clock
        self._next: dict[Partition, int] = {}
        self._held: dict[Partition, deque[Message]] = {}
        self._queue: deque[Message] = deque()
        self._changes = Changes()
        self._is_paused = False
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.RCVHWM, address.hwm)
        try:
            if address.keys is not None:
                secure_client(self._socket, address.keys)
            for prefix in prefixes or ("",):
                self._socket.subscribe(prefix)
            self._socket.connect(address.endpoint)
        except (zmq.ZMQError, OSError, ValueError) as error:
            self.close()
            raise TransportError(f"cannot listen to {address.endpoint}: {error}") from error
        _log.warning(
            "this bus is lossy: it is heard from now on, and what is missed is counted",
            endpoint=address.endpoint,
        )

    def poll(self, messages_max: int, timeout_s: float) -> list[Message]:
        """Hear what comes; see :meth:`tapeline.storage.ports.Source.poll`."""
        if self._is_paused:
            # What comes meanwhile waits in ZeroMQ, up to its high-water mark.
            self._socket.poll(0)
            return []
        if not self._queue and self._socket.poll(int(timeout_s * 1000)):
            self._receive(messages_max)
        return [self._queue.popleft() for _ in range(min(messages_max, len(self._queue)))]

    def changes(self) -> Changes:
        """Return new topics and runs, once."""
        changes, self._changes = self._changes, Changes()
        return changes

    def before(self, offsets: Offsets, messages_max: int) -> Mapping[Partition, Tail]:
        """Return nothing: nobody keeps what was sent."""
        return {}

    def start(self, offsets: Mapping[Partition, int | None]) -> None:
        """Give what was heard of these partitions, from these numbers on."""
        for each, offset in offsets.items():
            waiting = [m for m in self._queue if m.origin == each]
            if waiting:
                self._queue = deque(m for m in self._queue if m.origin != each)
            held = [*waiting, *self._held.pop(each, ())]
            self._next[each] = offset or 0
            self._queue.extend(m for m in held if m.offset >= self._next[each])

    def pause(self) -> None:
        """Take nothing until :meth:`resume`."""
        self._is_paused = True

    def resume(self) -> None:
        """Take again."""
        self._is_paused = False

    def commit(self, offsets: Offsets) -> None:
        """Do nothing: nobody keeps what was sent."""

    def lag(self) -> int | None:
        """Count what was heard and not given yet; what was not heard is gone."""
        return len(self._queue)

    @property
    def is_settled(self) -> bool:
        """Whether all that was heard of is started."""
        return not self._held

    def close(self) -> None:
        """Stop listening."""
        self._socket.close(linger=0)
        self._context.term()

    def _receive(self, messages_max: int) -> None:
        for _ in range(messages_max):
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            message = _message(frames)
            if message is not None and self._wants(message.topic):
                self._take(message)

    def _take(self, message: Message) -> None:
        origin = message.origin
        if origin in self._next:
            if message.offset >= self._next[origin]:
                self._queue.append(message)
            return
        if origin not in self._held:
            self._held[origin] = deque()
            self._changes.gained.append(origin)
        if len(self._held[origin]) < _HELD_MAX:
            self._held[origin].append(message)


def _message(frames: list[bytes]) -> Message | None:
    """Read the frames of a message; None where it is not ours."""
    place = read_header(frames[1]) if len(frames) == FRAMES else None
    if place is None:
        return None
    run, number = place
    return Message(frames[0].decode("utf-8", "replace"), run, number, frames[2], frames[3])
