"""The collector: feed, pump and bus wired together, and stopped in the order of the data."""

import asyncio
import gc
import os
import random
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import FrameType

from tapeline.adapters.binance.spot.feed import Feed, FeedPlan, connect_budget
from tapeline.adapters.binance.spot.health import HealthPolicy
from tapeline.adapters.binance.spot.line import LineContext, LinePolicy
from tapeline.adapters.connection.clients import dial_with
from tapeline.adapters.connection.ports import DialOptions
from tapeline.apps.collect_plan import stale_after_ns
from tapeline.apps.collect_summary import CollectSummary
from tapeline.apps.pump import Pump
from tapeline.apps.settings import CollectSettings
from tapeline.apps.silence import Silence
from tapeline.cleaning.native import NativeNormalizer
from tapeline.errors import TransportError
from tapeline.model import Instrument
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.latency import LatencyHistogram
from tapeline.telemetry.log import logger
from tapeline.telemetry.metrics import Metrics
from tapeline.transport.ports import CloseReport, MessageSink

_LOG = logger("tapeline.apps.collector")
_NS = 1_000_000_000
# The bus wants to be polled 10 times a second; twice that also bounds how late an ack is seen.
_POLL_S = 0.05
# Enough to make the second connection after the first-data deadline.
_REPLACE_S = 2.0
_INTERRUPTED = 130

OnProgress = Callable[["Collector"], None]


@dataclass(slots=True)
class SendLatency:
    """Collects the bus's acknowledgements; the bus needs it before there is a collector."""

    histogram: LatencyHistogram = field(default_factory=LatencyHistogram)

    def __call__(self, latency_ns: int, messages: int) -> None:
        """Count the messages of one acknowledgement."""
        self.histogram.record(latency_ns, messages)


def make_normalizer(
    settings: CollectSettings, instruments: list[Instrument], clock: Clock
) -> NativeNormalizer:
    """Make the normaliser of a run; its producer name is new each time, so that batch ids are."""
    return NativeNormalizer(
        exchange=settings.exchange,
        market=settings.market,
        instruments=instruments,
        producer=f"{socket.gethostname()}-{os.getpid()}-{clock.wall_ns()}",
        time_unit=settings.time_unit,
        stale_after_ns=stale_after_ns(settings),
        keep_raw=settings.keep_raw,
    )


class Collector:
    """One run: :meth:`run` returns the account when it was asked to stop or the feed fell silent.

    Parameters
    ----------
    plan, tls
        What to collect and how to verify the peer.
    normalizer, sink, sent
        The pipeline, the bus, and the histogram its acknowledgements go to.
    """

    def __init__(
        self,
        settings: CollectSettings,
        plan: FeedPlan,
        *,
        tls: ssl.SSLContext | None,
        normalizer: NativeNormalizer,
        sink: MessageSink,
        sent: SendLatency,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self.normalizer = normalizer
        self.sink = sink
        self._sent = sent
        self._clock = clock
        self._stop = asyncio.Event()
        self._fault: Exception | None = None
        self._started_ns = clock.monotonic_ns()
        self._silence = Silence(self._started_ns)
        self.pump = Pump(normalizer, sink, clock, self._failed)
        self.lag = LatencyHistogram()
        self._lag_gauge = metrics.gauge("tapeline_apps_loop_lag_seconds", "Event-loop lag, newest.")
        context = LineContext(
            downstream=self.pump,
            dial=dial_with(settings.client),
            dial_options=DialOptions(wall_ns=clock.wall_ns, tls=tls),
            budget=connect_budget(clock),
            clock=clock,
            # Jitter only; nothing that must be secret.
            random_source=random.Random(),  # noqa: S311
            metrics=metrics,
            policy=LinePolicy(
                health=HealthPolicy(
                    first_data_s=settings.first_data_s, staleness_s=settings.staleness_s
                ),
                rotate_hours=settings.rotate_hours,
            ),
        )
        self.feed = Feed(plan, context)
        sink.create_topics(normalizer.topics([each.raw_symbol for each in plan.instruments]))
        metrics.collect_from(normalizer.counters)
        _transport_metrics(metrics, sink)

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
        feed = asyncio.create_task(self.feed.run(), name="feed")
        feed.add_done_callback(lambda _: self._stop.set())
        # What exists now lives as long as the process: the collector need not look at it again.
        gc.freeze()
        gc.set_threshold(50_000)
        with _signals(self.stop):
            await self._watch(on_progress)
            report = await self._drain(feed)
        if feed.done() and not feed.cancelled():
            feed.result()
        if self._fault is not None:
            raise self._fault
        if report.lost:
            raise TransportError(f"{report.lost} messages were lost: see the log")
        return self._summary(report)

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
            self.sink.poll()
            self.pump.retry()
            if on_progress is not None:
                on_progress(self)
            if self._is_over(clock.monotonic_ns()):
                return

    def _is_over(self, now_ns: int) -> bool:
        settings = self._settings
        silent_ns = self._silence.look(
            now_ns,
            frames=self.pump.frames,
            connections=self.feed.connections,
            is_waiting=self.pump.is_blocked,
        )
        if settings.idle_s is not None and silent_ns > self._idle_limit_s(settings.idle_s) * _NS:
            _LOG.info("nothing came any more", idle_s=settings.idle_s)
            return True
        age_ns = now_ns - self._started_ns
        return settings.duration_s is not None and age_ns > settings.duration_s * _NS

    def _idle_limit_s(self, idle_s: float) -> float:
        """Give a first connection that brings nothing the time to be replaced by a second one."""
        first_data_s = self._settings.first_data_s
        if first_data_s and self.feed.connections == 1 and not self.pump.last_received():
            return max(idle_s, first_data_s + _REPLACE_S)
        return idle_s

    async def _drain(self, feed: asyncio.Task[None]) -> CloseReport:
        """Stop in the order of the data: sockets, pump, normaliser, bus."""
        feed.cancel()
        await asyncio.wait({feed})
        closing = asyncio.create_task(self.feed.close(), name="close feed")
        while not closing.done():
            self.sink.poll()
            self.pump.retry()
            await asyncio.wait({closing}, timeout=_POLL_S)
        closing.result()
        try:
            self.pump.finish()
        finally:
            report = self.sink.close(self._settings.close_timeout_s)
        return report

    def _summary(self, report: CloseReport) -> CollectSummary:
        pump = self.pump
        active_ns = (pump.last_frame_ns or 0) - (pump.first_frame_ns or 0)
        return CollectSummary(
            counters=self.normalizer.counters(),
            gaps=self.normalizer.gaps(),
            latency={
                "receive_to_push": pump.waiting,
                "push": pump.pushing,
                "send_to_ack": self._sent.histogram,
                "loop_lag": self.lag,
            },
            transport=report,
            reconnects=self.feed.reconnects,
            seconds=(self._clock.monotonic_ns() - self._started_ns) / _NS,
            active_ns=active_ns,
        )


def _stat(sink: MessageSink, name: str) -> float:
    return float(getattr(sink.stats(), name))


def _transport_metrics(metrics: Metrics, sink: MessageSink) -> None:
    for state in ("acknowledged", "in_flight", "spooled", "failed"):
        gauge = metrics.gauge(
            "tapeline_transport_messages", "Messages by where they are.", state=state
        )
        gauge.set_function(partial(_stat, sink, state))


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
