"""The breaker: does the faults that have a place on the tape."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Protocol

from tapeline.simulator.connection import Connection
from tapeline.simulator.faults import FaultKind
from tapeline.simulator.ledger import Ledger
from tapeline.simulator.plan import Break
from tapeline.simulator.timeline import Timeline
from tapeline.telemetry.clock import Clock

_SECOND_NS = 1_000_000_000
_GOING_AWAY = 1001


class Clients(Protocol):
    """The connections of the moment."""

    def live(self) -> list[Connection]:
        """Return the connections that get frames now, the longest subscribed first."""
        ...

    def connection(self, number: int) -> Connection | None:
        """Return the connection with a number, if it is still there."""
        ...

    def subscriptions_changed(self, connection: Connection) -> None:
        """Work out again which streams a client gets."""
        ...


class Breaker:
    """Breaks connections, streams and the tape's pace.

    Parameters
    ----------
    timeline
        The tape and its position.
    ledger
        Where it is accounted.
    clock
        Its monotonic side times bursts.
    clients
        Whom it is done to.
    refuse_for
        Called with the seconds for which new handshakes are to be refused.
    """

    def __init__(
        self,
        timeline: Timeline,
        ledger: Ledger,
        clock: Clock,
        clients: Clients,
        refuse_for: Callable[[float], None],
    ) -> None:
        self._timeline = timeline
        self._ledger = ledger
        self._clock = clock
        self._clients = clients
        self._refuse_for = refuse_for
        self._burst = (1.0, 0)
        self._timers: list[asyncio.TimerHandle] = []
        self._closing: set[asyncio.Task[None]] = set()

    def haste(self, now_ns: int) -> float:
        """Return how many times as fast as asked for the tape runs at a moment."""
        factor, until_ns = self._burst
        return factor if now_ns < until_ns else 1.0

    async def end(self) -> None:
        """Drop what is planned and wait for what has begun."""
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*self._closing)

    async def do(self, fault: Break) -> None:
        """Do a fault: to a connection, a stream's numbers or the tape's speed."""
        victim = self._victim(fault)
        if fault.kind is FaultKind.RESTART:
            self._restart(fault)
        elif fault.kind is FaultKind.BURST:
            self._speed_up(fault)
        elif fault.kind is FaultKind.STORM:
            await asyncio.gather(
                *(self._break_connection(fault, each) for each in self._clients.live())
            )
        elif victim is not None:
            await self._break_connection(fault, victim)

    async def _break_connection(self, fault: Break, victim: Connection) -> None:
        option = fault.spec.option
        details: dict[str, Any] = {"sent": victim.sent}
        match fault.kind:
            case FaultKind.DISCONNECT:
                code = int(option or _GOING_AWAY)
                details["code"] = code
                await victim.close(code, "simulated disconnect", by="fault")
            case FaultKind.DISCONNECT_ABRUPT:
                await victim.end_without_close_frame()
            case FaultKind.RESET | FaultKind.KILL_LINE | FaultKind.STORM:
                details["in_flight"] = victim.sent - victim.confirmed
                if fault.kind is FaultKind.KILL_LINE:
                    details["refused_s"] = 5.0 if option is None else option
                    self._refuse_for(details["refused_s"])
                await victim.reset()
            case FaultKind.HALF_OPEN:
                victim.freeze()
            case FaultKind.SILENCE:
                details["streams"] = self._silence(victim, fault)
            case FaultKind.SHUTDOWN:
                details["closes_after_s"] = self._announce_shutdown(victim, option)
        self._ledger.break_(fault.kind, fault.slot, victim.number, **details)

    def _victim(self, fault: Break) -> Connection | None:
        """Return the connection that was named, or the one that is subscribed longest."""
        live = self._clients.live()
        if fault.kind is FaultKind.KILL_LINE:
            return self._clients.connection(fault.spec.count)
        return live[0] if live else None

    def _silence(self, victim: Connection, fault: Break) -> list[str]:
        """Let the named streams, or that of the fault's place, fall silent on a connection."""
        reel = self._timeline.reel
        here = reel.streams[reel.stream_of[fault.slot]]
        named = [name for name in reel.streams if fault.spec.hits(name)]
        chosen = [here] if fault.spec.stream is None else named
        victim.silenced.update(chosen)
        self._clients.subscriptions_changed(victim)
        return chosen

    def _restart(self, fault: Break) -> None:
        """Renumber the rest of the first book stream that is hit."""
        reel = self._timeline.reel
        by_stream = reel.numbers_by_stream()
        for name, frames in zip(reel.streams, by_stream, strict=True):
            rest = frames[bisect_left(frames, self._timeline.position) :]
            state = self._timeline.state(name) if fault.spec.hits(name) and rest else None
            if state is None:
                continue
            renumbered = self._timeline.venue.restarted(state, [reel.frames[i] for i in rest])
            if renumbered is not None:
                for index, frame in zip(rest, renumbered, strict=True):
                    reel.frames[index] = frame
                self._ledger.break_(fault.kind, rest[0], 0, stream=name)
                return

    def _speed_up(self, fault: Break) -> None:
        seconds = 1.0 if fault.spec.option is None else fault.spec.option
        until_ns = self._clock.monotonic_ns() + int(seconds * _SECOND_NS)
        self._burst = (float(fault.spec.count), until_ns)
        self._ledger.break_(fault.kind, fault.slot, 0, factor=fault.spec.count, seconds=seconds)

    def _announce_shutdown(self, victim: Connection, option: float | None) -> float:
        seconds = 1.0 if option is None else option
        tape_ns = (
            self._timeline.reel.start_ns + self._timeline.reel.times_ns[self._timeline.position]
        )
        notice = victim.session.shutdown_notice(tape_ns) if victim.session is not None else None
        if notice is not None:
            victim.send_control(notice)
            self._ledger.control("server_shutdown")
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(seconds, self._close_later, victim))
        return seconds

    def _close_later(self, victim: Connection) -> None:
        task = asyncio.create_task(
            victim.close(_GOING_AWAY, "simulated shutdown", by="fault"),
            name=f"close connection {victim.number}",
        )
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
