"""The counters of the pipeline, in the form of ``Normalizer.counters()``."""

from collections import Counter
from typing import Any, Final

from .issues import REPAIRABLE, SUSPICIOUS

STAGES: Final = ("structure", "fields", "symbol", "precision", "receive_time", "anomaly")
EVENT_TYPES: Final = ("trade", "orderbook", "funding", "liquidation")


class StageCounter:
    """What went into a stage, out of it, and what it remarked on the way."""

    def __init__(self) -> None:
        self.entered = self.left = self.repaired = self.flagged = self.quarantined = 0

    def leave(self, remarks: list[str]) -> None:
        """Count something that goes on, with the remarks of this stage."""
        self.left += 1
        if remarks:
            self.repaired += any(remark in REPAIRABLE for remark in remarks)
            self.flagged += any(remark in SUSPICIOUS for remark in remarks)


class Counters:
    """Everything that is counted."""

    def __init__(self) -> None:
        self.frames = 0
        self.events: Counter[str] = Counter()
        self.duplicates = 0
        self.gaps_opened = 0
        self.quality: Counter[str] = Counter()
        self.quarantined: Counter[str] = Counter()
        self.control: Counter[str] = Counter()
        self.unsupported: Counter[str] = Counter()
        self.stages = [StageCounter() for _ in STAGES]

    def residual(self) -> int:
        """Return the frames that got no verdict: 0."""
        verdicts = self.quarantined.total() + self.control.total() + self.unsupported.total()
        return self.frames - self.events.total() - self.duplicates - verdicts

    def as_dict(self) -> dict[str, Any]:
        """Return all counters but ``fallbacks``, which is about the fast parser alone."""
        grades = ("perfect", "repaired", "suspicious")
        return {
            "frames": self.frames,
            "items": self.frames,
            "replies": 0,
            "events": {kind: self.events[kind] for kind in EVENT_TYPES},
            "book_snapshots": 0,
            "quality": {grade: self.quality[grade] for grade in grades},
            "quarantined": dict(self.quarantined),
            "duplicates": self.duplicates,
            "control": dict(self.control),
            "unsupported": dict(self.unsupported),
            "gaps_opened": self.gaps_opened,
            "stages": [
                {
                    "stage": name,
                    "in": stage.entered,
                    "out": stage.left,
                    "repaired": stage.repaired,
                    "flagged": stage.flagged,
                    "quarantined": stage.quarantined,
                }
                for name, stage in zip(STAGES, self.stages, strict=True)
            ],
        }
