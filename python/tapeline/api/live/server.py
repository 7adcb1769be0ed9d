"""uvicorn's WebSocket protocol: writing does not wait, and who does not read is cut off."""

import asyncio
import socket
from asyncio.transports import BaseTransport
from collections.abc import Callable
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.http11 import Request

from tapeline.api.live.line import LINE
from tapeline.api.live.settings import LiveSettings

_GRACE_S: Final = 2.0
_WRITE_BUFFER: Final = 65_536


class LiveProtocol(WebSocketsSansIOProtocol):
    """Closes at once and drops what cannot be delivered.

    The protocol of uvicorn writes what waits before it closes, for ever where nobody reads. This
    one bounds what the kernel keeps for a client, and ends a connection in any case. It is the
    :class:`~tapeline.api.live.line.Line` of its connection: messages that are the same for many
    clients go to the transport as they are, past the layers that would wrap each again.
    """

    kernel_buffer_bytes = LiveSettings().kernel_buffer_bytes

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.close_timeout = _GRACE_S
        self.blocked_since: float | None = None
        self._when_clear: Callable[[], None] | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Bound the buffers of the connection."""
        super().connection_made(transport)
        line = transport.get_extra_info("socket")
        if line is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.kernel_buffer_bytes)
        self.transport.set_write_buffer_limits(high=_WRITE_BUFFER)

    def handle_connect(self, event: Request) -> None:
        """Offer the extension to the application."""
        super().handle_connect(event)
        if not self.close_sent:
            extensions = cast("dict[str, Any]", self.scope["extensions"])
            extensions[LINE] = self

    @property
    def is_clear(self) -> bool:
        """Whether what is written goes out soon."""
        return self.blocked_since is None and self._is_open

    @property
    def _is_open(self) -> bool:
        return not (self.close_sent or self.disconnected or self.transport.is_closing())

    def when_clear(self, call: Callable[[], None]) -> None:
        """Name what is called when the line is clear again."""
        self._when_clear = call

    def write(self, envelope: bytes) -> None:
        """Send a whole message."""
        if self._is_open:
            self.transport.write(envelope)

    def pause_writing(self) -> None:
        """Take note that too much waits."""
        super().pause_writing()
        self.blocked_since = self.loop.time()

    def resume_writing(self) -> None:
        """Take note that the line is clear again."""
        super().resume_writing()
        self.blocked_since = None
        if self._when_clear is not None:
            self._when_clear()

    def cut(self, code: int, reason: str) -> None:
        """Send a close frame behind what waits; drop the connection if it is not taken soon."""
        if self.disconnected or self.close_timer is not None:
            return
        self.stop_keepalive()
        try:
            self.conn.send_close(code, reason)
        except InvalidState:
            self.transport.abort()
            return
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(_GRACE_S, self.transport.abort)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})

    def keepalive_timeout(self) -> None:
        """Cut a client that answers no pings."""
        self.cut(1011, "no pong")

    def shutdown(self) -> None:
        """Tell the client that the server stops."""
        if self.handshake_complete and not self.close_sent:
            self.cut(1001, "the server stops")
        else:
            super().shutdown()


def uvicorn_options(settings: LiveSettings) -> dict[str, Any]:
    """Return what :class:`uvicorn.Config` needs for the live socket."""
    options = {"kernel_buffer_bytes": settings.kernel_buffer_bytes}
    return {
        "ws": type("LiveProtocol", (LiveProtocol,), options),
        "ws_max_size": settings.max_message_bytes,
        "ws_per_message_deflate": False,
        "ws_ping_interval": settings.ping_every_s,
        "ws_ping_timeout": settings.pong_within_s,
    }
