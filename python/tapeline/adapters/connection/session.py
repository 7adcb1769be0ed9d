"""One open connection: its subscriptions, what its frames were, and why it should end."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tapeline.adapters.connection.dialect import Dialect, Stream, StreamKey
from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.ports import Closure, Connection
from tapeline.adapters.connection.subscriptions import Refusal, Subscriptions
from tapeline.telemetry.clock import Clock

_NS = 1_000_000_000


class EndKind(StrEnum):
    """Why a connection ends."""

    ROTATION = "rotation"
    SERVER_SHUTDOWN = "server_shutdown"
    STALE = "stale"
    BAD_FRAMES = "bad_frames"
    CLOSED = "closed"
    HALF_OPEN = "half_open"
    NO_ACK = "no_ack"
    REFUSED = "refused"


_REPLACED = frozenset(
    {EndKind.ROTATION, EndKind.SERVER_SHUTDOWN, EndKind.STALE, EndKind.BAD_FRAMES}
)


@dataclass(frozen=True, slots=True)
class End:
    """Why a connection ends, for machines and for people."""

    kind: EndKind
    reason: str


class Session:
    """One open connection; it is the owner of its inbox.

    Parameters
    ----------
    dialect
        How the venue is talked to.
    url
        Where it is connected to, for the record.
    streams
        What it is to bring.
    subscribe_to
        Streams of them to subscribe to by message; empty when the address names them.
    ack_timeout_s
        The answer to each message is due within this time.
    bad_frames_max, bad_window_s
        More quarantined frames than this within the window end the connection, once.
    """

    def __init__(
        self,
        clock: Clock,
        dialect: Dialect,
        *,
        url: str = "",
        streams: Iterable[Stream] = (),
        subscribe_to: Iterable[Stream] = (),
        ack_timeout_s: float = 10.0,
        bad_frames_max: int = 20,
        bad_window_s: float = 10.0,
    ) -> None:
        self.url = url
        self._clock = clock
        self._heartbeat = dialect.heartbeat
        self.subscriptions = Subscriptions(dialect, subscribe_to, ack_timeout_s)
        self._streams = dict.fromkeys(streams)
        self._bad_frames_max = bad_frames_max
        self._bad_window_ns = int(bad_window_s * _NS)
        self._bad_since_ns = 0
        self._bad_frames = 0
        self.opened_ns = clock.monotonic_ns()
        self.frames = 0
        self.data_frames = 0
        self.heartbeats = 0
        # Hears the events and duplicates of each push.
        self.on_judged: Callable[[int, int], None] | None = None
        self._beat_ns = self.opened_ns
        self._heard_ns: dict[StreamKey, int] = {}
        # One of two connections of a handover.
        self.is_compared = False
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.has_data = asyncio.Event()
        self.has_closed = asyncio.Event()
        self.paused_since_ns: int | None = None
        self.connection: Connection | None = None
        self.inbox: Inbox | None = None

    @property
    def is_open(self) -> bool:
        """Whether frames can still come."""
        return not self.has_closed.is_set()

    def is_replaced(self, end: End) -> bool:
        """Whether the next connection is made while this one still delivers."""
        is_partly_good = end.kind is EndKind.NO_ACK and self.has_data.is_set()
        return self.is_open and (end.kind in _REPLACED or is_partly_good)

    def end(self, kind: EndKind, reason: str) -> None:
        """Ask for the end; the first reason stands."""
        if not self.ended.done():
            self.ended.set_result(End(kind, reason))

    def reopen(self) -> None:
        """Go on after an end that could not be acted upon."""
        self.ended = asyncio.get_running_loop().create_future()

    def closed(self, closure: Closure) -> None:
        """Take the end of the connection."""
        self.has_closed.set()
        self.end(EndKind.CLOSED, f"closed with {closure.code}: {closure.reason}")

    @property
    def keys(self) -> set[StreamKey]:
        """Whom to ask for the newest frames of the streams that it brings."""
        return {each.key for each in self._streams}

    def want(self, streams: Iterable[Stream]) -> None:
        """Bring these streams and no others."""
        wanted = dict.fromkeys(streams)
        self.subscriptions.ask(
            "unsubscribe", [each for each in self._streams if each not in wanted]
        )
        self.subscriptions.ask("subscribe", [each for each in wanted if each not in self._streams])
        self._streams = wanted

    def pressure(self, is_high: bool) -> None:
        """Pause or resume reading the socket."""
        connection = self.connection
        if connection is None:
            return
        if is_high:
            self.paused_since_ns = self._clock.monotonic_ns()
            connection.pause_reading()
        else:
            self.paused_since_ns = None
            connection.resume_reading()

    def control(self, kind: str, text: str) -> None:
        """Take a control frame."""
        if kind == "server_shutdown":
            self.end(EndKind.SERVER_SHUTDOWN, "the server announced its shutdown")
        elif kind == "heartbeat":
            self.heartbeats += 1
        elif kind in ("ack", "error"):
            self.subscriptions.answer(text)

    def judged(
        self, frames: int, quarantined: int, control: int, *, events: int = 0, duplicates: int = 0
    ) -> None:
        """Take the outcome of one push."""
        self.frames += frames
        if self.on_judged is not None:
            self.on_judged(events, duplicates)
        self.data_frames += frames - control
        if events or frames > control + quarantined:
            self.has_data.set()
        if quarantined:
            # A frame with a list of bad trades is one bad frame.
            self._count_bad(min(quarantined, frames))

    def heard(self, streams: Iterable[StreamKey]) -> None:
        """Take note of streams that this connection brought just now."""
        self._heard_ns.update(dict.fromkeys(streams, self._clock.monotonic_ns()))

    @property
    def heard_ns(self) -> Mapping[StreamKey, int]:
        """When each stream last came on this connection, while anybody wanted to know."""
        return self._heard_ns

    def _count_bad(self, frames: int) -> None:
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._bad_since_ns > self._bad_window_ns:
            self._bad_since_ns, self._bad_frames = now_ns, 0
        self._bad_frames += frames
        if self._bad_frames > self._bad_frames_max:
            self.end(EndKind.BAD_FRAMES, f"{self._bad_frames} frames were quarantined")

    def beat(self) -> None:
        """Ask the server for a sign of life."""
        if self.connection is None:
            return
        self._beat_ns = self._clock.monotonic_ns()
        if self._heartbeat.text is None:
            self.connection.ping()
        else:
            self.connection.send_text(self._heartbeat.text)

    def take_refusals(self) -> list[Refusal]:
        """Return the subscriptions refused since the last call."""
        refusals, self.subscriptions.refusals = self.subscriptions.refusals, []
        return refusals

    def talk(self) -> None:
        """Send what is due: the venue's heartbeat, the next subscription; notice late answers."""
        now_ns = self._clock.monotonic_ns()
        every_s = self._heartbeat.every_s
        if every_s and now_ns - self._beat_ns >= every_s * _NS:
            self.beat()
        if self.subscriptions.is_spent(now_ns):
            self.end(EndKind.ROTATION, "this connection's requests of the hour are used up")
        message = self.subscriptions.next_message(now_ns)
        if message is not None and self.connection is not None:
            self.connection.send_text(message)
        if self.inbox is not None:
            self.inbox.is_tracked = self.is_compared or not self.subscriptions.is_answered
        late = self.subscriptions.overdue(now_ns, self._heard_ns)
        if late:
            self.end(EndKind.NO_ACK, f"no answer to the subscription of {', '.join(late[:5])}")

    async def close(self, silence_s: float, limit_s: float) -> None:
        """Close in order: what the server sent before its answer still comes. Then drop the socket.

        Parameters
        ----------
        silence_s
            Give up after so long without a frame; a backlog is read to its end.
        limit_s
            Give up after so long in any case: the server may never answer and go on sending.
        """
        connection = self.connection
        if connection is None:
            return
        connection.start_close()
        give_up_ns = self._clock.monotonic_ns() + int(limit_s * _NS)
        waiting = asyncio.ensure_future(connection.wait_closed())
        try:
            while not waiting.done() and self._clock.monotonic_ns() < give_up_ns:
                frames = self._received()
                await asyncio.wait({waiting}, timeout=min(silence_s, limit_s))
                if frames == self._received():
                    break
        finally:
            if not waiting.done():
                connection.abort()
                await waiting

    def _received(self) -> int:
        return self.frames + (len(self.inbox) if self.inbox is not None else 0)
