"""``tapeline record``: write a live or simulated feed to a tape, losslessly."""

import asyncio
import random
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tapeline.adapters.connection.clients import Client, dial_with
from tapeline.adapters.connection.dialect import StreamKey
from tapeline.adapters.connection.downstream import StreamState
from tapeline.adapters.connection.feed import Feed
from tapeline.adapters.connection.health import HealthPolicy
from tapeline.adapters.connection.inbox import Inbox
from tapeline.adapters.connection.line_context import LineContext, LinePolicy
from tapeline.adapters.connection.patience import ConnectBudgets
from tapeline.adapters.connection.ports import DialOptions
from tapeline.adapters.connection.rest import RestError, RestScheduler, http_fetch
from tapeline.adapters.connection.session import Session
from tapeline.apps.collect_plan import (
    VenuePlan,
    planned,
    startable,
    tls_context,
    unlisted_in,
)
from tapeline.apps.settings import CollectSettings, load_settings
from tapeline.errors import SettingsError, TapelineError
from tapeline.tape import TapeFrame, TapeWriter
from tapeline.telemetry.clock import Clock, SystemClock
from tapeline.telemetry.log import logger
from tapeline.telemetry.metrics import Metrics

_LOG = logger("tapeline.apps.record")
_FRAMES_AT_ONCE = 4_096
_FLUSH_EVERY_NS = 1_000_000_000
_LOOK_EVERY_S = 0.1
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLimits:
    """When a recording ends.

    Attributes
    ----------
    frames_max, duration_s, idle_s
        After so many frames, so many seconds, so many seconds of silence; None for never.
    """

    frames_max: int | None = None
    duration_s: float | None = None
    idle_s: float | None = None


class Recorder:
    """Takes every frame of a feed, answers to requests included, and writes it as it came.

    A lost connection is made again with back-off; what the venue sent meanwhile is missing from the
    tape, and counted in `reconnects`. Books that begin with a REST snapshot get one after each
    connection, which goes to the tape too.

    Parameters
    ----------
    plan, limits
        What is recorded, and until when.
    writer
        Where to.
    options
        How connections are opened.
    clock
        Measures the times.
    ca_file
        Trust this certificate authority, and no other, for snapshots.
    """

    def __init__(
        self,
        plan: VenuePlan,
        limits: RecordLimits,
        writer: TapeWriter,
        options: DialOptions,
        clock: Clock,
        ca_file: Path | None = None,
    ) -> None:
        self._ca_file = str(ca_file) if ca_file is not None else None
        self._plan = plan
        self._limits = limits
        self._writer = writer
        self._clock = clock
        self._began_ns = self._heard_ns = self._flushed_ns = clock.monotonic_ns()
        self._something = asyncio.Event()
        self._ready: deque[Inbox] = deque()
        self._metrics = Metrics()
        self._random = random.Random()  # noqa: S311
        context = LineContext(
            downstream=self,
            dial=dial_with(Client.AUTO),
            dial_options=options,
            budgets=ConnectBudgets(clock.monotonic_ns),
            clock=clock,
            random_source=self._random,
            metrics=self._metrics,
            # Whether a stream should say something is not asked here: a tape shows that it did not.
            policy=LinePolicy(health=HealthPolicy(first_data_s=0, staleness_s=0)),
        )
        self.feed = Feed(plan.feed, context)

    async def run(self, stop: asyncio.Event) -> None:
        """Record until the limits are reached or `stop` is set; then read what is on its way.

        Raises
        ------
        ConnectRefusedError
            The venue refuses the connection for good.
        TapeError
            The tape cannot be written.
        """
        feed = asyncio.create_task(self.feed.run(), name="feed")
        snapshots = asyncio.create_task(self._take_snapshots(), name="snapshots")
        try:
            while not (stop.is_set() or feed.done() or self._is_over()):
                await _sleep(self._something, _LOOK_EVERY_S)
                self._something.clear()
                self._write()
        finally:
            for task in (feed, snapshots):
                task.cancel()
            await asyncio.wait({feed, snapshots})
        closing = asyncio.create_task(self.feed.close(), name="close feed")
        while not closing.done():
            await asyncio.wait({closing}, timeout=_LOOK_EVERY_S)
            self._write()
        closing.result()
        self._write()
        for task in (feed, snapshots):
            if not task.cancelled():
                task.result()

    def ready(self, inbox: Inbox) -> None:
        """Take note that an inbox has frames."""
        self._ready.append(inbox)
        self._something.set()

    def connection(
        self,
        inbox: Inbox | None,
        state: StreamState,
        reason: str,
        streams: Sequence[StreamKey],
    ) -> None:
        """Take note of a change; a tape shows it by what is missing."""

    def last_received(self) -> Mapping[tuple[str, str], int]:
        """Return nothing: frames are not read here."""
        return {}

    async def _take_snapshots(self) -> None:
        """Fetch the books that begin with a REST snapshot, after each connection that is made."""
        dialect = self._plan.feed.dialect
        if not any(dialect.channel(name).is_seeded_by_rest for name in self._plan.feed.channels):
            await asyncio.Event().wait()
        async with http_fetch(self._ca_file) as fetch:
            scheduler = RestScheduler(fetch, self._clock, self._random, self._metrics)
            seen = 0
            while True:
                if self.feed.connections != seen and self._writer.lines:
                    seen = self.feed.connections
                    for instrument in self._plan.feed.instruments:
                        await self._take_snapshot(scheduler, instrument.raw_symbol)
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _take_snapshot(self, scheduler: RestScheduler, raw_symbol: str) -> None:
        limits = self._plan.feed.dialect.rest
        wanted = self._plan.snapshot(raw_symbol)
        try:
            reply = await scheduler.get(wanted.url, weight=wanted.weight, limits=limits)
        except RestError as error:
            _LOG.warning("snapshot failed", symbol=raw_symbol, error=str(error))
            return
        self._write()
        if self._room() > 0:
            self._writer.write(TapeFrame(reply.received_ns, reply.url, "http", reply.body))

    def _write(self) -> None:
        """Put everything received on the tape; hand it to the operating system every second."""
        for _ in range(len(self._ready)):
            inbox = self._ready.popleft()
            self._write_inbox(inbox)
            if len(inbox):
                self._ready.append(inbox)
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._flushed_ns > _FLUSH_EVERY_NS:
            self._writer.flush()
            self._flushed_ns = now_ns

    def _write_inbox(self, inbox: Inbox) -> None:
        dialect = self._plan.feed.dialect
        is_shutdown, is_pong = dialect.is_shutdown, dialect.heartbeat.is_answer
        session = inbox.owner
        assert isinstance(session, Session)  # noqa: S101 - a feed's inboxes belong to its sessions
        while len(inbox) and (room := self._room()) > 0:
            frames, stamps = inbox.take(min(_FRAMES_AT_ONCE, room))
            for frame, stamp in zip(frames, stamps, strict=True):
                self._writer.write(TapeFrame(stamp, session.url, "ws", frame))
                if is_shutdown(frame):
                    session.control("server_shutdown", "")
            if not session.subscriptions.is_complete:
                for frame in frames:
                    # Only answers to what is still open say anything; data says nothing here.
                    session.control("ack", frame.decode("utf-8", "replace"))
            session.judged(len(frames), 0, 0)
            # Answers to our own pings keep coming from a server that has nothing to say.
            if not all(map(is_pong, frames)):
                self._heard_ns = self._clock.monotonic_ns()

    def _room(self) -> int:
        limit = self._limits.frames_max
        return sys.maxsize if limit is None else limit - self._writer.lines

    def _is_over(self) -> bool:
        limits, now_ns = self._limits, self._clock.monotonic_ns()
        duration_s, idle_s = limits.duration_s, limits.idle_s
        return (
            self._room() <= 0
            or (duration_s is not None and now_ns - self._began_ns > duration_s * _SECOND_NS)
            or (idle_s is not None and now_ns - self._heard_ns > idle_s * _SECOND_NS)
        )


def record_command(
    tape: Annotated[
        Path | None,
        typer.Argument(help="Tape to write; a name ending in .gz is packed. Replaced if there."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The same, as an option.")] = None,
    exchange: Annotated[str, typer.Option(help="Exchange.")] = "binance",
    market: Annotated[str, typer.Option(help="Market.")] = "spot",
    symbols: Annotated[str, typer.Option(help="Symbols, separated by commas.")] = "BTC/USDT",
    allow_partial: Annotated[
        bool,
        typer.Option(
            "--allow-partial",
            help="Record the others where the exchange does not list some of the symbols.",
        ),
    ] = False,
    types: Annotated[
        str,
        typer.Option(
            help="trade, l1, l2, funding, liquidation, all, or names of channels, separated by "
            "commas."
        ),
    ] = "trade",
    endpoint: Annotated[
        str | None, typer.Option(help="ws[s]://HOST:PORT instead of the exchange's own address.")
    ] = None,
    rest_endpoint: Annotated[
        str | None, typer.Option(help="http[s]://HOST:PORT for book snapshots.")
    ] = None,
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
    overrides = {
        "exchange": exchange,
        "market": market,
        "symbols": symbols,
        "allow_partial": allow_partial,
        "types": types,
        "endpoint": (endpoint,) if endpoint else None,
        "rest_endpoint": (rest_endpoint,) if rest_endpoint else None,
        "instruments": instruments,
        "duration_s": duration,
        "idle_s": idle,
        # One line of each kind: a tape with everything twice serves nobody.
        "core": (),
    }
    try:
        settings = load_settings(CollectSettings, "collect", environment={}, overrides=overrides)
        plan = _planned(settings)
        tls = tls_context(plan.feed.endpoints[0], ca_file)
        # Snapshots may need it where the feed does not.
        tls_context("wss://snapshots", ca_file)
    except (SettingsError, TapelineError) as error:
        raise typer.BadParameter(str(error)) from error
    limits = RecordLimits(frames_max=frames, duration_s=settings.duration_s, idle_s=settings.idle_s)
    clock = SystemClock()
    options = DialOptions(wall_ns=clock.wall_ns, tls=tls)
    with TapeWriter(target) as writer, asyncio.Runner(loop_factory=_loop_factory()) as runner:
        reconnects = runner.run(_record(plan, limits, writer, options, clock, ca_file))
    typer.echo(f"{target}: {writer.lines:,} frames, {reconnects} reconnect(s)", err=True)


def _planned(settings: CollectSettings) -> VenuePlan:
    """Return what is recorded; say what is left out of it."""
    plans = planned(settings)
    try:
        (plan,) = startable(plans, is_partial=settings.allow_partial)
    except SettingsError as error:
        hint = "; --allow-partial records the others" if plans[0].feed.instruments else ""
        raise SettingsError(f"{error}{hint}") from error
    if left_out := unlisted_in(plans):
        typer.echo(f"{left_out}: the others are recorded", err=True)
    return plan


async def _record(
    plan: VenuePlan,
    limits: RecordLimits,
    writer: TapeWriter,
    options: DialOptions,
    clock: Clock,
    ca_file: Path | None,
) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    recorder = Recorder(plan, limits, writer, options, clock, ca_file)
    await recorder.run(stop)
    return recorder.feed.reconnects


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
