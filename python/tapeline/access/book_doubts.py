"""Whether anything may have changed a book between its last stored message and a moment.

A book made of stored messages is right as of the last of them. It is right at a later moment only
when messages would have been stored, had there been any: not while there was no line, while nobody
collected, and not after the recording.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from tapeline.access.streams import Hole, Stream
from tapeline.access.times import to_text

_KINDS: Final = {
    "gap": "messages are missing",
    "connection": "no line to the venue",
    "bus": "messages were gone from the bus",
    "between": "nobody collected",
}


class Seen(NamedTuple):
    """The last message of a channel before a moment: Unix UTC nanoseconds."""

    time_ns: int
    """The exchange's time, or that of receipt."""
    received_ns: int | None


class Doubt(NamedTuple):
    """Why a book is not known at a moment."""

    state: str
    """``stale`` or ``unsynced``."""
    reason: str


Next = Callable[[int], int | None]
"""Returns the time of the channel's first message after the moment and not after a time, if any."""


class BookDoubts:
    """What is known of the channels of one instrument's book.

    Parameters
    ----------
    streams
        All streams of the instrument, of every type: when one of them was begun anew, its collector
        was, and so was the book.
    """

    def __init__(self, streams: Sequence[Stream]) -> None:
        self._streams = streams
        self._own = [each for each in streams if "orderbook" in each.types]

    def at(self, time_ns: int, seen: Seen, channel: bytes, following: Next) -> Doubt | None:
        """Return why the book of a channel is not known at a moment; None when it is.

        Parameters
        ----------
        time_ns
            The moment: Unix UTC nanoseconds.
        seen
            The last message until then.
        channel
            The first bytes of the channel's event ids.
        following
            Looks for the message after.
        """
        own = [each for each in self._own if _is_named(each, channel)] or self._own
        holes = [hole for each in own for hole in each.holes]
        return (
            _distrusted(time_ns, seen, holes)
            or _missed(time_ns, seen, holes)
            or _ended(time_ns, seen, own, self._streams)
            or _begun_anew(time_ns, seen, self._streams, following)
        )


def _is_named(stream: Stream, channel: bytes) -> bool:
    """Whether event ids of a stream begin so (ADR 0002)."""
    names = [stream.names[name] for name in ("exchange", "market", "channel", "raw_symbol")]
    return hashlib.sha256("\0".join(names).encode()).digest()[:6] == channel[:6]


def _distrusted(time_ns: int, seen: Seen, holes: Iterable[Hole]) -> Doubt | None:
    """Return why the live book was not trusted: it may have known more, such as checksums."""
    latest = max(each for each in seen if each is not None)
    for hole in holes:
        begins = hole.start_ns is not None and hole.start_ns < time_ns
        is_over = hole.end_ns is not None and (hole.end_ns <= time_ns or hole.end_ns <= latest)
        if hole.kind == "unsynced" and begins and not is_over:
            why = f" ({hole.reason})" if hole.reason else ""
            return Doubt("unsynced", f"the live book was not to be trusted{why}{_span(hole)}")
    return None


def _missed(time_ns: int, seen: Seen, holes: Iterable[Hole]) -> Doubt | None:
    """Return the hole in which a moment lies, when no message has come since it began."""
    # Their clock and ours differ: what either of them puts before the hole was before it.
    since = min(each for each in seen if each is not None)
    for hole in holes:
        if hole.kind not in _KINDS or hole.start_ns is None:
            continue
        if since <= hole.start_ns < time_ns and (hole.end_ns is None or time_ns < hole.end_ns):
            why = f" ({hole.reason})" if hole.reason else ""
            return Doubt("stale", f"{_KINDS[hole.kind]}{why}{_span(hole)}")
    return None


def _ended(
    time_ns: int, seen: Seen, own: Sequence[Stream], streams: Sequence[Stream]
) -> Doubt | None:
    """Return when the recording ended, if a moment is after it."""
    ends = [each.last_ns for each in own if each.last_ns is not None]
    if ends and time_ns > max(ends):
        return Doubt("stale", f"nothing was recorded after {to_text(max(ends))}")
    for stream in own:
        ended_ns, reason = stream.sessions.ended_ns, stream.sessions.reason
        if ended_ns is None or not seen.time_ns <= ended_ns < time_ns:
            continue
        begun = (each.sessions.first_ns for each in streams)
        if reason or any(each is not None and each > ended_ns for each in begun):
            why = f" ({reason})" if reason else ""
            return Doubt("stale", f"it was recorded until {to_text(ended_ns)}{why}")
    return None


def _begun_anew(
    time_ns: int, seen: Seen, streams: Sequence[Stream], following: Next
) -> Doubt | None:
    """Return when the collector was begun anew, if that was between a book's messages."""
    begun = sorted(each for stream in streams for each in stream.sessions.again_ns)
    after = [each for each in begun if each > seen.time_ns]
    if not after or seen.time_ns == time_ns:
        return None
    next_ns = following(after[0])
    if next_ns is not None and next_ns < after[0]:
        return None
    return Doubt("stale", f"the collector was begun anew at {to_text(after[0])}")


def _span(hole: Hole) -> str:
    end = "" if hole.end_ns is None else f" to {to_text(hole.end_ns)}"
    return f" from {to_text(hole.start_ns)}{end}"
