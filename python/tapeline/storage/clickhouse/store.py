"""The ClickHouse store: rows that may come twice and are one, and progress in one guarded step."""

import os
import socket
import uuid
from collections.abc import Collection, Mapping
from typing import Any, Final

import pyarrow as pa

from tapeline.errors import RowError
from tapeline.storage.clickhouse.connection import Connection
from tapeline.storage.clickhouse.pieces import pieces_of
from tapeline.storage.clickhouse.schema_check import check_tables
from tapeline.storage.clickhouse.state import State
from tapeline.storage.clickhouse.tables import (
    PARTITIONS_PER_INSERT,
    VIEW_SUFFIX,
    columns_of,
    create_statement,
    tables,
    view_statement,
)
from tapeline.storage.ports import Chunk, Partition, Progress
from tapeline.storage.schema import EVENT_TYPES
from tapeline.telemetry.clock import Clock

_INSERT: Final[Mapping[str, Any]] = {
    "async_insert": 0,
    # Rows come in order of arrival; merges collapse what is there twice.
    "optimize_on_insert": 0,
    "max_partitions_per_insert_block": PARTITIONS_PER_INSERT,
    # A chunk is one block, so it is there whole or not at all.
    "min_insert_block_size_rows": 10_000_000,
    "min_insert_block_size_bytes": 1_000_000_000,
}


class ClickHouseStore:
    """A store in a database; :mod:`tapeline.storage.clickhouse.tables` describes it.

    :meth:`write` inserts the rows, then moves the offsets in one step that only one writer can win.
    A writer that dies in between leaves rows without progress; whoever reads those messages again
    writes the same rows with the same keys, and they are one.
    """

    def __init__(self, connection: Connection, *, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        writer = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._state = State(connection, writer)

    def open(self) -> None:
        """Make database and tables where they are missing, check the others."""
        self._connection.command(f"CREATE DATABASE IF NOT EXISTS `{self._connection.database}`")
        there = check_tables(self._connection, may_be_missing=True)
        statements = {table: create_statement(table) for table in tables()}
        statements |= {f"{name}{VIEW_SUFFIX}": view_statement(name) for name in EVENT_TYPES}
        missing = [statement for name, statement in statements.items() if name not in there]
        for statement in missing:
            self._connection.command(statement)
        if missing:
            check_tables(self._connection)

    def progress(self, partitions: Collection[Partition]) -> Progress:
        """Read what was written, by whomever; see :meth:`Store.progress`."""
        found = self._state.read().offsets
        offsets = {each: found[each] for each in partitions if each in found}
        return Progress(offsets, self._state.marks({topic for topic, _ in partitions}))

    def write(self, chunk: Chunk) -> None:
        """Insert rows, then move the offsets; see :meth:`Store.write`."""
        position = self._state.read()
        self._state.check(position, chunk)
        attempt = uuid.uuid4().hex
        for event_type, table in chunk.tables.items():
            for place, piece in enumerate(pieces_of(event_type, table)):
                self._insert(event_type, event_type, piece, f"{attempt}-{place}")
        self._state.move(position, chunk, self._clock.wall_ns() // 1_000_000_000)

    def rehearse(self, tables: Mapping[str, pa.Table]) -> None:
        """Insert into a table like the real one that keeps nothing; see :meth:`Store.rehearse`."""
        for event_type, table in tables.items():
            name = f"rehearsal_{uuid.uuid4().hex}"
            self._connection.command(
                f"CREATE TABLE {{db}}.{name} AS {{db}}.{event_type} ENGINE = Null"
            )
            try:
                self._insert(event_type, name, table, name)
            finally:
                self._connection.command(f"DROP TABLE {{db}}.{name}")

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def _insert(self, event_type: str, table: str, rows: pa.Table, token: str) -> None:
        """Insert rows; ``token`` is for a client that sends a request twice.

        Another attempt must have another one: the engine notes a token before the rows are there,
        and when it is killed in between, it drops the rows of that token from then on, without a
        word.
        """
        settings = {**_INSERT, "insert_deduplication_token": token}
        try:
            self._connection.insert(table, rows, columns_of(event_type), settings)
        except RowError:
            # Columns that changed under us refuse every row: no reason to give rows up.
            check_tables(self._connection)
            raise
