"""How complete an answer is: what is missing, what nobody can know, and who says so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from tapeline.access.rows import Rows
from tapeline.access.streams import HOLE_KINDS, Hole, Stream
from tapeline.access.times import to_text

HOLE_SCHEMA = pa.schema(
    [
        pa.field("exchange", pa.string(), nullable=False),
        pa.field("market", pa.string(), nullable=False),
        pa.field("symbol", pa.string(), nullable=False),
        pa.field("raw_symbol", pa.string(), nullable=False),
        pa.field("channel", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("proof", pa.string(), nullable=False),
        pa.field("start_ns", pa.int64()),
        pa.field("end_ns", pa.int64()),
        pa.field("first_id", pa.uint64()),
        pa.field("last_id", pa.uint64()),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
STREAM_SCHEMA = pa.schema(
    [
        pa.field("exchange", pa.string(), nullable=False),
        pa.field("market", pa.string(), nullable=False),
        pa.field("symbol", pa.string(), nullable=False),
        pa.field("raw_symbol", pa.string(), nullable=False),
        pa.field("channel", pa.string(), nullable=False),
        pa.field("loss", pa.string(), nullable=False),
        pa.field("first_ns", pa.int64()),
        pa.field("last_ns", pa.int64()),
        pa.field("gaps", pa.int64(), nullable=False),
        pa.field("missing_ids", pa.uint64(), nullable=False),
        pa.field("lost_connections", pa.int64(), nullable=False),
        pa.field("unsynced", pa.int64(), nullable=False),
        pa.field("restarts", pa.int64(), nullable=False),
        pa.field("quarantined", pa.int64(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The time that was asked for; None where it has no end."""

    start_ns: int | None
    end_ns: int | None


class Coverage:
    """What is known of the completeness of an answer.

    Statements were made when the data was collected and lie beside it; nothing is guessed from the
    rows. Where a venue numbers its messages, a hole in the numbers is a gap; where it does not,
    ``loss`` says ``unverifiable``, and no finding can mean both that nothing is missing and that
    nobody could tell.
    """

    def __init__(
        self,
        types: Sequence[str],
        asked: Asked,
        streams: Sequence[Stream],
        quarantined: Mapping[str, int],
    ) -> None:
        self._types = tuple(types)
        self._asked = asked
        self._streams = list(streams)
        self._quarantined = dict(quarantined)
        self._holes = [(stream, hole) for stream in self._streams for hole in stream.holes]

    @property
    def is_complete(self) -> bool | None:
        """Whether nothing is missing; None when that cannot be known."""
        if self.quarantined or any(hole.is_loss for _, hole in self._holes):
            return False
        is_known = bool(self._streams) and all(stream.is_verifiable for stream in self._streams)
        return True if is_known and not self._holes else None

    @property
    def holes(self) -> Rows:
        """What is missing or not known, a row each.

        ``kind`` is ``gap`` (ids that never came), ``connection`` (no line to the venue),
        ``unsynced`` (messages came, the book made of them is not to be trusted), ``bus`` (the bus
        had deleted messages before they were stored; the ids are offsets there), ``between``
        (nobody collected: the collector was started again, or told to leave the stream out),
        ``before`` and ``after`` (asked for, but outside what was collected). Times are Unix UTC
        nanoseconds, null where unknown; a connection that has not come back has no end.
        """
        rows = [
            {**stream.names, **hole.row} for stream, hole in self._holes if hole.kind in HOLE_KINDS
        ]
        return Rows(pa.Table.from_pylist(rows, HOLE_SCHEMA), "holes")

    @property
    def streams(self) -> Rows:
        """The streams the answer comes from, with their counts.

        ``loss`` says what a hole in its ids would prove: ``proven``, ``inferred`` or
        ``unverifiable``; ``unknown`` where nothing was recorded. ``first_ns`` and ``last_ns`` bound
        what the stream's statements speak of. ``quarantined`` is of the instrument.
        """
        rows = [
            {**stream.row, "quarantined": self._quarantined.get(stream.key, 0)}
            for stream in self._streams
        ]
        return Rows(pa.Table.from_pylist(rows, STREAM_SCHEMA), "streams")

    @property
    def quarantined(self) -> int:
        """Messages that could not become events, of these instruments and this time."""
        return sum(self._quarantined.values())

    @property
    def summary(self) -> str:
        """One sentence for people."""
        what = f"{', '.join(self._types)} of {_count(len(self._streams), 'stream')}"
        if not self._streams:
            return f"{', '.join(self._types)}: nothing was recorded of its completeness"
        return f"{what}: {self._verdict()}"

    def of(self, event_type: str) -> "Coverage":
        """Return what is known of one of its types alone; quarantined messages have none."""
        streams = [stream for stream in self._streams if event_type in stream.types]
        return Coverage((event_type,), self._asked, streams, self._quarantined)

    def to_dict(self) -> dict[str, object]:
        """Return everything as plain values, e.g. for JSON."""
        return {
            "summary": self.summary,
            "is_complete": self.is_complete,
            "start_ns": self._asked.start_ns,
            "end_ns": self._asked.end_ns,
            "quarantined": self.quarantined,
            "streams": self.streams.to_arrow().to_pylist(),
            "holes": self.holes.to_arrow().to_pylist(),
        }

    def _verdict(self) -> str:
        found = []
        gaps = self._of("gap")
        if gaps:
            missing = sum(stream.missing_ids for stream in self._streams)
            found.append(f"{_count(len(gaps), 'gap')} ({_count(missing, 'id')} missing)")
        lost = {(s.key, hole.start_ns) for s, hole in self._holes if hole.kind == "connection"}
        if lost:
            # One line carries several streams of an instrument.
            found.append(_count(len(lost), "lost connection"))
        unsynced = self._of("unsynced")
        if unsynced:
            found.append(f"the book not to be trusted {_count(len(unsynced), 'time')}")
        gone = {(s.key, hole.reason) for s, hole in self._holes if hole.kind == "bus"}
        if gone:
            found.append(f"messages gone from the bus {_count(len(gone), 'time')}")
        between = self._of("between")
        if between:
            found.append(f"{_count(len(between), 'pause')} in collecting")
        if self.quarantined:
            found.append(f"{_count(self.quarantined, 'message')} quarantined")
        found += _edges(self._of("before"), self._of("after"))
        unsure = sorted({s.channel for s in self._streams if s.channel and not s.is_verifiable})
        unknown = sum(not s.channel and not s.is_verifiable for s in self._streams)
        if unknown:
            found.append(f"nothing was recorded of {_count(unknown, 'stream')}")
        if not found and not unsure:
            return "nothing is missing"
        if not found:
            return f"no loss was seen, and {_channels(unsure)} could not show one"
        text = "; ".join(found)
        return text if not unsure else f"{text}; {_channels(unsure)} cannot show a loss"

    def _of(self, kind: str) -> list[Hole]:
        return [hole for _, hole in self._holes if hole.kind == kind]

    def __repr__(self) -> str:
        return f"<coverage: {self.summary}>"

    def _repr_html_(self) -> str:
        return f"<p>{self.summary}</p>{self.streams._repr_html_()}{self.holes._repr_html_()}"


def _edges(before: Sequence[Hole], after: Sequence[Hole]) -> Iterable[str]:
    begins = [hole.end_ns for hole in before if hole.end_ns is not None]
    ends = [hole.start_ns for hole in after if hole.start_ns is not None]
    if begins:
        yield f"nothing is known before {to_text(min(begins))}"
    if ends:
        yield f"nothing is known after {to_text(max(ends))}"


def _channels(names: Sequence[str]) -> str:
    return f"{'channel' if len(names) == 1 else 'channels'} {', '.join(names)}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
