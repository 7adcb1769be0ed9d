"""What the server asks of a live feed, where it has one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

StreamState = Literal["live", "stale", "waiting"]


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
