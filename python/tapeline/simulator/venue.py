"""What the server needs to know about a venue. One folder a venue and market implements it."""

from collections.abc import Sequence
from dataclasses import dataclass
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
        ``"ack"``, ``"list_subscriptions"`` or ``"error"``: how the ledger counts it.
    text
        The message.
    """

    kind: str
    text: str


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
    """

    ping_interval_s: float = 20.0
    pong_timeout_s: float = 60.0
    connection_s: float = 86_400.0
    client_messages_per_s: int = 5


class Session(Protocol):
    """One client's subscriptions and the form it gets its frames in."""

    @property
    def streams(self) -> Sequence[str]:
        """Return the names of the subscribed streams, in the order they were asked for."""
        ...

    def answer(self, text: str) -> Answer:
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
