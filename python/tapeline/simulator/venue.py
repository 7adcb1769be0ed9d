"""What the server needs to know about a venue. One folder a venue and market implements it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple, Protocol

from tapeline.tape import TapeFrame

#: The stream of frames that name none: a damaged frame, say. Every subscribed client gets them.
UNKNOWN_STREAM = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a connection is not accepted.

    Attributes
    ----------
    status
        HTTP status.
    reason
        One sentence for the client.
    """

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says to a client's message.

    Attributes
    ----------
    kind
        ``"ack"``, ``"list_subscriptions"``, ``"heartbeat"`` or ``"error"``: how the ledger counts
        it.
    text
        The message.
    subscribed
        Streams the request (re)subscribed: those that have a state get it as their first frame.
    """

    kind: str
    text: str
    subscribed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A reply to a REST request.

    Attributes
    ----------
    status
        HTTP status.
    body
        The JSON text.
    headers
        Headers beside those that every reply has.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Limits(NamedTuple):
    """The venue's published limits, all settable for a test.

    Attributes
    ----------
    ping_interval_s
        Seconds between two pings of the server.
    pong_timeout_s
        A client that has not answered a ping for so long is disconnected.
    connection_s
        A connection is closed after so many seconds.
    client_messages_per_s
        Messages, pings and unasked pongs a client may send within one second.
    idle_s
        A connection on which nothing was sent either way for so long is closed.
    client_idle_s
        A client that has sent nothing for so long is disconnected.
    idle_code
        Close code of both.
    """

    ping_interval_s: float = 20.0
    pong_timeout_s: float = 60.0
    connection_s: float = 86_400.0
    client_messages_per_s: int = 5
    idle_s: float = inf
    client_idle_s: float = inf
    idle_code: int = 1000


class StreamState(Protocol):
    """What a client that has heard a stream from its beginning knows now: its book, say."""

    @property
    def is_whole(self) -> bool:
        """Say whether the state is known: it began with a snapshot and no frame is missing."""
        ...

    def seed(self, reply: bytes) -> None:
        """Take over a recorded REST snapshot."""
        ...

    def apply(self, frame: bytes) -> None:
        """Move on by a frame of the stream, as recorded."""
        ...

    def greeting(self) -> bytes | None:
        """Return the frame a new subscriber gets first; None where the venue sends none."""
        ...


class Archive(Protocol):
    """What a venue may look up to answer a REST request."""

    @property
    def streams(self) -> Sequence[str]:
        """Return the names of the tape's streams."""
        ...

    @property
    def now_ms(self) -> int:
        """Return the tape's time, Unix milliseconds."""
        ...

    def state(self, stream: str) -> StreamState | None:
        """Return a stream's state now; None where it has none or it is not known."""
        ...

    def recorded(self, path: str, query: Mapping[str, str]) -> bytes | None:
        """Return the recorded reply to a request that agrees with this one, or None."""
        ...


class Session(Protocol):
    """One client's subscriptions and the form it gets its frames in."""

    @property
    def streams(self) -> Sequence[str]:
        """Return the names of the subscribed streams, in the order they were asked for."""
        ...

    def hears(self, on_tape: Sequence[str]) -> Sequence[bool]:
        """Say of each of the tape's streams whether this client gets its frames."""
        ...

    def answer(self, text: str) -> Sequence[Answer]:
        """Act on a client's message and return what to say to it."""
        ...

    def render(self, recorded: Sequence[tuple[bytes, str]]) -> Sequence[bytes]:
        """Return recorded frames, each given with its stream, in the form this client asked for."""
        ...

    def shutdown_notice(self, tape_ns: int) -> str | None:
        """Return the notice of a planned disconnect; None where the venue has none."""
        ...


class Venue(Protocol):
    """A venue's wire protocol."""

    @property
    def limits(self) -> Limits:
        """Return the limits the server holds its clients to."""
        ...

    def stream(self, frame: TapeFrame) -> str | None:
        """Return the stream a recorded frame belongs to; None for one that is not replayed."""
        ...

    def native_ids(self, frame: bytes) -> tuple[int, int] | None:
        """Return the first and last native id of a frame; None where it has none."""
        ...

    def always(self, stream: str) -> bool:
        """Say whether a stream goes to every subscribed client unasked."""
        ...

    def exchange_ns(self, frame: bytes) -> int | None:
        """Return the venue's own time of a frame in nanoseconds; None where it has none."""
        ...

    def open(self, target: str) -> Session | Refusal:
        """Judge a connection's path and query."""
        ...

    def state(self, stream: str) -> StreamState | None:
        """Return a new, empty state for a stream; None where the stream has none."""
        ...

    def seeds(self, reply: TapeFrame, stream: str) -> bool:
        """Say whether a recorded REST reply is a snapshot of a stream's book."""
        ...

    def reply(self, target: str, archive: Archive, *, is_stale: bool = False) -> HttpReply:
        """Answer a REST request; a stale snapshot is older than every frame of the tape."""
        ...

    def restarted(self, state: StreamState, frames: Sequence[bytes]) -> Sequence[bytes] | None:
        """Rewrite the rest of a stream as if the venue's service restarted before its first frame.

        Parameters
        ----------
        state
            The stream's state before the first of the frames.
        frames
            The rest of the stream.

        Returns
        -------
        sequence of bytes or None
            As many frames; None where the venue's streams number through.
        """
        ...
