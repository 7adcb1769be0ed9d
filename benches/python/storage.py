"""Storage: decoding, writing, the way from a full topic into a store, and reading back.

``TAPELINE_BENCH_TRADES`` says how many trades lie on the topic (default 5,000,000, in
micro-batches of 256). Whatever has a baseline is compared with it in the same run.
"""

import importlib.util
import os
import tempfile
import time
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import tapeline as tl
from benches.python.end_to_end import sustained_and_queryable
from benches.python.frames import CpuClock
from benches.python.servers import databases, writer_of
from benches.python.trades import SYMBOLS, messages, trade_values
from benches.python.watched import commits_of, entries_of, steady, watch
from tapeline.apps.bench import Figure, interleaved
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.schema import stored_schema_of
from tapeline.telemetry.clock import SystemClock
from tapeline.transport.open import open_sink
from tapeline.wire.native import decode, decode_rows
from tests.services.kafka import KafkaBroker, missing_tools

TRADES = int(os.environ.get("TAPELINE_BENCH_TRADES", "5_000_000"))
CHUNK = 500_000
_ROUNDS = 9


def storage() -> list[Figure]:
    """Measure everything; what needs a server that cannot be started is left out."""
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as name:
        folder = Path(name)
        values = trade_values(min(CHUNK, TRADES))
        table = decode_rows(values, list(range(len(values))), "trade").to_arrow()
        figures = decoding(values) + writing(folder, table) + databases(folder, table)
        if missing_tools() is None:
            broker = KafkaBroker(folder / "kafka")
            broker.start()
            try:
                figures += chain(folder, broker)
                if importlib.util.find_spec("chdb") is not None:
                    from benches.python import clickhouse, into_engine

                    figures += clickhouse.chain(folder, broker, TRADES)
                    figures += into_engine.into_engine(folder, broker, TRADES)
            finally:
                broker.stop()
            figures += loading(folder / "chain")
            figures += sustained_and_queryable(folder)
    return figures


def decoding(values: list[bytes]) -> list[Figure]:
    """Decode a tenth of a chunk at a time, as CPU time of one thread."""
    some = values[: max(len(values) // 10, 1)]
    offsets = list(range(len(some)))
    rows = len(decode(some))
    least = interleaved(
        {
            "rows": lambda: decode_rows(some, offsets, "trade"),
            "plain": lambda: decode(some, event_type="trade"),
        },
        CpuClock(),
        5 * _ROUNDS,
    )
    per_core = {name: rows * 1e9 / time_ns for name, time_ns in least.items()}
    return [
        Figure(
            "decode for a store",
            per_core["rows"],
            "events/s/core",
            goal=10_000_000,
            higher_is_better=True,
        ),
        Figure("decode with plain strings", per_core["plain"], "events/s/core"),
    ]


def writing(folder: Path, table: pa.Table) -> list[Figure]:
    """Write one chunk again and again, next to Arrow's own writer with its defaults."""
    plain = table.cast(stored_schema_of("trade"))
    store = ParquetStore(LocalFolder(folder / "alone"), clock=SystemClock())
    store.open()
    write = writer_of(store, table)
    write()
    work: dict[str, Callable[[], object]] = {
        "store": write,
        "arrow": lambda: pq.write_table(plain, folder / "plain.parquet"),
    }
    wall = interleaved(work, SystemClock(), _ROUNDS)
    cpu = interleaved(work, _ProcessClock(), _ROUNDS)
    store.close()
    size = commits_of(folder / "alone")[0].bytes
    rows = table.num_rows
    return [
        Figure(
            "Parquet store, write alone",
            rows * 1e9 / wall["store"],
            "rows/s",
            goal=5_000_000,
            higher_is_better=True,
        ),
        Figure("Parquet store, CPU", cpu["store"] / rows, "ns/row", cpu["arrow"] / rows),
        Figure("Parquet store, size", size / rows, "bytes/row"),
        Figure("pyarrow.parquet.write_table, not synced", rows * 1e9 / wall["arrow"], "rows/s"),
    ]


def chain(folder: Path, broker: KafkaBroker) -> list[Figure]:
    """Fill topics, then let ``tapeline store`` read them into Parquet."""
    fill(folder, broker, TRADES)
    root = folder / "chain"
    run = watch(
        [
            *("store", "--json", "--types", "trade", "--idle", "4"),
            *("--transport", f"kafka://{broker.servers}", "--target", f"parquet:{root}"),
        ],
        lambda: len(entries_of(root)),
    )
    (target,) = run.summary["targets"]
    if target["rows"] != {"trade": TRADES} or target["residual"]:
        raise SystemExit(f"bench: {TRADES:,} trades were sent, the store says {target}")
    commits = commits_of(root)
    written = list(accumulate(commit.rows for commit in commits))
    first, last = steady(written)
    rows = written[last] - written[first]
    seconds = (commits[last].visible_ns - commits[first].visible_ns) / 1e9
    size = sum(commit.bytes for commit in commits) / sum(commit.rows for commit in commits)
    return [
        Figure("Kafka to Parquet", rows / seconds, "rows/s", goal=5_000_000, higher_is_better=True),
        Figure(
            "Kafka to Parquet, CPU",
            run.cpu_between_s(first + 1, last + 1) / rows * 1e6,
            "us/row",
        ),
        Figure("Kafka to Parquet, memory", run.memory_bytes / 1e6, "MB", goal=1_000),
        Figure("Kafka to Parquet, size", size, "bytes/row"),
    ]


def fill(folder: Path, broker: KafkaBroker, trades: int) -> None:
    """Put trades on their topics."""
    sink = open_sink(f"kafka://{broker.servers}?spool={folder / 'fill.db'}")
    topics = [
        f"{kind}.binance.spot.{name.lower()}" for kind in ("trade", "coverage") for name in SYMBOLS
    ]
    sink.create_topics(topics)
    for pushed in messages(trades):
        sink.send(pushed)
        sink.poll()
    report = sink.close(60.0)
    if report.failed or report.lost:
        raise SystemExit(f"bench: the topic could not be filled: {report}")


def loading(root: Path) -> list[Figure]:
    """Load everything by the access layer, next to ``read_table`` of the same files."""
    paths = [root / path for commit in commits_of(root) for path in commit.paths]
    paths = [path for path in paths if path.exists()]
    schema = stored_schema_of("trade")

    def load() -> pa.Table:
        return tl.open(f"parquet:{root}").load(types="trade")["trade"].to_arrow()

    work: dict[str, Callable[[], object]] = {
        "access": load,
        "arrow": lambda: pa.concat_tables(pq.read_table(path, schema=schema) for path in paths),
    }
    least = interleaved(work, SystemClock(), 3)
    rows = TRADES
    return [
        Figure(
            f"load {rows:,} trades",
            least["access"] / rows,
            "ns/row",
            least["arrow"] / rows,
            goal=1.2,
        )
    ]


class _ProcessClock(SystemClock):
    """CPU time of all threads."""

    monotonic_ns = staticmethod(time.process_time_ns)
