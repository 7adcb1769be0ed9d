"""What came of each stream of the live feed, when, how fast and how late."""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from tapeline.api.ports import StageFact
from tapeline.apps.batch_reader import Batch
from tapeline.apps.live_stages import MINUTE_NS, MinuteRate, Sample, Samples, lag_of
from tapeline.wire.native import decode

_SECOND_NS: Final = 1_000_000_000
SILENCE_NS: Final = {"orderbook": 60 * _SECOND_NS, "trade": 300 * _SECOND_NS}
"""A stream is stale after so long without anything; others come when there is something to say."""

_TIMED: Final = ("trade", "orderbook", "funding", "liquidation")
_SAMPLES_A_SECOND: Final = 50
"""Of all streams together: a sample decodes a batch that may interest nobody else."""
_READINGS_KEPT: Final = 2_048

StreamKey = tuple[str, str, str, str]
"""Exchange, market, symbol and event type."""


class StreamSeen:
    """One stream."""

    __slots__ = ("last_sent_ns", "rate", "rows", "samples", "seen_ns")

    def __init__(self) -> None:
        self.rows = 0
        """Events since the start."""
        self.last_sent_ns = 0
        """When the newest batch was sent to the bus, by the sender's clock."""
        self.seen_ns = 0
        """When it was sent, by the clock of this process that never goes back; no later than when
        it was read."""
        self.rate = MinuteRate()
        """Events by when they were sent."""
        self.samples = Samples()


class LiveStreams:
    """Counts and samples per stream. One thread writes, any reads."""

    def __init__(self) -> None:
        self._seen: dict[StreamKey, StreamSeen] = {}
        self._adding = threading.Lock()
        self._served: deque[tuple[int, int]] = deque(maxlen=_READINGS_KEPT)
        self._second = self._sampled = 0
        self._begun_ns: int | None = None

    def note(self, batches: Iterable[Batch], now_ns: int, wall_ns: int) -> None:
        """Count batches that were read now, by the monotonic clock and by the wall clock.

        What is read back at the start was sent a while ago: a stream that ended then is stale.
        """
        if self._begun_ns is None:
            self._begun_ns = wall_ns
        for batch in batches:
            info = batch.info
            key = (info.exchange, info.market, info.symbol or info.raw_symbol, batch.event_type)
            seen = self._seen.get(key)
            if seen is None:
                seen = StreamSeen()
                with self._adding:
                    self._seen[key] = seen
            seen.rows += batch.event_count
            seen.last_sent_ns = max(seen.last_sent_ns, info.sent_ns)
            seen.seen_ns = now_ns - max(0, wall_ns - seen.last_sent_ns)
            seen.rate.add(now_ns - max(0, wall_ns - info.sent_ns), batch.event_count)
            # What lay there before says nothing of how long the way takes.
            if info.sent_ns >= self._begun_ns and self._may_sample(batch, seen, now_ns):
                self._sample(batch, seen, now_ns, wall_ns)

    def note_served(self, now_ns: int, took_ns: int) -> None:
        """Take note of how long the events of a reading took to the clients' queues."""
        self._served.append((now_ns, took_ns))

    def stages(self, now_ns: int) -> list[StageFact]:
        """Return what the stages took in the last minute, of all streams together."""
        samples = [sample for _, seen in self.read() for sample in seen.samples.of_minute(now_ns)]
        served = [took for at, took in self._served.copy() if now_ns - at <= MINUTE_NS]
        return [*stages_of(samples), StageFact("served", lag_of(served))]

    def _may_sample(self, batch: Batch, seen: StreamSeen, now_ns: int) -> bool:
        if batch.event_type not in _TIMED or not seen.samples.is_due(now_ns):
            return False
        if now_ns // _SECOND_NS != self._second:
            self._second, self._sampled = now_ns // _SECOND_NS, 0
        self._sampled += 1
        return self._sampled <= _SAMPLES_A_SECOND

    @staticmethod
    def _sample(batch: Batch, seen: StreamSeen, now_ns: int, wall_ns: int) -> None:
        """Look at the newest event of a batch; one that cannot be decoded is told elsewhere."""
        events = decode([batch.value], event_type=batch.event_type, errors="collect")
        if not len(events):
            return
        newest = events.to_arrow().select(["timestamp_ns", "received_ns"]).slice(len(events) - 1)
        ((venue_ns, received_ns),) = (tuple(row.values()) for row in newest.to_pylist())
        if received_ns is None:
            return
        seen.samples.add(
            Sample(
                at_ns=now_ns,
                received_ns=None if venue_ns is None else received_ns - venue_ns,
                sent_ns=batch.info.sent_ns - received_ns,
                read_ns=wall_ns - batch.info.sent_ns,
            )
        )

    def read(self) -> Sequence[tuple[StreamKey, StreamSeen]]:
        """Return all streams, ordered by key."""
        with self._adding:
            return sorted(self._seen.items(), key=lambda item: item[0])


def stages_of(samples: Sequence[Sample]) -> list[StageFact]:
    """Return what samples took to each stage before the server's own, in the order of the way."""
    return [
        StageFact("received", lag_of(each.received_ns for each in samples)),
        StageFact("sent", lag_of(each.sent_ns for each in samples)),
        StageFact("read", lag_of(each.read_ns for each in samples)),
    ]
