"""What a WebSocket connection is to the rest of the program."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.sockets import Names
from tapeline.errors import ConnectError
from tapeline.telemetry.clock import SystemClock


@dataclass(frozen=True, slots=True)
class Closure:
    """How a connection ended.

    Parameters
    ----------
    code
        Close code of RFC 6455; 1006 where the peer sent none.
    reason
        One sentence for people.
    """

    code: int
    reason: str


class HandshakeError(ConnectError):
    """The server answered the connection attempt with something else than 101.

    Attributes
    ----------
    status
        HTTP status.
    retry_after_s
        The server's ``Retry-After`` in seconds, None where it sent none (or a date).
    """

    def __init__(self, status: int, retry_after_s: float | None) -> None:
        super().__init__(f"the server answered the WebSocket handshake with HTTP {status}")
        self.status = status
        self.retry_after_s = retry_after_s


class CertificateError(ConnectError):
    """The server's certificate cannot be verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialOptions:
    """How to open a connection.

    Parameters
    ----------
    wall_ns
        The clock that stamps frames.
    tls
        Verifying TLS context for ``wss``; None for ``ws``.
    open_timeout_s
        TCP, TLS and WebSocket handshake together.
    frame_bytes_max
        A longer message ends the connection with close code 1009.
    is_compressed
        Ask for permessage-deflate.
    names
        Host names resolved before; shared by all connections of the process.
    """

    wall_ns: Callable[[], int]
    tls: ssl.SSLContext | None = None
    open_timeout_s: float = 10.0
    frame_bytes_max: int = 4 * 1024 * 1024
    is_compressed: bool = False
    names: Names = field(default_factory=lambda: Names(SystemClock.monotonic_ns))
    headers: tuple[tuple[str, str], ...] = field(default=(("User-Agent", "tapeline"),))


class Connection(Protocol):
    """One open WebSocket connection. Frames go to its inbox; ``on_closed`` is called once."""

    @property
    def closure(self) -> Closure | None:
        """How it ended; None while it is open."""
        ...

    @property
    def last_heartbeat_ns(self) -> int:
        """When a ping or a pong last came, by the stamping clock; 0 if never."""
        ...

    def send_text(self, text: str) -> None:
        """Queue a text message; a closed connection ignores it."""
        ...

    def ping(self) -> None:
        """Queue a ping; a closed connection ignores it."""
        ...

    def pause_reading(self) -> None:
        """Stop reading the socket until :meth:`resume_reading`."""
        ...

    def resume_reading(self) -> None:
        """Go on reading the socket."""
        ...

    def start_close(self) -> None:
        """Send a close frame. Frames the server sent before its answer still arrive."""
        ...

    def abort(self) -> None:
        """Drop the socket now, without waiting for the peer."""
        ...

    async def wait_closed(self) -> None:
        """Wait until the socket is closed and every frame is in the inbox."""
        ...


class Dial(Protocol):
    """Opens connections; one implementation per library."""

    async def __call__(
        self, url: str, inbox: Inbox, on_closed: Callable[[Closure], None], options: DialOptions
    ) -> Connection:
        """Open a connection.

        Raises
        ------
        HandshakeError
            The server answered, but not with 101.
        CertificateError
            The server is not who it should be.
        ConnectError
            There is no server, the name does not resolve, TLS failed or the time was up.
        """
        ...


def retry_after_s(text: str | None) -> float | None:
    """Read a ``Retry-After`` header in seconds; None for none, a date or nonsense."""
    if text is None or not text.strip().isascii() or not text.strip().isdigit():
        return None
    return float(min(int(text.strip()[:9]), 7 * 86_400))
