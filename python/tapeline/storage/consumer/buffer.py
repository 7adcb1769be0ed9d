"""What was read and not yet handed to the store."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from tapeline.storage.consumer.absences import Absence
from tapeline.storage.consumer.batches import Batch, Rejected, examine
from tapeline.storage.ports import Message, Partition

_FADING: Final = 0.95
"""A slow write counts for half after 14 that are faster."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one chunk; whichever is reached first sends it to the store."""

    rows: int = 500_000
    """Some 80 MB as Arrow tables of trades. What a write costs however much it brings (syncs, a
    commit, a transaction) should be little beside the rows."""
    bytes: int = 48 * 1024 * 1024
    """Of encoded messages: bounds chunks of long rows (books, quarantined frames)."""
    age_s: float = 1.0
    """The oldest message waits so long at most until it is stored, if the store takes no longer
    for a chunk than lately, and not half of this."""
    messages_per_poll: int = 500


@dataclass(slots=True)
class Load:
    """Messages that go to the store together."""

    batches: list[Batch] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    following: dict[Partition, int] = field(default_factory=dict)
    """For each partition the offset after its last message here."""
    absences: list[Absence] = field(default_factory=list)
    """What should have been before them."""
    rows: int = 0
    """Events announced by the batches."""
    bytes: int = 0

    @property
    def messages(self) -> int:
        """Messages of any kind."""
        return len(self.batches) + len(self.rejected)


class Buffer:
    """Collects a load; one thread uses it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._load = Load()
        self._since_ns = 0
        self._write_s: float | None = None

    def __len__(self) -> int:
        return self._load.messages

    @property
    def bytes(self) -> int:
        """Bytes of the messages in it."""
        return self._load.bytes

    @property
    def is_full(self) -> bool:
        """Whether a bound on its size is reached."""
        return self._load.rows >= self._limits.rows or self._load.bytes >= self._limits.bytes

    def is_due(self, now_ns: int) -> bool:
        """Whether it should go to the store."""
        is_old = now_ns - self._since_ns >= self._patience_s * 1e9
        return len(self) > 0 and (self.is_full or is_old)

    def due_in_s(self, now_ns: int) -> float | None:
        """Return in how many seconds it should go to the store; None while it is empty."""
        if not len(self):
            return None
        if self.is_full:
            return 0.0
        return max(self._patience_s - (now_ns - self._since_ns) / 1e9, 0.0)

    @property
    def _patience_s(self) -> float:
        """How old the oldest message gets here: what is left of its time is the store's."""
        # The first write is the slowest: what is opened and made then is there afterwards.
        half_s = self._limits.age_s / 2
        return self._limits.age_s - (
            half_s if self._write_s is None else min(self._write_s, half_s)
        )

    def note_write(self, seconds: float) -> None:
        """Learn how long the store took for a chunk: slow ones count at once, and fade."""
        known_s = 0.0 if self._write_s is None else self._write_s
        self._write_s = max(seconds, known_s * _FADING)

    def add(
        self, messages: Sequence[Message], now_ns: int, absences: Sequence[Absence] = ()
    ) -> None:
        """Take messages, in the order of their partitions, and what is missing before them."""
        if not messages:
            return
        load = self._load
        if not len(self):
            self._since_ns = now_ns
        batches, rejected = examine(messages)
        load.batches += batches
        load.rejected += rejected
        load.rows += sum(batch.event_count for batch in batches)
        load.bytes += sum(len(message.value or b"") for message in messages)
        load.absences += absences
        load.following.update({message.origin: message.offset + 1 for message in messages})

    def drop(self, partitions: Collection[Partition]) -> None:
        """Forget the messages of these partitions: they will be read again, by whoever has them."""
        gone = set(partitions)
        if gone.isdisjoint(self._load.following):
            return
        old = self._load
        load = self._load = Load()
        load.batches = [each for each in old.batches if each.message.origin not in gone]
        load.rejected = [each for each in old.rejected if each.message.origin not in gone]
        load.absences = [each for each in old.absences if each.origin not in gone]
        load.following = {
            partition: offset
            for partition, offset in old.following.items()
            if partition not in gone
        }
        load.rows = sum(batch.event_count for batch in load.batches)
        kept = [each.message for each in load.batches] + [each.message for each in load.rejected]
        load.bytes = sum(len(message.value or b"") for message in kept)

    def take(self) -> Load:
        """Give everything away."""
        load, self._load = self._load, Load()
        return load
