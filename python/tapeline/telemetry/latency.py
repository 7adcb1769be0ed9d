"""Latency histograms: fixed memory, mergeable, 3 % resolution."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

# 32 buckets for every doubling: a bucket is at most 1/32 = 3.1 % wide.
_SUB_BITS = 5
_SUB = 1 << _SUB_BITS


def _bucket(value_ns: int) -> int:
    if value_ns < _SUB:
        return value_ns
    shift = value_ns.bit_length() - _SUB_BITS - 1
    return ((shift + 1) << _SUB_BITS) + ((value_ns >> shift) - _SUB)


def _upper_ns(bucket: int) -> int:
    if bucket < _SUB:
        return bucket
    shift = (bucket >> _SUB_BITS) - 1
    return (((bucket & (_SUB - 1)) + _SUB + 1) << shift) - 1


class LatencyHistogram:
    """Counts durations in logarithmic buckets.

    Percentiles are the upper end of their bucket (never too good, at most 3.1 % too bad), limited
    to the largest value seen. Negative durations (the wall clock stepped) count as 0.
    """

    __slots__ = ("_counts", "count", "max_ns", "total_ns")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.count = 0
        self.max_ns = 0
        self.total_ns = 0

    def record(self, value_ns: int, count: int = 1) -> None:
        """Count a duration in nanoseconds, ``count`` times."""
        if value_ns < 0:
            value_ns = 0
        if value_ns > self.max_ns:
            self.max_ns = value_ns
        key = _bucket(value_ns)
        self._counts[key] = self._counts.get(key, 0) + count
        self.count += count
        self.total_ns += value_ns * count

    def merge(self, other: "LatencyHistogram") -> None:
        """Add everything another histogram counted."""
        for key, count in other.buckets().items():
            self._counts[key] = self._counts.get(key, 0) + count
        self.count += other.count
        self.total_ns += other.total_ns
        self.max_ns = max(self.max_ns, other.max_ns)

    def buckets(self) -> Mapping[int, int]:
        """Return the counts by bucket number, for merging."""
        return self._counts

    def cumulative(self, bounds_ns: Sequence[int]) -> tuple[list[int], int]:
        """Return how many did not exceed each bound, then all of them; and their sum.

        A bucket counts below a bound when all of it is: never too good. Another thread may be
        recording.
        """
        total_ns = self.total_ns
        places = [0] * (len(bounds_ns) + 1)
        for key, count in self._counts.copy().items():
            places[bisect_left(bounds_ns, _upper_ns(key))] += count
        for at in range(1, len(places)):
            places[at] += places[at - 1]
        return places, total_ns

    def percentile_ns(self, fraction: float) -> int | None:
        """Return the duration that ``fraction`` (0 to 1) of all do not exceed; None when empty."""
        if not self.count:
            return None
        rank = max(1, -int(-fraction * self.count // 1))
        seen = 0
        for key in sorted(self._counts):
            seen += self._counts[key]
            if seen >= rank:
                return min(_upper_ns(key), self.max_ns)
        return self.max_ns

    def summary(self) -> Mapping[str, int | None]:
        """Return count, and p50, p99 and max in nanoseconds (None when nothing was recorded)."""
        return {
            "count": self.count,
            "p50_ns": self.percentile_ns(0.5),
            "p99_ns": self.percentile_ns(0.99),
            "max_ns": self.max_ns if self.count else None,
        }
