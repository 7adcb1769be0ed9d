"""The file of the local transport: an SQLite database in WAL mode with offsets like Kafka's.

One row is one message. ``sequence`` is the order of arrival over all topics, ``offset`` counts from
0 in each topic. One process writes (a lock file says so), any number read at the same time. After
``kill -9`` every appended message is there; ``durable="full"`` also survives a power cut.

A message has its own checksum (CRC-32 of key and value): SQLite finds broken pages, not flipped
bits.
"""

import contextlib
import fcntl
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tapeline.errors import TapelineError, TransportError
from tapeline.transport.ports import Message

APPLICATION_ID: Final = 0x7461706C
"""``tapl``, in the file's header: tells our file from any other SQLite database."""

FORMAT_VERSION: Final = 1

_ROWS_PER_STATEMENT: Final = 4096
_ROWS_PER_TRIM: Final = 2048
_SCHEMA: Final = f"""
BEGIN;
CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, trimmed INTEGER NOT NULL
DEFAULT 0); CREATE TABLE messages (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    topic INTEGER NOT NULL REFERENCES topics (id),
    offset INTEGER NOT NULL,
    key BLOB NOT NULL,
    value BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    note TEXT
);
CREATE UNIQUE INDEX message_offsets ON messages (topic, offset);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT_VERSION};
COMMIT;
"""


class BusFileError(TransportError):
    """A local transport file is damaged, foreign, newer than this program, or in use."""

    retryable = False


class DamagedFileError(BusFileError):
    """The file is ours, but pages of it are missing or changed; what is before them can be read."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One row of a local transport file."""

    sequence: int
    topic: str
    offset: int
    key: bytes
    value: bytes
    is_intact: bool
    """Whether key and value still have the checksum they were written with."""
    note: str | None

    @property
    def message(self) -> Message:
        """The triple that was sent."""
        return self.topic, self.key, self.value


class LocalFile:
    """An open local transport file.

    Parameters
    ----------
    path
        Made, with its folder, when it is missing and ``mode`` is ``"write"``.
    mode
        ``"write"`` takes the single-writer lock; ``"read"`` leaves the file as it is; ``"trim"``
        may only remove messages, beside the process that writes.
    durable
        ``"process"``: appended messages survive the end of the process. ``"full"``: each append is
        synced to the disk and survives a power cut.

    Raises
    ------
    BusFileError
        The file is not ours, damaged, from a newer version, missing (to read) or locked (to write).
    """

    def __init__(
        self,
        path: Path,
        *,
        mode: Literal["read", "write", "trim"] = "write",
        durable: Literal["process", "full"] = "process",
    ) -> None:
        self.path = path
        self._lock: int | None = None
        if mode == "write":
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise BusFileError(f"cannot make the folder of {path}: {error.strerror}") from error
            self._lock = _take_lock(path)
        elif not path.exists():
            raise BusFileError(f"there is no local transport file {path}")
        try:
            self._connection = _connect(path, mode, durable)
        except BaseException:
            self._release_lock()
            raise
        self._topics: dict[str, int] = {}
        self._next_offset: dict[str, int] = {}
        if mode == "write":
            try:
                self._load_topics()
            except BaseException:
                self.close()
                raise

    def append(self, messages: Sequence[Message], *, notes: str | None = None) -> None:
        """Append messages, in one transaction for each 4,096 of them.

        Raises
        ------
        TransportError
            The disk is full or fails; the messages of the transaction that failed are not in the
            file.
        """
        for start in range(0, len(messages), _ROWS_PER_STATEMENT):
            self._append_chunk(messages[start : start + _ROWS_PER_STATEMENT], notes, None)

    def prepend(self, messages: Sequence[Message]) -> None:
        """Put messages before all others: a resend is older than what waits.

        Raises
        ------
        TransportError
            As for :meth:`append`.
        """
        for end in range(len(messages), 0, -_ROWS_PER_STATEMENT):
            chunk = messages[max(0, end - _ROWS_PER_STATEMENT) : end]
            with _faults_named(self.path):
                lowest = self._connection.execute("SELECT min(sequence) FROM messages").fetchone()[
                    0
                ]
            self._append_chunk(chunk, None, (1 if lowest is None else lowest) - len(chunk))

    def add_topics(self, topics: Sequence[str]) -> None:
        """Register topics that may stay empty."""
        with _faults_named(self.path):
            for topic in topics:
                self._topic_id(topic)

    def read(self, after: int, limit: int, max_bytes: int | None = None) -> list[StoredMessage]:
        """Read messages in order of arrival.

        Parameters
        ----------
        after
            Sequence of the last message that is already known; ``-2**63`` for the beginning.
        limit
            At most so many messages.
        max_bytes
            Stop after so many bytes of values (at least one message is returned).

        Raises
        ------
        DamagedFileError
            The file is damaged here; everything before has been readable.
        """
        found: list[StoredMessage] = []
        size = 0
        with _faults_named(self.path):
            for row in self._connection.execute(_READ, (after, limit)):
                found.append(_stored(row))
                size += len(row[4])
                if max_bytes is not None and size >= max_bytes:
                    break
        return found

    def before(self, topic: str, offset: int, limit: int) -> list[StoredMessage]:
        """Read the last messages of a topic before an offset, in order."""
        with _faults_named(self.path):
            rows = self._connection.execute(_BEFORE, (topic, offset, limit)).fetchall()
        return [_stored(row) for row in reversed(rows)]

    def position(self, offsets: Mapping[str, int]) -> int:
        """Find where to read on for a reader that has some messages.

        Parameters
        ----------
        offsets
            For each topic the offset of the next message wanted; topics not named are not wanted.

        Returns
        -------
        int
            For ``after`` of :meth:`read`: no wanted message is at or before it.
        """
        first: int | None = None
        with _faults_named(self.path):
            for topic, offset in offsets.items():
                row = self._connection.execute(_FIRST_FROM, (topic, offset)).fetchone()
                if row is not None:
                    first = int(row[0]) if first is None else min(first, int(row[0]))
        if first is None:
            return self.last_sequence()
        return first - 1

    def last_sequence(self) -> int:
        """Return the sequence of the latest message, 0 when there is none."""
        with _faults_named(self.path):
            row = self._connection.execute("SELECT coalesce(max(sequence), 0) FROM messages")
            return int(row.fetchone()[0])

    def remove(self, sequences: Sequence[int]) -> None:
        """Remove messages; their offsets are never given out again."""
        with _faults_named(self.path), _transaction(self._connection):
            self._connection.executemany(
                "UPDATE topics SET trimmed = max(trimmed, "
                "(SELECT offset + 1 FROM messages WHERE sequence = ?1)) "
                "WHERE id = (SELECT topic FROM messages WHERE sequence = ?1)",
                [(sequence,) for sequence in sequences],
            )
            self._connection.executemany(
                "DELETE FROM messages WHERE sequence = ?", [(sequence,) for sequence in sequences]
            )

    def following(self) -> dict[str, int]:
        """Return the offset that each topic's next message will have."""
        with _faults_named(self.path):
            return {name: following for _, name, following in self._connection.execute(_FOLLOWING)}

    def trim(self, offsets: Mapping[str, int]) -> int:
        """Remove the messages before these offsets; may be done beside the process that writes.

        Parameters
        ----------
        offsets
            For each topic the first offset to keep.

        Returns
        -------
        int
            How many were removed. Their space is used again by the file, not given back.
        """
        removed = 0
        for topic, keep_from in offsets.items():
            with _faults_named(self.path):
                (oldest,) = self._connection.execute(_OLDEST, (topic,)).fetchone()
            first = keep_from if oldest is None else int(oldest)
            # In short transactions, so that the writer never waits for long.
            for end in range(first + _ROWS_PER_TRIM, keep_from + _ROWS_PER_TRIM, _ROWS_PER_TRIM):
                removed += self._trim_topic(topic, min(end, keep_from))
        return removed

    def _trim_topic(self, topic: str, keep_from: int) -> int:
        with _faults_named(self.path), _transaction(self._connection):
            self._connection.execute(
                "UPDATE topics SET trimmed = max(trimmed, ?2) WHERE name = ?1", (topic, keep_from)
            )
            done = self._connection.execute(
                "DELETE FROM messages WHERE topic = (SELECT id FROM topics WHERE name = ?1) "
                "AND offset < ?2",
                (topic, keep_from),
            )
            return done.rowcount

    def counts(self) -> dict[str, int]:
        """Count the messages of each topic, empty ones included."""
        with _faults_named(self.path):
            return dict(
                self._connection.execute(
                    "SELECT name, (SELECT count(*) FROM messages WHERE topic = topics.id) "
                    "FROM topics ORDER BY name"
                ).fetchall()
            )

    def check(self) -> None:
        """Look at every page.

        Raises
        ------
        DamagedFileError
            A page is missing or changed.
        """
        with _faults_named(self.path):
            verdict = str(self._connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        if verdict != "ok":
            raise DamagedFileError(f"{self.path} is damaged: {verdict.splitlines()[-1]}")

    def compact(self) -> None:
        """Give the space of removed messages back to the disk."""
        with _faults_named(self.path):
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file and give the lock back; harmless when called twice."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        self._release_lock()

    def _append_chunk(
        self, chunk: Sequence[Message], note: str | None, first_sequence: int | None
    ) -> None:
        offsets = dict.fromkeys({topic for topic, _, _ in chunk}, 0)
        with _faults_named(self.path):
            ids = {topic: self._topic_id(topic) for topic in offsets}
            parameters: list[object] = []
            for index, (topic, key, value) in enumerate(chunk):
                offset = self._next_offset[topic] + offsets[topic]
                offsets[topic] += 1
                sequence = None if first_sequence is None else first_sequence + index
                parameters += (
                    sequence,
                    ids[topic],
                    offset,
                    key,
                    value,
                    _checksum(key, value),
                    note,
                )
            # One statement is one transaction and gives the interpreter lock away once: with a row
            # a statement this thread would wait for the busy event loop at every row.
            rows = ",".join(["(?,?,?,?,?,?,?)"] * len(chunk))
            statement = f"INSERT INTO messages VALUES {rows}"  # noqa: S608 (question marks only)
            self._connection.execute(statement, parameters)
        for topic, count in offsets.items():
            self._next_offset[topic] += count

    def _topic_id(self, topic: str) -> int:
        known = self._topics.get(topic)
        if known is None:
            cursor = self._connection.execute("INSERT INTO topics (name) VALUES (?)", (topic,))
            known = self._topics[topic] = int(cursor.lastrowid or 0)
            self._next_offset[topic] = 0
        return known

    def _load_topics(self) -> None:
        with _faults_named(self.path):
            rows = self._connection.execute(_FOLLOWING).fetchall()
        self._topics = {name: topic_id for topic_id, name, _ in rows}
        self._next_offset = {name: following for _, name, following in rows}

    def _release_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


_FOLLOWING: Final = (
    "SELECT id, name, max(trimmed, coalesce("
    "(SELECT max(offset) + 1 FROM messages WHERE topic = topics.id), 0)) FROM topics"
)
_OLDEST: Final = (
    "SELECT min(offset) FROM messages WHERE topic = (SELECT id FROM topics WHERE name = ?)"
)
_READ: Final = (
    "SELECT sequence, name, offset, key, value, checksum, note FROM messages "
    "JOIN topics ON topics.id = messages.topic WHERE sequence > ? ORDER BY sequence LIMIT ?"
)
_BEFORE: Final = (
    "SELECT sequence, name, offset, key, value, checksum, note FROM messages "
    "JOIN topics ON topics.id = messages.topic WHERE topics.name = ? AND offset < ? "
    "ORDER BY offset DESC LIMIT ?"
)
_FIRST_FROM: Final = (
    "SELECT sequence FROM messages JOIN topics ON topics.id = messages.topic "
    "WHERE topics.name = ? AND offset >= ? ORDER BY offset LIMIT 1"
)


def _stored(row: tuple[int, str, int, bytes, bytes, int, str | None]) -> StoredMessage:
    sequence, topic, offset, key, value, checksum, note = row
    return StoredMessage(
        sequence, topic, offset, key, value, _checksum(key, value) == checksum, note
    )


def _checksum(key: bytes, value: bytes) -> int:
    return zlib.crc32(value, zlib.crc32(key))


def _take_lock(path: Path) -> int:
    lock_path = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise BusFileError(f"cannot open {lock_path}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise BusFileError(
            f"another process writes to {path}; give this one a file of its own"
        ) from error
    return descriptor


def _connect(path: Path, mode: str, durable: str) -> sqlite3.Connection:
    with _faults_named(path):
        # The writing thread is not the one that opened the file; one of them uses it at a time.
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=5.0
        )
    try:
        with _faults_named(path):
            _check_header(connection, path, mode)
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable == 'full' else 'NORMAL'}")
            if mode == "read":
                connection.execute("PRAGMA query_only = ON")
            # A checkpoint every 4,096 pages (16 MiB): fewer syncs, and the log stays small enough
            # to scan.
            connection.execute("PRAGMA wal_autocheckpoint = 4096")
    except BaseException:
        connection.close()
        raise
    return connection


def _check_header(connection: sqlite3.Connection, path: Path, mode: str) -> None:
    # At one moment: a writer may be making it.
    connection.execute("BEGIN")
    try:
        is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        application_id = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    if is_empty and application_id == 0 and version == 0:
        if mode != "write":
            raise BusFileError(f"{path} holds nothing yet: no writer has opened it")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)
        return
    if application_id != APPLICATION_ID:
        raise BusFileError(f"{path} is an SQLite database, but not a tapeline transport file")
    if version > FORMAT_VERSION:
        raise BusFileError(
            f"{path} has format {version}, this tapeline knows formats up to {FORMAT_VERSION}:"
            " use a newer one"
        )


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextlib.contextmanager
def _faults_named(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours: damage is for good, the rest (full disk, busy) may pass."""
    try:
        yield
    except TapelineError:
        raise
    except sqlite3.OperationalError as error:
        raise TransportError(f"cannot use {path}: {error}") from error
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB:
            raise BusFileError(f"{path} is not a tapeline transport file: {error}") from error
        raise DamagedFileError(f"{path} is damaged: {error}") from error
