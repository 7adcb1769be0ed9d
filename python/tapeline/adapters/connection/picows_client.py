"""Connections over ``picows`` (``pip install tapeline[picows]``): a tenth of the cost per frame."""

import asyncio
import ssl
from collections.abc import Callable

from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSHandshakeError,
    WSInvalidStatusError,
    WSListener,
    WSMsgType,
    WSProtocolError,
    WSTransport,
    ws_connect,
)

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

_TEXT, _BINARY, _CONT = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION
_PING, _PONG, _CLOSE = WSMsgType.PING, WSMsgType.PONG, WSMsgType.CLOSE
_READ_BUFFER_BYTES = 256 * 1024


class _Listener(WSListener):
    def __init__(
        self, inbox: Inbox, on_closed: Callable[[Closure], None], options: DialOptions
    ) -> None:
        self._put = inbox.put
        self._on_closed = on_closed
        self._wall_ns = options.wall_ns
        self._bytes_max = options.frame_bytes_max
        self._stamp_ns = 0
        self._fragments: list[bytes] | None = None
        self.closure: Closure | None = None
        self.last_heartbeat_ns = 0

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        # The frames of one read share the stamp of the first.
        stamp_ns = self._stamp_ns or self._wall_ns()
        self._stamp_ns = 0 if frame.last_in_buffer else stamp_ns
        kind = frame.msg_type
        if (kind is _TEXT or kind is _BINARY) and frame.fin and self._fragments is None:
            self._put(frame.get_payload_as_bytes(), stamp_ns)
        else:
            self._rare(transport, frame, stamp_ns)

    def _rare(self, transport: WSTransport, frame: WSFrame, stamp_ns: int) -> None:
        kind = frame.msg_type
        if kind is _PONG or kind is _PING:
            self.last_heartbeat_ns = stamp_ns
            if kind is _PING and not transport.is_close_frame_sent:
                transport.send_pong(frame.get_payload_as_bytes())
        elif kind is _CLOSE:
            if not transport.is_close_frame_sent:
                transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        else:
            self._fragment(frame, stamp_ns)

    def _fragment(self, frame: WSFrame, stamp_ns: int) -> None:
        continues = frame.msg_type is _CONT
        if continues != (self._fragments is not None):
            raise WSProtocolError(1002, "a fragment came out of order")
        fragments = self._fragments if self._fragments is not None else []
        fragments.append(frame.get_payload_as_bytes())
        if sum(map(len, fragments)) > self._bytes_max:
            raise WSProtocolError(1009, f"a message is longer than {self._bytes_max} bytes")
        self._fragments = None if frame.fin else fragments
        if frame.fin:
            self._put(b"".join(fragments), stamp_ns)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.closure = self._closure(transport)
        self._on_closed(self.closure)

    def _closure(self, transport: WSTransport) -> Closure:
        handshake = transport.close_handshake
        if handshake is not None and handshake.recv is not None:
            return Closure(int(handshake.recv.code.value), handshake.recv.reason)
        sent = handshake.sent if handshake is not None else None
        if sent is not None and sent.code is not WSCloseCode.OK:
            # We gave up on what came: our own close frame names the reason.
            return Closure(int(sent.code.value), sent.reason)
        return Closure(1006, "the connection ended without a close frame")


class PicowsConnection:
    """The port's view of a picows transport and its listener."""

    def __init__(self, transport: WSTransport, listener: _Listener) -> None:
        self._transport = transport
        self._listener = listener

    @property
    def closure(self) -> Closure | None:
        """How it ended; None while it is open."""
        return self._listener.closure

    @property
    def last_heartbeat_ns(self) -> int:
        """When a ping or a pong last came, by the stamping clock; 0 if never."""
        return self._listener.last_heartbeat_ns

    def _is_open(self) -> bool:
        transport = self._transport
        return not (transport.is_disconnected or transport.is_close_frame_sent)

    def send_text(self, text: str) -> None:
        """Queue a text message; a closed connection ignores it."""
        if self._is_open():
            self._transport.send(_TEXT, text.encode())

    def ping(self) -> None:
        """Queue a ping; a closed connection ignores it."""
        if self._is_open():
            self._transport.send_ping(b"tapeline")

    def pause_reading(self) -> None:
        """Stop reading the socket."""
        if not self._transport.is_disconnected:
            self._transport.underlying_transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on reading the socket."""
        if not self._transport.is_disconnected:
            self._transport.underlying_transport.resume_reading()

    def start_close(self) -> None:
        """Send a close frame."""
        if self._is_open():
            self._transport.send_close(WSCloseCode.OK)

    def abort(self) -> None:
        """Drop the socket now."""
        self._transport.disconnect(graceful=False)

    async def wait_closed(self) -> None:
        """Wait until the socket is closed."""
        try:
            await self._transport.wait_disconnected()
        except WSError:
            # The closure tells; the transport only repeats it.
            return


async def dial_picows(
    url: str, inbox: Inbox, on_closed: Callable[[Closure], None], options: DialOptions
) -> PicowsConnection:
    """Open a connection with ``picows``; see :class:`~tapeline.adapters.connection.ports.Dial`."""
    try:
        async with asyncio.timeout(options.open_timeout_s):
            transport, listener = await ws_connect(
                lambda: _Listener(inbox, on_closed, options),
                url,
                ssl_context=options.tls,
                websocket_handshake_timeout=None,
                # Answered here: the library would keep the server's pings from us, and they are a
                # sign of life.
                enable_auto_pong=False,
                max_frame_size=options.frame_bytes_max,
                max_redirects=0,
                extra_headers=list(options.headers),
                read_buffer_init_size=_READ_BUFFER_BYTES,
                socket_factory=lambda _: open_socket(url, options.names),
            )
    except WSInvalidStatusError as error:
        response = error.response
        header = response.headers.get("Retry-After") if response is not None else None
        status = int(response.status) if response is not None else 0
        raise HandshakeError(status, retry_after_s(header)) from error
    except ssl.SSLCertVerificationError as error:
        raise CertificateError(f"TLS with {url} failed: {error}") from error
    except ssl.SSLError as error:
        raise ConnectError(f"TLS with {url} failed: {error}") from error
    except (OSError, TimeoutError, WSHandshakeError) as error:
        raise ConnectError(f"cannot connect to {url}: {error or type(error).__name__}") from error
    assert isinstance(listener, _Listener)  # noqa: S101 - made by the factory above
    return PicowsConnection(transport, listener)
