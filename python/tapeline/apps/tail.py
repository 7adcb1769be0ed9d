"""``tapeline tail``: decode and print what is on a bus, from its beginning."""

import contextlib
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Annotated, Any, Final

import pyarrow as pa
import typer

from tapeline.access.plain_rows import json_lines, rows_of
from tapeline.apps.batch_reader import Batch, BatchReader
from tapeline.apps.bus_reader import Bus, open_bus
from tapeline.apps.event_table import TABLE_COLUMNS, cell, heading
from tapeline.errors import SettingsError
from tapeline.telemetry.clock import Clock, SystemClock
from tapeline.wire.native import decode

_WAIT_S: Final = 0.2
_STUCK_NS: Final = 30_000_000_000
"""What a bus has and has not given for so long is not waited for."""
_TYPES: Final = ("trade", "orderbook", "funding", "liquidation", "coverage", "quarantine")


@dataclass(frozen=True, slots=True)
class TailEnd:
    """When ``tail`` has seen enough; None for never."""

    count: int | None
    """Events."""
    idle_s: float | None
    """Seconds without anything new."""


class Tail:
    """Events of a bus as rows, and the account of what was read."""

    def __init__(self, bus: Bus, reader: BatchReader, end: TailEnd, clock: Clock) -> None:
        self._bus = bus
        self._reader = reader
        self._end = end
        self._clock = clock
        self.events = 0
        self.undecodable_events = 0

    def chunks(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield ``(event type, rows)`` until the end condition holds."""
        last_news_ns: int | None = None
        while not self._is_complete():
            messages = self._bus.read(_WAIT_S)
            now = self._clock.monotonic_ns()
            # How long it takes to connect, in the first reading, says nothing of the bus.
            if messages or last_news_ns is None:
                last_news_ns = now
            elif self._is_idle(now - last_news_ns):
                return
            batches = self._reader.batches(messages)
            # Neighbours of one type are decoded together and the order of the bus is kept.
            for event_type, group in groupby(batches, key=lambda batch: batch.event_type):
                rows = self._decode(event_type, list(group))
                self.events += len(rows)
                if rows:
                    yield event_type, rows

    def _is_idle(self, quiet_ns: int) -> bool:
        if self._end.idle_s is None or quiet_ns < self._end.idle_s * 1e9:
            return False
        # A busy bus may take its time to give what lies there.
        return quiet_ns >= _STUCK_NS or not self._bus.has_more()

    def _is_complete(self) -> bool:
        return self._end.count is not None and self.events >= self._end.count

    def _decode(self, event_type: str, batches: Sequence[Batch]) -> list[dict[str, Any]]:
        events = decode([batch.value for batch in batches], event_type=event_type, errors="collect")
        self.undecodable_events += len(events.rejected)
        left = None if self._end.count is None else self._end.count - self.events
        return list(islice(rows_of(pa.table(events)), left))


def tail_command(
    transport: Annotated[
        str, typer.Option(help="kafka://HOST:PORT, nats://HOST:PORT or local:PATH, as for collect.")
    ] = "local:./tapeline-data/bus.db",
    count: Annotated[int | None, typer.Option(min=0, help="End after so many events.")] = None,
    idle: Annotated[
        float | None, typer.Option(min=0.0, help="End after so many seconds without news.")
    ] = None,
    types: Annotated[
        str, typer.Option(help=f"Event types, separated by commas: {', '.join(_TYPES)}.")
    ] = "trade",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, with the columns of Parquet.")
    ] = False,
    all_deliveries: Annotated[
        bool, typer.Option(help="Also print batches that were delivered a second time.")
    ] = False,
) -> None:
    """Print the events on a bus from its beginning; without --count or --idle follow until Ctrl-C.

    A batch the producer delivered twice is printed once. Messages that are no batches of ours are
    skipped and counted in the summary on stderr.
    """
    wanted = parse_types(types)
    clock = SystemClock()
    bus = open_bus(transport, types=wanted, clock=clock)
    reader = BatchReader(all_deliveries=all_deliveries)
    tail = Tail(bus, reader, TailEnd(count, idle), clock)
    started_ns = clock.monotonic_ns()
    # Rows hold no cycles; walking ten thousands of them over and over takes a fifth of the time.
    gc.disable()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            _print_json(tail) if as_json else _print_tables(tail)
    except BrokenPipeError:
        # ``tapeline tail | head``: nobody reads any more, which is no fault. The interpreter must
        # not find the closed pipe when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        gc.enable()
        bus.close()
    _print_summary(tail, reader, (clock.monotonic_ns() - started_ns) / 1e9)


def parse_types(text: str) -> tuple[str, ...]:
    """Read a list of event types.

    Raises
    ------
    SettingsError
        Empty, or a type that ``tail`` does not know.
    """
    wanted = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in wanted if name not in _TYPES]
    if unknown or not wanted:
        raise SettingsError(
            f"event types are {', '.join(_TYPES)}, was {unknown[0] if unknown else text!r}"
        )
    return wanted


def _print_json(tail: Tail) -> None:
    output = sys.stdout.buffer
    for _, rows in tail.chunks():
        output.write(json_lines(rows))
        output.flush()


def _print_tables(tail: Tail) -> None:
    from rich.table import Table

    from tapeline.apps.event_console import EventConsole

    console = EventConsole()
    previous = None
    for event_type, rows in tail.chunks():
        columns = TABLE_COLUMNS[event_type]
        is_new = event_type != previous
        table = Table(*map(heading, columns), box=None, show_header=is_new, pad_edge=False)
        for row in rows:
            table.add_row(*(cell(name, row[name]) for name in columns))
        console.print(table)
        previous = event_type


def _print_summary(tail: Tail, reader: BatchReader, seconds: float) -> None:
    from rich.console import Console

    counts = reader.counts
    console = Console(stderr=True, highlight=False)
    console.print(
        f"{tail.events:,} events in {counts.batches:,} batches,"
        f" {counts.redelivered:,} redelivered, {seconds:.1f} s"
    )
    if counts.rejected:
        reasons = ", ".join(
            f"{reason} {count:,}" for reason, count in sorted(counts.rejected.items())
        )
        text = f"not ours or damaged: {reasons}; the latest: {reader.last_rejected}"
        console.print(text, markup=False)
    if tail.undecodable_events:
        console.print(f"{tail.undecodable_events:,} batches were not decodable")
