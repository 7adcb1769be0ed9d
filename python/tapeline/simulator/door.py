"""The door: reads the head of a request and tells WebSocket clients from REST clients."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple, Protocol, cast

from tapeline.simulator.venue import HttpReply

#: Longest head of a request.
HEAD_BYTES_MAX = 1 << 14
#: A client that has not sent a whole request is cut off after this.
HEAD_TIMEOUT_S = 10.0


class Admission(NamedTuple):
    """How a handshake is received.

    Attributes
    ----------
    reply
        Refuse it so; None to take it.
    delay_s
        Wait before doing anything.
    is_glued
        Send the answer together with the first frames.
    """

    reply: HttpReply | None = None
    delay_s: float = 0.0
    is_glued: bool = False


class RestAnswer(NamedTuple):
    """How a REST request is answered: after `delay_s`; with None the connection is closed."""

    reply: HttpReply | None
    delay_s: float = 0.0


class Desk(Protocol):
    """Who decides about requests."""

    def admit(self, target: str) -> Admission:
        """Decide about a WebSocket handshake."""
        ...

    def answer(self, method: str, target: str) -> RestAnswer:
        """Decide about a REST request."""
        ...


class _Head(NamedTuple):
    method: str
    target: str
    fields: Mapping[str, str]

    @property
    def is_websocket(self) -> bool:
        return "websocket" in self.fields.get("upgrade", "").lower()

    @property
    def is_kept_alive(self) -> bool:
        return self.fields.get("connection", "").lower() != "close"


class Door(asyncio.Protocol):
    """A TCP connection before it is known what it is for; REST requests are served here.

    Parameters
    ----------
    desk
        Decides about requests.
    make_connection
        Makes the protocol that takes over a WebSocket client; told whether it is glued.
    """

    def __init__(self, desk: Desk, make_connection: Callable[[bool], asyncio.Protocol]) -> None:
        self._desk = desk
        self._make_connection = make_connection
        self._buffer = b""
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle | None = None
        self._is_busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport and wait for a request."""
        self._transport = cast("asyncio.Transport", transport)
        self._later(HEAD_TIMEOUT_S, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        """Take bytes; act when a head is whole."""
        self._buffer += data
        if not self._is_busy:
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget what was to be done."""
        if self._timer is not None:
            self._timer.cancel()

    def _next(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > HEAD_BYTES_MAX:
                self._transport.abort()
            return
        head = _parsed(self._buffer[:end])
        if head is None:
            self._transport.abort()
        elif head.is_websocket:
            self._admit(head)
        else:
            self._buffer = self._buffer[end + 4 :]
            self._rest(head)

    def _admit(self, head: _Head) -> None:
        admission = self._desk.admit(head.target)
        self._is_busy = True
        if admission.delay_s:
            self._later(admission.delay_s, lambda: self._decide(admission))
        else:
            self._decide(admission)

    def _decide(self, admission: Admission) -> None:
        if admission.reply is not None:
            self._write(admission.reply, is_kept_alive=False)
            return
        self._cancel()
        connection = self._make_connection(admission.is_glued)
        self._transport.set_protocol(connection)
        connection.connection_made(self._transport)
        connection.data_received(self._buffer)

    def _rest(self, head: _Head) -> None:
        reply, delay_s = self._desk.answer(head.method, head.target)
        self._is_busy = True
        if delay_s:
            self._later(delay_s, lambda: self._finish(head, reply))
        else:
            self._finish(head, reply)

    def _finish(self, head: _Head, reply: HttpReply | None) -> None:
        if reply is None:
            self._transport.abort()
            return
        self._write(reply, is_kept_alive=head.is_kept_alive)
        self._is_busy = False
        if head.is_kept_alive:
            self._later(HEAD_TIMEOUT_S * 6, self._transport.close)
            if self._buffer:
                asyncio.get_running_loop().call_soon(self._next)

    def _write(self, reply: HttpReply, *, is_kept_alive: bool) -> None:
        reason = HTTPStatus(reply.status).phrase if reply.status in _KNOWN else "Refused"
        fields = {
            "Content-Type": "application/json;charset=UTF-8",
            "Content-Length": str(len(reply.body)),
            "Connection": "keep-alive" if is_kept_alive else "close",
            **reply.headers,
        }
        lines = [f"HTTP/1.1 {reply.status} {reason}", *(f"{k}: {v}" for k, v in fields.items())]
        self._transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + reply.body)
        if not is_kept_alive:
            self._transport.close()

    def _later(self, seconds: float, action: Callable[[], object]) -> None:
        self._cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, action)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


_KNOWN = frozenset(int(status) for status in HTTPStatus)


def _parsed(head: bytes) -> _Head | None:
    """Return a request's method, target and header fields; None if it is no HTTP request."""
    first, *rest = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    pairs = (line.partition(":") for line in rest)
    return _Head(
        words[0], words[1], {name.strip().lower(): text.strip() for name, _, text in pairs}
    )
