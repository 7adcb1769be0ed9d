"""The feed of Binance spot: which lines there are, started and stopped together."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tapeline.adapters.binance.spot import limits
from tapeline.adapters.binance.spot.endpoints import (
    STREAM,
    checked_endpoint,
    combined_stream_url,
    raw_stream_url,
    stream_name,
)
from tapeline.adapters.binance.spot.health import StreamKey
from tapeline.adapters.binance.spot.line import Line, LineContext
from tapeline.adapters.connection.patience import ConnectBudget
from tapeline.model import Instrument
from tapeline.telemetry.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlan:
    """What to collect, and from where.

    Parameters
    ----------
    instruments
        Instruments to subscribe to.
    channels
        The venue's channels, ``trade`` and ``aggTrade``.
    endpoint
        ``ws[s]://host:port``; the exchange's own address by default.
    time_unit
        Unit of the venue's times, ``ms`` or ``us``.
    isolated
        Raw symbols that get a connection of their own; all others share.
    """

    instruments: tuple[Instrument, ...]
    channels: tuple[str, ...] = ("trade",)
    endpoint: str = STREAM
    time_unit: Literal["ms", "us"] = "ms"
    isolated: Collection[str] = ()


def connect_budget(clock: Clock) -> ConnectBudget:
    """Return the budget that all lines of one address share."""
    return ConnectBudget(
        clock.monotonic_ns,
        burst=limits.CONNECT_BURST,
        per_window=limits.CONNECTS_PER_WINDOW,
        window_s=limits.CONNECT_WINDOW_S,
    )


class Feed:
    """All lines of one plan."""

    def __init__(self, plan: FeedPlan, context: LineContext) -> None:
        self.lines = [_line(plan, context, group) for group in _groups(plan)]

    @property
    def reconnects(self) -> int:
        """Connections made beyond the first of each line."""
        return sum(line.reconnects for line in self.lines)

    @property
    def connections(self) -> int:
        """Connections made so far."""
        return sum(line.reconnects + line.was_connected for line in self.lines)

    async def run(self) -> None:
        """Keep all lines up until cancelled.

        Raises
        ------
        ConnectRefusedError
            The venue refused the very first connection of a line for good.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for line in self.lines:
                    group.create_task(line.run(), name=f"line {line.name}")
        except BaseExceptionGroup as faults:
            # One sentence for the operator: the first line's fault speaks for all.
            raise faults.exceptions[0] from faults

    async def close(self) -> None:
        """Close every connection in order; frames still on their way reach the inboxes."""
        await asyncio.gather(*(line.close() for line in self.lines))


def _groups(plan: FeedPlan) -> Iterable[list[StreamKey]]:
    shared: list[StreamKey] = []
    for instrument in plan.instruments:
        keys = [(instrument.raw_symbol, channel) for channel in plan.channels]
        if instrument.raw_symbol in plan.isolated:
            yield keys
        else:
            shared += keys
    size = limits.STREAMS_PER_CONNECTION_MAX
    for start in range(0, len(shared), size):
        yield shared[start : start + size]


def _line(plan: FeedPlan, context: LineContext, keys: Sequence[StreamKey]) -> Line:
    endpoint = checked_endpoint(plan.endpoint)
    streams = [stream_name(*key) for key in keys]
    name = streams[0] if len(streams) == 1 else f"{streams[0]}+{len(streams) - 1}"
    if len(streams) == 1:
        url = raw_stream_url(endpoint, streams[0], plan.time_unit)
        return Line(context, name=name, url=url, keys=keys)
    if len(streams) <= limits.URL_STREAMS_MAX:
        url = combined_stream_url(endpoint, streams, plan.time_unit)
        return Line(context, name=name, url=url, keys=keys)
    url = combined_stream_url(endpoint, (), plan.time_unit)
    return Line(context, name=name, url=url, keys=keys, subscribe_to=streams)
