"""Stage 6 of an order-book message: which update ids were seen, and what is said of the book.

Binance spot's frames hold no snapshot of the book that ``depth`` changes (those come over REST), so
that book waits here for one for ever; the channels of whole books need none.
"""

import bisect
from collections import deque
from typing import Final, NamedTuple

from .anomalies import Limits
from .decimals import at_scale_18
from .records import CoverageRecord, ExactLevel

LARGEST_GAP: Final = 10**12
FARTHEST_BELOW: Final = 1_000_000_000
RECENT: Final = 1_024
MOST_WAITING: Final = 10_000
MOST_WAITING_BYTES: Final = 8 * 2**20
MESSAGE_BYTES: Final = 112
LEVEL_BYTES: Final = 64


class BookSeen(NamedTuple):
    """What this stage needs of a message. Times are nanoseconds."""

    first_id: int | None
    last_id: int | None
    timestamp_ns: int | None
    published_ns: int | None
    received_ns: int | None
    content_hash: int
    bids: tuple[ExactLevel, ...]
    asks: tuple[ExactLevel, ...]


class BookVerdict(NamedTuple):
    """What became of a message, and what is stated of its stream."""

    is_duplicate: bool
    issues: list[str]
    statements: list[CoverageRecord]


class BookStage:
    """One book channel of one instrument."""

    def __init__(self, channel: str, limits: Limits) -> None:
        self.channel = channel
        self.first: int | None = None
        self.last: int | None = None
        self.gaps: list[tuple[int, int]] = []
        self.lost: list[tuple[int, int]] = []
        self._limits = limits
        self._is_started = False
        self._first_ns: int | None = None
        self._latest_ns: int | None = None
        self._flagged_ns: int | None = None
        self._candidate: tuple[int, int] | None = None
        self._recent: deque[int] = deque(maxlen=RECENT)
        self._said: list[CoverageRecord] = []
        self._waiting: list[tuple[int, int]] = []
        self._waiting_bytes = 0
        self._has_overflowed = False
        self._is_unsynced = False
        self._base: int | None = None

    def judge(self, seen: BookSeen) -> BookVerdict:
        """Return the verdict on a message and move the state."""
        self._said = []
        is_delta = self.channel == "depth"
        if not self._is_started:
            self._is_started = True
            self._first_ns = seen.timestamp_ns
            ids = (seen.first_id if is_delta else seen.last_id, seen.last_id)
            self._state("session_start", seen, *ids)
        place = self._place_delta(seen) if is_delta else self._place_whole(seen)
        if place == "duplicate":
            return BookVerdict(True, [], self._said)
        issues = [] if place == "next" else [place]
        if not is_delta:
            issues += self._adopt(seen) if place == "next" else []
            if seen.bids and seen.asks and not _is_below(seen.bids[0], seen.asks[0]):
                issues.append("crossed_book")
        issues += self._judge_times(seen, is_late="out_of_order" in issues)
        return BookVerdict(False, issues, self._said)

    def end(self, received_ns: int | None) -> CoverageRecord:
        """Return the statement that ends the session."""
        return CoverageRecord(
            "session_end", "inferred", self.channel, self.first, self.last,
            self._first_ns, self._latest_ns, received_ns, "",
        )  # fmt: skip

    # -- ids -----------------------------------------------------------------------------------

    def _place_whole(self, seen: BookSeen) -> str:
        """Whole books: ids only order them, and a time never stands beside them here."""
        number = seen.last_id
        if number is not None and (self.last is None or number > self.last):
            self.first = number if self.first is None else self.first
            self.last = number
        elif seen.content_hash in self._recent:
            return "duplicate"
        elif number is not None and self.last is not None and number < self.last:
            self._recent.append(seen.content_hash)
            return "out_of_order"
        self._recent.append(seen.content_hash)
        return "next"

    def _place_delta(self, seen: BookSeen) -> str:
        first, last = seen.first_id, seen.last_id
        assert first is not None
        assert last is not None
        place = self._find_case(seen, first, last)
        if place == "duplicate":
            return place
        if place == "outdated":
            return "out_of_order"
        if place == "jump":
            self._unsync("sequence jump", seen)
            return "sequence_jump"
        if place == "restart":
            self._waiting, self._waiting_bytes = [], 0
            self._unsync("sequence reset", seen)
            place = "sequence_jump"
        self._keep(seen)
        return place

    def _find_case(self, seen: BookSeen, first: int, last: int) -> str:
        if self.first is None or self.last is None:
            self.first, self.last = first, last
            return self._accept(seen)
        if first == self.last + 1:
            self.last = last
            return self._accept(seen)
        if seen.content_hash in self._recent:
            return "duplicate"
        if first > self.last + 1:
            if first - self.last > LARGEST_GAP:
                return self._jump(seen, first, last)
            self._open_gap(self.last + 1, first - 1, self._latest_ns, seen.timestamp_ns, seen)
            self.last = last
            self._accept(seen)
            return "sequence_gap"
        return self._find_older(seen, first, last)

    def _find_older(self, seen: BookSeen, first: int, last: int) -> str:
        """Find the case of a delta that has ids up to the last one."""
        assert self.first is not None
        assert self.last is not None
        is_late = self._fill(seen, first, last)
        if last > self.last:  # overlaps: new from the last id on
            self.last = last
            return self._accept(seen)
        if not is_late:
            if _is_later(seen.timestamp_ns, self._latest_ns):
                return self._jump(seen, first, last)
            if first >= self.first:
                return "duplicate"
            if self.first - last > FARTHEST_BELOW:
                self._recent.append(seen.content_hash)
                return "outdated"
        self._extend_below(seen, first, last)
        self._candidate = None
        self._recent.append(seen.content_hash)
        return "out_of_order"

    def _accept(self, seen: BookSeen) -> str:
        if seen.timestamp_ns is not None:
            self._latest_ns = seen.timestamp_ns
        self._candidate = None
        self._recent.append(seen.content_hash)
        return "next"

    def _jump(self, seen: BookSeen, first: int, last: int) -> str:
        candidate = self._candidate
        self._recent.append(seen.content_hash)
        if candidate is None or first != candidate[1] + 1:
            self._candidate = (first, last)
            return "jump"
        self.lost += self.gaps
        self.gaps = []
        self._accept(seen)
        self._state("sequence_reset", seen, last, last)
        self.first, self.last = candidate[0], last
        return "restart"

    def _fill(self, seen: BookSeen, first: int, last: int) -> bool:
        kept, filled = [], []
        for start, end in self.gaps:
            if end < first or start > last:
                kept.append((start, end))
                continue
            filled.append((max(start, first), min(end, last)))
            kept += [(start, first - 1)] if start < first else []
            kept += [(last + 1, end)] if end > last else []
        self.gaps = kept
        for start, end in filled:
            self._state("gap_filled", seen, start, end)
        return bool(filled)

    def _extend_below(self, seen: BookSeen, first: int, last: int) -> None:
        assert self.first is not None
        if first >= self.first:
            return
        if last + 1 < self.first:
            self._open_gap(last + 1, self.first - 1, seen.timestamp_ns, self._first_ns, seen)
        self.first = first
        self._first_ns = seen.timestamp_ns

    def _open_gap(
        self, first: int, last: int, start_ns: int | None, end_ns: int | None, seen: BookSeen
    ) -> None:
        bisect.insort(self.gaps, (first, last))
        self._said.append(
            CoverageRecord(
                "gap_opened", "proven_gap", self.channel, first, last, start_ns, end_ns,
                seen.received_ns, "",
            )
        )  # fmt: skip

    # -- the book ------------------------------------------------------------------------------

    def _adopt(self, seen: BookSeen) -> list[str]:
        """Take a whole book: it is right, unless its best bid is not below its best ask."""
        bids = [level for level in _last_of_each_price(seen.bids) if level[1] != (0, 0)]
        asks = [level for level in _last_of_each_price(seen.asks) if level[1] != (0, 0)]
        if bids and asks and not _is_below(max(bids, key=_price), min(asks, key=_price)):
            self._unsync("crossed", seen)
            self._base = None
            return ["crossed_book"]
        self._base = seen.last_id
        if self._is_unsynced:
            self._is_unsynced = False
            self._state("book_synced", seen, self._base, self._base, start_ns=seen.timestamp_ns)
        return []

    def _keep(self, seen: BookSeen) -> None:
        """Keep changed levels for a snapshot."""
        self._unsync("no snapshot", seen)
        assert seen.last_id is not None
        size = MESSAGE_BYTES + LEVEL_BYTES * (len(seen.bids) + len(seen.asks))
        bisect.insort(self._waiting, (seen.last_id, size), key=lambda waiting: waiting[0])
        self._waiting_bytes += size
        is_over = False
        while len(self._waiting) > MOST_WAITING or self._waiting_bytes > MOST_WAITING_BYTES:
            self._waiting_bytes -= self._waiting.pop(0)[1]
            is_over = True
        if is_over and not self._has_overflowed:
            self._has_overflowed = True
            self._say_unsynced("buffer overflow", seen, (None, None))

    def _unsync(self, reason: str, seen: BookSeen) -> None:
        if self._is_unsynced:
            return
        self._is_unsynced = True
        ids: tuple[int | None, int | None] = (self._base, self._base)
        if self._said and self._said[-1].kind == "gap_opened":
            ids = (self._said[-1].first_id, self._said[-1].last_id)
        self._say_unsynced(reason, seen, ids)

    def _say_unsynced(
        self, reason: str, seen: BookSeen, ids: tuple[int | None, int | None]
    ) -> None:
        """No snapshot was applied to a book with times, so that there is no start."""
        self._said.append(
            CoverageRecord(
                "book_unsynced", "inferred", self.channel, *ids, None, seen.timestamp_ns,
                seen.received_ns, reason,
            )
        )  # fmt: skip

    def _state(
        self,
        kind: str,
        seen: BookSeen,
        first: int | None,
        last: int | None,
        *,
        start_ns: int | None = None,
    ) -> None:
        proof = "proven_gap" if kind == "gap_filled" else "inferred"
        times = (start_ns or seen.timestamp_ns, seen.timestamp_ns)
        self._said.append(
            CoverageRecord(kind, proof, self.channel, first, last, *times, seen.received_ns, "")
        )

    # -- times ---------------------------------------------------------------------------------

    def _judge_times(self, seen: BookSeen, *, is_late: bool) -> list[str]:
        if seen.timestamp_ns is None:
            return []
        issues = []
        said_ns = seen.timestamp_ns if seen.published_ns is None else seen.published_ns
        if seen.received_ns is not None:
            ahead = said_ns - seen.received_ns
            if ahead > self._limits.future_after_ns:
                issues.append("future_timestamp")
            if self._limits.stale_after_ns and -ahead > self._limits.stale_after_ns:
                issues.append("stale_timestamp")
        if said_ns < seen.timestamp_ns:
            issues.append("time_reversed")
        if not is_late:
            if _is_later(self._flagged_ns, seen.timestamp_ns):
                issues.append("time_reversed")
            self._flagged_ns = seen.timestamp_ns
        return issues


def _price(level: ExactLevel) -> int:
    return at_scale_18(level[0])


def _is_below(bid: ExactLevel, ask: ExactLevel) -> bool:
    return _price(bid) < _price(ask)


def _last_of_each_price(levels: tuple[ExactLevel, ...]) -> list[ExactLevel]:
    return list({level[0]: level for level in levels}.values())


def _is_later(time_ns: int | None, than_ns: int | None) -> bool:
    return time_ns is not None and than_ns is not None and time_ns > than_ns
