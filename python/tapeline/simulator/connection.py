"""One client's connection: `websockets` does handshake and control frames, we the data."""

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any, Protocol, cast

from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from tapeline.simulator.venue import Answer, Limits, Refusal, Session, Venue
from tapeline.telemetry.clock import Clock

#: Bytes that wait in a connection's buffer before the tape waits for it.
WRITE_BUFFER_BYTES = 1 << 20
#: A peer that does not answer a close frame is cut off after this.
CLOSE_TIMEOUT_S = 10.0
#: Longest request a client may send.
REQUEST_BYTES_MAX = 1 << 16

_SECOND_NS = 1_000_000_000
_TOO_FAST = 1008
_quiet = logging.getLogger("tapeline.simulator.websockets")
_quiet.setLevel(logging.CRITICAL)


class Listener(Protocol):
    """Who wants to know what happens on a connection."""

    def opened(self, connection: "Connection") -> None:
        """Note that the handshake is done."""
        ...

    def subscriptions_changed(self, connection: "Connection") -> None:
        """Note that the client's streams may have changed."""
        ...

    def answered(self, connection: "Connection", answer: Answer) -> None:
        """Note that the client's request got an answer."""
        ...

    def ended(self, connection: "Connection") -> None:
        """Note that the connection is over."""
        ...


def encode_frames(payloads: Sequence[bytes]) -> bytes:
    """Return whole, unmasked frames, one a payload: text, or binary where it is not UTF-8."""
    parts: list[bytes] = []
    for payload in payloads:
        parts.append(_header(payload))
        parts.append(payload)
    return b"".join(parts)


def _header(payload: bytes) -> bytes:
    size = len(payload)
    if payload.isascii():
        if size < 126:
            return _SHORT_HEADERS[size]
        if size < 4_096:
            return _MEDIUM_HEADERS[size]
        first = 0x81
    else:
        first = 0x81 if _is_utf8(payload) else 0x82
    if size < 126:
        return bytes((first, size))
    if size < 65_536:
        return struct.pack("!BBH", first, 126, size)
    return struct.pack("!BBQ", first, 127, size)


_SHORT_HEADERS = [bytes((0x81, size)) for size in range(126)]
_MEDIUM_HEADERS = [struct.pack("!BBH", 0x81, 126, size) for size in range(4_096)]


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


class Connection(asyncio.Protocol):
    """A client, from its TCP connection to its end.

    Attributes
    ----------
    number
        Connections are numbered from 1.
    session
        The client's subscriptions; None before the handshake.
    mask
        One byte a stream of the tape: 1 where the client gets it.
    sent
        Tape frames written.
    control
        Messages of the server's own written (acknowledgements, notices).
    confirmed
        Of `sent`, how many the client has certainly read: it answered a ping, or the close, sent
        behind them.
    is_mute
        Gets acknowledgements and no data.
    """

    def __init__(self, number: int, venue: Venue, clock: Clock, listener: Listener) -> None:
        self.number = number
        self.session: Session | None = None
        self.mask = b""
        self.sent = 0
        self.control = 0
        self.confirmed = 0
        self.is_mute = False
        self.peer = ""
        self.target = ""
        self.closed_by = "client"
        self.drained = asyncio.Event()
        self.drained.set()
        self.closed = asyncio.Event()
        self._answered_ping = asyncio.Event()
        self._is_frozen = False
        self._is_ending = False
        self._venue = venue
        self._limits: Limits = venue.limits
        self._clock = clock
        self._listener = listener
        self._protocol = ServerProtocol(max_size=REQUEST_BYTES_MAX, logger=_quiet)
        self._transport: asyncio.Transport
        self._timers: list[asyncio.TimerHandle] = []
        self._client_messages_ns: list[int] = []
        self._pings_ns: dict[int, int] = {}
        self._ping_serial = 0
        self._fragments = b""

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport and bound its buffer."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self.peer = "{}:{}".format(*(transport.get_extra_info("peername") or ("?", "?"))[:2])
        self._later(CLOSE_TIMEOUT_S, self._handshake_overdue)

    def data_received(self, data: bytes) -> None:
        """Hand bytes to the protocol and act on what they say."""
        if self._is_frozen:
            return
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._handshake(event)
            elif isinstance(event, Frame):
                self._frame(event)
        self._flush()

    def eof_received(self) -> bool:
        """End the connection: a client that is done sending has gone."""
        if not self._is_frozen:
            self._protocol.receive_eof()
            self._flush()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """Account for the end."""
        for timer in self._timers:
            timer.cancel()
        received, given = self._protocol.close_rcvd, self._protocol.close_sent
        if self.closed_by == "client" and (error is not None or received is None):
            self.closed_by = "lost"
        if (
            received is not None
            and self._closed_first()
            and received.code == (given and given.code)
        ):
            self.confirmed = self.sent
        self.drained.set()
        self.closed.set()
        self._answered_ping.set()
        self._listener.ended(self)

    def pause_writing(self) -> None:
        """Remember that the client reads more slowly than it is sent to."""
        self.drained.clear()

    def resume_writing(self) -> None:
        """Let the tape go on."""
        self.drained.set()

    # What the player does with it.

    @property
    def is_live(self) -> bool:
        """Say whether tape frames may be sent to it now."""
        return (
            self._protocol.state is State.OPEN
            and not (self._is_frozen or self._is_ending or self.is_mute)
            and any(self.mask)
        )

    @property
    def is_frozen(self) -> bool:
        """Say whether it has gone silent."""
        return self._is_frozen

    @property
    def is_open(self) -> bool:
        """Say whether it is open and not gone silent, subscribed or not."""
        return self._protocol.state is State.OPEN and not (self._is_frozen or self._is_ending)

    def send_frames(self, payloads: Sequence[bytes]) -> None:
        """Write tape frames at once; the caller waits on `drained` afterwards."""
        self._transport.write(encode_frames(payloads))
        self.sent += len(payloads)

    def send_control(self, text: str) -> None:
        """Write a message of the server's own."""
        if self.is_open:
            self._transport.write(encode_frames([text.encode()]))
            self.control += 1

    async def barrier(self, timeout_s: float) -> bool:
        """Ping and wait for the answer: it proves that the client has read all before it."""
        if not self.is_open:
            return False
        self._ping()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.confirmed < self.sent and not self.closed.is_set():
                    self._answered_ping.clear()
                    await self._answered_ping.wait()
        return self.confirmed == self.sent

    async def close(self, code: int, reason: str, *, by: str) -> None:
        """Close in good order: a close frame behind all written, then wait for the client's."""
        if self.is_open:
            self.closed_by = by
            self._protocol.send_close(code, reason)
            self._flush()
        await self._wait_closed()

    async def end_without_close_frame(self) -> None:
        """End the stream of bytes behind everything written, without a close frame."""
        self._is_ending = True
        self.closed_by = "fault"
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()
        await self._wait_closed()

    async def reset(self) -> None:
        """Reset the TCP connection. What the client has not received yet is lost."""
        self._is_ending = True
        self.closed_by = "fault"
        raw = self._transport.get_extra_info("socket")
        duplicate = socket.socket(fileno=os.dup(raw.fileno()))
        duplicate.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        duplicate.close()
        self._transport.abort()
        await self._wait_closed()

    def freeze(self) -> None:
        """Go silent: send nothing more, answer nothing, keep the socket open."""
        self.closed_by = "fault"
        self._is_frozen = True

    def account(self) -> dict[str, Any]:
        """Return the connection's line of the ledger."""
        received, given = self._protocol.close_rcvd, self._protocol.close_sent
        return {
            "connection": self.number,
            "peer": self.peer,
            "target": self.target,
            "streams": list(self.session.streams) if self.session is not None else [],
            "sent": self.sent,
            "control": self.control,
            "confirmed": self.confirmed,
            "in_flight": self.sent - self.confirmed,
            "ended_by": self.closed_by,
            "close_code_sent": given.code if given is not None else None,
            "close_code_received": received.code if received is not None else None,
        }

    # Inside.

    def _closed_first(self) -> bool:
        """Say whether the close frame was ours: the client answers it after all before it."""
        return self._protocol.close_rcvd_then_sent is False

    def _handshake(self, request: Request) -> None:
        self.target = request.path
        outcome = self._venue.open(request.path)
        if isinstance(outcome, Refusal):
            self._protocol.send_response(
                self._protocol.reject(outcome.status, outcome.reason + "\n")
            )
            return
        self._protocol.send_response(self._protocol.accept(request))
        self._flush()
        if self._protocol.state is not State.OPEN:
            return
        self.session = outcome
        self._later(self._limits.ping_interval_s, self._keep_alive)
        self._later(self._limits.connection_s, self._expire)
        self._listener.opened(self)

    def _frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PONG and self._is_answer(frame):
            return
        if frame.opcode is Opcode.CLOSE:
            return
        if self._is_too_fast():
            self.closed_by = "server"
            self._close_now(_TOO_FAST, "Too many requests")
            return
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._fragments += bytes(frame.data)
            if frame.fin:
                text, self._fragments = self._fragments, b""
                self._request(text.decode(errors="replace"))

    def _is_answer(self, frame: Frame) -> bool:
        """Take a pong: it says which ping, and how many frames were written before that."""
        serial, colon, sent = bytes(frame.data).partition(b":")
        if not colon or not serial.isdigit() or int(serial) not in self._pings_ns:
            return False
        self.confirmed = max(self.confirmed, int(sent))
        for older in [ping for ping in self._pings_ns if ping <= int(serial)]:
            del self._pings_ns[older]
        self._answered_ping.set()
        return True

    def _is_too_fast(self) -> bool:
        now_ns = self._clock.monotonic_ns()
        recent = [then for then in self._client_messages_ns if now_ns - then < _SECOND_NS]
        recent.append(now_ns)
        self._client_messages_ns = recent
        return len(recent) > self._limits.client_messages_per_s

    def _request(self, text: str) -> None:
        if self.session is None:
            return
        answer = self.session.answer(text)
        self.send_control(answer.text)
        self._listener.answered(self, answer)
        self._listener.subscriptions_changed(self)

    def _keep_alive(self) -> None:
        oldest_ns = min(self._pings_ns.values(), default=None)
        waited_ns = self._clock.monotonic_ns() - oldest_ns if oldest_ns is not None else 0
        if waited_ns >= self._limits.pong_timeout_s * _SECOND_NS:
            self.closed_by = "server"
            self._close_now(_TOO_FAST, "Pong timeout")
            return
        self._ping()
        self._later(self._limits.ping_interval_s, self._keep_alive)

    def _ping(self) -> None:
        if self.is_open:
            self._ping_serial += 1
            self._pings_ns[self._ping_serial] = self._clock.monotonic_ns()
            self._protocol.send_ping(b"%d:%d" % (self._ping_serial, self.sent))
            self._flush()

    def _expire(self) -> None:
        self.closed_by = "server"
        self._close_now(1001, "connection limit reached")

    def _close_now(self, code: int, reason: str) -> None:
        if self.is_open:
            self._protocol.send_close(code, reason)
            self._flush()

    def _handshake_overdue(self) -> None:
        if self._protocol.state is State.CONNECTING:
            self._transport.abort()

    def _flush(self) -> None:
        """Write what the protocol wants written; an empty piece means the end of the stream."""
        if self._transport.is_closing() or self._is_frozen:
            return
        with contextlib.suppress(ConnectionClosed):
            for piece in self._protocol.data_to_send():
                if piece:
                    self._transport.write(piece)
                elif self._transport.can_write_eof():
                    self._transport.write_eof()
                else:
                    self._transport.close()
        if self._protocol.state is not State.OPEN and self._protocol.close_expected():
            self._later(CLOSE_TIMEOUT_S, self._transport.abort)

    async def _wait_closed(self) -> None:
        try:
            await asyncio.wait_for(self.closed.wait(), CLOSE_TIMEOUT_S)
        except TimeoutError:
            self._transport.abort()
            await self.closed.wait()

    def _later(self, seconds: float, action: Any) -> None:  # noqa: ANN401  (any callback)
        loop = asyncio.get_running_loop()
        self._timers = [timer for timer in self._timers if not timer.cancelled()]
        self._timers.append(loop.call_later(seconds, action))
