"""What is done about data that is not known to be right.

A *window* is a time in which something is missing (a gap in the ids, no line to the venue, a book
that is not to be trusted, a pause in collecting, messages gone from the bus) or in which nobody can
know (before and after what was collected; all of it where the venue numbers nothing). Each is
refused, masked or allowed.

What is masked has no part in the run: rows inside a window, both ends excluded, are seen neither by
the strategy nor by the market. What was wanted before a window is not wanted after it: orders and
targets still on their way are dropped, the position is held until a row after the window says
otherwise. Suspicious events are left out one by one and drop nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np

from tapeline.access.coverage import Coverage
from tapeline.access.streams import says_loss
from tapeline.access.times import to_text
from tapeline.compute.backtest.strategy import Array, Times
from tapeline.errors import ArgumentError, DataQualityError

Action = Literal["refuse", "mask", "allow"]

_LIMIT_NS = 2**62
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class QualityPolicy:
    """What is done about each kind of doubt."""

    gaps: Action = "refuse"
    unverifiable: Action = "allow"
    suspicious: Action = "mask"

    def __post_init__(self) -> None:
        for name, action in asdict(self).items():
            if action not in get_args(Action):
                raise ArgumentError(f"{name} is one of refuse, mask, allow; was {action!r}")

    @classmethod
    def of(cls, policy: "QualityPolicy | Action | None") -> "QualityPolicy":
        """Return a policy; None is the default.

        A single word is for gaps and for suspicious events. ``refuse`` also refuses what cannot be
        verified; ``mask`` allows it, because of a venue's messages without numbers nothing would be
        left.
        """
        if policy is None:
            return cls()
        if isinstance(policy, cls):
            return policy
        word: Any = policy
        return cls(word, "refuse" if word == "refuse" else "allow", word)

    def to_dict(self) -> dict[str, Any]:
        """Return the policy as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Window:
    """A time that is in doubt: between its ends, which are not part of it."""

    type: str
    start_ns: int | None
    end_ns: int | None
    reason: str
    is_loss: bool

    @property
    def bounds(self) -> tuple[int, int]:
        """Its ends as numbers."""
        start = -_LIMIT_NS if self.start_ns is None else self.start_ns
        return start, _LIMIT_NS if self.end_ns is None else self.end_ns

    def __str__(self) -> str:
        begin = "the beginning" if self.start_ns is None else to_text(self.start_ns)
        end = "the end" if self.end_ns is None else to_text(self.end_ns)
        return f"{self.type} {self.reason} from {begin} to {end}"


def windows_of(event_type: str, coverage: Coverage) -> list[Window]:
    """Return the windows that coverage tells of a type, in order of time."""
    found: dict[Window, None] = {}
    for hole in coverage.holes.to_arrow().to_pylist():
        reason = f"{hole['kind']}: {hole['reason']}" if hole["reason"] else str(hole["kind"])
        is_loss = says_loss(hole["kind"], hole["proof"])
        found[Window(event_type, hole["start_ns"], hole["end_ns"], reason, is_loss)] = None
    for stream in coverage.streams.to_arrow().to_pylist():
        if stream["loss"] not in ("proven", "inferred"):
            name = stream["channel"] or "channel"
            found[Window(event_type, None, None, f"{name} is {stream['loss']}", False)] = None
    return sorted(found, key=lambda each: (each.bounds, each.reason))


def coverage_of(markets: Mapping[str, Coverage]) -> dict[str, Any]:
    """Return what is known of several markets, by their names, as plain values."""
    parts = {name: each.to_dict() for name, each in markets.items()}
    if len(parts) == 1:
        return next(iter(parts.values()))
    verdicts = {each.is_complete for each in markets.values()}
    return {
        **next(iter(parts.values())),
        "summary": "; ".join(f"{name}: {part['summary']}" for name, part in parts.items()),
        "is_complete": False if False in verdicts else None if None in verdicts else True,
        "quarantined": sum(each.quarantined for each in markets.values()),
        "streams": [
            row for each in markets.values() for row in each.streams.to_arrow().to_pylist()
        ],
        "holes": [row for each in markets.values() for row in each.holes.to_arrow().to_pylist()],
    }


def masked(windows: Iterable[Window], policy: QualityPolicy, symbol: str) -> list[Window]:
    """Return the windows to mask.

    Raises
    ------
    DataQualityError
        The policy refuses some; the message names them.
    """
    kept = []
    refused = []
    for window in windows:
        action = policy.gaps if window.is_loss else policy.unverifiable
        if action == "refuse":
            refused.append(window)
        elif action == "mask":
            kept.append(window)
    if refused:
        shown = "; ".join(str(each) for each in refused[:_SHOWN])
        more = f"; and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
        raise DataQualityError(
            f"{symbol}: the policy refuses {shown}{more}."
            " Mask them with policy='mask', or leave that time out"
        )
    return kept


class Mask:
    """Which rows are left out for windows.

    Parameters
    ----------
    windows
        Those to mask. Those that overlap become one.
    """

    def __init__(self, windows: Sequence[Window]) -> None:
        self._merged: list[list[Window]] = []
        bounds: list[list[int]] = []
        for window in sorted(windows, key=lambda each: each.bounds):
            start, end = window.bounds
            if bounds and start < bounds[-1][1]:
                bounds[-1][1] = max(bounds[-1][1], end)
                self._merged[-1].append(window)
            else:
                bounds.append([start, end])
                self._merged.append([window])
        self._starts = np.array([start for start, _ in bounds], dtype=np.int64)
        self._ends = np.array([end for _, end in bounds], dtype=np.int64)
        self._events = np.zeros(len(bounds), dtype=np.int64)

    @property
    def starts(self) -> list[int]:
        """Where times begin that are left out, ascending."""
        return [int(each) for each in self._starts]

    def keep(self, times: Times) -> Array | None:
        """Return which rows stay; None is all. Counts those that do not."""
        if not len(self._starts) or not len(times):
            return None
        places = np.searchsorted(self._starts, times, side="left") - 1
        inside = (places >= 0) & (times < self._ends[np.maximum(places, 0)])
        if not inside.any():
            return None
        self._events += np.bincount(places[inside], minlength=len(self._starts))
        return ~inside

    def rows(self, symbol: str) -> list[Mapping[str, Any]]:
        """Return what was left out as rows of the result: each time once, with all reasons."""
        return [
            {
                "symbol": symbol,
                "type": ", ".join(dict.fromkeys(each.type for each in windows)),
                "start_ns": None if start == -_LIMIT_NS else int(start),
                "end_ns": None if end == _LIMIT_NS else int(end),
                "reason": _reasons(windows),
                "events": int(events),
            }
            for windows, start, end, events in zip(
                self._merged, self._starts, self._ends, self._events, strict=True
            )
        ]


def _reasons(windows: Sequence[Window]) -> str:
    reasons = list(dict.fromkeys(each.reason for each in windows))
    more = len(reasons) - _SHOWN
    return "; ".join(reasons[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
