"""The ZeroMQ bus: the least delay, and no promise that anybody gets a message.

A publisher numbers the messages of each topic from 0. A subscriber that is slow, late or away
misses some, and the numbers tell it how many.
"""

import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Final

import structlog
import zmq
from zmq.auth.thread import ThreadAuthenticator

from tapeline.errors import TransportError
from tapeline.telemetry.clock import Clock
from tapeline.transport.ports import AckHook, CloseReport, DeliveryStats, Message
from tapeline.transport.topics import parse_routing_key
from tapeline.transport.uris import ZmqUri
from tapeline.transport.zeromq_frames import header_of, secure_server

_log = structlog.get_logger("tapeline.transport.zeromq")

_RUN_BITS: Final = 31
"""A run's number is that of a partition in every store."""
_SUBSCRIBE: Final = 1


class ZmqSink:
    """A :class:`~tapeline.transport.ports.MessageSink` that publishes, and waits for nobody.

    Here ``acknowledged`` means handed to ZeroMQ: it may have thrown the message away, because
    nobody listens or the one who does is slow.

    Parameters
    ----------
    address
        Where to bind.
    clock
        For the time that handing over takes.
    on_ack
        Told the time that handing over took.

    Raises
    ------
    TransportError
        The address is taken, or the keys cannot be read.
    """

    def __init__(self, address: ZmqUri, *, clock: Clock, on_ack: AckHook | None = None) -> None:
        self._clock = clock
        self._on_ack = on_ack
        self.run = secrets.randbits(_RUN_BITS)
        self._next: Counter[str] = Counter()
        self._latencies: list[tuple[int, int]] = []
        self._sent = 0
        self._report: CloseReport | None = None
        self.subscriptions = 0
        """Subscriptions that subscribers hold now."""
        self._context = zmq.Context()
        self._guard: ThreadAuthenticator | None = None
        # XPUB is PUB that says who subscribes.
        self._socket = self._context.socket(zmq.XPUB)
        try:
            self._socket.setsockopt(zmq.SNDHWM, address.hwm)
            self._socket.setsockopt(zmq.XPUB_VERBOSER, 1)
            if address.keys is not None:
                self._guard = secure_server(self._context, self._socket, address.keys)
            self._socket.bind(address.endpoint)
        except (zmq.ZMQError, OSError, ValueError) as error:
            self._let_go(0)
            raise TransportError(f"cannot publish at {address.endpoint}: {error}") from error
        _log.warning(
            "this bus is lossy: a slow or absent subscriber misses messages; gaps are counted",
            endpoint=address.endpoint,
        )

    def create_topics(self, topics: Sequence[str]) -> None:
        """Check the names; there is nothing to make."""
        self._check(topics)

    @property
    def is_ready(self) -> bool:
        """True: there is nothing to make."""
        return True

    def send(self, messages: Sequence[Message]) -> None:
        """Publish; see :meth:`MessageSink.send`."""
        if self._report is not None:
            raise TransportError("the ZeroMQ sink is closed")
        self._check([topic for topic, _, _ in messages])
        began_ns = self._clock.monotonic_ns()
        for topic, key, value in messages:
            number = self._next[topic]
            self._next[topic] = number + 1
            header = header_of(self.run, number)
            self._socket.send_multipart((topic.encode(), header, key, value), copy=False)
        self._sent += len(messages)
        if messages:
            self._latencies.append((self._clock.monotonic_ns() - began_ns, len(messages)))

    def poll(self) -> None:
        """Report latencies, and see who subscribes."""
        latencies, self._latencies = self._latencies, []
        if self._on_ack is not None:
            for latency_ns, count in latencies:
                self._on_ack(max(1, latency_ns), count)
        while self._report is None and self._socket.poll(0):
            told = self._socket.recv()
            self.subscriptions += 1 if told[:1] == bytes([_SUBSCRIBE]) else -1

    def stats(self) -> DeliveryStats:
        """Count; nothing ever waits here."""
        return DeliveryStats(
            sent=self._sent,
            recovered=0,
            acknowledged=self._sent,
            in_flight=0,
            spooled=0,
            redelivered=0,
            failed=0,
        )

    def close(self, deadline_s: float) -> CloseReport:
        """Give subscribers ``deadline_s`` to take what waits for them."""
        if self._report is None:
            self.poll()
            self._report = CloseReport(delivered=self._sent, spooled=0, failed=0, lost=0)
            self._let_go(int(deadline_s * 1000))
        return self._report

    def _check(self, topics: Sequence[str]) -> None:
        for topic in set(topics) - self._next.keys():
            parse_routing_key(topic)

    def _let_go(self, linger_ms: int) -> None:
        self._socket.close(linger=linger_ms)
        if self._guard is not None:
            self._guard.stop()
        self._context.term()
