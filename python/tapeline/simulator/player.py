"""The player: moves the tape on, sends it to the subscribed clients, makes the faults happen."""

import asyncio
import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import partial

from tapeline.simulator.breaker import Breaker
from tapeline.simulator.connection import Connection
from tapeline.simulator.damage import damage
from tapeline.simulator.faults import FaultKind, FaultSpec
from tapeline.simulator.ledger import Ledger
from tapeline.simulator.plan import Break, FaultPlan, draw_plan
from tapeline.simulator.reel import Reel
from tapeline.simulator.timeline import Timeline
from tapeline.simulator.venue import Answer
from tapeline.telemetry.clock import Clock

#: Slots sent between two looks at the clock and at what clients say.
CHUNK_SLOTS = 512
#: Longest sleep of a paced tape, so that a client who comes or goes is noticed.
NAP_S_MAX = 0.05
#: How long the end of the tape waits for clients to have read it.
READ_TIMEOUT_S = 60.0

_SECOND_NS = 1_000_000_000
_GOING_AWAY = 1001


class Player:
    """Plays a reel to whoever is subscribed.

    The tape runs while at least one client is subscribed to a stream of it, and stands still
    otherwise. Several
    clients get the same frames at the same time. It waits for the slowest of them.

    Parameters
    ----------
    timeline
        What is played, and what it has told so far.
    ledger
        Where everything is accounted.
    clock
        Its monotonic side paces the tape.
    speed
        Recorded seconds a second; None for as fast as the clients read.
    faults
        What shall go wrong.
    seed
        Seed of the fault plan.
    clients
        The tape starts when so many clients are subscribed.
    is_patient
        Stand still while no client is subscribed; else the tape runs on once it has started.
    is_live
        Send a frame when the wall clock reaches its recorded time, whatever the speed is.
    skips_late
        With ``is_live``: begin with the first frame that is not late.
    refuse_for
        Called with the seconds for which new handshakes are to be refused.
    """

    def __init__(
        self,
        timeline: Timeline,
        ledger: Ledger,
        clock: Clock,
        *,
        speed: float | None = 1.0,
        faults: Sequence[FaultSpec] = (),
        seed: int = 0,
        clients: int = 1,
        is_patient: bool = True,
        is_live: bool = False,
        skips_late: bool = False,
        refuse_for: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._timeline = timeline
        self._reel: Reel = timeline.reel
        self._clients = clients
        self._is_patient = is_patient
        self._is_live = is_live
        self._skips_late = is_live and skips_late
        self._ledger = ledger
        self._clock = clock
        self._speed = 1.0 if is_live else speed
        self._faults = faults
        self._seed = seed
        self._plan = FaultPlan(seed)
        self._edited: list[int] = []
        self._breaks: list[Break] = []
        self._connections: dict[int, Connection] = {}
        self._changed = asyncio.Event()
        self._tape_ns = 0.0
        self._looked_ns: int | None = None
        self._mute_left = sum(
            spec.count for spec in faults if spec.kind is FaultKind.ACK_WITHOUT_DATA
        )
        self._lag_s = sum(spec.count for spec in faults if spec.kind is FaultKind.LAG) / 1_000
        self._second_drop = sum(
            spec.rate for spec in faults if spec.kind is FaultKind.SECOND_LINE_DROP
        )
        self._breaker = Breaker(timeline, ledger, clock, self, refuse_for)

    @property
    def position(self) -> int:
        """Return the index of the frame that is played next."""
        return self._timeline.position

    # What connections tell.

    def opened(self, connection: Connection) -> None:
        """Take a new client in."""
        self._connections[connection.number] = connection
        if connection.number % 2 == 0:
            connection.lag_s = self._lag_s
        self.subscriptions_changed(connection)

    def subscriptions_changed(self, connection: Connection) -> None:
        """Work out again which streams a client gets."""
        if connection.session is None:
            return
        had_none = not any(connection.mask)
        mask = self._reel.mask(connection.session)
        connection.mask = bytes(
            bit and name not in connection.silenced
            for bit, name in zip(mask, self._reel.streams, strict=True)
        )
        if had_none and any(connection.mask) and self._mute_left and not connection.is_mute:
            self._mute_left -= 1
            connection.is_mute = True
            self._ledger.break_(FaultKind.ACK_WITHOUT_DATA, self.position, connection.number)
        self._changed.set()

    def answered(self, connection: Connection, answer: Answer) -> None:
        """Count the server's own message."""
        self._ledger.control(answer.kind)

    def subscribed(self, connection: Connection, streams: Sequence[str]) -> None:
        """Send the state of the streams that begin with one."""
        for stream in streams if connection.is_live else ():
            state = self._timeline.state(stream)
            greeting = state.greeting() if state is not None else None
            if greeting is not None:
                told = partial(self._ledger.greeted, stream, self.position)
                connection.send_greeting(greeting, told)

    def ended(self, connection: Connection) -> None:
        """Let a client go."""
        if connection.session is not None:
            self._ledger.connection(connection.account())
        self._connections.pop(connection.number, None)
        self._changed.set()

    # Playing.

    async def play(self) -> None:
        """Send the whole tape."""
        await self._wait_for_clients(self._clients)
        if self._skips_late:
            self._timeline.position = bisect_left(self._reel.times_ns, self._live_ns())
        self._draw()
        while self.position < len(self._reel):
            if self._is_patient and not self.live():
                await self._wait_for_clients(1)
                continue
            if self._breaks and self._breaks[0].slot <= self.position and self.live():
                self._looked_ns = None
                await self._breaker.do(self._breaks.pop(0))
                continue
            stop = self._due()
            if stop == self.position:
                await asyncio.sleep(self._nap_s())
                continue
            self._send(self.position, stop)
            self._timeline.position = stop
            await self._breathe()

    async def wait_until_read(self) -> bool:
        """Wait until the clients have read all that was sent; return whether all of them have."""
        readers = [connection for connection in self._connections.values() if connection.is_open]
        results = await asyncio.gather(*(reader.barrier(READ_TIMEOUT_S) for reader in readers))
        return all(results)

    async def close(self, reason: str) -> None:
        """Close every connection in good order."""
        everyone = list(self._connections.values())
        await asyncio.gather(
            *(item.reset() if item.is_frozen else _closed(item, reason) for item in everyone),
            self._breaker.end(),
        )

    def _draw(self) -> None:
        wanted = [any(column) for column in zip(*(item.mask for item in self.live()), strict=True)]
        self._plan = draw_plan(
            self._reel.streams,
            self._reel.numbers_by_stream(),
            bytes(wanted),
            self._faults,
            self._seed,
        )
        self._edited = self._plan.slots()
        self._breaks = list(self._plan.breaks)

    def live(self) -> list[Connection]:
        """Return the connections that get frames now, the longest subscribed first."""
        return [connection for connection in self._connections.values() if connection.is_live]

    def connection(self, number: int) -> Connection | None:
        """Return the connection with a number, if it is still there."""
        return self._connections.get(number)

    async def _wait_for_clients(self, count: int) -> None:
        self._looked_ns = None
        while len(self.live()) < count:
            self._changed.clear()
            await self._changed.wait()

    def _due(self) -> int:
        """Return the slot before which the tape may be sent now."""
        stop = min(self.position + CHUNK_SLOTS, len(self._reel))
        if self._breaks and self._breaks[0].slot > self.position:
            stop = min(stop, self._breaks[0].slot)
        if self._speed is None:
            return stop
        self._move_on(self._speed)
        return bisect_right(self._reel.times_ns, self._tape_ns, self.position, stop)

    def _move_on(self, speed: float) -> None:
        """Move the tape's time to now."""
        if self._is_live:
            self._tape_ns = float(self._live_ns())
            return
        now_ns = self._clock.monotonic_ns()
        if self._looked_ns is not None:
            speed *= self._breaker.haste(now_ns)
            self._tape_ns += (now_ns - self._looked_ns) * speed
        self._looked_ns = now_ns

    def _live_ns(self) -> int:
        """Return the tape's time of a tape whose recorded times are now."""
        return self._clock.wall_ns() - self._reel.start_ns

    def _nap_s(self) -> float:
        if self._speed is None:
            return 0.0
        ahead_ns = self._reel.times_ns[self.position] - self._tape_ns
        return min(max(ahead_ns / self._speed / _SECOND_NS, 0.0), NAP_S_MAX)

    async def _breathe(self) -> None:
        """Let clients speak, and wait for those that read more slowly than the tape runs."""
        await asyncio.sleep(0)
        for connection in self.live():
            if not connection.drained.is_set():
                await connection.drained.wait()

    def _send(self, start: int, stop: int) -> None:
        indices, is_damaged = self._indices(start, stop)
        reel, stream_of = self._reel, self._reel.stream_of
        for connection in self.live():
            mask, session = connection.mask, connection.session
            if session is None:
                continue
            mine = indices if all(mask) else [index for index in indices if mask[stream_of[index]]]
            if self._second_drop and connection.number % 2 == 0:
                mine = self._thinned(mine)
            if not mine:
                continue
            payloads = session.render([(reel.frames[i], reel.streams[stream_of[i]]) for i in mine])
            if is_damaged:
                payloads = self._damaged(mine, payloads)
            connection.send_frames(payloads, partial(self._ledger.sent, connection.number, mine))

    def _thinned(self, indices: Sequence[int]) -> list[int]:
        """Leave out what every second line does not get; the same frames in every run."""
        return [
            index
            for index in indices
            if random.Random(self._seed << 40 ^ index).random() >= self._second_drop  # noqa: S311
        ]

    def _indices(self, start: int, stop: int) -> tuple[Sequence[int], bool]:
        """Return the frames that some slots send, and whether some are to be damaged."""
        first = bisect_left(self._edited, start)
        last = bisect_left(self._edited, stop, first)
        if first == last:
            return range(start, stop), False
        indices: list[int] = []
        is_damaged = False
        masks = [item.mask for item in self.live()] or [bytes(len(self._reel.streams))]
        heard = bytes(map(any, zip(*masks, strict=True)))
        position = start
        for slot in self._edited[first:last]:
            indices.extend(range(position, slot))
            indices.extend(self._plan.sends.get(slot, (slot,)))
            position = slot + 1
            for note in self._plan.notes.get(slot, ()):
                is_damaged = is_damaged or note.kind is FaultKind.CORRUPT
                if heard[self._reel.stream_of[note.frame]]:
                    self._ledger.fault(note)
        indices.extend(range(position, stop))
        return indices, is_damaged

    def _damaged(self, indices: Sequence[int], payloads: Sequence[bytes]) -> list[bytes]:
        corrupted, seed = self._plan.corrupted, self._seed
        return [
            damage(payload, seed ^ index)[0] if index in corrupted else payload
            for index, payload in zip(indices, payloads, strict=True)
        ]


async def _closed(connection: Connection, reason: str) -> None:
    await connection.close(_GOING_AWAY, reason, by="end")
