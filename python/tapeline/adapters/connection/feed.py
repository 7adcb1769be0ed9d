"""The feed of one market: which lines there are, started, changed and stopped together."""

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from tapeline.adapters.connection.dialect import Dialect, Limits, Stream, checked_endpoint
from tapeline.adapters.connection.line import Line
from tapeline.adapters.connection.line_context import LineContext, LineTarget
from tapeline.adapters.connection.standby import LineGroup
from tapeline.model import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlan:
    """What to collect of one market, and from where.

    Parameters
    ----------
    dialect
        The market.
    instruments
        Instruments to subscribe to.
    channels
        The venue's channels.
    endpoint
        ``ws[s]://host:port``; None for the exchange's own address.
    time_unit
        Unit of the venue's times, ``ms`` or ``us``, where it can be chosen.
    core
        Raw symbols that get two lines of their own, which stand by for each other.
    isolated
        Raw symbols that get one line of their own; all others share.
    """

    dialect: Dialect
    instruments: tuple[Instrument, ...]
    channels: tuple[str, ...] = ("trade",)
    endpoint: str | None = None
    time_unit: str = "ms"
    core: Collection[str] = ()
    isolated: Collection[str] = ()

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Return the addresses of the first and the second line of a core pair."""
        given = (self.endpoint,) if self.endpoint is not None else self.dialect.endpoints
        return tuple(checked_endpoint(each) for each in given)

    def streams(self) -> dict[Stream, None]:
        """Return all subscriptions, in order."""
        return {
            self.dialect.stream(each.raw_symbol, channel): None
            for each in self.instruments
            for channel in self.channels
        }


class Feed:
    """All lines of one plan.

    Parameters
    ----------
    plan
        What to collect; :meth:`update` takes another one while running.
    context
        What the lines share.
    """

    def __init__(self, plan: FeedPlan, context: LineContext) -> None:
        self.plan = plan
        self.lines: list[Line] = []
        self._context = context
        self._places: dict[Line, _Place] = {}
        self._tasks: dict[Line, asyncio.Task[None]] = {}
        self._running: asyncio.TaskGroup | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._left = (0, 0)
        self._add(plan.streams())

    @property
    def reconnects(self) -> int:
        """Connections made beyond the first of each line."""
        return self._left[0] + sum(line.reconnects for line in self.lines)

    @property
    def connections(self) -> int:
        """Connections made so far."""
        return self._left[1] + sum(line.reconnects + line.was_connected for line in self.lines)

    def lines_of(self, raw_symbol: str, channel: str) -> list[tuple[Line, Stream]]:
        """Return the lines that bring a stream, those with an open connection first."""
        stream = self.plan.dialect.stream(raw_symbol, channel)
        found = [(line, stream) for line in self.lines if stream in line.streams]
        return sorted(found, key=lambda item: not item[0].is_up)

    def update(self, plan: FeedPlan) -> tuple[list[Stream], list[Stream]]:
        """Subscribe to what is new in a plan and unsubscribe from what is gone; no reconnecting.

        Returns
        -------
        tuple of two lists
            The streams that came and those that went.
        """
        before, after = self.plan.streams(), plan.streams()
        gone = [stream for stream in before if stream not in after]
        new = [stream for stream in after if stream not in before]
        self.plan = replace(plan, endpoint=self.plan.endpoint)
        # First what is new: a line whose last stream goes would be closed.
        self._add(new)
        for line in list(self.lines):
            line.group.raw_symbols = [each.raw_symbol for each in plan.instruments]
            line.remove(gone)
            if not line.streams:
                self._stop(line)
        return new, gone

    async def run(self) -> None:
        """Keep all lines up until cancelled.

        Raises
        ------
        ConnectRefusedError
            The venue refused the very first connection of a line for good.
        """
        try:
            async with asyncio.TaskGroup() as group:
                self._running = group
                for line in self.lines:
                    self._start(line, group)
                # All streams may be unsubscribed and others subscribed later.
                group.create_task(asyncio.Event().wait(), name="feed")
        except BaseExceptionGroup as faults:
            # One sentence for the operator: the first line's fault speaks for all.
            raise faults.exceptions[0] from faults
        finally:
            self._running = None

    async def close(self) -> None:
        """Close every connection in order; frames still on their way reach the inboxes."""
        await asyncio.gather(*(line.close() for line in self.lines), *self._closing)

    def _start(self, line: Line, group: asyncio.TaskGroup) -> None:
        self._tasks[line] = group.create_task(line.run(), name=f"line {line.name}")

    def _stop(self, line: Line) -> None:
        self.lines.remove(line)
        del self._places[line]
        self._left = (
            self._left[0] + line.reconnects,
            self._left[1] + line.reconnects + line.was_connected,
        )
        running = self._tasks.pop(line, None)

        async def stop() -> None:
            if running is not None:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running
            await line.stop()

        if running is not None:
            closing = asyncio.create_task(stop(), name=f"close {line.name}")
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def _add(self, streams: Iterable[Stream]) -> None:
        """Give each stream a line: a pair of its own, one of its own, or a shared one."""
        plan = self.plan
        wanted: dict[_Place, list[Stream]] = {}
        for stream in streams:
            is_own = stream.raw_symbol in plan.core or stream.raw_symbol in plan.isolated
            path = plan.dialect.channel(stream.channel).path
            place = _Place(path, stream.raw_symbol if is_own else "")
            wanted.setdefault(place, []).append(stream)
        for place, mine in wanted.items():
            self._settle(place, mine)

    def _settle(self, place: "_Place", streams: list[Stream]) -> None:
        """Fill the lines that there are for a place, then open others."""
        limits = self.plan.dialect.limits
        known = [line for line in self.lines if self._places[line] == place]
        for group in {id(line.group): line.group for line in known}.values():
            twins = [line for line in known if line.group is group]
            taken = fitting(limits, twins[0].streams, streams)
            for line in twins:
                line.add(streams[:taken])
            streams = streams[taken:]
        while streams:
            taken = max(1, fitting(limits, (), streams))
            self._open(place, streams[:taken])
            streams = streams[taken:]

    def _open(self, place: "_Place", streams: Sequence[Stream]) -> None:
        """Make the line of some streams, and its standby where the symbol is a core one."""
        plan = self.plan
        is_core = place.raw_symbol in plan.core and bool(place.raw_symbol)
        group = LineGroup([each.raw_symbol for each in plan.instruments], is_redundant=is_core)
        first = f"{plan.dialect.name} {streams[0].raw_symbol or 'all'}@{streams[0].channel}"
        name = first if len(streams) == 1 else f"{first}+{len(streams) - 1}"
        endpoints = plan.endpoints
        for number in range(2 if is_core else 1):
            line = Line(
                self._context,
                name=f"{name} #{number + 1}" if is_core else name,
                target=LineTarget(
                    plan.dialect,
                    endpoints[number % len(endpoints)],
                    place.path,
                    plan.time_unit,
                ),
                streams=streams,
                group=group,
                is_refusal_final=self._running is None,
            )
            self.lines.append(line)
            self._places[line] = place
            if self._running is not None:
                self._start(line, self._running)


@dataclass(frozen=True, slots=True)
class _Place:
    """Which lines a stream may be on: those of its path, and of its symbol if it has its own."""

    path: str
    raw_symbol: str


def fitting(limits: Limits, present: Sequence[Stream], new: Sequence[Stream]) -> int:
    """Return how many of ``new`` still fit on a connection that has ``present``."""
    count = len(present)
    characters = sum(len(stream.name) for stream in present)
    for taken, stream in enumerate(new):
        count += 1
        characters += len(stream.name)
        limit = limits.stream_characters_per_connection
        if count > limits.streams_per_connection or (limit is not None and characters > limit):
            return taken
    return len(new)
