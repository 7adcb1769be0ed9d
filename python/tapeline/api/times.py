"""Times as texts that have all nine digits."""

from datetime import UTC, datetime


def iso(time_ns: int | None) -> str | None:
    """Return a time as ``2026-01-05T12:00:00.000000000Z``; None for none."""
    if time_ns is None:
        return None
    seconds, rest = divmod(time_ns, 1_000_000_000)
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
    except (ValueError, OverflowError, OSError):
        return None
