"""One line: a set of streams that is kept connected, whatever it takes."""

import asyncio
from collections.abc import Iterable, Mapping
from math import inf

from tapeline.adapters.connection.dialect import Stream, StreamKey
from tapeline.adapters.connection.downstream import StreamState
from tapeline.adapters.connection.handover import Handover
from tapeline.adapters.connection.health import LineHealth, Symptom
from tapeline.adapters.connection.line_context import LineContext, LineTarget
from tapeline.adapters.connection.opening import Opening
from tapeline.adapters.connection.patience import Backoff
from tapeline.adapters.connection.refusals import Refusals
from tapeline.adapters.connection.session import End, EndKind, Session
from tapeline.adapters.connection.standby import LineGroup
from tapeline.errors import ConnectRefusedError
from tapeline.telemetry.log import logger

_LOG = logger("tapeline.adapters.connection")
_NS = 1_000_000_000
# Stands for the line itself among the streams it watches.
_OWN_DATA: StreamKey = ("this line", "any stream")


class Line:
    """Keeps one set of streams connected.

    Parameters
    ----------
    name
        For logs and metrics.
    target
        Where to connect.
    streams
        What to subscribe to; may change while running.
    group
        The lines that bring the same streams.
    is_refusal_final
        Whether it ends the line when the venue refuses its very first connection or subscription:
        at the start of a program somebody is there to read it, later on others must not suffer.
    """

    def __init__(
        self,
        context: LineContext,
        *,
        name: str,
        target: LineTarget,
        streams: Iterable[Stream],
        group: LineGroup,
        is_refusal_final: bool = True,
    ) -> None:
        self.name = name
        self.target = target
        self.streams = list(streams)
        self._context = context
        self._policy = context.policy
        self.group = group
        self._backoff = Backoff(context.random_source, context.clock.monotonic_ns)
        self._health = LineHealth(
            context.policy.health, self._patience(self.streams), context.clock.monotonic_ns()
        )
        self._session: Session | None = None
        self._open: set[Session] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._refused = Refusals()
        # Begun and given up while running: both are told in the data.
        self._starting = [] if is_refusal_final else list(self.streams)
        self._leaving: dict[Stream, None] = {}
        self.was_connected = False
        self._is_refusal_final = is_refusal_final
        self._is_down = True
        self._forgive_bad_until_ns = 0
        self.reconnects = 0
        self._log = _LOG.bind(line=name)
        metrics = context.metrics
        self._connects = metrics.counter(
            "tapeline_adapters_connects", "WebSocket connections opened.", line=name
        )
        self._faults = metrics.counter(
            "tapeline_adapters_line_faults", "Restarts after an internal error.", line=name
        )
        self._is_paused = False
        self._paused = metrics.gauge(
            "tapeline_adapters_line_paused", "1 while the socket is not read.", line=name
        )
        self._refusals = metrics.counter(
            "tapeline_adapters_refused_subscriptions", "Streams the venue refused.", line=name
        )
        self._up = metrics.gauge("tapeline_adapters_line_up", "1 while connected.", line=name)
        if is_refusal_final:
            group.carriers.add(name, self.streams)
        self.standing = group.join(name, metrics if group.is_redundant else None)
        standing = self.standing if group.is_redundant else None
        self._opening = Opening(context, target, standing, self._log)
        self._handover = Handover(self, context)

    @property
    def is_up(self) -> bool:
        """Whether a connection is open."""
        return not self._is_down

    @property
    def waiting_frames(self) -> int:
        """Frames read from its sockets that have not been passed on; for any thread."""
        return sum(len(each.inbox) for each in tuple(self._open) if each.inbox is not None)

    def allowances(self) -> list[tuple[StreamKey, float]]:
        """Return its streams of one instrument each, with the seconds each may be silent.

        For any thread.
        """
        mine = [stream.key for stream in tuple(self.streams) if stream.raw_symbol]
        return [(key, self._health.allowed_s(key)) for key in mine]

    def _keys(self, streams: Iterable[Stream]) -> list[StreamKey]:
        """Return instrument and channel of all that some streams bring."""
        keys = [
            (symbol, each.channel)
            for each in streams
            for symbol in ([each.raw_symbol] if each.raw_symbol else self.group.raw_symbols)
        ]
        return list(dict.fromkeys(keys))

    def add(self, streams: Iterable[Stream]) -> None:
        """Bring more streams, without a new connection."""
        new = [stream for stream in streams if stream not in self.streams]
        self.streams += new
        self._health.watch(self._patience(new))
        self._starting += new
        self._tell()

    def remove(self, streams: Iterable[Stream]) -> None:
        """Bring these streams no longer."""
        old = [stream for stream in streams if stream in self.streams]
        self.streams = [stream for stream in self.streams if stream not in old]
        self._health.forget(stream.key for stream in old)
        self._refused.forget(old)
        # What was never asked for has nothing to end.
        self._leaving |= dict.fromkeys(each for each in old if each not in self._starting)
        self._starting = [stream for stream in self._starting if stream not in old]
        self._tell()

    def _tell(self) -> None:
        """Have all open connections bring what is wanted: one may be taking over from another."""
        for session in self._open:
            session.want(self.streams)
        if self._session is not None:
            self._say_started(self._session)
        elif not self._open:
            self._say_stopped(None, self._leaving)

    def resubscribe(self, stream: Stream) -> bool:
        """Have the venue begin a stream anew, with a snapshot; False without a connection."""
        if self._session is None or stream not in self.streams:
            return False
        self._session.subscriptions.ask("unsubscribe", [stream])
        self._session.subscriptions.ask("subscribe", [stream])
        return True

    def _patience(self, streams: Iterable[Stream]) -> dict[StreamKey, float]:
        dialect = self.target.dialect
        found = {each.key: dialect.channel(each.channel).patience_s for each in streams}
        if self.group.is_redundant and found:
            found[_OWN_DATA] = min(found.values())
        return found

    async def run(self) -> None:
        """Keep the line up until cancelled; a defect of ours costs a reconnect, not the line.

        Raises
        ------
        ConnectRefusedError
            The venue refused the very first connection or subscription for good.
        """
        while True:
            try:
                await self._keep_up()
            except ConnectRefusedError:
                raise
            except Exception:  # noqa: BLE001 - the outer edge of the line
                self._faults.inc()
                self._log.exception("line failed, restarting")
                for session in list(self._open):
                    self.lose(session, "internal error")
                await asyncio.sleep(self._backoff.next_delay_s())

    async def _keep_up(self) -> None:
        while True:
            session: Session | None = await self._connect()
            while session is not None:
                end = await self._watch(session)
                session = await self._after(session, end)

    async def close(self) -> None:
        """Close all connections in order, reading what is still on its way."""
        for task in self._retiring:
            task.cancel()
        sessions = list(self._open)
        limit_s = min(self._policy.close_limit_s, self._policy.drain_limit_s)
        await asyncio.gather(*(self._close(each, limit_s) for each in sessions))

    async def stop(self) -> None:
        """Close for good, while others go on: what it brought is over."""
        sessions: list[Session | None] = [*self._open]
        await self.close()
        for session in sessions or [None]:
            self._say_stopped(session, self._leaving)

    async def _close(self, session: Session, limit_s: float) -> None:
        await session.close(self._policy.close_silence_s, limit_s)

    async def _connect(self) -> Session:
        while True:
            session = await self.attempt()
            if session is not None:
                return session
            await asyncio.sleep(self._backoff.next_delay_s())

    async def attempt(self) -> Session | None:
        """Make one attempt at a connection, as one that takes over; None if it failed."""
        is_final = self._is_refusal_final and not self.was_connected
        session = await self._opening.attempt(self.streams, is_final=is_final)
        if session is not None:
            self._opened(session)
        return session

    def give_back(self, new: Session, old: Session) -> None:
        """Go on with the old connection: the new one does not bring what it brings."""
        self._retire(new)
        self._session = old
        self._health.start_session(self._context.clock.monotonic_ns(), self._last_received(old))

    def next_delay_s(self) -> float:
        """Return how long to wait before the next attempt."""
        return self._backoff.next_delay_s()

    def _opened(self, session: Session) -> None:
        context = self._context
        self._open.add(session)
        self._connects.inc()
        self._up.set(1)
        self.reconnects += self.was_connected
        self._session = session
        # What came and went while the connection was made.
        session.want(self.streams)
        self._health.watch(self._patience(self._refused.ask_all()))
        self._health.start_session(context.clock.monotonic_ns(), self._last_received(session))
        self._log.info("connected", url=session.url, streams=len(self.streams))
        if session.inbox is not None:
            if self._is_down and self.group.restore(self.standing):
                self._say(session, "restored", f"line {self.name}", self._carried())
            self._say_started(session)
            session.inbox.release()
        self._is_down = False
        self.was_connected = True

    def _last_received(self, session: Session) -> Mapping[StreamKey, int]:
        """Return the newest stamps; of one of several lines, also whether it brings anything."""
        received = self._context.downstream.last_received()
        if not self.group.is_redundant:
            return received
        return {**received, _OWN_DATA: session.data_frames}

    async def _watch(self, session: Session) -> End:
        """Wait for the reason to leave this connection."""
        policy, clock = self._policy, self._context.clock
        jitter = self._context.random_source.uniform(0.87, 1.0)
        hours = min(policy.rotate_hours, self.target.dialect.limits.connection_hours or inf)
        rotate_at_ns = session.opened_ns + int(hours * 3_600 * jitter * _NS)
        while not session.ended.done():
            session.talk()
            self._heed_refusals(session)
            self._heed_leaving(session)
            self._check(session)
            if clock.monotonic_ns() >= rotate_at_ns:
                session.end(EndKind.ROTATION, "the connection has reached its age")
            await asyncio.wait({session.ended}, timeout=policy.check_s)
        return session.ended.result()

    def _check(self, session: Session) -> None:
        connection, inbox = session.connection, session.inbox
        if connection is None or inbox is None:
            return
        now_ns = self._context.clock.monotonic_ns()
        self._note_pause(session, now_ns)
        if session.data_frames and now_ns - session.opened_ns > self._policy.healthy_after_s * _NS:
            self._backoff.succeeded()
        found = self._health.check(
            now_ns,
            activity=(
                session.frames + len(inbox),
                connection.last_heartbeat_ns + session.heartbeats,
            ),
            is_waiting=inbox.paused,
            last_received=self._last_received(session),
        )
        if found is None:
            return
        symptom, reason = found
        if symptom is Symptom.QUIET:
            session.beat()
        else:
            session.end(EndKind(symptom.value), reason)

    def _heed_refusals(self, session: Session) -> None:
        """Record what the venue refuses and ask again later; end when nothing is left at the start.

        What is refused at the very start is the operator's to hear, but others must not suffer.
        """
        now_ns = self._context.clock.monotonic_ns()
        for refusal in session.take_refusals():
            self._refusals.inc(len(refusal.streams) or 1)
            self._log.error("subscription refused", reason=str(refusal))
            refused = [each for each in refusal.streams if each in self.streams]
            new = self._refused.add(refused, now_ns)
            # That it is silent is known and no fault of the connection.
            self._health.forget(each.key for each in refused)
            gone = self.group.carriers.drop(self.name, new)
            self._say(session, "stopped", f"refused by the venue: {refusal.reason}", gone)
            is_over = not refusal.streams or self._refused.has_all(self.streams)
            if is_over and self._is_first_try(session):
                session.end(EndKind.REFUSED, f"subscription refused: {refusal}")
                return
        again = self._refused.due(now_ns)
        self._health.watch(self._patience(again))
        session.subscriptions.ask("subscribe", again)
        if session.subscriptions.is_answered:
            taken = self.group.carriers.add(self.name, self._refused.accepted())
            self._say(session, "started", "the venue takes it now", taken)

    def _heed_leaving(self, session: Session) -> None:
        """Record the end of what is unsubscribed from when nothing of it can come any more."""
        if self._leaving and self._open == {session}:
            asked = session.subscriptions
            over = [stream for stream in self._leaving if not asked.is_open(stream)]
            self._say_stopped(session, over)

    def _say_stopped(self, session: Session | None, streams: Iterable[Stream]) -> None:
        over = list(streams)
        self._leaving = {each: None for each in self._leaving if each not in over}
        gone = self.group.carriers.drop(self.name, over)
        self._say(session, "stopped", "unsubscribed", gone)

    def _say_started(self, session: Session) -> None:
        begun, self._starting = self._starting, []
        self._say(session, "started", "subscribed", self.group.carriers.add(self.name, begun))

    def _carried(self) -> list[Stream]:
        """Return what is to come of its streams: what is refused, or not begun, is not missed."""
        return [each for each in self.streams if self.group.carriers.has(each)]

    def _say(
        self, session: Session | None, state: StreamState, reason: str, streams: Iterable[Stream]
    ) -> None:
        keys = self._keys(streams)
        if keys:
            inbox = session.inbox if session is not None else None
            self._context.downstream.connection(inbox, state, reason, keys)

    def _is_first_try(self, session: Session) -> bool:
        is_new = not session.has_data.is_set() and not self.reconnects
        return self._is_refusal_final and is_new

    def _note_pause(self, session: Session, now_ns: int) -> None:
        """Tell when the socket has not been read for a second: somebody downstream is too slow."""
        since_ns = session.paused_since_ns
        is_long = since_ns is not None and now_ns - since_ns > _NS
        if is_long != self._is_paused:
            self._is_paused = is_long
            self._paused.set(is_long)
            if is_long:
                self._log.warning("reading paused: frames come faster than they are passed on")
            else:
                self._log.info("reading resumed")

    async def _after(self, session: Session, end: End) -> Session | None:
        """Act on an end; return the connection to go on with, None if there is none."""
        self._log.warning("leaving connection", kind=end.kind.value, reason=end.reason)
        self._context.metrics.counter(
            "tapeline_adapters_connection_ends", "Connections left, by reason.", kind=end.kind.value
        ).inc()
        if end.kind is EndKind.REFUSED and self._is_first_try(session):
            raise ConnectRefusedError(f"{session.url}: {end.reason}")
        if end.kind is EndKind.BAD_FRAMES and self._is_forgiven():
            session.reopen()
            return session
        if session.is_replaced(end):
            successor = await self._handover.run(session, end)
            if successor is not None:
                self._retire(session)
                return successor
            self.lose(session, end.reason)
            return None
        self.lose(session, end.reason)
        await asyncio.sleep(self._backoff.next_delay_s())
        return None

    def _is_forgiven(self) -> bool:
        now_ns = self._context.clock.monotonic_ns()
        if now_ns < self._forgive_bad_until_ns:
            return True
        self._forgive_bad_until_ns = now_ns + int(6 * self._policy.bad_window_s * _NS)
        return False

    def _retire(self, session: Session) -> None:
        async def close() -> None:
            await self._close(session, self._policy.close_limit_s)
            self._open.discard(session)

        task = asyncio.create_task(close(), name=f"retire {self.name}")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    def lose(self, session: Session, reason: str) -> None:
        """Drop a connection at once and record that its data stops."""
        if session.connection is not None:
            # Not closed in order: a frozen peer would cost the whole close timeout.
            session.connection.abort()
        self._open.discard(session)
        if self._session is session:
            self._session = None
        self._up.set(0)
        if session.inbox is not None and not self._is_down:
            self._is_down = True
            if self.group.lose(self.standing):
                self._say(session, "lost", reason, self._carried())
        if not self._open:
            self._say_stopped(session, self._leaving)
