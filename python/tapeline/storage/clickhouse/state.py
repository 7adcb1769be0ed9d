"""How far the writers of a ClickHouse store are, and the one step that moves it.

ClickHouse has no transaction over several statements, but it drops an insert whose deduplication
token it has seen, atomically. Writes are numbered, and the token of a write is its number: of two
writers that want to be number 43 one is dropped, and both can read who it was. So the state is a
register with compare-and-set, on a server and in the embedded engine alike.

An engine that is killed while it takes write 43 may remember the token and not the rows. Then
nobody is 43, and the next write is 44.
"""

import zlib
from collections.abc import Collection, Sequence
from time import sleep as pause
from typing import Any, Final, NamedTuple

import pyarrow as pa

from tapeline.errors import StoreConflictError
from tapeline.storage.clickhouse.connection import Connection
from tapeline.storage.clickhouse.tables import STATE, columns_of
from tapeline.storage.consumer.taken import BATCHES_PER_STREAM
from tapeline.storage.mark_runs import Run, marks_of, runs_of
from tapeline.storage.ports import Chunk, Mark, Partition

_SCHEMA: Final = pa.schema(
    [
        ("kind", pa.string()),
        ("stamp", pa.uint64()),
        ("name", pa.string()),
        ("part", pa.uint64()),
        ("place", pa.uint32()),
        ("producer", pa.string()),
        ("number", pa.uint64()),
        ("value", pa.int64()),
        ("crcs", pa.list_(pa.uint32())),
        ("written", pa.uint32()),
    ]
)

_OFFSETS: Final = (
    "SELECT name, part, argMax(value, number), max(number)"
    f" FROM {{db}}.{STATE} WHERE kind = 'offset' GROUP BY name, part"
)
_WRITER: Final = f"SELECT name FROM {{db}}.{STATE} WHERE kind = 'commit' AND stamp = %(number)s"
# A stream's batches beyond the bound are left where they are; TTL takes them.
_MARKS: Final = f"""
    SELECT producer, name, part, crcs FROM (
        SELECT producer, name, part, crcs, stamp, place,
            sum(length(crcs)) OVER (
                PARTITION BY producer, name ORDER BY stamp DESC, place DESC
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) - length(crcs) AS later
        FROM {{db}}.{STATE} FINAL
        WHERE kind = 'marks' AND (
            name IN %(topics)s
            OR arrayStringConcat(arrayPopBack(splitByChar('.', name::String)), '.') IN %(topics)s
        )
    ) WHERE later < {BATCHES_PER_STREAM} ORDER BY stamp, place
"""


# A write that won a moment ago may not be visible yet.
_VISIBLE_AFTER_S: Final = (0.0, 0.05, 0.2, 0.5, 1.0)


class Position(NamedTuple):
    """The state of a moment."""

    number: int
    """Of the last write; 0 before the first."""
    offsets: dict[Partition, int]


class State:
    """The register of one store.

    Parameters
    ----------
    writer
        Names this writer; no other may have the same name.
    """

    def __init__(self, connection: Connection, writer: str) -> None:
        self._connection = connection
        self._writer = writer

    def read(self) -> Position:
        """Return number and offsets, whoever wrote them."""
        rows = self._connection.rows(_OFFSETS)
        offsets = {(topic, part): value for topic, part, value, _ in rows}
        return Position(max((row[3] for row in rows), default=0), offsets)

    def marks(self, topics: Collection[str]) -> list[Mark]:
        """Return the latest batches taken of the streams on these topics."""
        if not topics:
            return []
        rows = self._connection.rows(_MARKS, {"topics": sorted(topics)})
        return list(marks_of(Run(*row) for row in rows))

    def check(self, position: Position, chunk: Chunk) -> None:
        """Raise StoreConflictError unless the store is where the chunk begins."""
        for partition, expected in chunk.expected.items():
            found = position.offsets.get(partition)
            if found != expected:
                raise StoreConflictError(
                    f"{self._connection.shown} is at {found} of {partition[0]}[{partition[1]}],"
                    f" not at {expected}: another writer was here"
                )

    def move(self, position: Position, chunk: Chunk, written_s: int) -> None:
        """Make the chunk's progress the next write, or raise StoreConflictError.

        Parameters
        ----------
        position
            As read before the chunk's rows were inserted.
        written_s
            Wall clock, Unix seconds.
        """
        if not chunk.offsets:
            return
        # The same chunk offered again by this writer is the same write.
        name = f"{self._writer}-{_digest(chunk):08x}"
        while True:
            number = position.number + 1
            rows = _rows(number, name, chunk, written_s)
            table = pa.Table.from_pylist(rows, _SCHEMA)
            self._connection.insert(
                STATE,
                table,
                columns_of(STATE),
                {"insert_deduplication_token": f"write-{number}", "async_insert": 0},
            )
            winner = self._winner(number)
            if winner == name:
                return
            position = self.read()
            self.check(position, chunk)
            if winner is None:
                position = position._replace(number=max(position.number, number))

    def _winner(self, number: int) -> str | None:
        """Return who made this write; None when nobody ever will."""
        for wait_s in _VISIBLE_AFTER_S:
            pause(wait_s)
            rows = self._connection.rows(_WRITER, {"number": number})
            if rows:
                # Two: a writer slept for longer than tokens are remembered. It did not win.
                return rows[0][0] if len(rows) == 1 else ""
        return None


def _rows(number: int, name: str, chunk: Chunk, written_s: int) -> Sequence[dict[str, Any]]:
    common = {"number": number, "written": written_s, "crcs": [], "producer": "", "value": 0}
    rows = [common | {"kind": "commit", "stamp": number, "name": name, "part": 0, "place": 0}]
    for (topic, part), following in chunk.offsets.items():
        offset = {"kind": "offset", "stamp": 0, "name": topic, "part": part, "place": 0}
        rows.append(common | offset | {"value": following})
    for place, run in enumerate(runs_of(chunk.marks)):
        marks = {"kind": "marks", "stamp": number, "name": run.routing_key, "place": place}
        more = {"part": run.first, "producer": run.producer, "crcs": run.crcs}
        rows.append(common | marks | more)
    return rows


def _digest(chunk: Chunk) -> int:
    text = repr((sorted(chunk.offsets.items()), list(chunk.marks)))
    return zlib.crc32(text.encode())
