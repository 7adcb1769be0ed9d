"""What all OKX markets share behind the simulator's venue port."""

from collections.abc import Sequence
from itertools import count
from urllib.parse import urlsplit

from tapeline.simulator.okx import frames, rest
from tapeline.simulator.okx.book import BooksState
from tapeline.simulator.okx.restart import restarted
from tapeline.simulator.okx.session import OkxSession
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

#: No WebSocket pings: a client that hears nothing for 30 s sends the text ``ping``.
PUBLISHED = Limits(ping_interval_s=86_400.0, client_messages_per_s=100, idle_s=30.0, idle_code=4004)


class OkxVenue:
    """OKX v5: ``/ws/v5/public``, ``/ws/v5/business`` and ``/api/v5``.

    Parameters
    ----------
    limits
        The venue's limits; OKX's published ones by default.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or PUBLISHED
        self._serial = count(1)

    @property
    def limits(self) -> Limits:
        """Return the limits the server holds its clients to."""
        return self._limits

    def stream(self, frame: TapeFrame) -> str | None:
        """Return ``channel:subject``; None for REST replies and answers to requests."""
        return frames.stream_of(frame.raw) if frame.kind == "ws" else None

    def native_ids(self, frame: bytes) -> tuple[int, int] | None:
        """Return the trade ids or the range of ``seqId`` of a frame."""
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
        if path not in ("/ws/v5/public", "/ws/v5/business"):
            return Refusal(404, f"no such path: {path} (use /ws/v5/public or /ws/v5/business)")
        return OkxSession(f"{next(self._serial):08x}", is_business=path.endswith("business"))

    def state(self, stream: str) -> StreamState | None:
        """Return a book for the book channels."""
        return BooksState() if frames.channel_of(stream) in frames.BOOK_CHANNELS else None

    def seeds(self, reply: TapeFrame, stream: str) -> bool:
        """Return False: books begin in the stream."""
        return False

    def reply(self, target: str, archive: Archive, *, is_stale: bool = False) -> HttpReply:
        """Answer a REST request."""
        return rest.reply(target, archive, is_stale=is_stale)

    def restarted(self, state: StreamState, frames: Sequence[bytes]) -> Sequence[bytes] | None:
        """Renumber a book from 1, as after maintenance."""
        is_numbered = isinstance(state, BooksState) and "seqId" in state.last
        return restarted(state, frames) if is_numbered and isinstance(state, BooksState) else None
