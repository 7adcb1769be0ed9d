"""Connections over the ``websockets`` library.

Frames are taken where the library's connection has parsed them, before its queue: a queue and a
coroutine wake-up for every frame would cost as much again as parsing it. This also makes closing
lossless, because frames that come before the server's close frame pass the same point.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.frames import Opcode
from websockets.protocol import Event, State

from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.ports import (
    CertificateError,
    Closure,
    DialOptions,
    HandshakeError,
    retry_after_s,
)
from tapeline.adapters.connection.sockets import open_socket
from tapeline.errors import ConnectError

_TEXT, _BINARY, _CONT = Opcode.TEXT, Opcode.BINARY, Opcode.CONT
_PING, _PONG = Opcode.PING, Opcode.PONG
_PING_PAYLOAD = b"tapeline"


class _Tap(ClientConnection):
    """A client connection whose data frames go to an inbox."""

    # Set by the factory before the transport exists.
    inbox: Inbox
    wall_ns: Callable[[], int]
    on_closed: Callable[[Closure], None]
    closure: Closure | None = None
    last_heartbeat_ns = 0

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - passed through
        super().__init__(*args, **options)
        self._stamp_ns = 0
        self._fragments: list[bytes] | None = None

    def data_received(self, data: bytes) -> None:
        # All frames of one read arrived together. Stamped before the parsing, which takes
        # microseconds a frame.
        self._stamp_ns = self.wall_ns()
        super().data_received(data)

    def process_event(self, event: Event) -> None:
        if self.response is None:
            super().process_event(event)
            return
        opcode = event.opcode  # type: ignore[union-attr]
        if (opcode is _TEXT or opcode is _BINARY) and event.fin:  # type: ignore[union-attr]
            self.inbox.put(bytes(event.data), self._stamp_ns)  # type: ignore[union-attr]
        elif opcode is _PONG or opcode is _PING:
            # The library has answered the ping.
            self.last_heartbeat_ns = self._stamp_ns
        elif opcode is _TEXT or opcode is _BINARY or opcode is _CONT:
            self._fragment(bytes(event.data), event.fin)  # type: ignore[union-attr]

    def _fragment(self, data: bytes, is_last: bool) -> None:
        # The library has checked the order of fragments and the size of the whole.
        fragments = self._fragments if self._fragments is not None else []
        fragments.append(data)
        self._fragments = None if is_last else fragments
        if is_last:
            self.inbox.put(b"".join(fragments), self._stamp_ns)

    def connection_lost(self, exc: Exception | None) -> None:
        was_open = self.response is not None and self.protocol.handshake_exc is None
        super().connection_lost(exc)
        if was_open and self.closure is None:
            self.closure = self._closure(exc)
            self.on_closed(self.closure)

    def _closure(self, exc: Exception | None) -> Closure:
        protocol = self.protocol
        fault = protocol.parser_exc
        if fault is not None and not isinstance(fault, EOFError):
            # We gave up on what came: our own close frame names the reason.
            code = protocol.close_sent.code if protocol.close_sent is not None else 1006
            return Closure(int(code), str(fault))
        if protocol.close_rcvd is not None:
            return Closure(int(protocol.close_rcvd.code), protocol.close_rcvd.reason)
        return Closure(1006, str(exc) if exc else "the connection ended without a close frame")


class WebsocketsConnection:
    """The port's view of a :class:`_Tap`."""

    def __init__(self, tap: _Tap) -> None:
        self._tap = tap

    @property
    def closure(self) -> Closure | None:
        """How it ended; None while it is open."""
        return self._tap.closure

    @property
    def last_heartbeat_ns(self) -> int:
        """When a ping or a pong last came, by the stamping clock; 0 if never."""
        return self._tap.last_heartbeat_ns

    def _is_open(self) -> bool:
        return self._tap.protocol.state is State.OPEN

    def send_text(self, text: str) -> None:
        """Queue a text message; a closed connection ignores it."""
        if self._is_open():
            self._tap.protocol.send_text(text.encode())
            self._tap.send_data()

    def ping(self) -> None:
        """Queue a ping; a closed connection ignores it."""
        if self._is_open():
            self._tap.protocol.send_ping(_PING_PAYLOAD)
            self._tap.send_data()

    def pause_reading(self) -> None:
        """Stop reading the socket."""
        if not self._tap.transport.is_closing():
            self._tap.transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on reading the socket."""
        if not self._tap.transport.is_closing():
            self._tap.transport.resume_reading()

    def start_close(self) -> None:
        """Send a close frame."""
        if self._is_open():
            self._tap.protocol.send_close(1000, "")
            self._tap.send_data()

    def abort(self) -> None:
        """Drop the socket now."""
        self._tap.transport.abort()

    async def wait_closed(self) -> None:
        """Wait until the socket is closed."""
        await self._tap.wait_closed()


class _DirectConnect(connect):
    """``connect`` that takes a redirect for what it is: an answer other than 101."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def dial_websockets(
    url: str, inbox: Inbox, on_closed: Callable[[Closure], None], options: DialOptions
) -> WebsocketsConnection:
    """Open a connection with ``websockets``; see :class:`~tapeline.adapters.connection.ports.Dial`.

    Not used unless asked for: compression, which costs CPU and 64 KiB a connection where the venue
    bills no bytes. Not used on purpose: proxies from the environment, the library's keepalive (the
    feed's own pings count against the venue's limit) and its reconnecting.
    """

    def factory(*args: Any, **settings: Any) -> _Tap:  # noqa: ANN401 - passed through
        tap = _Tap(*args, **settings)
        tap.inbox, tap.wall_ns, tap.on_closed = inbox, options.wall_ns, on_closed
        return tap

    headers = dict(options.headers)
    opened: socket.socket | None = None
    try:
        async with asyncio.timeout(options.open_timeout_s):
            opened = await open_socket(url, options.names)
        tap = await _DirectConnect(
            url,
            sock=opened,
            create_connection=cast(type[ClientConnection], factory),
            ssl=options.tls,
            compression="deflate" if options.is_compressed else None,
            proxy=None,
            ping_interval=None,
            open_timeout=options.open_timeout_s,
            close_timeout=None,
            max_size=options.frame_bytes_max,
            user_agent_header=headers.pop("User-Agent", None),
            additional_headers=headers,
        )
    except InvalidStatus as error:
        header = error.response.headers.get("Retry-After")
        raise HandshakeError(error.response.status_code, retry_after_s(header)) from error
    except ssl.SSLCertVerificationError as error:
        raise CertificateError(f"TLS with {url} failed: {error}") from error
    except ssl.SSLError as error:
        raise ConnectError(f"TLS with {url} failed: {error}") from error
    except (OSError, EOFError, TimeoutError, InvalidHandshake) as error:
        raise ConnectError(f"cannot connect to {url}: {error or type(error).__name__}") from error
    assert isinstance(tap, _Tap)  # noqa: S101 - made by the factory above
    return WebsocketsConnection(tap)
