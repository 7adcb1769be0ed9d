"""What a collector did, for people and for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    lines
        How each line of a core pair fared beside the other.
    markets
        Events by type and ``book_snapshots``, by market.
    recovered
        Messages of an earlier run that were found in the spool.
    """

    counters: Mapping[str, Any]
    gaps: list[dict[str, Any]]
    latency: Mapping[str, LatencyHistogram]
    transport: CloseReport
    reconnects: int
    seconds: float
    active_ns: int
    lines: Sequence[Mapping[str, Any]] = ()
    markets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    recovered: int = 0

    @property
    def residual(self) -> int:
        """Frames without a verdict; anything but 0 is a defect."""
        return residual_of(self.counters)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        counters = self.counters
        frames = counters["frames"]
        rate = frames * _NS / self.active_ns if self.active_ns else 0.0
        return {
            "frames": frames,
            "events": dict(counters["events"]),
            "quality": dict(counters["quality"]),
            "book_snapshots": counters["book_snapshots"],
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
                "recovered": self.recovered,
            },
            **({"lines": [dict(each) for each in self.lines]} if self.lines else {}),
            **({"markets": dict(self.markets)} if len(self.markets) > 1 else {}),
        }

    def rows(self) -> list[tuple[str, str]]:
        """Return the lines of the table for people."""
        facts = self.as_dict()
        rows = [
            ("frames", f"{facts['frames']:,}"),
            ("events", _counts(facts["events"])),
            ("book snapshots", f"{facts['book_snapshots']:,}"),
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
        for name, events in self.markets.items():
            if len(self.markets) > 1:
                rows.append((f"events {name}", _counts(events)))
        for line in self.lines:
            facts_of_line = (
                f"{line['first']:,} first, {line['late']:,} late, {line['missed']:,} missed"
            )
            rows.append((f"line {line['line']}", facts_of_line))
        rows.append(("transport", _counts(facts["transport"])))
        rate = f"{facts['frames_per_second']:,.0f} frames/s in {facts['seconds']:,.1f} s"
        rows.append(("rate", rate))
        return rows


def residual_of(counters: Mapping[str, Any]) -> int:
    """Return how many things a normaliser has given no verdict; anything but 0 is a defect."""
    events = sum(counters["events"].get(name, 0) for name in _MARKET_DATA)
    quarantined = sum(counters["quarantined"].values())
    control = sum(counters["control"].values())
    unsupported = sum(counters["unsupported"].values())
    judged = events + counters["duplicates"] + quarantined + control + unsupported
    # A frame with a list of trades has a verdict for each of them.
    return int(counters.get("items", counters["frames"]) - judged)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "0"


def _latency(found: Mapping[str, int | None]) -> str:
    if not found["count"]:
        return "-"
    parts = (f"{name} {_micros(found[f'{name}_ns'])}" for name in ("p50", "p99", "max"))
    return ", ".join(parts)


def _micros(value_ns: int | None) -> str:
    return f"{(value_ns or 0) / 1_000:,.0f} µs"


def summed(accounts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Add up the counters of several normalisers: numbers, and numbers by name."""
    total: dict[str, Any] = {}
    for account in accounts:
        for key, value in account.items():
            total[key] = _sum_of(total.get(key), value)
    return total


def _sum_of(total: Any, value: Any) -> Any:  # noqa: ANN401 - what the counters hold
    if total is None:
        return _copied(value)
    if isinstance(value, Mapping):
        merged = dict(total)
        for key, count in value.items():
            merged[key] = _sum_of(merged.get(key), count)
        return merged
    if isinstance(value, list):
        # One entry a stage, in the same order everywhere.
        return [_sum_of(mine, theirs) for mine, theirs in zip(total, value, strict=True)]
    return total + value if isinstance(value, int) else total


def _copied(value: Any) -> Any:  # noqa: ANN401 - what the counters hold
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, list) else value
