"""Read a local transport file as a consumer does: a topic is one partition."""

from collections.abc import Callable, Collection, Mapping
from time import sleep as pause
from typing import Final

import structlog

from tapeline.storage.ports import Changes, Message, Offsets, Partition, Tail
from tapeline.telemetry.clock import Clock
from tapeline.transport.local_file import LocalFile, StoredMessage
from tapeline.transport.uris import LocalUri

_log = structlog.get_logger("tapeline.storage.consumer.local")

_LOOK_S: Final = 0.02
_BYTES_PER_READ: Final = 8 * 1024 * 1024
_BEFORE_ALL: Final = -(2**63)
DAMAGED: Final = b"\xff"
"""Stands for the value of a message that changed on the disk: it is no batch, so it is counted."""


class LocalSource:
    """Topics of some types in a local transport file, in order of arrival over all of them.

    Parameters
    ----------
    address
        The file; it must be there.
    types
        Event types to read.
    clock
        For waiting.
    on_commit
        Told how far the store is.
    """

    def __init__(
        self,
        address: LocalUri,
        types: Collection[str],
        clock: Clock,
        on_commit: Callable[[Offsets], None] | None = None,
    ) -> None:
        self._on_commit = on_commit
        self._file = LocalFile(address.path, mode="read")
        self._types = frozenset(types)
        self._clock = clock
        self._cursor = _BEFORE_ALL
        self._next: dict[Partition, int] = {}
        self._announced: set[Partition] = set()
        self._changes = Changes()
        self._is_paused = False
        self._announce(self._file.counts())

    def poll(self, messages_max: int, timeout_s: float) -> list[Message]:
        """Read what follows; see :meth:`tapeline.storage.ports.Source.poll`."""
        end_ns = self._clock.monotonic_ns() + int(timeout_s * 1e9)
        while True:
            found = [] if self._is_paused else self._read(messages_max)
            left_ns = end_ns - self._clock.monotonic_ns()
            if found or left_ns <= 0 or self._changes.gained:
                return found
            pause(min(left_ns / 1e9, _LOOK_S))

    def changes(self) -> Changes:
        """Return new topics, once."""
        changes, self._changes = self._changes, Changes()
        return changes

    def before(self, offsets: Offsets, messages_max: int) -> Mapping[Partition, Tail]:
        """Read what lies before; see :meth:`tapeline.storage.ports.Source.before`."""
        # A connection of its own: the other one belongs to the thread that polls.
        file = LocalFile(self._file.path, mode="read")
        try:
            following = file.following()
            return {
                (topic, partition): Tail(
                    [_message(row) for row in file.before(topic, offset, messages_max)],
                    following.get(topic, 0) < offset,
                )
                for (topic, partition), offset in offsets.items()
            }
        finally:
            file.close()

    def start(self, offsets: Mapping[Partition, int | None]) -> None:
        """Read these topics from here on; the file is read again where that is further back."""
        following = self._file.following()
        for (topic, partition), offset in offsets.items():
            wanted = offset or 0
            if wanted > following.get(topic, 0):
                # A store that has outlived its bus: what is on the new one is news.
                _log.warning(
                    "the transport file is younger than the store and is read from its beginning",
                    topic=topic,
                    store_at=wanted,
                    file_at=following.get(topic, 0),
                )
                wanted = 0
            self._next[topic, partition] = wanted
            if wanted and self._on_commit is not None:
                self._on_commit({(topic, partition): wanted})
        self._cursor = self._file.position(
            {topic: offset for (topic, _), offset in self._next.items()}
        )

    def pause(self) -> None:
        """Read nothing until :meth:`resume`."""
        self._is_paused = True

    def resume(self) -> None:
        """Read again."""
        self._is_paused = False

    def commit(self, offsets: Offsets) -> None:
        """Pass on: the file itself keeps no consumers' offsets."""
        if self._on_commit is not None:
            self._on_commit(offsets)

    def lag(self) -> int | None:
        """Count messages behind the cursor, other types' included."""
        return max(0, self._file.last_sequence() - max(self._cursor, 0))

    @property
    def is_settled(self) -> bool:
        """Whether every topic there is has been started."""
        return self._announced == set(self._next)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self, messages_max: int) -> list[Message]:
        found: list[Message] = []
        for row in self._file.read(self._cursor, messages_max, _BYTES_PER_READ):
            partition = (row.topic, 0)
            if self._is_wanted(row.topic):
                if partition not in self._next:
                    # A new topic: nothing behind this message is read before it is started.
                    self._announce([row.topic])
                    break
                if row.offset >= self._next[partition]:
                    self._next[partition] = row.offset + 1
                    found.append(_message(row))
            self._cursor = row.sequence
        return found

    def _announce(self, topics: Collection[str]) -> None:
        for topic in topics:
            partition = (topic, 0)
            if self._is_wanted(topic) and partition not in self._announced:
                self._announced.add(partition)
                self._changes.gained.append(partition)

    def _is_wanted(self, topic: str) -> bool:
        return topic.partition(".")[0] in self._types


def _message(row: StoredMessage) -> Message:
    value = row.value if row.is_intact else DAMAGED
    return Message(row.topic, 0, row.offset, row.key, value)
