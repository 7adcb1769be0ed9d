"""The commit log: what a store holds, as JSON; the layout module documents the fields."""

import base64
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from tapeline.errors import StoreFormatError
from tapeline.storage.consumer.taken import Taken
from tapeline.storage.mark_runs import Run, marks_of, runs_of
from tapeline.storage.parquet.layout import FORMAT
from tapeline.storage.parquet.sorting import Instrument, Span
from tapeline.storage.ports import Mark, Partition


@dataclass(frozen=True, slots=True)
class FileFact:
    """One data file."""

    type: str
    date: str
    path: str
    rows: int
    bytes: int
    sha256: str
    time_min_ns: int | None
    time_max_ns: int | None
    instruments: Sequence[Instrument]
    is_distinct: bool = False
    """Whether it is known that no two rows have one time and one event id."""
    spans: Sequence[Span] = ()
    """When each instrument was, in their order; empty where only the file's bounds are known."""

    def sightings(self) -> Iterator[tuple[Instrument, Span]]:
        """Yield each instrument and the times outside which it has no row."""
        known = self.spans or [(self.time_min_ns, self.time_max_ns)] * len(self.instruments)
        yield from zip(self.instruments, known, strict=True)


@dataclass(frozen=True, slots=True)
class Commit:
    """One step of a store, or its whole state."""

    number: int
    written_ns: int
    writer: str
    added: Sequence[FileFact] = ()
    removed: Sequence[str] = ()
    offsets: Mapping[Partition, int] = field(default_factory=dict)
    marks: Sequence[Mark] = ()
    gone: Mapping[str, int] = field(default_factory=dict)
    """Checkpoints only: files removed lately, and when (Unix UTC nanoseconds)."""


@dataclass(slots=True)
class State:
    """What a store holds after some commit."""

    number: int = 0
    files: dict[str, FileFact] = field(default_factory=dict)
    offsets: dict[Partition, int] = field(default_factory=dict)
    taken: Taken = field(default_factory=Taken)
    gone: dict[str, int] = field(default_factory=dict)
    """Files that were removed and may still be read by those who learnt of them before, and the
    time of their removal, Unix UTC nanoseconds; an old one may be deleted and forgotten."""

    def apply(self, commit: Commit) -> None:
        """Go one commit further, or to the state of a checkpoint."""
        self.gone.update(commit.gone)
        for path in commit.removed:
            self.files.pop(path, None)
            self.gone[path] = commit.written_ns
        self.files.update({fact.path: fact for fact in commit.added})
        self.offsets.update(commit.offsets)
        self.taken.add(commit.marks)
        self.number = commit.number

    def as_commit(self, written_ns: int, writer: str) -> Commit:
        """Return the state as the content of a checkpoint."""
        return Commit(
            self.number,
            written_ns,
            writer,
            added=list(self.files.values()),
            offsets=self.offsets,
            marks=list(self.taken),
            gone=self.gone,
        )


def to_json(commit: Commit) -> bytes:
    """Return a commit as the bytes of its file."""
    return orjson.dumps(
        {
            "format": FORMAT,
            "commit": commit.number,
            "written_ns": commit.written_ns,
            "writer": commit.writer,
            "added": [asdict(fact) for fact in commit.added],
            "removed": list(commit.removed),
            "offsets": [[topic, part, next_] for (topic, part), next_ in commit.offsets.items()],
            "marks": list(_runs(commit.marks)),
            **({"gone": commit.gone} if commit.gone else {}),
        }
    )


def from_json(path: str, content: bytes) -> Commit:
    """Read a commit.

    Raises
    ------
    StoreFormatError
        It is damaged, not ours, or of a newer format.
    """
    try:
        document: dict[str, Any] = orjson.loads(content)
        if document["format"] > FORMAT:
            raise StoreFormatError(
                f"{path} has format {document['format']}, this tapeline knows formats up to"
                f" {FORMAT}: use a newer one"
            )
        return Commit(
            document["commit"],
            document["written_ns"],
            document["writer"],
            [_fact(fact) for fact in document["added"]],
            document["removed"],
            {(topic, part): following for topic, part, following in document["offsets"]},
            list(_marks(document["marks"])),
            dict(document.get("gone", {})),
        )
    except (ValueError, TypeError, KeyError, struct.error) as error:
        raise StoreFormatError(
            f"{path} is damaged ({type(error).__name__}: {error}); restore it from a copy, or see"
            " docs/storage.md for what can be done without one"
        ) from error


def _fact(document: dict[str, Any]) -> FileFact:
    instruments = [tuple(each) for each in document.pop("instruments")]
    spans = [(first, last) for first, last in document.pop("spans", ())]
    return FileFact(**document, instruments=instruments, spans=spans)


def _runs(marks: Iterable[Mark]) -> Iterator[list[Any]]:
    for producer, routing_key, first, crcs in runs_of(marks):
        packed = struct.pack(f"<{len(crcs)}I", *crcs)
        yield [producer, routing_key, first, base64.b64encode(packed).decode()]


def _marks(runs: Iterable[Sequence[Any]]) -> Iterator[Mark]:
    for producer, routing_key, first, text in runs:
        packed = base64.b64decode(text)
        crcs = struct.unpack(f"<{len(packed) // 4}I", packed)
        yield from marks_of([Run(producer, routing_key, first, crcs)])
