"""The stores that are databases: rows a second of their ``write``, next to what is possible."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import psycopg
import pyarrow as pa

from tapeline.apps.bench import Figure, interleaved
from tapeline.storage.ports import Chunk, Store
from tapeline.storage.postgres.open import open_postgres
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tests.services.postgres import Database, PostgresServer, folders_of_binaries

_ROUNDS = 5
_ROWS = 100_000


def databases(folder: Path, table: pa.Table) -> list[Figure]:
    """Measure the databases that can be started here."""
    figures: list[Figure] = []
    if folders_of_binaries():
        figures += _postgres(table.slice(0, _ROWS))
    if importlib.util.find_spec("chdb") is not None:
        from benches.python import clickhouse

        figures += clickhouse.writing(folder, table)
    return figures


def writer_of(store: Store, table: pa.Table) -> Callable[[], None]:
    """Return what writes the rows into the store, each time as news."""
    places = iter(range(10**6))

    def write() -> None:
        number = next(places)
        store.write(Chunk({"trade": table}, {("t", 0): number or None}, {("t", 0): number + 1}))

    return write


def _postgres(table: pa.Table) -> list[Figure]:
    """Compare with COPY of a buffer that was encoded before, into the same table."""
    server = PostgresServer()
    server.start()
    try:
        database = server.database()
        store = open_postgres(parse_target(database.target()), SystemClock())
        store.open()
        write = writer_of(store, table)
        write()
        buffer = _buffer(database)
        work: dict[str, Callable[[], object]] = {
            "store": write,
            "copy": lambda: _copy(database, buffer),
        }
        wall = interleaved(work, SystemClock(), _ROUNDS)
        store.close()
    finally:
        server.stop()
    rows = table.num_rows
    return [
        Figure(
            "PostgreSQL store, next to COPY of a ready buffer",
            rows * 1e9 / wall["store"],
            "rows/s",
            rows * 1e9 / wall["copy"],
            goal=0.8,
            higher_is_better=True,
        )
    ]


def _buffer(database: Database) -> bytes:
    """Return what the store has written as a COPY would take it."""
    statement = "COPY (SELECT * FROM trade) TO STDOUT (FORMAT binary)"
    with (
        psycopg.connect(database.dsn) as connection,
        connection.cursor() as cursor,
        cursor.copy(statement) as copied,
    ):
        return b"".join(bytes(part) for part in copied)


def _copy(database: Database, buffer: bytes) -> None:
    with (
        psycopg.connect(database.dsn) as connection,
        connection.cursor() as cursor,
        cursor.copy("COPY trade FROM STDIN (FORMAT binary)") as copied,
    ):
        copied.write(buffer)
