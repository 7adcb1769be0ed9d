"""HTTP on a socket: what comes too slowly, or never ends, is cut off."""

import asyncio
from typing import Any, Final

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from tapeline.api.problems import HEADERS, MALFORMED, MEDIA_TYPE, URL, Kind

MESSAGE_WITHIN_S: Final = 10.0
"""From the connection, or the first byte of a request, to its last."""
MOST_HEAD_BYTES: Final = 65_536
"""Of a request whose head has no end yet; the limits of a whole head are smaller."""


TAKES_WITHIN_S: Final = 15.0
LEAST_TAKEN_BYTES: Final = 65_536
"""A client takes so much of an answer in that time, or all of it."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits on requests that come slowly and answers nobody takes."""

    message_within_s = MESSAGE_WITHIN_S
    takes_within_s = TAKES_WITHIN_S

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - passed through
        super().__init__(*arguments, **named)
        self._limit: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._in_head = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._end()
        if self._taking is not None:
            self._taking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that does not end is refused."""
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                kind = HEADERS if self.headers else URL
                self._refuse(kind, "the head of the request has no end")

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._begin()

    def on_headers_complete(self) -> None:
        """Hand the request over."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Have all of a request."""
        self._end()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over."""
        self._end()
        super().handle_websocket_upgrade()

    def on_response_complete(self) -> None:
        """Have all of an answer written, which is not to say that the client has taken it."""
        super().on_response_complete()
        if self._taking is None:
            self._watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, in the form of every fault."""
        self._refuse(MALFORMED, "this is no HTTP request")

    def _begin(self) -> None:
        if self._limit is None:
            self._limit = self.loop.call_later(self.message_within_s, self._cut)

    def _end(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _cut(self) -> None:
        self._limit = None
        if not self.transport.is_closing():
            self.transport.abort()

    def _watch(self) -> None:
        waiting = self.transport.get_write_buffer_size()
        self._taking = None
        if waiting:
            self._taking = self.loop.call_later(self.takes_within_s, self._look, waiting)

    def _look(self, before: int) -> None:
        if self.transport.get_write_buffer_size() > max(before - LEAST_TAKEN_BYTES, 0):
            self.transport.abort()
        else:
            self._watch()

    def _refuse(self, kind: Kind, detail: str) -> None:
        body = orjson.dumps(
            {
                "type": f"/problems/{kind.name}",
                "title": kind.title,
                "status": kind.status,
                "detail": detail,
                "instance": "",
                "request_id": "",
            }
        )
        head = (
            f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
            "x-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[kind.status] + head.encode() + body)
        self.transport.close()
