"""What ``tapeline store`` has done, for people and for programs."""

from dataclasses import dataclass
from typing import Any

from tapeline.storage.consumer.counters import Counts


@dataclass(frozen=True, slots=True)
class TargetSummary:
    """One target's part."""

    target: str
    """The address without its password."""
    counts: Counts

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        counts = self.counts
        return {
            "target": self.target,
            "rows": dict(sorted(counts.rows.items())),
            "messages": counts.messages,
            "batches": counts.batches,
            "redelivered": counts.redelivered,
            "dead_letters": dict(sorted(counts.dead_letters.items())),
            "commits": counts.commits,
            "faults": counts.faults,
            "conflicts": counts.conflicts,
            "jumped": counts.jumps,
            "made_anew": counts.renewed,
            "lag": counts.lag,
            "residual": counts.residual,
            "ended_by": counts.ended_by,
        }


@dataclass(frozen=True, slots=True)
class StoreSummary:
    """A whole run."""

    targets: list[TargetSummary]
    seconds: float

    @property
    def residual(self) -> int:
        """Messages and events without a verdict, over all targets; not 0 is a defect."""
        return sum(each.counts.residual for each in self.targets)

    @property
    def ended_by(self) -> str | None:
        """The first fault that ended a target's worker."""
        return next((each.counts.ended_by for each in self.targets if each.counts.ended_by), None)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "targets": [each.as_dict() for each in self.targets],
            "seconds": round(self.seconds, 3),
            "residual": self.residual,
        }

    def rows(self) -> list[tuple[str, ...]]:
        """Return a table's rows: target, rows, by type, messages, redelivered, dead letters."""
        return [
            (
                each.target,
                f"{each.counts.rows.total():,}",
                ", ".join(f"{name} {count:,}" for name, count in sorted(each.counts.rows.items())),
                f"{each.counts.messages:,}",
                f"{each.counts.redelivered:,}",
                f"{each.counts.dead_letters.total():,}",
                f"{each.counts.residual:,}",
            )
            for each in self.targets
        ]
