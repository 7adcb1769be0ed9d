"""Lines that bring the same streams: which is ahead, which misses what, and when all are down.

The normaliser merges them by event id: the first copy of an event is the event, each later one a
duplicate. So a line's pushes tell by themselves how often it came first.
"""

from collections.abc import Sequence

from tapeline.adapters.connection.carriers import Carriers
from tapeline.telemetry.latency import LatencyHistogram
from tapeline.telemetry.metrics import Metrics

_SAMPLE_EVERY_NS = 50_000_000
_SAMPLE_KEPT_NS = 2_000_000_000
_SAMPLES_MAX = 8


class Standing:
    """One line's place in its group, over all of its connections."""

    def __init__(self, group: "LineGroup", name: str, metrics: Metrics | None) -> None:
        self._group = group
        self.firsts = 0
        self.late = 0
        self.missed = 0
        self.lag = LatencyHistogram()
        self._since = 0
        self._seen = 0
        self._newest: tuple[bytes, int] | None = None
        self.is_up = False
        if metrics is not None:
            self._publish(metrics, name)

    def _publish(self, metrics: Metrics, name: str) -> None:
        for fact, text, read in (
            ("first_events", "Events that this line brought first.", lambda: float(self.firsts)),
            ("late_events", "Events that another line had brought.", lambda: float(self.late)),
            (
                "missed_events",
                "Events that only another line brought.",
                lambda: float(self.missing),
            ),
        ):
            gauge = metrics.gauge(f"tapeline_adapters_standby_{fact}", text, line=name)
            gauge.set_function(read)
        gauge = metrics.gauge(
            "tapeline_adapters_standby_lag_p99_seconds",
            "How late this line's copies are, sampled.",
            line=name,
        )
        gauge.set_function(lambda: (self.lag.summary()["p99_ns"] or 0) / 1e9)

    @property
    def missing(self) -> int:
        """Events of the group since this line came up that it has not brought (yet)."""
        open_now = self._group.distinct - self._since - self._seen if self.is_up else 0
        return self.missed + max(0, open_now)

    def came_up(self) -> None:
        """Begin to count: the line is connected."""
        self.is_up = True
        self._since, self._seen = self._group.distinct, 0

    def went_down(self) -> None:
        """Stop counting: what the group has and this line has not, it missed."""
        self.missed = self.missing
        self.is_up = False

    def brought(self, events: int, duplicates: int) -> None:
        """Take the outcome of one push of this line's frames."""
        self.firsts += events
        self.late += duplicates
        self._seen += events + duplicates
        self._group.distinct += events
        newest, self._newest = self._newest, None
        if newest is not None and events and not duplicates:
            self._group.sample(self, *newest)

    def watch(self, frames: list[bytes], stamps: list[int]) -> None:
        """Look for samples of other lines among these frames."""
        self._newest = frames[-1], stamps[-1]
        self._group.compare(self, frames, stamps)


class LineGroup:
    """Lines with the same streams; one alone is a group of its own."""

    def __init__(self, raw_symbols: Sequence[str], *, is_redundant: bool = False) -> None:
        self.raw_symbols = list(raw_symbols)
        self.is_redundant = is_redundant
        self.carriers = Carriers()
        self.distinct = 0
        self.standings: list[Standing] = []
        self._is_lost = False
        self._samples: dict[bytes, tuple[Standing, int]] = {}
        self._sampled_ns = 0

    def join(self, name: str, metrics: Metrics | None) -> Standing:
        """Take a line into the group."""
        standing = Standing(self, name, metrics)
        self.standings.append(standing)
        return standing

    def lose(self, standing: Standing) -> bool:
        """Take note that a line is down; return whether the group's data stops with it."""
        standing.went_down()
        if self._is_lost or any(each.is_up for each in self.standings):
            return False
        self._is_lost = True
        return True

    def restore(self, standing: Standing) -> bool:
        """Take note that a line is up; return whether the group's data had stopped."""
        standing.came_up()
        was_lost, self._is_lost = self._is_lost, False
        return was_lost

    def sample(self, standing: Standing, frame: bytes, stamp_ns: int) -> None:
        """Remember one frame in 50 ms of a push that came first, for the other lines' copies."""
        if stamp_ns - self._sampled_ns > _SAMPLE_EVERY_NS and len(self._samples) < _SAMPLES_MAX:
            self._sampled_ns = stamp_ns
            self._samples.setdefault(frame, (standing, stamp_ns))

    def compare(self, standing: Standing, frames: list[bytes], stamps: list[int]) -> None:
        """Measure how late the copies of samples are."""
        for sample, (first, stamp_ns) in list(self._samples.items()):
            if stamps[0] - stamp_ns > _SAMPLE_KEPT_NS:
                del self._samples[sample]
            elif first is not standing and sample in frames:
                del self._samples[sample]
                standing.lag.record(max(0, stamps[frames.index(sample)] - stamp_ns))
