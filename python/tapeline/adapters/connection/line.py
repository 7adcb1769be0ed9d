"""One line: a set of streams that is kept connected, whatever it takes."""

import asyncio
import contextlib
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

from tapeline.adapters.connection.dialect import Dialect, Stream, StreamKey
from tapeline.adapters.connection.downstream import Downstream
from tapeline.adapters.connection.health import HealthPolicy, LineHealth, Symptom
from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.patience import Backoff, ConnectBudgets
from tapeline.adapters.connection.ports import CertificateError, Dial, DialOptions, HandshakeError
from tapeline.adapters.connection.session import End, EndKind, Session
from tapeline.adapters.connection.standby import LineGroup
from tapeline.errors import ConnectError, ConnectRefusedError
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.log import logger
from tapeline.telemetry.metrics import Metrics

_LOG = logger("tapeline.adapters.connection")
_NS = 1_000_000_000
# Stands for the line itself among the streams it watches.
_OWN_DATA: StreamKey = ("this line", "any stream")
_RATE_LIMITED = frozenset({418, 429})
# Answers that say "not you" or "not here": asking again soon does not help.
_REFUSALS = frozenset({*range(300, 500)}) - _RATE_LIMITED - {408}
# What a venue refuses while running (a delisted pair) is asked for again after this time.
_REFUSED_RETRY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePolicy:
    """How a line behaves, in seconds unless the name says otherwise.

    Parameters
    ----------
    health
        Deadlines of data and pongs.
    rotate_hours
        A connection is replaced at a random age from 87 % to all of this; the venue cuts at 24.
    ack_timeout_s
        Answer to a SUBSCRIBE.
    overlap_s
        How long a new connection may take to deliver before the old one is closed anyway.
    close_silence_s, close_limit_s, drain_limit_s
        A closing connection is dropped after this long without a frame, or in all: beside another
        one, or at the end of the program.
    healthy_after_s
        Data for this long makes the back-off start from its base again.
    rate_limited_s
        Wait after 418 and 429 without a ``Retry-After``, and after other refusals.
    bad_frames_max, bad_window_s
        More quarantined frames within the window: reconnect, at most once in 6 windows.
    check_s
        Time between two looks at the line's health.
    """

    health: HealthPolicy = field(default_factory=HealthPolicy)
    rotate_hours: float = 23.0
    ack_timeout_s: float = 10.0
    overlap_s: float = 10.0
    close_silence_s: float = 2.0
    close_limit_s: float = 30.0
    drain_limit_s: float = 4.0
    healthy_after_s: float = 10.0
    rate_limited_s: float = 60.0
    bad_frames_max: int = 20
    bad_window_s: float = 10.0
    check_s: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class LineContext:
    """What all lines of a feed share."""

    downstream: Downstream
    dial: Dial
    dial_options: DialOptions
    budgets: ConnectBudgets
    clock: Clock
    random_source: random.Random
    metrics: Metrics
    policy: LinePolicy


@dataclass(frozen=True, slots=True)
class LineTarget:
    """Whom a line talks to, and how."""

    dialect: Dialect
    endpoint: str
    path: str = ""
    time_unit: str = "ms"


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
        self._refused_streams: dict[Stream, int] = {}
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
        self.standing = group.join(name, metrics if group.is_redundant else None)

    @property
    def is_up(self) -> bool:
        """Whether a connection is open."""
        return not self._is_down

    @property
    def keys(self) -> list[StreamKey]:
        """Instrument and channel of the streams that the line brings."""
        keys = [
            (symbol, each.channel)
            for each in self.streams
            for symbol in ([each.raw_symbol] if each.raw_symbol else self.group.raw_symbols)
        ]
        return list(dict.fromkeys(keys))

    def add(self, streams: Iterable[Stream]) -> None:
        """Bring more streams, without a new connection."""
        new = [stream for stream in streams if stream not in self.streams]
        self.streams += new
        self._health.watch(self._patience(new))
        if self._session is not None:
            self._session.subscriptions.ask("subscribe", new)

    def remove(self, streams: Iterable[Stream]) -> None:
        """Bring these streams no longer."""
        old = [stream for stream in streams if stream in self.streams]
        self.streams = [stream for stream in self.streams if stream not in old]
        self._health.forget(stream.key for stream in old)
        for stream in old:
            self._refused_streams.pop(stream, None)
        if self._session is not None:
            self._session.subscriptions.ask("unsubscribe", old)

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
                    self._lost(session, "internal error")
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

    async def _close(self, session: Session, limit_s: float) -> None:
        await session.close(self._policy.close_silence_s, limit_s)

    async def _connect(self) -> Session:
        while True:
            session = await self._attempt()
            if session is not None:
                return session
            await asyncio.sleep(self._backoff.next_delay_s())

    async def _attempt(self) -> Session | None:
        """Make one attempt within the budget; wait as the venue asked where it refused."""
        dialect = self.target.dialect
        budget = self._context.budgets.of(self.target.endpoint, dialect.limits.connects)
        await asyncio.sleep(budget.reserve_s())
        try:
            session = await self._open_session()
        except HandshakeError as error:
            await self._refused(error)
            return None
        except ConnectError as error:
            is_first = self._is_refusal_final and not self.was_connected
            if isinstance(error, CertificateError) and is_first:
                raise ConnectRefusedError(str(error)) from error
            self._log.warning("connect failed", error=str(error))
            return None
        self._opened(session)
        return session

    async def _open_session(self) -> Session:
        policy, target = self._policy, self.target
        streams = tuple(self.streams)
        address = target.dialect.address(target.endpoint, target.path, streams, target.time_unit)
        session = Session(
            self._context.clock,
            target.dialect,
            url=address.url,
            subscribe_to=address.subscribe_to,
            ack_timeout_s=policy.ack_timeout_s,
            bad_frames_max=policy.bad_frames_max,
            bad_window_s=policy.bad_window_s,
        )
        inbox = Inbox(session, self._context.downstream.ready, session.pressure, is_held=True)
        session.inbox = inbox
        if self.group.is_redundant:
            inbox.watch = self.standing.watch
            session.on_judged = self.standing.brought
        session.connection = await self._context.dial(
            address.url, inbox, session.closed, self._context.dial_options
        )
        if inbox.paused:
            # The mark was passed before there was a connection to pause.
            session.pressure(True)
        # What came and went while the connection was made.
        asked, wanted = set(streams), set(self.streams)
        session.subscriptions.ask("unsubscribe", [each for each in streams if each not in wanted])
        session.subscriptions.ask("subscribe", [each for each in self.streams if each not in asked])
        return session

    def _opened(self, session: Session) -> None:
        context = self._context
        self._open.add(session)
        self._connects.inc()
        self._up.set(1)
        self.reconnects += self.was_connected
        self._session = session
        self._health.watch(self._patience(self._refused_streams))
        self._refused_streams.clear()
        self._health.start_session(context.clock.monotonic_ns(), self._last_received(session))
        self._log.info("connected", url=session.url, streams=len(self.streams))
        if session.inbox is not None:
            if self._is_down and self.group.restore(self.standing):
                context.downstream.connection(
                    session.inbox, "restored", f"line {self.name}", self.keys
                )
            session.inbox.release()
        self._is_down = False
        self.was_connected = True

    def _last_received(self, session: Session) -> Mapping[StreamKey, int]:
        """Return the newest stamps; of one of several lines, also whether it brings anything."""
        received = self._context.downstream.last_received()
        if not self.group.is_redundant:
            return received
        return {**received, _OWN_DATA: session.data_frames}

    async def _refused(self, error: HandshakeError) -> None:
        if error.status in _REFUSALS and self._is_refusal_final and not self.was_connected:
            raise ConnectRefusedError(f"{self.target.endpoint}: {error}") from error
        is_asked = error.status in _RATE_LIMITED or error.status in _REFUSALS
        wait_s = self._policy.rate_limited_s if is_asked else 0.0
        if error.retry_after_s is not None:
            wait_s = error.retry_after_s
        self._log.error("connect refused", status=error.status, wait_s=wait_s)
        await asyncio.sleep(wait_s)

    async def _watch(self, session: Session) -> End:
        """Wait for the reason to leave this connection."""
        policy, clock = self._policy, self._context.clock
        jitter = self._context.random_source.uniform(0.87, 1.0)
        hours = min(policy.rotate_hours, self.target.dialect.limits.connection_hours or inf)
        rotate_at_ns = session.opened_ns + int(hours * 3_600 * jitter * _NS)
        while not session.ended.done():
            session.talk()
            self._heed_refusals(session)
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
        """End over a refusal at the very start, which is the operator's; retry later ones."""
        now_ns = self._context.clock.monotonic_ns()
        for refusal in session.take_refusals():
            self._refusals.inc(len(refusal.streams) or 1)
            if self._is_first_try(session):
                session.end(EndKind.REFUSED, f"subscription refused: {refusal}")
                return
            self._log.error("subscription refused", reason=str(refusal))
            due_ns = now_ns + int(_REFUSED_RETRY_S * _NS)
            refused = [each for each in refusal.streams if each in self.streams]
            self._refused_streams.update(dict.fromkeys(refused, due_ns))
            # That it is silent is known and no fault of the connection.
            self._health.forget(each.key for each in refused)
        for stream in [each for each, due in self._refused_streams.items() if now_ns >= due]:
            del self._refused_streams[stream]
            self._health.watch(self._patience([stream]))
            session.subscriptions.ask("subscribe", [stream])

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
        if end.is_replaced:
            return await self._replace(session, end)
        self._lost(session, end.reason)
        await asyncio.sleep(self._backoff.next_delay_s())
        return None

    def _is_forgiven(self) -> bool:
        now_ns = self._context.clock.monotonic_ns()
        if now_ns < self._forgive_bad_until_ns:
            return True
        self._forgive_bad_until_ns = now_ns + int(6 * self._policy.bad_window_s * _NS)
        return False

    async def _replace(self, old: Session, end: End) -> Session | None:
        """Make the next connection while the old one still delivers, then close the old one."""
        age_ns = self._context.clock.monotonic_ns() - old.opened_ns
        if age_ns < self._policy.healthy_after_s * _NS:
            # A server that greets every connection with its shutdown must not make us hammer it.
            await self._pause(old)
        while old.is_open:
            new = await self._attempt_beside(old, end)
            if new is None:
                await self._pause(old)
                continue
            await self._overlap(old, new)
            self._retire(old)
            return new
        self._lost(old, end.reason)
        return None

    async def _attempt_beside(self, old: Session, end: End) -> Session | None:
        """Make an attempt; the old connection is kept alive meanwhile, and its loss recorded."""
        attempt = asyncio.ensure_future(self._attempt())
        try:
            while not attempt.done():
                if old.is_open:
                    old.talk()
                else:
                    self._lost(old, end.reason)
                await asyncio.wait({attempt}, timeout=self._policy.check_s)
            return attempt.result()
        finally:
            attempt.cancel()

    async def _pause(self, old: Session) -> None:
        """Wait out the back-off, or until the old connection is gone."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(old.has_closed.wait(), self._backoff.next_delay_s())

    async def _overlap(self, old: Session, new: Session) -> None:
        """Wait until the new connection has delivered, or nothing is to be gained by waiting."""
        waits = [asyncio.ensure_future(each.wait()) for each in (new.has_data, old.has_closed)]
        deadline_ns = self._context.clock.monotonic_ns() + int(self._policy.overlap_s * _NS)
        try:
            while new.is_open and old.is_open:
                new.talk()
                old.talk()
                # Data of the first streams says nothing of those that are not subscribed to yet.
                if new.has_data.is_set() and new.subscriptions.is_answered:
                    return
                if self._context.clock.monotonic_ns() >= deadline_ns:
                    return
                pending = [wait for wait in waits if not wait.done()]
                await asyncio.wait(
                    pending, timeout=self._policy.check_s, return_when=asyncio.FIRST_COMPLETED
                )
        finally:
            for wait in waits:
                wait.cancel()

    def _retire(self, session: Session) -> None:
        async def close() -> None:
            await self._close(session, self._policy.close_limit_s)
            self._open.discard(session)

        task = asyncio.create_task(close(), name=f"retire {self.name}")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    def _lost(self, session: Session, reason: str) -> None:
        if session.connection is not None:
            # Not closed in order: a frozen peer would cost the whole close timeout.
            session.connection.abort()
        self._open.discard(session)
        if self._session is session:
            self._session = None
        self._up.set(0)
        if session.inbox is None or self._is_down:
            return
        self._is_down = True
        if self.group.lose(self.standing):
            self._context.downstream.connection(session.inbox, "lost", reason, self.keys)
