"""How far a store is: offsets that fence writers, and the batches taken."""

import struct
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, TypeAlias

import asyncpg

from tapeline.errors import StoreConflictError
from tapeline.storage.consumer.taken import Taken
from tapeline.storage.ports import Chunk, Mark, Partition, Progress

_READ_OFFSETS: Final = """
SELECT o.topic, o.partition, o.next_offset FROM ingest_offsets o
JOIN unnest($1::text[], $2::integer[]) AS n (topic, partition) USING (topic, partition)"""
_MOVE: Final = """
UPDATE ingest_offsets o SET next_offset = n.following
FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[])
    AS n (topic, partition, following, expected)
WHERE o.topic = n.topic AND o.partition = n.partition AND o.next_offset = n.expected"""
_BEGIN: Final = """
INSERT INTO ingest_offsets (topic, partition, next_offset)
SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[]) ON CONFLICT DO NOTHING"""
_READ_BATCHES: Final = """
SELECT run, producer, routing_key, first_batch, checksums FROM ingest_batches
WHERE routing_key = ANY($1) ORDER BY run"""
_READ_STREAMS: Final = """
SELECT DISTINCT routing_key FROM ingest_batches
WHERE routing_key = ANY($1) OR regexp_replace(routing_key, '\\.[^.]*$', '') = ANY($1)"""
_ADD_BATCHES: Final = """
INSERT INTO ingest_batches (producer, routing_key, first_batch, checksums)
SELECT * FROM unnest($1::bytea[], $2::text[], $3::numeric[], $4::bytea[])"""

Run: TypeAlias = tuple[bytes, str, Decimal, bytes]
"""Producer, routing key, number of the first batch, and the CRC32Cs of it and those after it."""


async def read_progress(
    connection: asyncpg.Connection, partitions: Collection[Partition]
) -> Progress:
    """Return offsets and batches of partitions; see :meth:`Store.progress`."""
    topics = [topic for topic, _ in partitions]
    rows = await connection.fetch(_READ_OFFSETS, topics, [number for _, number in partitions])
    streams = await connection.fetch(_READ_STREAMS, topics)
    marks = await _read_marks(connection, [row[0] for row in streams])
    return Progress({(row[0], row[1]): row[2] for row in rows}, list(Taken(marks)))


async def move_offsets(connection: asyncpg.Connection, chunk: Chunk) -> None:
    """Move the offsets of a chunk, which from now on no other transaction can.

    Raises
    ------
    StoreConflictError
        They are not where the chunk expects them.
    """
    fresh = [each for each in chunk.expected if chunk.expected[each] is None]
    known = [each for each in chunk.expected if chunk.expected[each] is not None]
    moved = 0
    # In one order by all writers, so that two of them wait for each other in a row, not in a ring.
    if known := sorted(known):
        columns = _columns(known, chunk.offsets)
        expected = [chunk.expected[each] for each in known]
        moved += _count(await connection.execute(_MOVE, *columns, expected))
    if fresh := sorted(fresh):
        moved += _count(await connection.execute(_BEGIN, *_columns(fresh, chunk.offsets)))
    if moved != len(chunk.expected):
        raise StoreConflictError(
            f"{len(chunk.expected) - moved} of {len(chunk.expected)} partitions are not where the"
            " rows to be written begin: another writer was here"
        )


async def add_marks(connection: asyncpg.Connection, marks: Iterable[Mark]) -> None:
    """Remember batches."""
    runs = list(runs_of(marks))
    if runs:
        await connection.execute(_ADD_BATCHES, *([*column] for column in zip(*runs, strict=True)))


async def merge_marks(connection: asyncpg.Connection, streams: Collection[str]) -> None:
    """Write the runs of streams (routing keys) anew as few, forgetting what need not be known."""
    async with connection.transaction():
        rows = await connection.fetch(_READ_BATCHES, list(streams))
        marks = list(Taken(_marks(row[1:] for row in rows)))
        await connection.execute(
            "DELETE FROM ingest_batches WHERE run = ANY($1)", [row[0] for row in rows]
        )
        await add_marks(connection, marks)


def runs_of(marks: Iterable[Mark]) -> Iterator[Run]:
    """Join batches whose numbers follow each other."""
    streams: dict[tuple[str, str], list[Mark]] = {}
    for mark in marks:
        streams.setdefault((mark.producer, mark.routing_key), []).append(mark)
    for (producer, routing_key), stream in streams.items():
        places = enumerate(stream)
        for _, group in groupby(places, key=lambda each: each[1].batch_id - each[0]):
            run = [mark for _, mark in group]
            packed = struct.pack(f"<{len(run)}I", *(mark.crc for mark in run))
            # Bytes, because a producer may have any name, and text in PostgreSQL has no NUL.
            yield producer.encode(), routing_key, Decimal(run[0].batch_id), packed


async def _read_marks(connection: asyncpg.Connection, streams: list[str]) -> list[Mark]:
    rows = await connection.fetch(_READ_BATCHES, streams)
    return list(_marks(row[1:] for row in rows))


def _marks(runs: Iterable[Sequence[Any]]) -> Iterator[Mark]:
    for producer, routing_key, first, packed in runs:
        for place, crc in enumerate(struct.unpack(f"<{len(packed) // 4}I", packed)):
            yield Mark(producer.decode(), routing_key, int(first) + place, crc)


def _columns(
    partitions: Sequence[Partition], offsets: Mapping[Partition, int]
) -> tuple[list[str], list[int], list[int]]:
    return (
        [topic for topic, _ in partitions],
        [number for _, number in partitions],
        [offsets[each] for each in partitions],
    )


def _count(status: str) -> int:
    """Return the number of rows of a command's answer, ``UPDATE 3``."""
    return int(status.rpartition(" ")[2])
