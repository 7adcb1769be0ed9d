"""What one worker has done, for its summary, its status line and Prometheus."""

from collections import Counter
from dataclasses import dataclass, field

from tapeline.storage.consumer.delivery import Outcome
from tapeline.telemetry.metrics import Metrics


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
    """The Prometheus side: values are added per commit."""

    def __init__(self, metrics: Metrics, target: str) -> None:
        self._metrics = metrics
        self._target = target

    def committed(self, outcome: Outcome, seconds: float) -> None:
        """Count a load the store has taken."""
        self._add("messages_total", "Messages handled.", outcome.messages)
        self._add("redelivered_messages_total", "Messages stored before.", outcome.redelivered)
        self._add("commits_total", "Chunks stored.", 1)
        self._add("write_seconds_total", "Time from decoding to stored.", seconds)
        for event_type, rows in outcome.rows.items():
            self._metrics.counter(
                "tapeline_storage_rows_total", "Rows stored.", target=self._target, type=event_type
            ).inc(rows)
        for reason, count in outcome.dead_letters.items():
            self._metrics.counter(
                "tapeline_storage_dead_letters_total",
                "Messages and rows dead-lettered.",
                target=self._target,
                reason=reason,
            ).inc(count)

    def failed(self, kind: str) -> None:
        """Count an attempt that will be made again."""
        self._metrics.counter(
            "tapeline_storage_faults_total",
            "Attempts that failed.",
            target=self._target,
            kind=kind,
        ).inc()

    def watch(self, counts: Counts) -> None:
        """Show the state of this moment."""
        gauges = {
            "lag_messages": ("Messages on the bus not read yet.", counts.lag or 0),
            "buffered_bytes": ("Bytes read and not stored.", counts.buffered_bytes),
            "paused_state": ("1 while reading waits for the store.", int(counts.is_paused)),
        }
        for name, (text, value) in gauges.items():
            gauge = self._metrics.gauge(f"tapeline_storage_{name}", text, target=self._target)
            gauge.set(value)

    def _add(self, name: str, text: str, value: float) -> None:
        self._metrics.counter(f"tapeline_storage_{name}", text, target=self._target).inc(value)
