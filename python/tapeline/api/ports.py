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
    last_ns: int | None = None
    """Time of the newest row."""
    last_received_ns: int | None = None
    """When it came to the collector."""
    age_ns: int | None = None
    """Since it reached this server, by a clock that never goes back."""


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
