"""What a collector shows of its bus, and whether the bus takes anything."""

from collections.abc import Iterator
from typing import Final

from tapeline.telemetry.clock import Clock
from tapeline.telemetry.health import Check
from tapeline.telemetry.metrics import Reading
from tapeline.transport.kafka_settings import KafkaSettings
from tapeline.transport.ports import MessageSink
from tapeline.transport.uris import KafkaUri, parse_uri

STALLED_AFTER_S: Final = 10.0
"""Messages wait and none is acknowledged for so long: the bus is down."""


def capacity_of(transport: str) -> int | None:
    """Return how many messages may be pending in memory at a transport address."""
    if isinstance(parse_uri(transport), KafkaUri):
        return KafkaSettings(servers="").queue_messages_max
    return None


class BusWatch:
    """Looks at a sink: :meth:`look` from its own thread, the rest from any.

    Parameters
    ----------
    capacity
        Messages that may be pending in memory; None where the bus has no such limit.
    """

    def __init__(self, sink: MessageSink, clock: Clock, *, capacity: int | None) -> None:
        self._sink = sink
        self._clock = clock
        self._capacity = capacity
        self._stats = sink.stats()
        self._moved_ns = clock.monotonic_ns()

    def look(self, *, is_blocked: bool) -> None:
        """Take a look; ``is_blocked`` says that the sink refuses more."""
        before, self._stats = self._stats, self._sink.stats()
        has_moved = self._stats.acknowledged != before.acknowledged
        if has_moved or (not self._stats.pending and not is_blocked):
            self._moved_ns = self._clock.monotonic_ns()

    @property
    def stalled_s(self) -> float:
        """For how long messages have waited without one being acknowledged."""
        return max(0, self._clock.monotonic_ns() - self._moved_ns) / 1e9

    def read(self) -> Iterator[Reading]:
        """Return the readings of a scrape."""
        stats = self._stats
        for state in ("acknowledged", "in_flight", "spooled", "failed"):
            yield "tapeline_transport_messages", {"state": state}, getattr(stats, state)
        yield "tapeline_transport_sent_messages", {}, stats.sent
        yield "tapeline_transport_redelivered_messages", {}, stats.redelivered
        yield "tapeline_transport_pending_messages", {}, stats.pending
        if self._capacity is not None:
            yield "tapeline_transport_capacity_messages", {}, self._capacity
        yield "tapeline_transport_stalled_seconds", {}, self.stalled_s

    def check(self) -> list[Check]:
        """Return whether the bus takes messages."""
        stalled_s = self.stalled_s
        if stalled_s <= STALLED_AFTER_S:
            return [Check("bus", True)]
        waiting = self._stats.pending
        reason = f"{waiting} messages wait, none was acknowledged for {stalled_s:.0f} s"
        return [Check("bus", False, reason)]
