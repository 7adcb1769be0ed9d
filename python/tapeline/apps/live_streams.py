"""What came of each stream of the live feed, and when."""

import threading
from collections.abc import Iterable, Sequence
from typing import Final

from tapeline.apps.batch_reader import Batch

_SECOND_NS: Final = 1_000_000_000
SILENCE_NS: Final = {"orderbook": 60 * _SECOND_NS, "trade": 300 * _SECOND_NS}
"""A stream is stale after so long without anything; others come when there is something to say."""

StreamKey = tuple[str, str, str, str]
"""Exchange, market, symbol and event type."""


class StreamSeen:
    """One stream."""

    __slots__ = ("last_sent_ns", "rows", "seen_ns")

    def __init__(self) -> None:
        self.rows = 0
        """Events since the start."""
        self.last_sent_ns = 0
        """When the newest batch was sent to the bus, by the sender's clock."""
        self.seen_ns = 0
        """When it was sent, by the clock of this process that never goes back; no later than when
        it was read."""


class LiveStreams:
    """Counts per stream. One thread writes, any reads."""

    def __init__(self) -> None:
        self._seen: dict[StreamKey, StreamSeen] = {}
        self._adding = threading.Lock()

    def note(self, batches: Iterable[Batch], now_ns: int, wall_ns: int) -> None:
        """Count batches that were read now, by the monotonic clock and by the wall clock.

        What is read back at the start was sent a while ago: a stream that ended then is stale.
        """
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

    def read(self) -> Sequence[tuple[StreamKey, StreamSeen]]:
        """Return all streams, ordered by key."""
        with self._adding:
            return sorted(self._seen.items(), key=lambda item: item[0])
