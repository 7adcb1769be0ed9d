"""Retention: what is old enough, what of it the archive has, and letting go of that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tapeline.access.ports import Query, Reader
from tapeline.apps.archive_check import (
    DAY_NS,
    ArchiveCheck,
    hours_of,
)
from tapeline.storage.archive.staging import start_of
from tapeline.storage.retention import DUE_COLUMNS, Thinner, kept_for_ever
from tapeline.storage.schema import UNKNOWN_DATE
from tapeline.telemetry.clock import Clock


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the old rows of a type."""

    type: str
    keep_days: int
    rows: int
    """Rows that go, or would go; those that are kept for ever are not among them."""
    bytes: int | None
    """What the days take that are cut, where that is known."""
    first_ns: int | None
    before_ns: int | None
    """The time range of them; None without any."""
    kept: str | None
    """Why older rows than allowed stay; None when none do."""
    timeless: int
    """Rows without any time: they are never due, and stay."""


def judge(
    reader: Reader,
    thinner: Thinner,
    check: ArchiveCheck | None,
    limits: Mapping[str, int | None],
    clock: Clock,
    look: Callable[[str], None] = lambda _text: None,
) -> list[Verdict]:
    """Say what may go. Nothing is changed.

    Parameters
    ----------
    check
        The archive; without one nothing may go.
    limits
        Days by type; None is for ever.
    look
        Called with what is read now.
    """
    return [
        _judge(reader, thinner, check, event_type, days, clock, look)
        for event_type, days in limits.items()
        if days is not None and event_type in reader.types()
    ]


def enforce(thinner: Thinner, verdicts: list[Verdict]) -> int:
    """Let go of what was judged, and of what is left over; return how many rows are gone."""
    thinner.tidy()
    return sum(
        thinner.drop_before(verdict.type, verdict.before_ns)
        for verdict in verdicts
        if verdict.before_ns is not None
    )


def _judge(
    reader: Reader,
    thinner: Thinner,
    check: ArchiveCheck | None,
    event_type: str,
    keep_days: int,
    clock: Clock,
    look: Callable[[str], None],
) -> Verdict:
    # Only whole days go.
    limit_ns = (clock.wall_ns() // DAY_NS - keep_days) * DAY_NS
    dates = reader.dates(event_type)
    rows, before_ns, kept, begins_ns = 0, None, None, None
    # Days of which the store has rows, and no others: one wrong time may be of any year.
    for day in dates:
        if day == UNKNOWN_DATE or start_of(day) >= limit_ns:
            break
        due = _due(reader, event_type, day)
        if not due:
            continue
        look(f"{event_type} {day}")
        if check is None:
            kept = f"rows from {day} on: no archive was given"
            break
        missing = check.missing(reader, event_type, day, hours_of(reader, event_type, day))
        if missing is not None:
            # Later days stay too: a store lets go of what is before one instant.
            kept = f"rows from {day} on: {missing}"
            break
        rows += due
        begins_ns = start_of(day) if begins_ns is None else begins_ns
        before_ns = start_of(day) + DAY_NS
    size = None if before_ns is None else thinner.bytes_before(event_type, before_ns)
    timeless = _timeless(reader, event_type) if UNKNOWN_DATE in dates else 0
    return Verdict(event_type, keep_days, rows, size, begins_ns, before_ns, kept, timeless)


def _due(reader: Reader, event_type: str, day: str) -> int:
    """Count the rows of a day that are not kept for ever."""
    keep = kept_for_ever(event_type)
    columns = ["log_index"] if keep is None else list(DUE_COLUMNS)
    query = Query(start_ns=start_of(day), end_ns=start_of(day) + DAY_NS)
    count = 0
    for batch in reader.read(event_type, query, columns):
        count += batch.num_rows
        if keep is not None:
            count -= batch.filter(keep).num_rows
    return count


def _timeless(reader: Reader, event_type: str) -> int:
    query = Query(only_timeless=True)
    return sum(batch.num_rows for batch in reader.read(event_type, query, ["log_index"]))
