"""The equation: sent = stored + repeats + quarantined + known missing + dead letters + residual."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tapeline.apps.audit_bus import Letters
from tapeline.apps.audit_content import (
    NO_NAMES,
    Content,
    Names,
    Stream,
    common,
    spelled,
    without,
)
from tapeline.apps.audit_ledgers import Account, Sent

NAMED: Final = 5
"""So many events are named for each stream."""


@dataclass(slots=True)
class Line:
    """One stream of one ledger in one target.

    ``sent = stored + repeats + quarantined + known_missing + dead_letters + lost``, where ``lost``
    may be negative: rows that nobody sent. ``residual`` adds what is stored more than once.
    """

    target: str
    ledger: str
    stream: Stream
    sent: int
    repeats: int = 0
    """Sent more than once."""
    stored: int = 0
    """Distinct events."""
    quarantined: int = 0
    known_missing: int = 0
    """Lost on the way to the collector, which has a record of it in the data."""
    dead_letters: int = 0
    unreadable_letters: int = 0
    """Dead letters that cannot be read: what is lost may have been in them."""
    doubled: int = 0
    """Rows too many in the store."""
    lost_events: list[str] = field(default_factory=list)
    doubled_events: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """What was sent and is nowhere; below 0, what is there and was not sent."""
        there = self.stored + self.repeats + self.quarantined
        return self.sent - there - self.known_missing - self.dead_letters

    @property
    def residual(self) -> int:
        """0 when every event is where it belongs, once."""
        return abs(self.lost) + self.doubled

    @property
    def is_undecided(self) -> bool:
        """Whether all that is wrong may lie in dead letters that nobody can read."""
        return self.lost > 0 and self.doubled == 0 and self.unreadable_letters > 0

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "ledger": self.ledger,
            **self.stream._asdict(),
            "sent": self.sent,
            "repeats": self.repeats,
            "stored": self.stored,
            "quarantined": self.quarantined,
            "known_missing": self.known_missing,
            "dead_letters": self.dead_letters,
            "unreadable_letters": self.unreadable_letters,
            "lost": self.lost,
            "doubled": self.doubled,
            "residual": self.residual,
            "lost_events": self.lost_events,
            "doubled_events": self.doubled_events,
        }


def lines_of(
    account: Account,
    content: Content,
    dead: Letters,
    others: Sequence[Content] = (),
) -> list[Line]:
    """Hold a target against a ledger.

    Parameters
    ----------
    dead
        What was dead-lettered of this target.
    others
        Other targets: what they have and this one has not is named.
    """
    if account.kind == "simulator":
        return _of_frames(account, content)
    streams = _by_type(account.streams) if content.only_counts else account.streams
    return [
        _of_events(account.kind, stream, sent, content, dead, others)
        for stream, sent in streams.items()
        if stream.event_type in content.types
    ]


def _by_type(streams: dict[Stream, Sent]) -> dict[Stream, Sent]:
    """Add streams up for a target that counts its rows by type alone."""
    found = Account("")
    for stream, sent in streams.items():
        found.add(Stream(stream.event_type), sent)
    return found.streams


def _of_events(
    kind: str,
    stream: Stream,
    sent: Sent,
    content: Content,
    dead: Letters,
    others: Sequence[Content],
) -> Line:
    line = Line(content.shown, kind, stream, sent.events, sent.repeats)
    line.unreadable_letters = sum(
        n for each, n in dead.unreadable.items() if stream.covers(each) or each.covers(stream)
    )
    if content.only_counts:
        # It has counted what was sent again as well.
        line.stored = content.count(stream) - sent.repeats
        _explain(line, dead.count(stream))
        return line
    doubled = content.doubled_of(stream)
    mine = content.names_of(stream)
    line.stored = len(mine)
    line.doubled = len(doubled)
    line.doubled_events = _named(doubled)
    if sent.names is None:
        _explain(line, dead.count(stream))
        line.lost_events = _named(_elsewhere(stream, mine, others)) if line.lost > 0 else []
        return line
    # What was sent again under one id may be stored as often as it was sent.
    line.doubled = max(0, line.doubled - sent.repeats)
    line.doubled_events = line.doubled_events if line.doubled else []
    if kind == "bus":
        # A bus may have been cut: rows that are only in the store are older.
        line.stored = len(common(sent.names, mine))
    lost = without(sent.names, mine)
    in_letters = common(lost, dead.names_of(stream))
    line.dead_letters = len(in_letters)
    _explain(line, dead.count_nameless(stream))
    lost = without(lost, in_letters)
    line.lost_events = _named(lost) if len(lost) > line.dead_letters - len(in_letters) else []
    return line


def _explain(line: Line, events: int) -> None:
    """Set dead letters against what is missing; of others a copy is stored, or nobody sent them."""
    line.dead_letters += min(events, max(line.lost, 0))


def _elsewhere(stream: Stream, mine: Names, others: Iterable[Content]) -> Names:
    """Return events that another target has and this one has not."""
    for other in others:
        found = without(other.names_of(stream), mine)
        if len(found):
            return found
    return NO_NAMES


def _named(names: Names) -> list[str]:
    return [spelled(name) for name in names[:NAMED]]


def _of_frames(account: Account, content: Content) -> list[Line]:
    """Hold rows against frames: what is known as a sum only is set against what is missing."""
    lines: list[Line] = []
    for stream, sent in account.streams.items():
        is_kept = stream.event_type in content.types
        # A row that was fetched is no frame; a target that only counts cannot tell them apart.
        is_told_apart = not (content.only_counts and stream.event_type == "orderbook")
        if is_kept and is_told_apart and stream.event_type != "quarantine":
            line = Line(content.shown, account.kind, stream, sent.events, sent.repeats)
            doubled = content.doubled_of(stream)
            line.stored = content.count_pushed(stream) - len(doubled)
            line.doubled, line.doubled_events = len(doubled), _named(doubled)
            line.quarantined = sent.unreadable
            if not content.only_counts and line.lost < 0:
                # Frames that were damaged in part: what was left of them was sent too.
                line.sent += min(sent.uncertain, -line.lost)
            lines.append(line)
    if content.only_counts:
        lines = _summed_by_type(lines, content)
        _spread_greetings(lines, account)
        _spread(lines, account.duplicates, "repeats")
        return lines
    _spread_greetings(lines, account)
    markets = dict.fromkeys(stream[1:3] for stream in account.streams)
    for exchange, market in markets:
        _spread_quarantine(lines, account, content, exchange, market)
    _spread(lines, account.duplicates, "repeats")
    if any(content.missing_ids.get((x or "", y or ""), 0) > 0 for x, y in markets):
        _spread(lines, account.in_flight, "known_missing")
    return lines


def _summed_by_type(lines: list[Line], content: Content) -> list[Line]:
    sums: dict[str, Line] = {}
    for line in lines:
        kind = line.stream.event_type
        total = sums.setdefault(kind, Line(content.shown, line.ledger, Stream(kind), 0))
        total.sent += line.sent
        total.repeats += line.repeats
        total.quarantined += line.quarantined
        total.stored = content.count(Stream(kind))
    return list(sums.values())


def _spread_greetings(lines: Sequence[Line], account: Account) -> None:
    """Snapshots that a venue sends to whoever subscribes were sent too."""
    left = account.greetings
    for line in lines:
        if line.lost < 0 and left:
            more = min(left, -line.lost)
            line.sent += more
            left -= more


def _spread_quarantine(
    lines: list[Line],
    account: Account,
    content: Content,
    exchange: str | None,
    market: str | None,
) -> None:
    """Hold quarantined frames against those sent damaged; more of them were damaged before."""
    if "quarantine" not in content.types:
        return
    stream = Stream("quarantine", exchange, market)
    mine = [line for line in lines if line.stream[1:3] == (exchange, market)]
    stored = content.count(stream) - len(content.doubled_of(stream))
    nameless = account.streams.get(stream, Sent())
    sent = sum(line.quarantined for line in mine) + nameless.events - nameless.repeats
    if stored > sent:
        sent += _spread(mine, stored - sent, "quarantined")
    if sent or stored:
        lines.append(Line(content.shown, account.kind, stream, sent, stored=stored))


def _spread(lines: Iterable[Line], total: int, name: str) -> int:
    """Set a sum against lines that miss something; return how much of it was used."""
    left = total
    for line in lines:
        if line.lost > 0 and left:
            used = min(left, line.lost)
            setattr(line, name, getattr(line, name) + used)
            left -= used
    return total - left
