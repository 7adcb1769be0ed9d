"""What waits for a bus that is away: messages in a local transport file, oldest first."""

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import structlog

from tapeline.errors import TransportError
from tapeline.transport.local_file import DamagedFileError, LocalFile, StoredMessage
from tapeline.transport.ports import Message

_log = structlog.get_logger("tapeline.transport.spool")

_BEGINNING: Final = -(2**63)
_MEMORY_BYTES_MAX: Final = 64 * 1024 * 1024
"""Held in memory while the spool's disk refuses to write; then ``send`` raises."""


class Spool:
    """A first-in first-out store with per-topic readiness, over a :class:`LocalFile`.

    A message taken out stays in the file until :meth:`done` says it has arrived, so that a crash in
    between sends it again instead of losing it. Messages the bus refuses for good, and those whose
    checksum no longer fits, go to the dead-letter file ``<path>.dead``.

    Parameters
    ----------
    path
        The file. Messages left there by an earlier run are counted in ``recovered`` and wait again.

    Raises
    ------
    BusFileError
        Another process owns the file, or it is foreign or newer. A damaged file of ours is not an
        error: it is kept beside as ``<path>.damaged-N``, and its readable part is used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _open_salvaged(path)
        self._dead: LocalFile | None = None
        self._waiting: Counter[str] = Counter(self._file.counts())
        self._taken: set[int] = set()
        self._cursor = _BEGINNING
        self._memory: list[Message] = []
        self._memory_bytes = 0
        self._unremoved: list[int] = []
        self._fault: str | None = None
        self.recovered = self._waiting.total()
        self.damaged = 0

    def __len__(self) -> int:
        """Count the messages that wait: on disk and not taken, or in memory."""
        return self._waiting.total() + len(self._memory)

    def topics(self) -> list[str]:
        """List the topics messages wait for."""
        return [topic for topic, count in self._waiting.items() if count]

    def holds(self, topic: str) -> bool:
        """Whether a message of this topic waits, so that a newer one has to wait behind it."""
        return self._waiting[topic] > 0 or bool(self._memory)

    def ensure_room(self) -> None:
        """Check that :meth:`add` can take more.

        Raises
        ------
        TransportError
            The disk does not write and the memory kept for that case is full.
        """
        if self._memory_bytes >= _MEMORY_BYTES_MAX:
            raise TransportError(
                f"neither the bus nor the spool {self._path} takes messages ({self._fault})"
            )

    def add(self, messages: Sequence[Message]) -> None:
        """Put messages behind all others; into memory when the disk refuses."""
        if not self._memory and self._try(lambda: self._file.append(messages)):
            self._waiting.update(topic for topic, _, _ in messages)
            return
        self._remember(messages)

    def take(
        self, limit: int, max_bytes: int, is_ready: Callable[[str], bool]
    ) -> list[StoredMessage]:
        """Take the oldest messages of ready topics; they stay in the file until :meth:`done`."""
        found: list[StoredMessage] = []
        while len(found) < limit and max_bytes > 0 and self._waiting.total() > 0:
            rows = self._read(limit - len(found), max_bytes)
            if not rows:
                break
            self._cursor = rows[-1].sequence
            for row in rows:
                if row.sequence in self._taken or not is_ready(row.topic):
                    continue
                self._taken.add(row.sequence)
                self._waiting[row.topic] -= 1
                if row.is_intact:
                    found.append(row)
                    max_bytes -= len(row.value)
                else:
                    self._bury_damaged(row)
        return found

    def take_memory(self) -> list[Message]:
        """Take what the disk refused, once nothing older waits in the file."""
        if self._waiting.total() > 0:
            return []
        messages, self._memory = self._memory, []
        self._memory_bytes = 0
        return messages

    def give_back(self, rows: Sequence[tuple[int, str]]) -> None:
        """Let taken messages wait again."""
        for sequence, topic in rows:
            self._taken.discard(sequence)
            self._waiting[topic] += 1
        if rows:
            self.rewind()

    def take_back(self, messages: Sequence[tuple[int | None, Message]]) -> None:
        """Let messages that did not arrive wait again, before newer ones and in this order.

        Parameters
        ----------
        messages
            Each with its sequence where it was taken from here, None where it never was here.
        """
        rows = [(row, message[0]) for row, message in messages if row is not None]
        if len(rows) == len(messages):
            self.give_back(rows)
            return
        # Those that were here may be older or newer than those beside them: all go to the front.
        everything = [message for _, message in messages]
        if self._try(lambda: self._file.prepend(everything)):
            self._waiting.update(message[0] for message in everything)
            self.rewind()
            self.done([row for row, _ in rows])
            return
        self.give_back(rows)
        self._remember([message for row, message in messages if row is None])

    def done(self, sequences: Sequence[int]) -> None:
        """Remove messages that have arrived."""
        self._unremoved.extend(sequences)
        if self._unremoved and self._try(lambda: self._file.remove(self._unremoved)):
            self._taken.difference_update(self._unremoved)
            self._unremoved.clear()

    def rewind(self) -> None:
        """Look at every message again: a topic has become ready, or one has come back."""
        self._cursor = _BEGINNING

    def bury(self, messages: Sequence[Message], reason: str) -> None:
        """Keep messages that nobody will take in the dead-letter file."""
        try:
            if self._dead is None:
                self._dead = LocalFile(self._path.with_name(self._path.name + ".dead"))
            self._dead.append(messages, notes=reason)
        except TransportError as error:
            _log.error(
                "dead letters not written", messages=len(messages), reason=reason, fault=str(error)
            )

    def retry(self) -> None:
        """Write what the disk refused before, and remove what it would not remove."""
        if self._memory and self._try(lambda: self._file.append(self._memory)):
            self._waiting.update(topic for topic, _, _ in self._memory)
            self._memory, self._memory_bytes = [], 0
        if self._unremoved:
            self.done([])

    def close(self) -> int:
        """Close the files.

        Returns
        -------
        int
            Messages that the disk refused to the last: they are lost.
        """
        self.retry()
        if not len(self) and not self._taken:
            self._try(self._file.compact)
        self._file.close()
        if self._dead is not None:
            self._dead.close()
        return len(self._memory)

    def _read(self, limit: int, max_bytes: int) -> list[StoredMessage]:
        rows: list[StoredMessage] = []
        self._try(lambda: rows.extend(self._file.read(self._cursor, max(limit, 64), max_bytes)))
        # More rows than the limit may have been read to step over taken ones; the rest is read
        # again.
        return rows[:limit] if limit < len(rows) else rows

    def _bury_damaged(self, row: StoredMessage) -> None:
        self.damaged += 1
        _log.error(
            "damaged message in the spool",
            path=str(self._path),
            topic=row.topic,
            sequence=row.sequence,
        )
        self.bury([row.message], "its checksum in the spool does not fit")
        self.done([row.sequence])

    def _remember(self, messages: Sequence[Message]) -> None:
        self._memory.extend(messages)
        self._memory_bytes += sum(len(key) + len(value) for _, key, value in messages)

    def _try(self, action: Callable[[], None]) -> bool:
        try:
            action()
        except TransportError as error:
            if self._fault is None:
                _log.error("the spool's disk refuses", path=str(self._path), fault=str(error))
            self._fault = str(error)
            return False
        self._fault = None
        return True


def _open_salvaged(path: Path) -> LocalFile:
    try:
        return _open_checked(path)
    except DamagedFileError as error:
        aside = _set_aside(path)
        file = LocalFile(path)
        count = _salvage(aside, file)
        _log.error("damaged spool set aside", path=str(aside), salvaged=count, fault=str(error))
        return file


def _open_checked(path: Path) -> LocalFile:
    file = LocalFile(path)
    try:
        file.check()
        if not sum(file.counts().values()):
            file.compact()
    except BaseException:
        file.close()
        raise
    return file


def _set_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def _salvage(source: Path, target: LocalFile) -> int:
    """Copy the intact messages of a damaged file, up to the first that cannot be read."""
    copy = _whole_copy(source)
    cursor, count = _BEGINNING, 0
    try:
        damaged = LocalFile(copy, mode="read")
    except TransportError:
        return 0
    try:
        while rows := damaged.read(cursor, 1):
            cursor = rows[0].sequence
            if rows[0].is_intact:
                target.append([rows[0].message])
                count += 1
    except DamagedFileError:
        return count
    finally:
        damaged.close()
        for suffix in ("", "-wal", "-shm"):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    return count


def _whole_copy(source: Path) -> Path:
    """Copy a database and fill up the pages it has lost: SQLite opens no file that is too short."""
    copy = source.with_name(source.name + ".salvage")
    for suffix in ("", "-wal"):
        part = source.with_name(source.name + suffix)
        if part.exists():
            shutil.copyfile(part, copy.with_name(copy.name + suffix))
    with copy.open("r+b") as file:
        header = file.read(32)
        size = int.from_bytes(header[16:18]) * int.from_bytes(header[28:32])
        file.truncate(max(size, copy.stat().st_size))
    return copy
