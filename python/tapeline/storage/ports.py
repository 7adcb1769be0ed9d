"""What the consumer asks of a bus to read and of a store to fill."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

import pyarrow as pa

Partition: TypeAlias = tuple[str, int]
"""Topic and partition number."""

Offsets: TypeAlias = Mapping[Partition, int]
"""For each partition the offset of the next message to read."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it lies on the bus."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def origin(self) -> Partition:
        """Where it lies."""
        return self.topic, self.partition


class Mark(NamedTuple):
    """Names a batch for ever: a message with the mark of a stored one is a redelivery."""

    producer: str
    routing_key: str
    batch_id: int
    crc: int
    """CRC32C of the batch. A producer restarted under its old name counts from 1 again, and its
    batches are new."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a store is on some partitions."""

    offsets: Offsets
    """Partitions the store has never taken a message of are left out."""
    marks: Sequence[Mark]
    """The latest batches taken of every stream on these topics. A store may forget all of a stream
    that was not written for a month."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows and the progress they stand for: a store takes both or neither."""

    tables: Mapping[str, pa.Table]
    """By event type, columns of :func:`tapeline.storage.schema.stored_schema_of`; rows of one
    instrument lie together, in order of arrival."""
    expected: Mapping[Partition, int | None]
    """The next offset the store must have at this moment; None for a partition new to it."""
    offsets: Offsets
    """The next offset it has afterwards; the same partitions as ``expected``."""
    marks: Sequence[Mark] = ()

    @property
    def rows(self) -> int:
        """Rows of all types."""
        return sum(table.num_rows for table in self.tables.values())


class Store(Protocol):
    """A place that keeps rows. One thread uses it at a time."""

    def open(self) -> None:
        """Get ready to write: check what is there, make what is missing.

        Raises
        ------
        StoreUnavailableError
            It cannot be reached now.
        StoreFormatError
            What is there is not ours, damaged, or newer than this program.
        """
        ...

    def progress(self, partitions: Collection[Partition]) -> Progress:
        """Read, afresh, how far the store is.

        Raises
        ------
        StoreUnavailableError
            It cannot be reached now.
        """
        ...

    def write(self, chunk: Chunk) -> None:
        """Take rows, offsets and marks, durably, all or none.

        Raises
        ------
        StoreUnavailableError
            Not now; the outcome may be unknown, and the same chunk may be offered again: if it was
            taken, that raises StoreConflictError.
        StoreConflictError
            The store is not at ``chunk.expected``: somebody else has written these partitions.
        RowError
            A row can never be stored. Nothing was.
        """
        ...

    def rehearse(self, tables: Mapping[str, pa.Table]) -> None:
        """Do all of :meth:`write` that looks at rows, and leave no trace.

        Raises
        ------
        RowError
            A row can never be stored.
        StoreUnavailableError
            Not now.
        """
        ...

    def close(self) -> None:
        """Let go of it; harmless when called twice."""
        ...


@dataclass(frozen=True, slots=True)
class Tail:
    """What lies on a partition just before some offset."""

    messages: Sequence[Message]
    """In order; fewer than asked for where the bus has no more."""
    ends_before: bool
    """Whether the partition ends before that offset."""


@dataclass(slots=True)
class Changes:
    """Partitions a source gained, lost and found to be others since it was last asked."""

    gained: list[Partition] = field(default_factory=list)
    """They give no message before :meth:`Source.start`."""
    lost: list[Partition] = field(default_factory=list)
    renewed: list[Partition] = field(default_factory=list)
    """Their topics were deleted and made anew while they were read. They give no message before
    :meth:`Source.start`, either."""


class Source(Protocol):
    """A bus opened for reading. One thread owns it."""

    def poll(self, messages_max: int, timeout_s: float) -> list[Message]:
        """Wait up to ``timeout_s`` seconds for messages of started partitions.

        Call it at least every few seconds, also while paused: a consumer that does not poll is
        taken for dead.

        Raises
        ------
        TransportError
            The bus cannot be read; the message says whether it may pass.
        """
        ...

    def changes(self) -> Changes:
        """Return what :meth:`poll` has gained and lost, once."""
        ...

    def before(self, offsets: Offsets, messages_max: int) -> Mapping[Partition, Tail]:
        """Read the last messages before these offsets; for any thread, beside :meth:`poll`.

        Raises
        ------
        TransportError
            The bus cannot be read now.
        """
        ...

    def start(self, offsets: Mapping[Partition, int | None]) -> None:
        """Read these partitions from here on; None is from the first message kept."""
        ...

    def pause(self) -> None:
        """Give no messages until :meth:`resume`; what was fetched is kept."""
        ...

    def resume(self) -> None:
        """Give messages again."""
        ...

    def commit(self, offsets: Offsets) -> None:
        """Tell the bus how far the store is. For monitoring: nothing is read from there again."""
        ...

    def lag(self) -> int | None:
        """Count messages on the bus that were not read yet; None when that is not known."""
        ...

    @property
    def is_settled(self) -> bool:
        """Whether it is known which partitions this source reads."""
        ...

    def close(self) -> None:
        """Leave the bus."""
        ...
