"""What a collector did, for people and for machines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tapeline.telemetry.latency import LatencyHistogram
from tapeline.transport.ports import CloseReport

# Coverage and quarantine records are about the data, not of it.
_MARKET_DATA = ("trade", "orderbook", "funding", "liquidation")
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectSummary:
    """The account of one run.

    Parameters
    ----------
    counters, gaps
        The normaliser's, after its end.
    latency
        Histograms by stage.
    transport
        What became of the messages.
    reconnects
        Connections beyond the first of each line.
    seconds
        From start to end.
    active_ns
        From the first push to the last.
    """

    counters: Mapping[str, Any]
    gaps: list[dict[str, Any]]
    latency: Mapping[str, LatencyHistogram]
    transport: CloseReport
    reconnects: int
    seconds: float
    active_ns: int

    @property
    def residual(self) -> int:
        """Frames without a verdict; anything but 0 is a defect."""
        counters = self.counters
        events = sum(counters["events"].get(name, 0) for name in _MARKET_DATA)
        quarantined = sum(counters["quarantined"].values())
        control = sum(counters["control"].values())
        unsupported = sum(counters["unsupported"].values())
        judged = events + counters["duplicates"] + quarantined + control + unsupported
        return int(counters["frames"] - judged)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        counters = self.counters
        frames = counters["frames"]
        rate = frames * _NS / self.active_ns if self.active_ns else 0.0
        return {
            "frames": frames,
            "events": dict(counters["events"]),
            "quality": dict(counters["quality"]),
            "duplicates": counters["duplicates"],
            "gaps_opened": counters["gaps_opened"],
            "gaps": self.gaps,
            "quarantined": dict(counters["quarantined"]),
            "control": dict(counters["control"]),
            "unsupported": dict(counters["unsupported"]),
            "fallbacks": counters["fallbacks"],
            "residual": self.residual,
            "reconnects": self.reconnects,
            "seconds": round(self.seconds, 3),
            "frames_per_second": round(rate, 1),
            "latency": {name: dict(each.summary()) for name, each in self.latency.items()},
            "transport": {
                "delivered": self.transport.delivered,
                "spooled": self.transport.spooled,
                "failed": self.transport.failed,
                "lost": self.transport.lost,
            },
        }

    def rows(self) -> list[tuple[str, str]]:
        """Return the lines of the table for people."""
        facts = self.as_dict()
        rows = [
            ("frames", f"{facts['frames']:,}"),
            ("events", _counts(facts["events"])),
            ("quality", _counts(facts["quality"])),
            ("duplicates", f"{facts['duplicates']:,}"),
            ("quarantined", _counts(facts["quarantined"])),
            ("control", _counts(facts["control"])),
            ("unsupported", _counts(facts["unsupported"])),
            ("gaps", f"{facts['gaps_opened']:,} opened, {len(facts['gaps']):,} still open"),
            ("residual", f"{facts['residual']:,}"),
            ("reconnects", f"{facts['reconnects']:,}"),
        ]
        for stage, found in facts["latency"].items():
            rows.append((f"latency {stage}", _latency(found)))
        rows.append(("transport", _counts(facts["transport"])))
        rate = f"{facts['frames_per_second']:,.0f} frames/s in {facts['seconds']:,.1f} s"
        rows.append(("rate", rate))
        return rows


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "0"


def _latency(found: Mapping[str, int | None]) -> str:
    if not found["count"]:
        return "-"
    parts = (f"{name} {_micros(found[f'{name}_ns'])}" for name in ("p50", "p99", "max"))
    return ", ".join(parts)


def _micros(value_ns: int | None) -> str:
    return f"{(value_ns or 0) / 1_000:,.0f} µs"
