"""The Redis cache as a store: counters, offsets, marks and entries move in one script."""

import re
import struct
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, Final, cast
from urllib.parse import urlsplit

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    NoPermissionError,
    RedisError,
    ResponseError,
)
from redis.retry import Retry

from tapeline.errors import (
    SettingsError,
    StoreConflictError,
    StoreError,
    StoreFormatError,
    StoreUnavailableError,
)
from tapeline.storage.consumer.taken import BATCHES_PER_STREAM
from tapeline.storage.mark_runs import runs_of
from tapeline.storage.ports import Chunk, Mark, Partition, Progress
from tapeline.storage.redis_cache.books import Books
from tapeline.storage.redis_cache.entries import Entries, entries_of
from tapeline.storage.redis_cache.layout import (
    BOUNDS,
    FORMAT,
    FORMAT_KEY,
    LEVELS,
    MARKS,
    MARKS_KEPT_S,
    OFFSETS,
    ROWS,
    STREAMS,
    WRITES,
    entry_key,
    index_key,
)
from tapeline.storage.schema import BUS_CHANNEL
from tapeline.storage.targets import Target
from tapeline.telemetry.clock import Clock

_CONNECT_S: Final = 5
_ANSWER_S: Final = 30
_MARK: Final = struct.Struct("<QI")
_SCRIPT: Final = files(__package__).joinpath("move.lua").read_text()


def open_redis(target: Target, clock: Clock) -> "RedisStore":
    """Make the store of an address; nothing is touched before its ``open``.

    Raises
    ------
    SettingsError
        The address has an unknown option, or names no database.
    """
    del clock  # Redis has its own, and entries say the times of their events.
    unknown = {name for name, _ in target.options} - {"timeout"}
    if unknown:
        raise SettingsError(f"{target.shown}: unknown option {', '.join(sorted(unknown))}")
    if not re.fullmatch(r"/?|/[0-9]{1,5}", urlsplit(target.text).path):
        raise SettingsError(f"{target.shown}: a database of Redis is a number")
    try:
        timeout_s = float(target.option("timeout") or _ANSWER_S)
        client = Redis.from_url(
            target.text.partition("?")[0],
            socket_timeout=timeout_s,
            socket_connect_timeout=_CONNECT_S,
            # The worker tries again, and looks before it does.
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise SettingsError(f"{target.shown}: {error}") from error
    return RedisStore(client, target.shown)


class RedisStore:
    """A cache in a database; :mod:`tapeline.storage.redis_cache.layout` describes it."""

    def __init__(self, client: "Redis", shown: str) -> None:
        self._client = client
        self._shown = shown
        self._move = client.register_script(_SCRIPT)
        self._books = Books(BOUNDS["l2"].entries_max, LEVELS)
        self._prepared: tuple[Chunk, Entries] | None = None

    def open(self) -> None:
        """Claim the database, or find that it is ours; see :meth:`Store.open`."""
        with self._translated():
            self._client.set(FORMAT_KEY, FORMAT, nx=True)
            found = self._client.get(FORMAT_KEY)
        if found != FORMAT:
            raise StoreFormatError(
                f"{self._shown}: {FORMAT_KEY} is {found!r}, not {FORMAT!r}: another version's"
            )

    def progress(self, partitions: Collection[Partition]) -> Progress:
        """Read offsets and marks; see :meth:`Store.progress`."""
        # What comes next may not be what followed the books' last messages.
        self._books.forget()
        self._prepared = None
        asked = list(partitions)
        if not asked:
            return Progress({}, [])
        with self._translated():
            found = self._client.hmget(OFFSETS, [_field(each) for each in asked])
            marks = list(self._marks({topic for topic, _ in asked}))
        offsets = zip(asked, found, strict=True)
        return Progress({each: int(text) for each, text in offsets if text is not None}, marks)

    def write(self, chunk: Chunk) -> None:
        """Count, cache and move the offsets, all or nothing; see :meth:`Store.write`."""
        if self._prepared is None or self._prepared[0] is not chunk:
            # Once: a chunk that is offered again must not go through the books again.
            self._prepared = (chunk, entries_of(chunk.tables, self._books))
        entries = self._prepared[1]
        with self._translated():
            refused = self._move(
                keys=[OFFSETS, ROWS, STREAMS, WRITES], args=list(_arguments(chunk, entries))
            )
        if refused:
            raise StoreConflictError(
                f"{self._shown} is at {refused[1].decode() or None} of {refused[0].decode()}:"
                " another writer was here"
            )

    def rehearse(self, tables: Mapping[str, pa.Table]) -> None:
        """Make entries and throw them away; see :meth:`Store.rehearse`."""
        entries_of(tables, Books(BOUNDS["l2"].entries_max, LEVELS))

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def _marks(self, topics: Collection[str]) -> Iterator[Mark]:
        streams = cast(set[bytes], self._client.smembers(STREAMS))
        for stream in sorted(streams):
            producer, routing_key = orjson.loads(stream)
            if routing_key not in topics and routing_key.rpartition(".")[0] not in topics:
                continue
            packed = cast(list[bytes], self._client.lrange(MARKS.encode() + stream, 0, -1))
            for batch_id, crc in map(_MARK.unpack, packed):
                yield Mark(producer, routing_key, batch_id, crc)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except RedisError as error:
            raise _store_error(self._shown, error) from error


def _field(partition: Partition) -> str:
    return f"{partition[0]}/{partition[1]}"


def _arguments(chunk: Chunk, entries: Entries) -> Iterator[Any]:
    """Yield what the script reads, in its order."""
    yield len(chunk.expected)
    for partition, expected in chunk.expected.items():
        following = chunk.offsets.get(partition)
        yield from (_field(partition), "" if expected is None else expected)
        yield "" if following is None else following
    yield len(chunk.tables)
    for event_type, table in chunk.tables.items():
        yield from (event_type, table.num_rows - _own_statements(event_type, table))
    runs = list(runs_of(chunk.marks))
    yield from (MARKS, BATCHES_PER_STREAM, MARKS_KEPT_S, len(runs))
    for run in runs:
        numbered = enumerate(run.crcs, run.first)
        yield orjson.dumps([run.producer, run.routing_key])
        yield b"".join(_MARK.pack(number, crc) for number, crc in numbered)
    yield len(entries)
    for kind, values in entries.items():
        ttl_ms, most = BOUNDS[kind]
        # No more than there is room for: the last ones were written last.
        kept = list(values.items())[-most:]
        yield from (index_key(kind), entry_key(kind, ""), ttl_ms, most, len(kept))
        for instrument, value in kept:
            yield from (instrument, value)


def _own_statements(event_type: str, table: pa.Table) -> int:
    """Count statements about the bus: a cache keeps none, and counts what was sent."""
    if event_type != "coverage":
        return 0
    is_own = pc.starts_with(table["channel"].cast(pa.string()), BUS_CHANNEL)
    return int(pc.sum(is_own).as_py() or 0)


def _store_error(shown: str, error: RedisError) -> StoreError:
    text = f"{shown}: {error}"
    if isinstance(error, AuthenticationError | NoPermissionError):
        return StoreFormatError(f"{shown}: the user or the password is wrong ({error})")
    if isinstance(error, ResponseError) and str(error).startswith(("WRONGTYPE", "NOAUTH")):
        return StoreFormatError(text)
    # Loading, read-only, out of memory, busy, and everything the network does.
    return StoreUnavailableError(text)
