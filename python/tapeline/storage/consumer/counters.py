"""What one worker has done, for its summary, its status line and Prometheus."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import Counter as Child

from tapeline.storage.consumer.batches import REASONS
from tapeline.storage.consumer.buffer import Load
from tapeline.storage.consumer.delivery import Outcome
from tapeline.telemetry.metrics import Metrics
from tapeline.wire.native import inspect

_AGES_PER_COMMIT: Final = 16


@dataclass(slots=True)
class Counts:
    """Sums over a worker's life. Other threads read it: a field is replaced, never changed."""

    messages: int = 0
    batches: int = 0
    redelivered: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    commits: int = 0
    faults: int = 0
    """Attempts that failed and were made again."""
    conflicts: int = 0
    jumps: int = 0
    """Messages the bus no longer had when they were due."""
    renewed: int = 0
    """Partitions that were made anew and read from their beginning."""
    residual: int = 0
    lag: int | None = None
    buffered_bytes: int = 0
    is_paused: bool = False
    fault: str | None = None
    """What keeps the store from taking rows now."""
    ended_by: str | None = None
    """The fault that ended the worker for good."""

    def add(self, outcome: Outcome) -> None:
        """Add what became of a load."""
        self.messages += outcome.messages
        self.batches += outcome.batches
        self.redelivered += outcome.redelivered
        # New objects: another thread may be adding the old ones up.
        self.rows = self.rows + outcome.rows
        self.dead_letters = self.dead_letters + outcome.dead_letters
        self.residual += outcome.residual
        self.commits += 1


class WorkerMetrics:
    """The Prometheus side: values are added per commit, children resolved once.

    Parameters
    ----------
    target
        The store's name.
    capacity_bytes
        Where reading pauses.
    """

    def __init__(self, metrics: Metrics, target: str, capacity_bytes: int = 0) -> None:
        self._metrics = metrics
        self._target = target
        self._children: dict[tuple[str, ...], Child] = {}
        self._flushes = metrics.latency("tapeline_storage_flush_seconds", target=target)
        self._ages = metrics.latency("tapeline_storage_published_to_stored_seconds", target=target)
        metrics.gauge("tapeline_storage_buffer_capacity_bytes", target=target).set(capacity_bytes)
        # A counter that begins with its first event has no increase that an alert could see.
        for reason in REASONS:
            self._add("dead_letters", 0, reason=reason)
        self._add("absent_messages", 0)
        self._gauges = {
            name: metrics.gauge(f"tapeline_storage_{name}", target=target)
            for name in (
                "lag_messages",
                "buffered_bytes",
                "paused_state",
                "up_state",
                "residual_messages",
            )
        }

    def committed(self, outcome: Outcome, seconds: float, load: Load, now_ns: int) -> None:
        """Count a load the store has taken.

        Parameters
        ----------
        seconds
            From decoding to stored.
        now_ns
            Wall clock, Unix UTC nanoseconds.
        """
        self._add("messages", outcome.messages)
        self._add("redelivered_messages", outcome.redelivered)
        self._add("commits", 1)
        self._add("write_seconds", seconds)
        self._add("bytes", load.bytes)
        self._flushes.record(int(seconds * 1e9))
        # Evenly spaced ones speak for all: asking each batch would cost what decoding costs.
        for batch in load.batches[:: max(1, len(load.batches) // _AGES_PER_COMMIT)]:
            self._ages.record(now_ns - inspect(batch.value).sent_ns)
        for event_type, rows in outcome.rows.items():
            self._add("rows", rows, type=event_type)
        for reason, count in outcome.dead_letters.items():
            self._add("dead_letters", count, reason=reason)

    def failed(self, kind: str) -> None:
        """Count an attempt that will be made again."""
        self._add("faults", 1, kind=kind)

    def absent(self, messages: int) -> None:
        """Count messages that the bus no longer had."""
        self._add("absent_messages", messages)

    def watch(self, counts: Counts) -> None:
        """Show the state of this moment."""
        values = {
            "lag_messages": counts.lag or 0,
            "buffered_bytes": counts.buffered_bytes,
            "paused_state": int(counts.is_paused),
            "up_state": int(counts.fault is None and counts.ended_by is None),
            "residual_messages": counts.residual,
        }
        for name, value in values.items():
            self._gauges[name].set(value)

    def _add(self, name: str, value: float, **labels: str) -> None:
        key = (name, *labels.values())
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._metrics.counter(
                f"tapeline_storage_{name}", target=self._target, **labels
            )
        child.inc(value)
