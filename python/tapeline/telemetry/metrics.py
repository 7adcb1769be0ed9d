"""Prometheus metrics: one registry of our own, checked names, children resolved once.

Names are ``tapeline_<layer>_<thing>_<unit>[_total]``. Nothing is counted per event in Python: hot
paths add up per batch, and the Rust core's own counters are read when somebody scrapes.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from tapeline.errors import SettingsError

_NAME = re.compile(r"tapeline_[a-z]+(_[a-z0-9]+)+")


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

    def counter(self, name: str, help_text: str, **labels: str) -> Counter:
        """Return a counter; with labels, the child that has them (resolve it once, keep it)."""
        with self._making:
            if name not in self._counters:
                self._counters[name] = Counter(
                    _checked(name), help_text, tuple(labels), registry=self.registry
                )
        return self._counters[name].labels(**labels) if labels else self._counters[name]

    def gauge(self, name: str, help_text: str, **labels: str) -> Gauge:
        """Return a gauge; with labels, the child that has them."""
        with self._making:
            if name not in self._gauges:
                self._gauges[name] = Gauge(
                    _checked(name), help_text, tuple(labels), registry=self.registry
                )
        return self._gauges[name].labels(**labels) if labels else self._gauges[name]

    def collect_from(self, snapshot: Callable[[], Mapping[str, Any]]) -> None:
        """Add the cleaning pipeline's counters, read afresh at each scrape."""
        self.registry.register(_CleaningCollector(snapshot))

    def serve(self, port: int, host: str = "127.0.0.1") -> Callable[[], None]:
        """Answer scrapes on a port, from a thread; return the function that stops it."""
        try:
            server, thread = start_http_server(port, host, self.registry)
        except (OSError, OverflowError) as error:
            raise SettingsError(f"metrics_port: cannot listen on {host}:{port}: {error}") from error

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop


# counters() key -> (metric, label name, help); keys without a label hold a plain number.
_CLEANING: tuple[tuple[str, str, str | None, str], ...] = (
    ("frames", "tapeline_cleaning_frames", None, "Frames judged."),
    ("events", "tapeline_cleaning_events", "type", "Events made, by type."),
    ("quality", "tapeline_cleaning_quality_events", "quality", "Events by quality."),
    ("quarantined", "tapeline_cleaning_quarantined_frames", "reason", "Frames quarantined."),
    ("duplicates", "tapeline_cleaning_duplicate_events", None, "Events that were out already."),
    ("control", "tapeline_cleaning_control_frames", "kind", "Acknowledgements and such."),
    ("unsupported", "tapeline_cleaning_unsupported_frames", "type", "Frames of other types."),
    ("fallbacks", "tapeline_cleaning_fallback_frames", None, "Trades the general parser read."),
    ("gaps_opened", "tapeline_cleaning_gaps_opened", None, "Holes found in the venue's ids."),
)
_LABEL_VALUES_MAX = 64


class _CleaningCollector(Collector):
    def __init__(self, snapshot: Callable[[], Mapping[str, Any]]) -> None:
        self._snapshot = snapshot

    def describe(self) -> Iterable[Metric]:
        return [CounterMetricFamily(name, text) for _, name, _, text in _CLEANING]

    def collect(self) -> Iterator[Metric]:
        counters = self._snapshot()
        for key, name, label, text in _CLEANING:
            if label is None:
                yield CounterMetricFamily(name, text, value=counters[key])
                continue
            family = CounterMetricFamily(name, text, labels=[label])
            for value, count in _bounded(counters[key]).items():
                family.add_metric([value], count)
            yield family
        for side in ("in", "out", "repaired", "flagged", "quarantined"):
            family = CounterMetricFamily(
                f"tapeline_cleaning_stage_{side}_frames", f"Per stage: {side}.", labels=["stage"]
            )
            for stage in counters["stages"]:
                family.add_metric([stage["stage"]], stage[side])
            yield family


def _bounded(counts: Mapping[str, int]) -> dict[str, int]:
    """Fold label values beyond a limit into ``other``: the names may come from the wire."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    kept = dict(ordered[:_LABEL_VALUES_MAX])
    rest = sum(count for _, count in ordered[_LABEL_VALUES_MAX:])
    if rest:
        kept["other"] = kept.get("other", 0) + rest
    return kept
