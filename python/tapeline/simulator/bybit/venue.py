"""What all Bybit categories share behind the simulator's venue port."""

from collections.abc import Sequence
from itertools import count
from urllib.parse import urlsplit

from tapeline.simulator.bybit import frames, rest
from tapeline.simulator.bybit.restart import restarted
from tapeline.simulator.bybit.session import BybitSession
from tapeline.simulator.bybit.state import BookState, state_of
from tapeline.simulator.venue import (
    UNKNOWN_STREAM,
    Archive,
    HttpReply,
    Limits,
    Refusal,
    Session,
    StreamState,
)
from tapeline.tape import TapeFrame

#: No WebSocket pings: the client sends ``{"op":"ping"}``; one that is silent for long is cut.
PUBLISHED = Limits(ping_interval_s=86_400.0, client_messages_per_s=500, client_idle_s=600.0)


class BybitVenue:
    """Bybit v5: ``/v5/public/<category>`` and ``/v5/market``. A category is a subclass.

    Parameters
    ----------
    limits
        The venue's limits; Bybit's published ones by default.

    Attributes
    ----------
    category
        ``spot``, ``linear`` or ``inverse``.
    args_max
        Topics one request may name.
    """

    category: str
    args_max = 2_000

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or PUBLISHED
        self._serial = count(1)

    @property
    def limits(self) -> Limits:
        """Return the limits the server holds its clients to."""
        return self._limits

    def stream(self, frame: TapeFrame) -> str | None:
        """Return a recorded frame's topic; None for REST replies and answers to requests."""
        return frames.stream_of(frame.raw) if frame.kind == "ws" else None

    def native_ids(self, frame: bytes) -> tuple[int, int] | None:
        """Return the update id of a book, or numeric trade ids."""
        return frames.native_ids(frame)

    def always(self, stream: str) -> bool:
        """Say whether everyone gets the stream: damaged frames."""
        return stream == UNKNOWN_STREAM

    def exchange_ns(self, frame: bytes) -> int | None:
        """Return ``ts`` in nanoseconds."""
        return frames.event_ns(frame)

    def open(self, target: str) -> Session | Refusal:
        """Judge a connection's path."""
        path = urlsplit(target).path
        if path != f"/v5/public/{self.category}":
            return Refusal(404, f"no such path: {path} (use /v5/public/{self.category})")
        return BybitSession(self.category, f"sim-{next(self._serial):06x}", self.args_max)

    def state(self, stream: str) -> StreamState | None:
        """Return a book or a merged ticker."""
        return state_of(stream)

    def seeds(self, reply: TapeFrame, stream: str) -> bool:
        """Return False: books begin in the stream."""
        return False

    def reply(self, target: str, archive: Archive, *, is_stale: bool = False) -> HttpReply:
        """Answer a REST request."""
        return rest.reply(self.category, target, archive, is_stale=is_stale)

    def restarted(self, state: StreamState, frames: Sequence[bytes]) -> Sequence[bytes] | None:
        """Restart a book: a snapshot with ``u`` = 1, then counting on."""
        return restarted(state, frames) if isinstance(state, BookState) else None
