"""What reading a Parquet store costs, against `pyarrow.parquet.read_table` of the same files."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import tapeline as tl
from tapeline.storage.consumer.batches import examine
from tapeline.storage.consumer.decoding import decode_batches
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.ports import Chunk
from tapeline.telemetry.clock import SystemClock
from tests.python.storing import as_read, make_messages

CHUNK = 200_000
ROUNDS = 3


class Loading(NamedTuple):
    """Seconds, best of some rounds, each pair in turn."""

    rows: int
    seconds: float
    peer_seconds: float
    bytes_read: int

    @property
    def ratio(self) -> float:
        """How much longer it takes than the peer."""
        return self.seconds / self.peer_seconds


def fill(root: Path, rows: int) -> None:
    """Store generated trades of three instruments, one chunk after the other in time."""
    messages = [message for message in make_messages(CHUNK) if message[0].startswith("trade")]
    batches, _ = examine(as_read(messages))
    table, _, _ = decode_batches("trade", batches)
    store = ParquetStore(LocalFolder(root), clock=SystemClock())
    store.open()
    for number in range(-(-rows // CHUNK)):
        store.write(Chunk({"trade": _later(table, number)}, {}, {}))
    store.close()


def load_all(root: Path) -> Loading:
    """Load everything as Arrow: the access layer, and Arrow's own reader of the same files."""
    files = sorted(root.rglob("*.parquet"))
    ours: list[float] = []
    peers: list[float] = []
    rows = read = 0
    for _ in range(ROUNDS):
        _, seconds = _timed(lambda: pq.read_table(files))
        peers.append(seconds)
        data = tl.open(root)
        found, seconds = _timed(data.load(types="trade").trade.to_arrow)
        ours.append(seconds)
        rows, read = found.num_rows, data.bytes_read or 0
    return Loading(rows, min(ours), min(peers), read)


def _timed(work: Callable[[], pa.Table]) -> tuple[pa.Table, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _later(table: pa.Table, number: int) -> pa.Table:
    """Move trades to a time of their own and give them ids of their own."""
    span_ns = (CHUNK + 1000) * 1_000_000
    for name in ("timestamp_ns", "received_ns"):
        place = table.schema.get_field_index(name)
        times = pc.add(table[name], number * span_ns)
        table = table.set_column(place, table.schema.field(place), times)
    salt = number.to_bytes(3, "big")
    ids = [each[:9] + salt + each[12:] for each in table["event_id"].to_pylist()]
    place = table.schema.get_field_index("event_id")
    return table.set_column(place, table.schema.field(place), pa.array(ids, pa.binary(16)))


def main() -> None:
    """Print one line; the argument is the number of rows."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), rows)
        found = load_all(Path(folder))
    sys.stdout.write(
        f"{found.rows:,} trades to Arrow: {found.seconds:.2f} s,"
        f" pyarrow.parquet.read_table {found.peer_seconds:.2f} s, ratio {found.ratio:.2f}\n"
    )


if __name__ == "__main__":
    main()
