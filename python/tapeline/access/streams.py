"""The statements about one stream, followed from the first to the last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

Key = tuple[str, str, str]
"""Exchange, market and the venue's spelling."""

HOLE_KINDS: Final = ("gap", "connection", "unsynced", "bus", "between", "before", "after")
_LOSSES: Final = ("gap", "connection", "unsynced", "between")
_VERIFIABLE: Final = ("proven", "inferred")


def says_loss(kind: str, proof: str) -> bool:
    """Return whether a hole says that something is missing, and not only that nobody knows."""
    return kind in _LOSSES or (kind == "bus" and proof == "proven_gap")


@dataclass(frozen=True, slots=True)
class Hole:
    """Something missing, or not known."""

    kind: str
    proof: str
    start_ns: int | None = None
    end_ns: int | None = None
    first_id: int | None = None
    last_id: int | None = None
    reason: str = ""

    @property
    def is_loss(self) -> bool:
        """Whether it says that something is missing, and not only that nobody knows."""
        return says_loss(self.kind, self.proof)

    @property
    def row(self) -> dict[str, Any]:
        """Its columns."""
        return {
            "kind": self.kind,
            "proof": self.proof,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "first_id": self.first_id,
            "last_id": self.last_id,
            "reason": self.reason,
        }


@dataclass(slots=True)
class Sessions:
    """When a stream was begun, and whether it was ended: Unix UTC nanoseconds."""

    first_ns: int | None = None
    again_ns: list[int] = field(default_factory=list)
    """When it was begun anew."""
    ended_ns: int | None = None
    """None while it goes on."""
    reason: str = ""
    """Why it was ended; empty when its collector was."""


@dataclass(slots=True)
class Stream:
    """What is known of one channel of one instrument."""

    names: dict[str, str]
    """Exchange, market, symbol, raw symbol and channel."""
    loss: str
    """What a hole in its ids proves: ``proven``, ``inferred``, ``unverifiable`` or ``unknown``."""
    first_ns: int | None = None
    last_ns: int | None = None
    holes: list[Hole] = field(default_factory=list)
    types: tuple[str, ...] = ()
    """Event types it gives; all that were asked for where nobody knows the channel."""
    sessions: Sessions = field(default_factory=Sessions)

    @property
    def key(self) -> str:
        """Names the instrument."""
        return "/".join(self.names[name] for name in ("exchange", "market", "raw_symbol"))

    @property
    def channel(self) -> str:
        """The venue's stream, e.g. ``trade``."""
        return self.names["channel"]

    @property
    def is_verifiable(self) -> bool:
        """Whether a loss would show."""
        return self.loss in _VERIFIABLE

    @property
    def missing_ids(self) -> int:
        """How many ids never came."""
        return sum(
            hole.last_id - hole.first_id + 1
            for hole in self.holes
            if hole.kind == "gap" and hole.first_id is not None and hole.last_id is not None
        )

    @property
    def row(self) -> dict[str, Any]:
        """Its columns, but for those that are of the instrument."""
        count = {kind: sum(hole.kind == kind for hole in self.holes) for kind in HOLE_KINDS}
        return {
            **self.names,
            "loss": self.loss,
            "first_ns": self.first_ns,
            "last_ns": self.last_ns,
            "gaps": count["gap"],
            "missing_ids": self.missing_ids,
            "lost_connections": count["connection"],
            "unsynced": count["unsynced"],
            "restarts": count["between"],
        }


class Ledger:
    """Follows the statements about one channel, in the order of an answer."""

    def __init__(self) -> None:
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.proofs: set[str] = set()
        self._first_ns: int | None = None
        self._again_ns: list[int] = []
        self._gaps: list[Hole] = []
        self._closed: list[Hole] = []
        self._unsynced: Hole | None = None
        self._lines: list[Mapping[str, Any]] = []
        self._begun: Mapping[str, Any] | None = None
        self._end: Mapping[str, Any] | None = None

    def take(self, record: Mapping[str, Any]) -> None:
        """Take the next statement, a row of coverage."""
        kind = record["kind"]
        self.proofs.add(record["proof"])
        if kind == "session_start":
            self._begin(record)
        elif kind == "session_end":
            self._end = record
        elif kind in ("connection_lost", "connection_restored"):
            self._lines.append(record)
        elif kind == "gap_opened":
            self._gaps.append(_hole("gap", record))
        elif kind == "gap_filled":
            self._gaps = list(_without(self._gaps, record["first_id"], record["last_id"]))
        elif kind == "book_unsynced" and self._unsynced is None:
            self._unsynced = _hole("unsynced", record)
        elif kind == "book_synced":
            self._close(_time(record))
        self._stretch(record)

    def holes(self) -> list[Hole]:
        """Return what is missing in the end."""
        open_ones = [] if self._unsynced is None else [self._unsynced]
        return [*self._gaps, *outages(self._lines), *self._closed, *open_ones]

    @property
    def sessions(self) -> Sessions:
        """When it was begun, and whether it was ended."""
        found = Sessions(self._first_ns, self._again_ns)
        if self._end is not None:
            times = (self._end["end_ns"], self._end["received_ns"])
            found.ended_ns = max((each for each in times if each is not None), default=None)
            found.reason = self._end["reason"]
        return found

    def _begin(self, record: Mapping[str, Any]) -> None:
        """Note what nobody collected since the session before."""
        before, self._begun = self._begun, record
        was, self._end = self._end, None
        began_ns = record["start_ns"] if record["start_ns"] is not None else record["received_ns"]
        if before is None:
            self._first_ns = began_ns
        if before is None or (was is None and before["first_id"] is None):
            # The first session, or the first event of one that was announced.
            return
        if began_ns is not None:
            self._again_ns.append(began_ns)
        first, last = (None, None) if was is None else (was["last_id"], record["first_id"])
        if first is not None and last is not None and first < last:
            first, last = first + 1, last - 1
            if first > last:
                return
        else:
            first = last = None
        reason = was["reason"] if was is not None else ""
        self._closed.append(
            Hole(
                "between",
                record["proof"],
                None if was is None else was["end_ns"],
                record["start_ns"],
                first,
                last,
                reason or "the collector was started again",
            )
        )

    def _close(self, end_ns: int | None) -> None:
        if self._unsynced is not None:
            self._closed.append(replace(self._unsynced, end_ns=end_ns))
            self._unsynced = None

    def _stretch(self, record: Mapping[str, Any]) -> None:
        """Note which time is spoken of: the exchange's, by which rows are asked for, if any."""
        times = [record[name] for name in ("start_ns", "end_ns") if record[name] is not None]
        times = times or [record["received_ns"]]
        for each in times:
            if each is not None:
                self.first_ns = each if self.first_ns is None else min(self.first_ns, each)
                self.last_ns = each if self.last_ns is None else max(self.last_ns, each)


def outages(records: Iterable[Mapping[str, Any]]) -> list[Hole]:
    """Return when there was no line to the venue, by its lost and restored connections."""
    found: list[Hole] = []
    since: Mapping[str, Any] | None = None
    for record in records:
        if record["kind"] == "connection_lost" and since is None:
            since = record
        elif record["kind"] == "connection_restored" and since is not None:
            found.append(_outage(since, _time(record)))
            since = None
    if since is not None:
        found.append(_outage(since, None))
    return found


def _outage(record: Mapping[str, Any], end_ns: int | None) -> Hole:
    begin = _time(record)
    return Hole("connection", record["proof"], begin, end_ns, None, None, record["reason"])


def _hole(kind: str, record: Mapping[str, Any]) -> Hole:
    return Hole(
        kind,
        record["proof"],
        record["start_ns"] if record["start_ns"] is not None else record["received_ns"],
        record["end_ns"] if kind == "gap" else None,
        record["first_id"],
        record["last_id"],
        record["reason"],
    )


def _time(record: Mapping[str, Any]) -> int | None:
    found: int | None = record["received_ns"]
    return found if found is not None else record["start_ns"]


def _without(gaps: Iterable[Hole], first: int | None, last: int | None) -> Iterable[Hole]:
    """Yield what is left of gaps when some ids have come."""
    for gap in gaps:
        low, high = gap.first_id, gap.last_id
        if first is None or last is None or low is None or high is None:
            yield gap
            continue
        if low < first:
            yield replace(gap, last_id=min(first - 1, high))
        if last < high:
            yield replace(gap, first_id=max(last + 1, low))
