"""How fast a stream comes and how long its events take to each stage, over the last minute."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tapeline.api.ports import LagFact

MINUTE_NS: Final = 60_000_000_000
_SECOND_NS: Final = 1_000_000_000
_SECONDS: Final = 60


class MinuteRate:
    """Counts by second. One thread adds, any reads."""

    __slots__ = ("_by_second", "_first")

    def __init__(self) -> None:
        self._by_second: dict[int, int] = {}
        self._first: int | None = None

    def add(self, at_ns: int, count: int) -> None:
        """Count what was there at a time; times may come in any order."""
        second = at_ns // _SECOND_NS
        if self._first is None or second < self._first:
            self._first = second
        self._by_second[second] = self._by_second.get(second, 0) + count
        if len(self._by_second) > 2 * _SECONDS:
            least = max(self._by_second) - _SECONDS
            for old in [each for each in self._by_second if each < least]:
                del self._by_second[old]

    def per_s(self, now_ns: int) -> float | None:
        """Return the mean of the whole seconds of the last minute; None in the very first one."""
        if self._first is None:
            return None
        now = now_ns // _SECOND_NS
        least = max(now - _SECONDS, self._first)
        if now <= least:
            return 0.0 if now - self._first > 0 else None
        counted = self._by_second.copy().items()
        return sum(count for second, count in counted if least <= second < now) / (now - least)


@dataclass(frozen=True, slots=True)
class Sample:
    """What one event took, in nanoseconds; below zero where the clocks of two machines differ."""

    at_ns: int
    """When it was read, by a clock that never goes back."""
    received_ns: int | None
    """From the venue's time to ours; None where the venue says none."""
    sent_ns: int
    """From received to handed to the bus: cleaning, and waiting for a batch."""
    read_ns: int
    """From handed to the bus to read here."""


class Samples:
    """The newest samples, about one a second. One thread adds, any reads."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: deque[Sample] = deque(maxlen=_SECONDS)

    def add(self, sample: Sample) -> None:
        """Keep a sample."""
        self._kept.append(sample)

    def is_due(self, now_ns: int) -> bool:
        """Whether the newest one is a second old."""
        return not self._kept or now_ns - self._kept[-1].at_ns >= _SECOND_NS

    def of_minute(self, now_ns: int) -> list[Sample]:
        """Return those of the last minute."""
        return [each for each in self._kept.copy() if now_ns - each.at_ns <= MINUTE_NS]


def lag_of(durations_ns: Iterable[int | None]) -> LagFact | None:
    """Return median, 99th percentile and most of some durations; None where there is none."""
    found = sorted(each for each in durations_ns if each is not None)
    if not found:
        return None
    last = len(found) - 1
    return LagFact(len(found), found[last // 2], found[-(-last * 99 // 100)], found[last])
