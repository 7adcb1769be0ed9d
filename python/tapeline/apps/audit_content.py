"""What a place holds, counted by stream, with the names of its events: the sides of an audit."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.schema import (
    BUS_CHANNEL,
    HAS_EVENT_ID,
    LOG_INDEX,
    LOG_OFFSET,
    stored_schema_of,
)

Names: TypeAlias = npt.NDArray[np.void]
"""Event ids, 16 bytes each, sorted, each once. A record without an id is named by its place on the
bus and its time, big-endian: 8 bytes offset, 4 bytes index, the low 4 bytes of ``received_ns``."""

NAME_BYTES: Final = 16
NO_NAMES: Final[Names] = np.empty(0, f"V{NAME_BYTES}")
_INSTRUMENT: Final = ("exchange", "market", "raw_symbol")
_SEPARATOR: Final = "\x1f"
_PLACE: Final = (LOG_OFFSET, LOG_INDEX, "received_ns")


class Stream(NamedTuple):
    """Rows of one type and instrument; None stands for all there are."""

    event_type: str
    exchange: str | None = None
    market: str | None = None
    raw_symbol: str | None = None
    """The venue's spelling; empty where no instrument could be read."""

    def covers(self, other: "Stream") -> bool:
        """Whether all rows of another stream are among those of this one."""
        return all(mine is None or mine == theirs for mine, theirs in zip(self, other, strict=True))

    @property
    def shown(self) -> str:
        """For people."""
        place = ".".join("*" if each is None else each or "?" for each in self[1:])
        return f"{self.event_type} {place}"


def columns_of(event_type: str) -> list[str]:
    """Return the columns that :meth:`Tally.add` wants of a type."""
    columns = [*_INSTRUMENT]
    columns += ["event_id"] if event_type in HAS_EVENT_ID else [*_PLACE]
    if event_type == "orderbook":
        columns.append("origin")
    if event_type == "coverage":
        columns += ["channel", "kind", "first_id", "last_id"]
    return columns


@dataclass(slots=True)
class Content:
    """What is in one place.

    Parameters
    ----------
    shown
        Which place, without a password.
    types
        What it keeps.
    rows
        By stream, repeated ones included.
    pushed
        Those of them that a venue pushed: neither fetched by REST nor made of our own book.
    names
        Distinct events by stream; empty for a place that only counts.
    doubled
        By stream, the events that are there more than once, each as often as it is too many.
    missing_ids
        By exchange and market, the venue's ids that the coverage records call missing.
    """

    shown: str
    types: frozenset[str]
    rows: Counter[Stream] = field(default_factory=Counter)
    pushed: Counter[Stream] = field(default_factory=Counter)
    names: dict[Stream, Names] = field(default_factory=dict)
    doubled: dict[Stream, Names] = field(default_factory=dict)
    missing_ids: Counter[tuple[str, str]] = field(default_factory=Counter)
    gone_messages: int = 0
    """Messages that the bus had deleted before they were stored, by the writer's statements."""
    renewed_topics: int = 0
    """How often a topic was made anew, by the writer's statements."""
    only_counts: bool = False
    """Whether it knows its rows by type alone."""

    def count(self, stream: Stream) -> int:
        """Count the rows of a stream, repeated ones included."""
        return _sum(self.rows, stream)

    def count_pushed(self, stream: Stream) -> int:
        """Count rows that a venue pushed."""
        return _sum(self.pushed, stream)

    def names_of(self, stream: Stream) -> Names:
        """Return the distinct events of a stream."""
        return names_in(self.names, stream)

    def doubled_of(self, stream: Stream) -> Names:
        """Return the events of a stream that are there too often, as often as they are too many."""
        return names_in(self.doubled, stream)


class Tally:
    """Collects rows into a :class:`Content`, with 16 bytes of memory for each."""

    def __init__(self) -> None:
        self._rows: Counter[Stream] = Counter()
        self._pushed: Counter[Stream] = Counter()
        self._names: dict[Stream, list[Names]] = {}
        self._missing: Counter[tuple[str, str]] = Counter()
        self._gone = self._renewed = 0

    def add(self, event_type: str, batch: pa.RecordBatch) -> None:
        """Take rows with the columns of :func:`columns_of`."""
        if event_type == "coverage":
            batch = self._without_own(batch)
        if not batch.num_rows:
            return
        codes, streams = _streams(event_type, batch)
        counts = np.bincount(codes, minlength=len(streams))
        names = _names(event_type, batch)
        order = np.argsort(codes, kind="stable")
        for stream, part in zip(
            streams, np.split(names[order], np.cumsum(counts)[:-1]), strict=True
        ):
            self._rows[stream] += len(part)
            self._names.setdefault(stream, []).append(part)
        self._count_pushed(event_type, batch, codes, streams)
        if event_type == "coverage":
            self._count_missing(batch)

    def content(self, shown: str, types: Iterable[str]) -> Content:
        """Return the account of everything that was added."""
        content = Content(shown, frozenset(types), self._rows, self._pushed)
        content.missing_ids = self._missing
        content.gone_messages, content.renewed_topics = self._gone, self._renewed
        for stream, parts in self._names.items():
            names, counts = np.unique(np.concatenate(parts), return_counts=True)
            content.names[stream] = names
            content.doubled[stream] = np.repeat(names, counts - 1)
        return content

    def _count_pushed(
        self,
        event_type: str,
        batch: pa.RecordBatch,
        codes: npt.NDArray[np.int64],
        streams: Sequence[Stream],
    ) -> None:
        wire = np.ones(batch.num_rows, bool)
        if event_type == "orderbook":
            wire = pc.equal(batch["origin"], "wire").fill_null(True).to_numpy(zero_copy_only=False)
        counts = np.bincount(codes[wire], minlength=len(streams))
        self._pushed.update(
            {stream: int(count) for stream, count in zip(streams, counts, strict=True)}
        )

    def _without_own(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Take out statements that nobody sent: the store's writer made them."""
        is_own = pc.starts_with(batch["channel"].cast(pa.string()), BUS_CHANNEL)
        for row in batch.filter(is_own).to_pylist():
            if row["last_id"] is None:
                self._renewed += 1
            else:
                self._gone += row["last_id"] - row["first_id"] + 1
        return batch.filter(pc.invert(is_own))

    def _count_missing(self, batch: pa.RecordBatch) -> None:
        signs = {"gap_opened": 1, "gap_filled": -1}
        for row in batch.filter(pc.is_in(batch["kind"], pa.array(list(signs)))).to_pylist():
            if row["first_id"] is not None and row["last_id"] is not None:
                ids = row["last_id"] - row["first_id"] + 1
                self._missing[row["exchange"], row["market"]] += signs[row["kind"]] * ids


def common(mine: Names, theirs: Names) -> Names:
    """Return names that are in both."""
    found: Names = np.intersect1d(mine, theirs, assume_unique=True)
    return found


def without(mine: Names, theirs: Names) -> Names:
    """Return names of the first that are not in the second."""
    found: Names = np.setdiff1d(mine, theirs, assume_unique=True)
    return found


def spelled(name: Any) -> str:  # noqa: ANN401 - an element of Names
    """Return a name as text."""
    return bytes(name).hex()


def _streams(event_type: str, batch: pa.RecordBatch) -> tuple[npt.NDArray[np.int64], list[Stream]]:
    """Return each row's stream as an index into a list."""
    text = [batch[name].cast(pa.string()).fill_null("") for name in _INSTRUMENT]
    joined = pc.binary_join_element_wise(*text, _SEPARATOR).dictionary_encode()
    streams = [
        Stream(event_type, *each.split(_SEPARATOR)) for each in joined.dictionary.to_pylist()
    ]
    return joined.indices.to_numpy(zero_copy_only=False).astype(np.int64), streams


def _names(event_type: str, batch: pa.RecordBatch) -> Names:
    if event_type in HAS_EVENT_ID:
        ids = batch["event_id"].cast(stored_schema_of(event_type).field("event_id").type)
        start = ids.offset * NAME_BYTES
        # A copy: the batch's memory is not kept.
        return np.frombuffer(ids.buffers()[1], NO_NAMES.dtype, len(ids), start).copy()
    offset, index, received = (
        batch[name].fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64) for name in _PLACE
    )
    place = np.empty((batch.num_rows, 2), ">i8")
    place[:, 0] = offset
    # The time too: the offsets of a topic that was made anew begin again.
    place[:, 1] = (index << 32) | (received & 0xFFFFFFFF)
    return place.view(NO_NAMES.dtype).reshape(-1)


def _sum(counts: Mapping[Stream, int], stream: Stream) -> int:
    return sum(count for each, count in counts.items() if stream.covers(each))


def names_in(names: Mapping[Stream, Names], stream: Stream) -> Names:
    """Return the names of all streams that one covers."""
    found = [part for each, part in names.items() if stream.covers(each)]
    return np.sort(np.concatenate(found)) if found else NO_NAMES
