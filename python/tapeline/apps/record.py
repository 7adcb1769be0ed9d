"""``tapeline record``: write a live or simulated feed to a tape, losslessly."""

import asyncio
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tapeline.adapters.binance.spot.endpoints import STREAM, checked_endpoint, combined_stream_url
from tapeline.adapters.connection.clients import Client, dial_with
from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.patience import Backoff
from tapeline.adapters.connection.ports import Closure, Connection, DialOptions, HandshakeError
from tapeline.adapters.registry import resolve_instruments
from tapeline.apps.collect_plan import tls_context
from tapeline.errors import ArgumentError, ConnectError, ConnectRefusedError, TapelineError
from tapeline.tape import TapeFrame, TapeWriter
from tapeline.telemetry.clock import Clock, SystemClock

_SUFFIXES = {
    "trade": "trade",
    "aggtrade": "aggTrade",
    "depth": "depth@100ms",
    "bookticker": "bookTicker",
}
_FRAMES_AT_ONCE = 4_096
_FLUSH_EVERY_NS = 1_000_000_000
_CLOSE_TIMEOUT_S = 5.0
_SECOND_NS = 1_000_000_000
_REFUSALS = frozenset({400, 401, 403, 404, 418, 429, 451})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlan:
    """What is recorded, and when it ends.

    Attributes
    ----------
    url
        The connection's address, with the streams in its query.
    frames_max, duration_s, idle_s
        End after so many frames, so many seconds, so many seconds of silence; None for never.
    """

    url: str
    frames_max: int | None = None
    duration_s: float | None = None
    idle_s: float | None = None


class Recorder:
    """Takes every frame of a feed, answers to requests included, and writes it as it came.

    A lost connection is made again with back-off; what the venue sent meanwhile is missing from the
    tape, and counted in `reconnects`.

    Parameters
    ----------
    plan
        What is recorded.
    writer
        Where to.
    options
        How connections are opened.
    clock
        Measures the plan's times.
    """

    def __init__(
        self, plan: RecordPlan, writer: TapeWriter, options: DialOptions, clock: Clock
    ) -> None:
        self.reconnects = -1
        self._plan = plan
        self._writer = writer
        self._options = options
        self._clock = clock
        self._began_ns = self._heard_ns = self._flushed_ns = clock.monotonic_ns()
        self._backoff = Backoff(random.Random(), clock.monotonic_ns)  # noqa: S311
        self._ready = asyncio.Event()
        self._inbox = Inbox(self, lambda _: self._ready.set(), self._pressure)
        self._connection: Connection | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Record until the plan's end or until `stop` is set; then read what is on its way.

        Raises
        ------
        ConnectRefusedError
            The venue refuses the connection for good.
        TapeError
            The tape cannot be written.
        """
        while not (stop.is_set() or self._is_over()):
            if self._connection is None or self._connection.closure is not None:
                await self._connect(stop)
                continue
            await self._wait()
            self._write()
        if self._connection is not None:
            await self._close(self._connection)

    def control(self, kind: str, text: str) -> None:
        """Take note of a control frame; a recorder has no use for it."""

    def judged(self, frames: int, quarantined: int, control: int) -> None:
        """Take note of a verdict; a recorder makes none."""

    async def _connect(self, stop: asyncio.Event) -> None:
        self._write()
        try:
            self._connection = await dial_with(Client.AUTO)(
                self._plan.url, self._inbox, self._closed, self._options
            )
            self.reconnects += 1
        except HandshakeError as error:
            if error.status in _REFUSALS and self.reconnects < 0:
                raise ConnectRefusedError(f"{self._plan.url}: {error}") from error
            await _sleep(stop, error.retry_after_s or self._backoff.next_delay_s())
        except ConnectError:
            await _sleep(stop, self._backoff.next_delay_s())

    async def _wait(self) -> None:
        """Wait for frames, for at most a tenth of a second: the ends of the plan are checked."""
        await _sleep(self._ready, 0.1)
        self._ready.clear()

    def _write(self) -> None:
        """Put everything received on the tape; hand it to the operating system every second."""
        room = self._room()
        while len(self._inbox) and room > 0:
            frames, stamps = self._inbox.take(min(_FRAMES_AT_ONCE, room))
            for frame, stamp in zip(frames, stamps, strict=True):
                self._writer.write(TapeFrame(stamp, self._plan.url, "ws", frame))
            room -= len(frames)
            self._heard_ns = self._clock.monotonic_ns()
            self._backoff.succeeded()
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._flushed_ns > _FLUSH_EVERY_NS:
            self._writer.flush()
            self._flushed_ns = now_ns

    def _room(self) -> int:
        limit = self._plan.frames_max
        return sys.maxsize if limit is None else limit - self._writer.lines

    def _is_over(self) -> bool:
        plan, now_ns = self._plan, self._clock.monotonic_ns()
        return (
            self._room() <= 0
            or (plan.duration_s is not None and now_ns - self._began_ns > plan.duration_s * 1e9)
            or (plan.idle_s is not None and now_ns - self._heard_ns > plan.idle_s * _SECOND_NS)
        )

    async def _close(self, connection: Connection) -> None:
        """Close in order: the frames before the venue's answer still reach the tape."""
        connection.start_close()
        closing = asyncio.ensure_future(connection.wait_closed())
        while not closing.done():
            heard_ns = self._heard_ns
            await asyncio.wait({closing}, timeout=_CLOSE_TIMEOUT_S)
            self._write()
            if heard_ns == self._heard_ns and not closing.done():
                connection.abort()
                await closing
        self._write()

    def _closed(self, closure: Closure) -> None:
        self._ready.set()

    def _pressure(self, is_high: bool) -> None:
        if self._connection is not None:
            if is_high:
                self._connection.pause_reading()
            else:
                self._connection.resume_reading()


def record_command(
    tape: Annotated[
        Path | None,
        typer.Argument(help="Tape to write; a name ending in .gz is packed. Replaced if there."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The same, as an option.")] = None,
    exchange: Annotated[str, typer.Option(help="Exchange.")] = "binance",
    market: Annotated[str, typer.Option(help="Market.")] = "spot",
    symbols: Annotated[str, typer.Option(help="Symbols, separated by commas.")] = "BTC/USDT",
    types: Annotated[
        str, typer.Option(help="trade, aggtrade, depth, bookticker, separated by commas.")
    ] = "trade",
    endpoint: Annotated[
        str, typer.Option(help="ws[s]://HOST:PORT instead of the exchange's own address.")
    ] = STREAM,
    instruments: Annotated[
        Path | None, typer.Option(help="exchangeInfo, a tape with it, or our JSON list.")
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option(help="Trust this certificate authority for wss, and no other.")
    ] = None,
    duration: Annotated[float | None, typer.Option(help="End after so many seconds.")] = None,
    frames: Annotated[int | None, typer.Option(min=1, help="End after so many frames.")] = None,
    idle: Annotated[
        float | None, typer.Option(help="End when nothing has come for so many seconds.")
    ] = None,
) -> None:
    """Write a tape from a live or simulated feed, every frame byte for byte.

    The tape is NAME.part until it is whole; after a crash that file reads up to the last second.
    Ctrl-C (or SIGTERM) ends in order: frames on their way still reach the tape.
    """
    target = tape or out
    if target is None or (tape and out):
        raise typer.BadParameter("name the tape to write, once", param_hint="TAPE")
    try:
        address = checked_endpoint(endpoint)
        streams = _streams(exchange, market, symbols, types, instruments)
        tls = tls_context(address, ca_file)
    except TapelineError as error:
        raise typer.BadParameter(str(error)) from error
    plan = RecordPlan(
        url=combined_stream_url(address, streams, "ms"),
        frames_max=frames,
        duration_s=duration,
        idle_s=idle,
    )
    clock = SystemClock()
    options = DialOptions(wall_ns=clock.wall_ns, tls=tls)
    with TapeWriter(target) as writer, asyncio.Runner(loop_factory=_loop_factory()) as runner:
        reconnects = runner.run(_record(plan, writer, options, clock))
    typer.echo(f"{target}: {writer.lines:,} frames, {reconnects} reconnect(s)", err=True)


async def _record(plan: RecordPlan, writer: TapeWriter, options: DialOptions, clock: Clock) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    recorder = Recorder(plan, writer, options, clock)
    await recorder.run(stop)
    return max(recorder.reconnects, 0)


def _streams(
    exchange: str, market: str, symbols: str, types: str, instruments: Path | None
) -> list[str]:
    known = resolve_instruments(exchange, market, instruments)
    names = []
    for symbol in symbols.split(","):
        wanted = symbol.strip().upper()
        found = [each for each in known if wanted in (each.symbol, each.raw_symbol)]
        if not found:
            raise ArgumentError(f"no instrument {symbol!r} in the list of {len(known)}")
        names.append(found[0].raw_symbol.lower())
    suffixes = []
    for name in types.split(","):
        if name.strip().lower() not in _SUFFIXES:
            raise ArgumentError(f"no type {name!r}; there are: {', '.join(_SUFFIXES)}")
        suffixes.append(_SUFFIXES[name.strip().lower()])
    return [f"{name}@{suffix}" for name in names for suffix in suffixes]


async def _sleep(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, for so many seconds at most."""
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait({waiting}, timeout=seconds)
    waiting.cancel()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
