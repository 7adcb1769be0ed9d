"""The PostgreSQL store next to the most a server takes: the same rows as a COPY made beforehand."""

from collections.abc import Callable

import psycopg
import pyarrow as pa

from tapeline.access.ports import Query
from tapeline.access.readers.postgres import open_reader
from tapeline.apps.bench import Figure, interleaved
from tapeline.storage.ports import Chunk
from tapeline.storage.postgres.names import Ids, instruments_of
from tapeline.storage.postgres.native import CopyEncoder
from tapeline.storage.postgres.open import open_postgres
from tapeline.storage.postgres.projection import project, times_of
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tests.services.postgres import Database, PostgresServer, folders_of_binaries

GOAL = 0.8
_PIECE = 1 << 20
_TRUNCATE = "TRUNCATE tapeline.trade, tapeline.ingest_offsets"


def postgres_store(trades: pa.Table, rounds: int = 3) -> list[Figure]:
    """Write rows by the store and by a bare COPY, in turn; read them back.

    Parameters
    ----------
    trades
        Rows as a store gets them, of one UTC day or a few.

    Returns
    -------
    list of Figure
        Empty where there is no PostgreSQL to start.
    """
    if not folders_of_binaries():
        return []
    server = PostgresServer()
    try:
        server.start()
        return _measured(server.database(), trades, rounds)
    finally:
        server.kill()


def _measured(database: Database, trades: pa.Table, rounds: int) -> list[Figure]:
    target = parse_target(database.target())
    store = open_postgres(target, SystemClock())
    store.open()
    partition = ("trade.binance.spot.btcusdt", 0)

    def write() -> None:
        database.run(_TRUNCATE)
        store.write(Chunk({"trade": trades}, {partition: None}, {partition: 1}))

    write()
    statement, pieces = _encoded(trades)

    def copy() -> None:
        database.run(_TRUNCATE)
        with (
            psycopg.connect(database.dsn) as connection,
            connection.cursor() as cursor,
            cursor.copy(statement) as sink,
        ):
            for piece in pieces:
                sink.write(piece)

    work: dict[str, Callable[[], object]] = {"store": write, "copy": copy}
    least = interleaved(work, SystemClock(), rounds)
    rate = {name: trades.num_rows * 1e9 / time_ns for name, time_ns in least.items()}
    (size,) = database.run("SELECT pg_total_relation_size('tapeline.trade_20260105')")
    write()
    reader = open_reader(target)

    def read() -> None:
        rows = sum(batch.num_rows for batch in reader.read("trade", Query()))
        assert rows == trades.num_rows

    reading = interleaved({"read": read}, SystemClock(), rounds)["read"]
    store.close()
    return [
        Figure(
            "PostgreSQL store, of a COPY made beforehand",
            rate["store"] / rate["copy"],
            "",
            goal=GOAL,
            higher_is_better=True,
        ),
        Figure("PostgreSQL store", rate["store"], "rows/s"),
        Figure("PostgreSQL, COPY made beforehand", rate["copy"], "rows/s"),
        Figure("PostgreSQL, read back in order", trades.num_rows * 1e9 / reading, "rows/s"),
        Figure("PostgreSQL store, size", int(str(size[0])) / trades.num_rows, "bytes/row"),
    ]


def _encoded(trades: pa.Table) -> tuple[str, list[bytes]]:
    """Return the statement and the data of a COPY of these rows, in pieces."""
    instruments = instruments_of(trades)
    ids = {name: Ids(1, place + 1) for place, name in enumerate(instruments.names)}
    ((_, rows),) = project("trade", trades, times_of("trade", trades), *instruments.ids(ids))
    columns = ", ".join(f'"{name}"' for name in rows.column_names)
    statement = f"COPY tapeline.trade ({columns}) FROM STDIN (FORMAT binary)"
    return statement, list(CopyEncoder(rows, piece_bytes=_PIECE))
