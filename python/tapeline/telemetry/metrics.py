"""Prometheus metrics: one registry of our own, checked names, children resolved once.

Nothing is counted per event in Python: hot paths add up per batch, and counters that are kept
elsewhere (the Rust core's, a sink's) are read when somebody scrapes.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from tapeline.telemetry.catalogue import CATALOGUE, LABEL_VALUES_MAX, Spec
from tapeline.telemetry.latency import LatencyHistogram
from tapeline.telemetry.log import logger

_LOG = logger("tapeline.telemetry")
_NAME = re.compile(r"tapeline_[a-z]+(_[a-z0-9]+)+")
_NS = 1_000_000_000
# Nanoseconds; the last bucket is everything longer.
_BOUNDS_NS = tuple(
    unit * digit
    for unit in (100_000, 1_000_000, 10_000_000, 100_000_000, _NS, 10 * _NS)
    for digit in ((1, 2, 5) if unit < 10 * _NS else (1, 3, 6))
)

# A series more for each counter, which nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]

Reading = tuple[str, Mapping[str, str], float]
"""Name in the catalogue, labels, value."""


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a metric is named tapeline_<layer>_<thing>_<unit>, was {name!r}")
    return name


class Metrics:
    """The process's metrics. Any thread may use them."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self.registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._latencies = _Latencies()
        self._readings = _Readings(self.counter("tapeline_telemetry_scrape_faults"))
        # In this order: a reading may record what a histogram then shows.
        self.registry.register(self._readings)
        self.registry.register(self._latencies)
        ProcessCollector(registry=self.registry)

    def counter(self, name: str, help_text: str = "", **labels: str) -> Counter:
        """Return a counter; with labels, the child that has them (resolve it once, keep it).

        The text of the catalogue goes before ``help_text``.
        """
        name = name.removesuffix("_total")
        with self._making:
            if name not in self._counters:
                self._counters[name] = Counter(
                    _checked(name), _text(name, help_text), tuple(labels), registry=self.registry
                )
        return self._counters[name].labels(**labels) if labels else self._counters[name]

    def gauge(self, name: str, help_text: str = "", **labels: str) -> Gauge:
        """Return a gauge; with labels, the child that has them."""
        with self._making:
            if name not in self._gauges:
                self._gauges[name] = Gauge(
                    _checked(name), _text(name, help_text), tuple(labels), registry=self.registry
                )
        return self._gauges[name].labels(**labels) if labels else self._gauges[name]

    def latency(
        self, name: str, histogram: LatencyHistogram | None = None, /, **labels: str
    ) -> LatencyHistogram:
        """Show a histogram of the catalogue, a new one where none is given, and return it.

        Record from one thread; a scrape may read meanwhile.
        """
        shown = LatencyHistogram() if histogram is None else histogram
        self._latencies.add(CATALOGUE[name], labels, shown)
        return shown

    def read_from(self, read: Callable[[], Iterable[Reading]]) -> None:
        """Ask ``read`` for values at each scrape; one that raises is logged and left out."""
        self._readings.add(read)


def _text(name: str, text: str) -> str:
    spec = CATALOGUE.get(name)
    return spec.text if spec is not None else text


class _Readings(Collector):
    """Values that are kept elsewhere; several readers may give children of one metric."""

    def __init__(self, faults: Counter) -> None:
        self._readers: list[Callable[[], Iterable[Reading]]] = []
        self._faults = faults
        self._reading = threading.Lock()
        self._is_told = False

    def add(self, read: Callable[[], Iterable[Reading]]) -> None:
        self._readers = [*self._readers, read]

    def collect(self) -> Iterator[Metric]:
        # One scrape after another: readers may keep something from one to the next.
        with self._reading:
            yield from self._families().values()

    def _families(self) -> dict[str, CounterMetricFamily | GaugeMetricFamily]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for read in self._readers:
            for name, labels, value in self._asked(read):
                spec = CATALOGUE[name]
                family = families.get(name)
                if family is None:
                    family = families[name] = _family(spec)
                family.add_metric([labels[label] for label in spec.labels], value)
        return families

    def _asked(self, read: Callable[[], Iterable[Reading]]) -> list[Reading]:
        try:
            return list(read())
        except Exception:  # noqa: BLE001 - the other readings are still worth having
            self._faults.inc()
            if not self._is_told:
                self._is_told = True
                _LOG.exception("a metric cannot be read")
            return []


def _family(spec: Spec) -> CounterMetricFamily | GaugeMetricFamily:
    kind = CounterMetricFamily if spec.kind == "counter" else GaugeMetricFamily
    return kind(spec.name, spec.text, labels=spec.labels)


class _Latencies(Collector):
    """Our histograms of 3 % width, folded into Prometheus' buckets at each scrape."""

    def __init__(self) -> None:
        self._shown: dict[Spec, list[tuple[list[str], LatencyHistogram]]] = {}

    def add(self, spec: Spec, labels: Mapping[str, str], histogram: LatencyHistogram) -> None:
        values = [labels[label] for label in spec.labels]
        shown = dict(self._shown)
        shown[spec] = [*shown.get(spec, []), (values, histogram)]
        self._shown = shown

    def collect(self) -> Iterator[Metric]:
        for spec, children in self._shown.items():
            family = HistogramMetricFamily(spec.name, spec.text, labels=spec.labels)
            for values, histogram in children:
                counts, total = histogram.cumulative(_BOUNDS_NS)
                buckets = [
                    (repr(bound / _NS), float(count))
                    for bound, count in zip(_BOUNDS_NS, counts, strict=False)
                ]
                buckets.append(("+Inf", float(counts[-1])))
                family.add_metric(values, buckets, total / _NS)
            yield family


def bounded(counts: Mapping[str, int]) -> dict[str, int]:
    """Fold label values beyond a limit into ``other``: the names may come from the wire."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    kept = dict(ordered[:LABEL_VALUES_MAX])
    rest = sum(count for _, count in ordered[LABEL_VALUES_MAX:])
    if rest:
        kept["other"] = kept.get("other", 0) + rest
    return kept


_CLEANING: tuple[tuple[str, str, str | None], ...] = (
    # counters() key, metric, label; without a label the key holds a plain number.
    ("frames", "frames", None),
    ("items", "items", None),
    ("events", "events", "type"),
    ("quality", "quality_events", "quality"),
    ("quarantined", "quarantined_frames", "reason"),
    ("duplicates", "duplicate_events", None),
    ("control", "control_frames", "kind"),
    ("unsupported", "unsupported_frames", "type"),
    ("fallbacks", "fallback_frames", None),
    ("gaps_opened", "gaps_opened", None),
)
_STAGE_SIDES = ("in", "out", "repaired", "flagged", "quarantined")


def cleaning_readings(counters: Mapping[str, Any], labels: Mapping[str, str]) -> Iterator[Reading]:
    """Turn a normaliser's counters into readings.

    Parameters
    ----------
    counters
        As :meth:`~tapeline.cleaning.native.NativeNormalizer.counters` gives them.
    labels
        Exchange and market.
    """
    for key, name, label in _CLEANING:
        metric = f"tapeline_cleaning_{name}"
        if label is None:
            yield metric, labels, counters[key]
            continue
        for value, count in bounded(counters[key]).items():
            yield metric, {**labels, label: value}, count
    for stage in counters["stages"]:
        for side in _STAGE_SIDES:
            yield (
                f"tapeline_cleaning_stage_{side}_frames",
                {**labels, "stage": stage["stage"]},
                stage[side],
            )
