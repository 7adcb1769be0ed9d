"""What a collector shows to whoever scrapes it: read then, never counted on the way."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import Any, Final

from tapeline.adapters.connection.dialect import StreamKey
from tapeline.adapters.connection.inbox import FRAMES_HIGH
from tapeline.apps.collect_summary import residual_of
from tapeline.apps.market import Market
from tapeline.apps.pump import Message
from tapeline.errors import DecodeError
from tapeline.telemetry.catalogue import STREAMS_MAX
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.latency import LatencyHistogram
from tapeline.telemetry.metrics import Metrics, Reading, cleaning_readings
from tapeline.wire.native import decode

_NS: Final = 1_000_000_000
_TIMED: Final = ("trade", "orderbook", "funding", "liquidation")


@dataclass(frozen=True, slots=True)
class StreamReading:
    """One subscription: how long it has been silent, how long it may be; in seconds."""

    exchange: str
    market: str
    symbol: str
    channel: str
    silence_s: float
    allowed_s: float

    @property
    def is_stale(self) -> bool:
        """Whether it has been silent for longer than it may."""
        return self.silence_s > self.allowed_s

    @property
    def labels(self) -> dict[str, str]:
        """Return its labels."""
        names = ("exchange", "market", "symbol", "channel")
        return {name: getattr(self, name) for name in names}


class Silences:
    """How long subscriptions have been silent; one without any data since it was first seen."""

    def __init__(self) -> None:
        self._since_ns: dict[tuple[str, str, StreamKey], int] = {}

    def read(
        self,
        venue: tuple[str, str],
        allowances: Iterable[tuple[StreamKey, float]],
        received: Mapping[StreamKey, int],
        now_ns: int,
    ) -> Iterator[StreamReading]:
        """Return the subscriptions of a market that must not be silent.

        Parameters
        ----------
        venue
            Exchange and market.
        allowances
            Seconds each may be silent; of a stream on several lines the most counts.
        received
            Newest stamps, Unix UTC nanoseconds, as ``now_ns``.
        """
        allowed: dict[StreamKey, float] = {}
        for key, seconds in allowances:
            allowed[key] = max(seconds, allowed.get(key, 0.0))
        for key, seconds in allowed.items():
            if seconds == inf:
                continue
            since_ns = self._since_ns.setdefault((*venue, key), now_ns)
            silence_s = max(0, now_ns - received.get(key, since_ns)) / _NS
            yield StreamReading(*venue, *key, silence_s, seconds)


class StreamWatch:
    """Measures the silence of every subscription that has one instrument."""

    def __init__(self, markets: Sequence[Market], clock: Clock) -> None:
        self._markets = markets
        self._clock = clock
        self._silences = Silences()

    def read(self) -> list[StreamReading]:
        """Return the subscriptions that must not be silent, the most overdue first."""
        now_ns = self._clock.wall_ns()
        found: list[StreamReading] = []
        for market in self._markets:
            venue = (market.plan.venue.exchange, market.plan.venue.market)
            lines = tuple(market.feed.lines)
            allowances = (each for line in lines for each in line.allowances())
            found += self._silences.read(venue, allowances, market.pump.last_received(), now_ns)
        return sorted(found, key=lambda each: each.allowed_s - each.silence_s)


class CollectReadings:
    """All of a collector's readings.

    Parameters
    ----------
    markets
        The collector's.
    streams
        Their subscriptions.
    """

    def __init__(self, markets: Sequence[Market], streams: StreamWatch, metrics: Metrics) -> None:
        self._markets = markets
        self._streams = streams
        self._metrics = metrics
        self._ages: dict[tuple[str, str], LatencyHistogram] = {}
        for market in markets:
            labels = labels_of(market)
            pump = market.pump
            metrics.latency("tapeline_apps_received_to_pushed_seconds", pump.waiting, **labels)
            metrics.latency("tapeline_apps_push_seconds", pump.pushing, **labels)
        metrics.read_from(self.read)
        metrics.read_from(self._stream_readings)

    def read(self) -> Iterator[Reading]:
        """Return everything but the single subscriptions."""
        for market in self._markets:
            labels = labels_of(market)
            yield from _of_feed(market, labels)
            yield from _of_cleaning(market, labels)
            self._take_samples(market, labels)

    def _stream_readings(self) -> Iterator[Reading]:
        found = self._streams.read()
        for market in self._markets:
            labels = labels_of(market)
            mine = [
                each
                for each in found
                if (each.exchange, each.market) == (labels["exchange"], labels["market"])
            ]
            yield "tapeline_adapters_streams", labels, len(mine)
            yield "tapeline_adapters_stale_streams", labels, sum(each.is_stale for each in mine)
        for each in islice(found, STREAMS_MAX):
            yield "tapeline_adapters_stream_silence_seconds", each.labels, each.silence_s
            yield "tapeline_adapters_stream_allowed_silence_seconds", each.labels, each.allowed_s

    def _take_samples(self, market: Market, labels: dict[str, str]) -> None:
        """Decode what the pump put aside since the last look."""
        samples = market.pump.samples
        while samples:
            event_type, ages = ages_ns(samples.popleft())
            if not ages:
                continue
            key = (market.plan.name, event_type)
            histogram = self._ages.get(key)
            if histogram is None:
                histogram = self._ages[key] = self._metrics.latency(
                    "tapeline_adapters_exchange_to_received_seconds", **labels, type=event_type
                )
            for age_ns in ages:
                histogram.record(age_ns)


def labels_of(market: Market) -> dict[str, str]:
    """Return exchange and market."""
    venue = market.plan.venue
    return {"exchange": venue.exchange, "market": venue.market}


def ages_ns(message: Message) -> tuple[str, list[int]]:
    """Return the type of a message's events and how long each took from the venue to us."""
    event_type = message[0].partition(".")[0]
    if event_type not in _TIMED:
        return event_type, []
    try:
        table = decode([message[2]], event_type=event_type).to_arrow()
    except DecodeError:
        return event_type, []
    sent: Iterable[int | None] = table["timestamp_ns"].to_pylist()
    received: Iterable[int | None] = table["received_ns"].to_pylist()
    pairs = zip(sent, received, strict=True)
    return event_type, [b - a for a, b in pairs if a is not None and b is not None]


def _of_feed(market: Market, labels: dict[str, str]) -> Iterator[Reading]:
    feed, pump = market.feed, market.pump
    lines = tuple(feed.lines)
    yield "tapeline_adapters_frames", labels, pump.frames
    yield "tapeline_adapters_received_bytes", labels, pump.bytes
    yield "tapeline_adapters_reconnects", labels, feed.reconnects
    yield "tapeline_adapters_lines", labels, len(lines)
    yield "tapeline_adapters_inbox_frames", labels, sum(line.waiting_frames for line in lines)
    yield "tapeline_adapters_inbox_capacity_frames", labels, FRAMES_HIGH * len(lines)


def _of_cleaning(market: Market, labels: dict[str, str]) -> Iterator[Reading]:
    normalizer = market.normalizer
    counters: dict[str, Any] = normalizer.counters()
    yield from cleaning_readings(counters, labels)
    gaps = normalizer.gaps()
    missing = sum(gap["last_missing"] - gap["first_missing"] + 1 for gap in gaps)
    yield "tapeline_cleaning_residual_items", labels, residual_of(counters)
    yield "tapeline_cleaning_open_gaps", labels, len(gaps)
    yield "tapeline_cleaning_missing_events", labels, missing
    yield "tapeline_cleaning_forgotten_gaps", labels, counters["gaps_forgotten"]
    states: dict[str, int] = {}
    for book in normalizer.books():
        states[book["state"]] = states.get(book["state"], 0) + 1
    for state, count in states.items():
        yield "tapeline_cleaning_books", {**labels, "state": state}, count
