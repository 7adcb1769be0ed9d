"""How long a stream is usually silent: a histogram of its silences, a few integers a stream."""

_NS = 1_000_000_000
# Bucket b holds silences below 2**b times this; the last one everything longer.
_UNIT_NS = 15_625_000
_BUCKETS = 18
# Below this the 99.9th percentile says nothing.
_SAMPLES_MIN = 1_000
# Old habits are forgotten: all counts are halved at this many samples.
_SAMPLES_MAX = 20_000


class Rhythm:
    """The silences of one stream."""

    __slots__ = ("_counts", "_samples", "longest_ns")

    def __init__(self) -> None:
        self._counts: list[int] | None = None
        self._samples = 0
        self.longest_ns = 0

    def heard(self, silence_ns: int) -> None:
        """Take note that a silence ended after so long."""
        self.longest_ns = max(self.longest_ns, silence_ns)
        if self._counts is None:
            self._counts = [0] * _BUCKETS
        bucket = min((silence_ns // _UNIT_NS).bit_length(), _BUCKETS - 1)
        self._counts[bucket] += 1
        self._samples += 1
        if self._samples >= _SAMPLES_MAX:
            self._counts = [count // 2 for count in self._counts]
            self._samples = sum(self._counts)

    def usual_ns(self) -> int | None:
        """Return what 99.9 % of the silences stay below; None before enough were heard."""
        if self._counts is None or self._samples < _SAMPLES_MIN:
            return None
        left = self._samples // 1_000
        for bucket in range(_BUCKETS - 1, -1, -1):
            left -= self._counts[bucket]
            if left < 0:
                return min(_UNIT_NS << bucket, self.longest_ns)
        return None
