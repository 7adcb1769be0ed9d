"""What the server asks of a live feed, where it has one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

StreamState = Literal["live", "stale", "waiting"]


@dataclass(frozen=True, slots=True)
class LagFact:
    """How long some events took over one stage, in nanoseconds; below zero where clocks differ."""

    samples: int
    p50_ns: int
    p99_ns: int
    max_ns: int


@dataclass(frozen=True, slots=True)
class StageFact:
    """One stage of the way of events, over the last minute."""

    name: str
    """What was done when it ends."""
    lag: LagFact | None
    """None where nothing came."""


@dataclass(frozen=True, slots=True)
class StreamFact:
    """The state of one stream of the feed; times are Unix UTC nanoseconds."""

    type: str
    exchange: str
    market: str
    symbol: str
    state: StreamState
    rows: int
    last_sent_ns: int | None = None
    """When the collector sent its newest batch, by the collector's clock."""
    age_ns: int | None = None
    """Since then; from when it reached this server on, by a clock that never goes back."""
    rows_per_s: float | None = None
    """Sent in the last minute, by second; None before the first second is over."""
    stages: Sequence[StageFact] = ()


class LiveView(Protocol):
    """Says how the live feed is doing; called on the event loop, and quick."""

    @property
    def is_connected(self) -> bool:
        """Whether the bus is being read."""
        ...

    @property
    def clients(self) -> int:
        """How many WebSocket clients there are."""
        ...

    def streams(self) -> Sequence[StreamFact]:
        """Return the state of each stream, ordered by exchange, market, symbol and type."""
        ...

    def stages(self) -> Sequence[StageFact]:
        """Return how long the stages take, of all streams together, in the order of the way."""
        ...
