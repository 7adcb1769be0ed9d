"""The collector: feed, pump and bus wired together, and stopped in the order of the data."""

import asyncio
import os
import random
import signal
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from tapeline.adapters.connection.clients import dial_with
from tapeline.adapters.connection.feed import Feed
from tapeline.adapters.connection.health import HealthPolicy
from tapeline.adapters.connection.line_context import LineContext, LinePolicy
from tapeline.adapters.connection.patience import ConnectBudgets
from tapeline.adapters.connection.ports import DialOptions
from tapeline.adapters.connection.recovery import BookRecovery, RecoveryPolicy
from tapeline.adapters.connection.rest import RestScheduler, http_fetch
from tapeline.adapters.connection.sockets import Names
from tapeline.adapters.instrument_cache import InstrumentCache
from tapeline.apps.bus_readings import BusWatch, capacity_of
from tapeline.apps.collect_health import StreamChecks
from tapeline.apps.collect_plan import VenuePlan, stale_after_ns, tls_context
from tapeline.apps.collect_readings import CollectReadings, StreamWatch
from tapeline.apps.collect_summary import CollectSummary, summed
from tapeline.apps.control import ControlFile
from tapeline.apps.instrument_refresh import InstrumentRefresh
from tapeline.apps.lasting import settle_in
from tapeline.apps.market import Market
from tapeline.apps.pump import Pump
from tapeline.apps.settings import CollectSettings
from tapeline.apps.silence import Silence
from tapeline.cleaning.native import NativeNormalizer
from tapeline.errors import TransportError
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.health import Beat, Health
from tapeline.telemetry.latency import LatencyHistogram
from tapeline.telemetry.log import logger
from tapeline.telemetry.metrics import Metrics
from tapeline.transport.ports import CloseReport, MessageSink

_LOG = logger("tapeline.apps.collector")
_NS = 1_000_000_000
# The bus wants to be polled 10 times a second; twice that also bounds how late an ack is seen.
_POLL_S = 0.05
# A bus that is there has made its topics within a tenth of this.
_BUS_S = 1.0
_BUS_LOOK_S = 0.002
# Enough to make the second connection after the first-data deadline.
_REPLACE_S = 2.0
_INTERRUPTED = 130
# Of two lines the one ahead may lose what the other brings: as long as a book may heal by itself.
_GAP_PATIENCE_NS = int(RecoveryPolicy().grace_s * _NS)

OnProgress = Callable[["Collector"], None]


@dataclass(slots=True)
class SendLatency:
    """Collects the bus's acknowledgements; the bus needs it before there is a collector."""

    histogram: LatencyHistogram = field(default_factory=LatencyHistogram)

    def __call__(self, latency_ns: int, messages: int) -> None:
        """Count the messages of one acknowledgement."""
        self.histogram.record(latency_ns, messages)


def make_normalizer(settings: CollectSettings, plan: VenuePlan, clock: Clock) -> NativeNormalizer:
    """Make the normaliser of a run; its producer name is new each time, so that batch ids are."""
    run = f"{socket.gethostname()}-{os.getpid()}-{clock.wall_ns()}"
    return NativeNormalizer(
        exchange=plan.venue.exchange,
        market=plan.venue.market,
        instruments=plan.listed,
        producer=f"{run}-{plan.name}" if settings.venues else run,
        time_unit=settings.time_unit,
        stale_after_ns=stale_after_ns(settings, plan),
        keep_raw=settings.keep_raw,
        book_every=settings.book_every,
        gap_patience_ns=_GAP_PATIENCE_NS if plan.feed.core else 0,
    )


class Collector:
    """One run: :meth:`run` returns the account when it was asked to stop or the feed fell silent.

    Parameters
    ----------
    plans
        What to collect, by market.
    sink, sent
        The bus, and the histogram its acknowledgements go to.
    metrics, health
        Where it shows how it is doing.
    """

    def __init__(
        self,
        settings: CollectSettings,
        plans: Sequence[VenuePlan],
        *,
        sink: MessageSink,
        sent: SendLatency,
        clock: Clock,
        metrics: Metrics,
        health: Health | None = None,
    ) -> None:
        self._settings = settings
        self.sink = sink
        self._sent = sent
        self._clock = clock
        self._metrics = metrics
        self._stop = asyncio.Event()
        self._fault: Exception | None = None
        self._started_ns = clock.monotonic_ns()
        self._silence = Silence(self._started_ns)
        self.lag = LatencyHistogram()
        self._lag_gauge = metrics.gauge("tapeline_apps_loop_lag_seconds")
        metrics.latency("tapeline_apps_loop_lag_distribution_seconds", self.lag)
        # Jitter only; nothing that must be secret.
        self._recovered = sink.stats().recovered
        if self._recovered:
            _LOG.warning(
                "messages of an earlier run are in the spool and go first", messages=self._recovered
            )
        self._random = random.Random()  # noqa: S311
        self._budgets = ConnectBudgets(clock.monotonic_ns)
        self._names = Names(clock.monotonic_ns)
        self.markets = [self._market(plan) for plan in plans]
        self._beat = Beat("loop", clock.monotonic_ns)
        self._bus = BusWatch(sink, clock, capacity=capacity_of(settings.transport))
        self._observe(metrics, health if health is not None else Health())

    def _observe(self, metrics: Metrics, health: Health) -> None:
        """Show what there is to see, to scrapes and health checks."""
        streams = StreamWatch(self.markets, self._clock)
        CollectReadings(self.markets, streams, metrics)
        metrics.latency("tapeline_transport_send_to_ack_seconds", self._sent.histogram)
        metrics.read_from(self._bus.read)
        symbol_of = {
            each.raw_symbol: each.symbol for market in self.markets for each in market.plan.listed
        }
        required = StreamChecks(streams.read, self._settings.required, symbol_of)
        health.live_when(self._beat.check)
        health.ready_when(required.check)
        health.ready_when(self._bus.check)

    def _market(self, plan: VenuePlan) -> Market:
        settings, clock = self._settings, self._clock
        normalizer = make_normalizer(settings, plan, clock)
        pump = Pump(normalizer, self.sink, clock, self._failed)
        context = LineContext(
            downstream=pump,
            dial=dial_with(settings.client, needs_compression=settings.compression == "on"),
            dial_options=DialOptions(
                wall_ns=clock.wall_ns,
                tls=tls_context(plan.feed.endpoints[0], settings.ca_file),
                is_compressed=settings.compression == "on",
                names=self._names,
            ),
            budgets=self._budgets,
            clock=clock,
            random_source=self._random,
            metrics=self._metrics,
            policy=LinePolicy(
                health=HealthPolicy(
                    first_data_s=settings.first_data_s, staleness_s=settings.staleness_s
                ),
                rotate_hours=settings.rotate_hours,
            ),
        )
        symbols = [each.raw_symbol for each in plan.feed.instruments]
        self.sink.create_topics(normalizer.topics(symbols))
        return Market(plan, normalizer, pump, Feed(plan.feed, context))

    @property
    def frames(self) -> int:
        """Frames pushed so far."""
        return sum(market.pump.frames for market in self.markets)

    @property
    def is_blocked(self) -> bool:
        """Whether messages wait here for the bus."""
        return any(market.pump.is_blocked for market in self.markets)

    def counters(self) -> Mapping[str, Any]:
        """Return the normalisers' counters, added up."""
        return summed([market.normalizer.counters() for market in self.markets])

    def gaps(self) -> list[dict[str, Any]]:
        """Return the holes that are open, of all markets."""
        return [gap for market in self.markets for gap in market.normalizer.gaps()]

    def stop(self) -> None:
        """Ask for the end; everything received is still delivered."""
        self._stop.set()

    def _failed(self, error: Exception) -> None:
        self._fault = error
        self._stop.set()

    async def run(self, on_progress: OnProgress | None = None) -> CollectSummary:
        """Collect until asked to stop.

        Raises
        ------
        ConnectRefusedError
            The venue refused the first connection for good.
        TransportError
            Messages were lost: neither the bus nor the local disk took them.
        """
        await self._await_bus()
        tasks = [
            asyncio.create_task(market.feed.run(), name=f"feed {market.plan.name}")
            for market in self.markets
        ]
        for task in tasks:
            task.add_done_callback(lambda _: self._stop.set())
        settle_in()
        async with AsyncExitStack() as stack:
            await self._start_helpers(stack)
            with _signals(self.stop):
                await self._watch(on_progress)
                await stack.aclose()
                report = await self._drain(tasks)
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()
        if self._fault is not None:
            raise self._fault
        if report.lost:
            raise TransportError(f"{report.lost} messages were lost: see the log")
        return self._summary(report)

    async def _await_bus(self) -> None:
        """Let the bus get ready, for a moment: what comes before takes the way over the disk."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_BUS_S):
                while not self.sink.is_ready:
                    self.sink.poll()
                    await asyncio.sleep(_BUS_LOOK_S)

    async def _start_helpers(self, stack: AsyncExitStack) -> None:
        """Start what serves the feeds beside the frames: books, lists, the control file."""
        settings, helpers = self._settings, []
        has_books = settings.control is not None or any(map(_has_books, self.markets))
        if has_books or settings.refresh_hours:
            ca_file = str(settings.ca_file) if settings.ca_file is not None else None
            fetch = await stack.enter_async_context(http_fetch(ca_file))
            scheduler = RestScheduler(fetch, self._clock, self._random, self._metrics)
            helpers += [self._recovery(market, scheduler).run() for market in self.markets]
            if settings.refresh_hours:
                refresh = InstrumentRefresh(
                    self.markets,
                    scheduler,
                    InstrumentCache(settings.instrument_cache),
                    every_s=settings.refresh_hours * 3_600,
                )
                helpers.append(refresh.run())
        if settings.control is not None:
            helpers.append(ControlFile(settings.control, self.markets, self.sink).run())
        tasks = [asyncio.create_task(each) for each in helpers]
        for task in tasks:
            task.add_done_callback(self._helper_ended)
            stack.push_async_callback(_end, task)

    def _helper_ended(self, task: asyncio.Task[None]) -> None:
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            self._failed(fault if isinstance(fault, Exception) else RuntimeError(str(fault)))

    def _recovery(self, market: Market, scheduler: RestScheduler) -> BookRecovery:
        return BookRecovery(
            market.feed,
            market.normalizer.book_requests,
            market.pump,
            scheduler,
            market.snapshot,
            clock=self._clock,
            metrics=self._metrics,
        )

    async def _watch(self, on_progress: OnProgress | None) -> None:
        """Poll the bus, measure the loop's lag, and notice silence and the end of the time."""
        clock = self._clock
        while not self._stop.is_set():
            due_ns = clock.monotonic_ns() + int(_POLL_S * _NS)
            try:
                await asyncio.wait_for(self._stop.wait(), _POLL_S)
            except TimeoutError:
                lag_ns = max(0, clock.monotonic_ns() - due_ns)
                self.lag.record(lag_ns)
                self._lag_gauge.set(lag_ns / _NS)
            self._beat.tick()
            self.sink.poll()
            self._bus.look(is_blocked=self.is_blocked)
            self._retry()
            if on_progress is not None:
                on_progress(self)
            if self._is_over(clock.monotonic_ns()):
                return

    def _is_over(self, now_ns: int) -> bool:
        settings = self._settings
        silent_ns = self._silence.look(
            now_ns,
            frames=sum(market.pump.data_frames for market in self.markets),
            connections=sum(market.feed.connections for market in self.markets),
            is_waiting=self.is_blocked,
        )
        if settings.idle_s is not None and silent_ns > self._idle_limit_s(settings.idle_s) * _NS:
            _LOG.info("nothing came any more", idle_s=settings.idle_s)
            return True
        age_ns = now_ns - self._started_ns
        return settings.duration_s is not None and age_ns > settings.duration_s * _NS

    def _idle_limit_s(self, idle_s: float) -> float:
        """Give a first connection that brings nothing the time to be replaced by a second one."""
        first_data_s = self._settings.first_data_s
        is_first = all(
            market.feed.connections <= len(market.feed.lines) and not market.pump.last_received()
            for market in self.markets
        )
        if first_data_s and is_first:
            return max(idle_s, first_data_s + _REPLACE_S)
        return idle_s

    def _retry(self) -> None:
        for market in self.markets:
            market.pump.retry()

    async def _drain(self, tasks: Sequence[asyncio.Task[None]]) -> CloseReport:
        """Stop in the order of the data: sockets, pump, normaliser, bus."""
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        closing = asyncio.gather(*(market.feed.close() for market in self.markets))
        while not closing.done():
            self.sink.poll()
            self._retry()
            await asyncio.wait({closing}, timeout=_POLL_S)
        closing.result()
        try:
            self._finish_pumps()
        finally:
            report = self.sink.close(self._settings.close_timeout_s)
        return report

    def _finish_pumps(self) -> None:
        """End every market's session; the first fault is raised when all have been tried."""
        faults: list[Exception] = []
        for market in self.markets:
            try:
                market.pump.finish()
            except Exception as error:  # noqa: BLE001 - raised below
                _LOG.error("session not ended", market=market.plan.name, error=str(error))
                faults.append(error)
        if faults:
            raise faults[0]

    def _summary(self, report: CloseReport) -> CollectSummary:
        pumps = [market.pump for market in self.markets]
        first = [each.first_frame_ns for each in pumps if each.first_frame_ns is not None]
        last = [each.last_frame_ns for each in pumps if each.last_frame_ns is not None]
        return CollectSummary(
            counters=self.counters(),
            gaps=self.gaps(),
            latency={
                "receive_to_push": _merged(each.waiting for each in pumps),
                "push": _merged(each.pushing for each in pumps),
                "send_to_ack": self._sent.histogram,
                "loop_lag": self.lag,
            },
            transport=report,
            reconnects=sum(market.feed.reconnects for market in self.markets),
            seconds=(self._clock.monotonic_ns() - self._started_ns) / _NS,
            active_ns=max(last, default=0) - min(first, default=0),
            lines=[
                {
                    "line": line.name,
                    "reconnects": line.reconnects,
                    "first": line.standing.firsts,
                    "late": line.standing.late,
                    "missed": line.standing.missing,
                    "lag": dict(line.standing.lag.summary()),
                }
                for market in self.markets
                for line in market.feed.lines
                if line.group.is_redundant
            ],
            recovered=self._recovered,
            markets={market.plan.name: _events(market) for market in self.markets},
        )


def _events(market: Market) -> dict[str, int]:
    counters = market.normalizer.counters()
    return {**counters["events"], "book_snapshots": counters["book_snapshots"]}


def _has_books(market: Market) -> bool:
    """Whether a book of this market may want a snapshot."""
    books = market.plan.venue.types.get("l2", ())
    return any(channel in books for channel in market.plan.feed.channels)


def _merged(histograms: Iterable[LatencyHistogram]) -> LatencyHistogram:
    merged = LatencyHistogram()
    for each in histograms:
        merged.merge(each)
    return merged


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """First SIGINT or SIGTERM: drain. Second: end at once."""
    loop = asyncio.get_running_loop()
    caught = (signal.SIGINT, signal.SIGTERM)

    def at_once(_number: int, _frame: FrameType | None) -> None:
        os._exit(_INTERRUPTED)

    def first() -> None:
        _LOG.info("stopping: what was received is still delivered")
        for each in caught:
            loop.remove_signal_handler(each)
            signal.signal(each, at_once)
        stop()

    before = {each: signal.getsignal(each) for each in caught}
    for each in caught:
        loop.add_signal_handler(each, first)
    try:
        yield
    finally:
        for each in caught:
            loop.remove_signal_handler(each)
            signal.signal(each, before[each])
