"""The ClickHouse store: its write next to the engine's own, and the way from a full topic."""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import chdb
import pyarrow as pa

from benches.python.watched import steady, usage_of
from tapeline.apps.bench import Figure, interleaved
from tapeline.apps.chain import Process
from tapeline.storage.clickhouse.connection import Connection
from tapeline.storage.clickhouse.native import NativeEncoder
from tapeline.storage.clickhouse.open import open_clickhouse
from tapeline.storage.clickhouse.tables import columns_of
from tapeline.storage.ports import Chunk
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import Clock, SystemClock
from tests.services.clickhouse import ClickHouseServer
from tests.services.kafka import KafkaBroker

_ROUNDS = 5
_LOOK_S = 0.1


class ProcessClock(SystemClock):
    """CPU time of all threads."""

    monotonic_ns = staticmethod(time.process_time_ns)


def writing(folder: Path, table: pa.Table) -> list[Figure]:
    """Write one chunk again and again into the embedded engine, next to a ready Native file.

    Merges are stopped: what they cost is :func:`chain`'s to say.
    """
    target = parse_target(f"clickhouse:{folder / 'clickhouse'}")
    store = open_clickhouse(target, SystemClock())
    store.open()
    connection = Connection(target)
    connection.command("SYSTEM STOP MERGES {db}.trade")
    connection.command("CREATE TABLE {db}.ready AS {db}.trade")
    connection.command("SYSTEM STOP MERGES {db}.ready")
    places = iter(range(10**6))

    def write() -> None:
        number = next(places)
        store.write(Chunk({"trade": table}, {("t", 0): number or None}, {("t", 0): number + 1}))

    work: dict[str, Callable[[], object]] = {
        "store": write,
        "engine": _of_ready_bytes(folder / "clickhouse", connection.database, table),
    }
    write()
    size = connection.rows(
        "SELECT sum(bytes_on_disk) / sum(rows) FROM system.parts WHERE active AND table = 'trade'"
    )[0][0]
    wall = interleaved(work, SystemClock(), _ROUNDS)
    cpu = interleaved(work, ProcessClock(), _ROUNDS)
    # A round more of the store than of the engine, which is the one before the rounds.
    _check_stored(connection, table.num_rows, {"trade": 2 * _ROUNDS + 1, "ready": 2 * _ROUNDS})
    connection.close()
    store.close()
    rows = table.num_rows
    return [
        Figure(
            "ClickHouse engine, write",
            rows * 1e9 / wall["store"],
            "rows/s",
            goal=2_000_000,
            higher_is_better=True,
        ),
        Figure(
            "ClickHouse engine, next to ready data",
            rows * 1e9 / wall["store"],
            "rows/s",
            rows * 1e9 / wall["engine"],
            higher_is_better=True,
        ),
        Figure("ClickHouse engine, CPU", cpu["store"] / rows, "ns/row", cpu["engine"] / rows),
        Figure("ClickHouse engine, size before merges", float(size), "bytes/row"),
    ]


def _check_stored(connection: Connection, rows: int, inserts: dict[str, int]) -> None:
    """End the bench unless every insert brought all its rows: a dropped one costs less."""
    sql = (
        "SELECT table, sum(rows) FROM system.parts WHERE active AND database = %(d)s GROUP BY table"
    )
    found = dict(connection.rows(sql, {"d": connection.database}))
    for name, count in inserts.items():
        if found.get(name) != rows * count:
            raise SystemExit(
                f"bench: {count} inserts of {rows:,} rows, {name} has {found.get(name)}"
            )


def _of_ready_bytes(path: Path, database: str, table: pa.Table) -> Callable[[], None]:
    """Return what inserts the rows as bytes that were made before, with the table's settings."""
    names = table.schema.names
    types = columns_of("trade")
    ready = list(NativeEncoder(table.combine_chunks(), [types[name] for name in names]))
    statement = (
        f"INSERT INTO {database}.ready ({', '.join(names)}) SETTINGS async_insert = 0,"
        " optimize_on_insert = 0, min_insert_block_size_rows = 10000000,"
        " min_insert_block_size_bytes = 1000000000, insert_deduplication_token = '{token}'"
    )

    def insert() -> None:
        session = chdb.connect(str(path.resolve()))
        # Without a token the engine hashes the rows, and drops them when it has had them.
        text = statement.replace("{token}", uuid.uuid4().hex)
        with session.send_insert(text, "Native") as sent:
            for piece in ready:
                sent.append(piece)
            sent.finish()
        session.close()

    return insert


def chain(folder: Path, broker: KafkaBroker, trades: int) -> list[Figure]:
    """Let ``tapeline store`` read the topics into a server; CPU is that of both processes.

    The broker's is not in it: it had done its work, or does it for whoever reads.
    """
    server = ClickHouseServer(folder / "clickhouse-server")
    server.start()
    try:
        return _chain(server, broker, trades, SystemClock())
    finally:
        server.stop()


def _chain(
    server: ClickHouseServer, broker: KafkaBroker, trades: int, clock: Clock
) -> list[Figure]:
    connection = Connection(parse_target(server.target()))
    words = [
        *("store", "--json", "--types", "trade", "--idle", "4"),
        *("--transport", f"kafka://{broker.servers}", "--target", server.target()),
    ]
    seen: list[tuple[int, int, float, float]] = []
    with Process(*words) as process:
        while process.is_running:
            used = [usage_of(pid) for pid in (process.pid, server.pid)]
            ours, engine = (0.0 if each is None else each[0] for each in used)
            if ours and engine:
                seen.append((_rows(connection), clock.monotonic_ns(), ours, engine))
            time.sleep(_LOOK_S)
        summary = json.loads(process.output().splitlines()[-1])
    connection.close()
    (target,) = summary["targets"]
    if target["rows"] != {"trade": trades} or target["residual"]:
        raise SystemExit(f"bench: {trades:,} trades were sent, the store says {target}")
    first, last = (seen[place] for place in steady([look[0] for look in seen]))
    rows = last[0] - first[0]
    return [
        Figure(
            "Kafka to ClickHouse",
            rows * 1e9 / (last[1] - first[1]),
            "rows/s",
            goal=2_000_000,
            higher_is_better=True,
        ),
        Figure(
            "Kafka to ClickHouse, CPU of the store",
            (last[2] - first[2]) / rows * 1e6,
            "us/row",
        ),
        Figure(
            "Kafka to ClickHouse, CPU of the server with its merges",
            (last[3] - first[3]) / rows * 1e6,
            "us/row",
        ),
    ]


def _rows(connection: Connection) -> int:
    sql = "SELECT sum(rows) FROM system.parts WHERE active AND table = 'trade' AND database = %(d)s"
    return int(connection.rows(sql, {"d": connection.database})[0][0])
