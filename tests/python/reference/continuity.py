"""Stage 6, continuity: what a venue's id says about the stream so far."""

import bisect
from typing import Final, NamedTuple

MAX_STEP_UP: Final = 1_000_000_000
MAX_STEP_DOWN: Final = 1_000_000
MAX_CANDIDATE_STEP: Final = 1_000
RING_SIZE: Final = 1_024


class Observation(NamedTuple):
    """What continuity needs of an event. Times are nanoseconds."""

    id: int
    timestamp_ns: int
    published_ns: int | None
    price: tuple[int, int]
    quantity: tuple[int, int]

    @property
    def content(self) -> tuple[int, tuple[int, int], tuple[int, int]]:
        """What must be equal for two events of one id to be the same."""
        return (self.timestamp_ns, self.price, self.quantity)


class Statement(NamedTuple):
    """A coverage statement: kind, ids and the exchange times at both ends."""

    kind: str
    first_id: int
    last_id: int
    start_ns: int
    end_ns: int


class Verdict(NamedTuple):
    """What became of an event: ``event`` with issues, ``duplicate`` or ``conflict``."""

    outcome: str
    issues: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()


class IdRanges:
    """Disjoint inclusive ranges, ascending."""

    def __init__(self) -> None:
        self.ranges: list[tuple[int, int]] = []

    def add(self, first: int, last: int) -> None:
        """Add a range that overlaps none."""
        bisect.insort(self.ranges, (first, last))

    def remove(self, number: int) -> bool:
        """Take one number out; False when it is in no range."""
        at = bisect.bisect_right(self.ranges, (number, number))
        for index in (at - 1, at):
            if 0 <= index < len(self.ranges):
                first, last = self.ranges[index]
                if first <= number <= last:
                    rest = [(first, number - 1), (number + 1, last)]
                    self.ranges[index : index + 1] = [pair for pair in rest if pair[0] <= pair[1]]
                    return True
        return False


class Stream:
    """The state of one instrument and channel, and the table of cases of docs/cleaning.md."""

    def __init__(self) -> None:
        self.first: Observation | None = None
        self.latest: Observation | None = None
        self.gaps = IdRanges()
        self.lost: list[tuple[int, int]] = []
        self.candidate: Observation | None = None
        self._ring: dict[int, Observation] = {}

    def judge(self, event: Observation) -> Verdict:
        """Return the verdict on an event and move the state."""
        verdict = self._find_case(event)
        if verdict.outcome == "event" and "sequence_jump" not in verdict.issues:
            self.candidate = None
            self._ring[event.id % RING_SIZE] = event
        return verdict

    def _find_case(self, event: Observation) -> Verdict:
        if self.first is None or self.latest is None:
            return self._start(event)
        number, first, high = event.id, self.first.id, self.latest.id
        if number == high + 1:
            return self._go_on(event, self.latest)
        if high + 1 < number <= high + MAX_STEP_UP:
            return self._open_gap(event, self.latest)
        if self.gaps.remove(number):
            filled = _statement("gap_filled", event, event)
            return Verdict("event", ("out_of_order",), (filled,))
        if first - MAX_STEP_DOWN <= number < first:
            return self._extend_down(event, self.first)
        if first <= number <= high:
            return self._meet_again(event, self.latest)
        return self._jump(event)

    def _start(self, event: Observation) -> Verdict:
        self.first = self.latest = event
        return Verdict("event", (), (_statement("session_start", event, event),))

    def _go_on(self, event: Observation, before: Observation) -> Verdict:
        self.latest = event
        is_reversed = event.timestamp_ns < before.timestamp_ns
        if event.published_ns is not None and before.published_ns is not None:
            is_reversed = is_reversed or event.published_ns < before.published_ns
        return Verdict("event", ("time_reversed",) if is_reversed else ())

    def _open_gap(self, event: Observation, before: Observation) -> Verdict:
        gap = _gap_between(before, event)
        self.gaps.add(gap.first_id, gap.last_id)
        self.latest = event
        return Verdict("event", ("sequence_gap",), (gap,))

    def _extend_down(self, event: Observation, before: Observation) -> Verdict:
        self.first = event
        if event.id + 1 == before.id:
            return Verdict("event", ("out_of_order",))
        gap = _gap_between(event, before)
        self.gaps.add(gap.first_id, gap.last_id)
        return Verdict("event", ("out_of_order",), (gap,))

    def _meet_again(self, event: Observation, latest: Observation) -> Verdict:
        known = self._ring.get(event.id % RING_SIZE)
        if known is not None and known.id == event.id and known.content == event.content:
            return Verdict("duplicate")
        if event.timestamp_ns > latest.timestamp_ns:
            return self._jump(event)
        if known is not None and known.id == event.id:
            return Verdict("conflict")
        return Verdict("duplicate")

    def _jump(self, event: Observation) -> Verdict:
        candidate = self.candidate
        if candidate is None or not 0 < event.id - candidate.id <= MAX_CANDIDATE_STEP:
            self.candidate = event
            return Verdict("event", ("sequence_jump",))
        statements = [_statement("sequence_reset", event, event)]
        self.lost += self.gaps.ranges
        self.gaps = IdRanges()
        if candidate.id + 1 < event.id:
            gap = _gap_between(candidate, event)
            self.gaps.add(gap.first_id, gap.last_id)
            statements.append(gap)
        self.first, self.latest, self.candidate = candidate, event, None
        self._ring = {event.id % RING_SIZE: event}
        return Verdict("event", ("sequence_jump",), tuple(statements))


def _statement(kind: str, first: Observation, last: Observation) -> Statement:
    return Statement(kind, first.id, last.id, first.timestamp_ns, last.timestamp_ns)


def _gap_between(lower: Observation, upper: Observation) -> Statement:
    return Statement(
        "gap_opened", lower.id + 1, upper.id - 1, lower.timestamp_ns, upper.timestamp_ns
    )
