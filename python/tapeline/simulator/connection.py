"""One client's connection: `websockets` does handshake and control frames, we the data."""

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence
from math import inf
from typing import Any, Protocol, cast

from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from tapeline.simulator.framing import encode_frames
from tapeline.simulator.venue import Answer, Limits, Refusal, Session, Venue
from tapeline.telemetry.clock import Clock

#: Bytes that wait in a connection's buffer before the tape waits for it.
WRITE_BUFFER_BYTES = 1 << 20
#: A peer that does not answer a close frame is cut off after this.
CLOSE_TIMEOUT_S = 10.0
#: A handshake answer that waits for the first frames goes out alone after this.
GLUE_TIMEOUT_S = 2.0
#: Longest request a client may send.
REQUEST_BYTES_MAX = 1 << 16

_SECOND_NS = 1_000_000_000
_IDLE_STEP_S = 0.01
_LATE_MARGIN_S = 0.1
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

    def subscribed(self, connection: "Connection", streams: Sequence[str]) -> None:
        """Note that the client has (re)subscribed streams; it has its answer."""
        ...

    def ended(self, connection: "Connection") -> None:
        """Note that the connection is over."""
        ...


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
    silenced
        Streams that have fallen silent on it, until it subscribes to them again.
    lag_s
        Everything of the tape is written so much later.
    """

    def __init__(
        self,
        number: int,
        venue: Venue,
        clock: Clock,
        listener: Listener,
        *,
        is_glued: bool = False,
    ) -> None:
        self.number = number
        self.silenced: set[str] = set()
        self.lag_s = 0.0
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
        self._is_glued = is_glued
        self._late: deque[Callable[[], None]] = deque()
        self._begun_ns = self._heard_ns = self._spoke_ns = clock.monotonic_ns()

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport and bound its buffer."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self.peer = "{}:{}".format(*(transport.get_extra_info("peername") or ("?", "?"))[:2])
        self._later(CLOSE_TIMEOUT_S, self._handshake_overdue)

    def data_received(self, data: bytes) -> None:
        """Hand bytes to the protocol and act on what they say."""
        if self._is_frozen or self._is_ending:
            # Behind our end of the stream nothing can be answered. It is read all the same: closing
            # a socket with unread bytes resets it, and what the client has not read yet is gone.
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
        if not (self._is_frozen or self._is_ending):
            self._protocol.receive_eof()
            self._flush()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """Account for the end."""
        for timer in self._timers:
            timer.cancel()
        self._late.clear()
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

    def send_frames(self, payloads: Sequence[bytes], on_written: Callable[[], None]) -> None:
        """Write tape frames now, or later on a line that lags; wait on `drained` afterwards."""
        if self.lag_s:
            self._late.append(lambda: self._write_frames(payloads, on_written))
            self._later(self.lag_s, self._write_late)
        else:
            self._write_frames(payloads, on_written)

    def send_greeting(self, payload: bytes, on_written: Callable[[], None]) -> None:
        """Write a state of the server's own making, in order with the tape frames."""

        def write() -> None:
            self._transport.write(self._unglued() + encode_frames([payload]))
            self.control += 1
            on_written()

        if not self.is_open:
            return
        if self.lag_s:
            self._late.append(write)
            self._later(self.lag_s, self._write_late)
        else:
            write()

    def send_control(self, text: str) -> None:
        """Write a message of the server's own."""
        if self.is_open:
            self._transport.write(self._unglued() + encode_frames([text.encode()]))
            self._spoke_ns = self._clock.monotonic_ns()
            self.control += 1

    def _write_frames(self, payloads: Sequence[bytes], on_written: Callable[[], None]) -> None:
        self._transport.write(self._unglued() + encode_frames(payloads))
        self._spoke_ns = self._clock.monotonic_ns()
        self.sent += len(payloads)
        on_written()

    def _write_late(self) -> None:
        if self._late and self.is_open:
            self._late.popleft()()

    def _unglued(self) -> bytes:
        """Return the handshake's answer if it has been waiting for a frame to go with."""
        if not self._is_glued:
            return b""
        self._is_glued = False
        return b"".join(self._protocol.data_to_send())

    async def barrier(self, timeout_s: float) -> bool:
        """Ping and wait for the answer: it proves that the client has read all before it."""
        if self._late:
            await asyncio.sleep(self.lag_s + _LATE_MARGIN_S)
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
        while self._late and self.is_open:
            self._write_late()
        if self.is_open:
            self.closed_by = by
            self._protocol.send_close(code, reason)
            self._flush()
        await self._wait_closed()

    async def end_without_close_frame(self) -> None:
        """End the stream of bytes behind everything written, without a close frame.

        Only our side is shut; the client has `CLOSE_TIMEOUT_S` to read to the end and close.
        """
        while self._late and self.is_open:
            self._write_late()
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
            "opened_at_ms": self._begun_ns // 1_000_000,
            "open_for_ms": (self._clock.monotonic_ns() - self._begun_ns) // 1_000_000,
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
        self._is_glued = self._is_glued and bool(outcome.streams)
        if self._is_glued:
            self._later(GLUE_TIMEOUT_S, self._unglue)
        self._flush()
        if self._protocol.state is not State.OPEN:
            return
        self.session = outcome
        self._watch_idle()
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
        self._heard_ns = self._clock.monotonic_ns()
        streams: list[str] = []
        for answer in self.session.answer(text):
            self.send_control(answer.text)
            self._listener.answered(self, answer)
            streams.extend(answer.subscribed)
        self.silenced.difference_update(streams)
        self._listener.subscriptions_changed(self)
        self._listener.subscribed(self, streams)

    def _watch_idle(self) -> None:
        """Close a connection on which nothing, or nothing of the client's, came for too long."""
        limits, now_ns = self._limits, self._clock.monotonic_ns()
        client_idle_s = (now_ns - self._heard_ns) / _SECOND_NS
        idle_s = (now_ns - max(self._heard_ns, self._spoke_ns)) / _SECOND_NS
        if idle_s >= limits.idle_s or client_idle_s >= limits.client_idle_s:
            self.closed_by = "server"
            shortest = min(limits.idle_s, limits.client_idle_s)
            self._close_now(limits.idle_code, f"No data received in {shortest:g}s.")
            return
        left_s = min(limits.idle_s - idle_s, limits.client_idle_s - client_idle_s)
        if left_s < inf:
            self._later(left_s + _IDLE_STEP_S, self._watch_idle)

    def _unglue(self) -> None:
        self._is_glued = False
        self._flush()

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
        is_over = self._transport.is_closing() or self._is_ending
        if is_over or self._is_frozen or self._is_glued:
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
