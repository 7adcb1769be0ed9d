"""Points in time as people write them."""

import re
from datetime import UTC, date, datetime, time
from operator import index
from typing import SupportsIndex, TypeAlias

from tapeline.errors import ArgumentError

When: TypeAlias = datetime | date | str | SupportsIndex
"""A datetime with a time zone, a date (its midnight UTC), an ISO text with a zone or of a date
alone, or Unix UTC nanoseconds. A Timestamp of pandas counts to the nanosecond."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_NS = 2**63 - 1


def to_ns(when: When, name: str = "time") -> int:
    """Return a point in time as Unix UTC nanoseconds, exactly.

    Parameters
    ----------
    name
        What to call it in the message.

    Raises
    ------
    ArgumentError
        It has no time zone, is no time at all, or 64 bits do not hold its nanoseconds.
    """
    found = _to_ns(when, name)
    # Stores hold a time in 64 bits, and each would do something else with one beyond.
    if not -_LAST_NS - 1 <= found <= _LAST_NS:
        raise ArgumentError(
            f"{name}={str(when)!r} is too far away: times are from {to_text(-_LAST_NS - 1)} to"
            f" {to_text(_LAST_NS)}; leave {name} out for no limit"
        )
    return found


def _to_ns(when: When, name: str) -> int:
    if isinstance(when, SupportsIndex) and not isinstance(when, bool):
        try:
            # Also the whole numbers of NumPy, as columns give them.
            return index(when)
        except TypeError as error:
            raise _bad(name, when) from error
    if isinstance(when, str):
        return _parsed(when.strip(), name)
    if isinstance(when, datetime):
        # NaT of pandas is a datetime, and equals nothing.
        if when != when:
            raise _bad(name, when)
        if when.tzinfo is None or when.utcoffset() is None:
            raise ArgumentError(
                f"{name}={when.isoformat()!r} has no time zone: write"
                f" {when.isoformat()}+00:00, or datetime(..., tzinfo=UTC)"
            )
        since = when - _EPOCH
        # Whole numbers alone: a float holds no nanoseconds of our days.
        micros = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
        # A Timestamp of pandas has nanoseconds besides.
        return micros * 1000 + getattr(since, "nanoseconds", 0)
    if isinstance(when, date):
        return _to_ns(datetime.combine(when, time(), UTC), name)
    raise _bad(name, when)


def to_text(ns: int | None) -> str:
    """Return a time for people: ISO, UTC, no more digits than it has; ``?`` for none."""
    if ns is None:
        return "?"
    seconds, rest = divmod(ns, 1_000_000_000)
    try:
        text = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return f"{ns} ns"
    return text + (f".{rest:09d}".rstrip("0") if rest else "") + "Z"


def _parsed(text: str, name: str) -> int:
    if re.fullmatch(r"[0-9]{9,30}|-[0-9]{8,30}", text):
        return int(text)
    whole, fraction, zone = _split(text)
    try:
        if len(text) == 10:
            return _to_ns(date.fromisoformat(text), name)
        found = datetime.fromisoformat(whole + zone)
    except ValueError as error:
        raise _bad(name, text) from error
    return _to_ns(found, name) + int(fraction.ljust(9, "0")[:9] or 0)


def _split(text: str) -> tuple[str, str, str]:
    """Split a text into whole seconds, digits after the point and the zone."""
    whole, point, rest = text.partition(".")
    if not point:
        return text, "", ""
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return whole, digits, rest[len(digits) :]


def _bad(name: str, value: object) -> ArgumentError:
    return ArgumentError(
        f"{name}={value!r} is no time: give a datetime with a time zone, a date, a text like"
        " '2026-01-05T12:00:00Z' or '2026-01-05', or Unix nanoseconds as int"
    )
