"""Where the CPU time of a store that reads Kafka goes: each stage by itself, a row of it.

The stages of a Parquet target, in their order. ``fetch`` is the whole process while it only reads
(librdkafka's threads with it), the others are CPU time of the one thread that does the work, the
least of some rounds. Together they are less than a run costs, where they share two cores and their
caches.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benches.python.frames import CpuClock
from benches.python.storage import fill
from benches.python.trades import BATCH, messages
from tapeline.apps.bench import Figure, interleaved
from tapeline.storage.consumer.batches import examine
from tapeline.storage.consumer.decoding import decode_batches
from tapeline.storage.consumer.kafka_source import KafkaSource
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.layout import ROWS_PER_GROUP
from tapeline.storage.parquet.native import encode_parquet
from tapeline.storage.parquet.pieces import Piece, encoded, fact_of, pieces_of
from tapeline.storage.ports import Message
from tapeline.telemetry.clock import SystemClock
from tests.services.kafka import KafkaBroker, missing_tools

_ROWS = 500_000
_ROUNDS = 9
_FETCHED = 2_000_000


def store_stages() -> list[Figure]:
    """Measure each stage over one chunk; ``fetch`` is left out where no broker can be started."""
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as name:
        folder = Path(name)
        figures = [] if missing_tools() is not None else [_fetch(folder)]
        read = _messages()
        batches, _ = examine(read)
        table, _, _ = decode_batches("trade", batches)
        pieces = list(pieces_of({"trade": table}))
        files = [encoded(piece) for piece in pieces]
        disk = LocalFolder(folder)
        least = interleaved(
            {
                "examine": lambda: examine(read),
                "decode": lambda: decode_batches("trade", batches),
                "sort": lambda: list(pieces_of({"trade": table})),
                "encode": lambda: [encoded(piece) for piece in pieces],
                "facts and hash": lambda: [
                    fact_of(piece, "", content)
                    for piece, content in zip(pieces, files, strict=True)
                ],
                "put, synced": lambda: _put_all(disk, files),
            },
            CpuClock(),
            _ROUNDS,
        )
        figures += [_figure(stage, time_ns / _ROWS) for stage, time_ns in least.items()]
        return figures + _columns(pieces[0])


def _put_all(folder: LocalFolder, files: list[bytes]) -> None:
    """Write files as a store does."""
    for content in files:
        folder.put("file", content)


def _messages() -> list[Message]:
    sent = [message for pushed in messages(_ROWS) for message in pushed]
    trades = [each for each in sent if each[0].startswith("trade.")]
    return [
        Message(topic, 0, place, key, value) for place, (topic, key, value) in enumerate(trades)
    ]


def _fetch(folder: Path) -> Figure:
    """Read a topic as a store does, and leave it at that."""
    broker = KafkaBroker(folder / "kafka")
    broker.start()
    try:
        fill(folder, broker, _FETCHED)
        source = KafkaSource(broker.servers, "bench-fetch", ["trade"], SystemClock())
        started_ns, found = 0, 0
        while found * BATCH < _FETCHED:
            found += len(source.poll(500, 0.1))
            if gained := source.changes().gained:
                source.start(dict.fromkeys(gained))
            # From the first messages on: before them are connections and the group.
            started_ns = started_ns or (time.process_time_ns() if found else 0)
        used_ns = time.process_time_ns() - started_ns
        source.close()
    finally:
        broker.stop()
    return _figure("fetch", used_ns / _FETCHED)


def _figure(stage: str, ns: float) -> Figure:
    return Figure(f"Kafka to Parquet, {stage}", ns, "ns/row")


def _columns(piece: Piece) -> list[Figure]:
    """Encode each column by itself."""

    def encoder(name: str) -> Callable[[], object]:
        column = piece.run.source.select([name])
        return lambda: encode_parquet(
            column, piece.run.places, level=1, group_rows=ROWS_PER_GROUP, statistics=(), notes={}
        )

    names = piece.run.source.schema.names
    least = interleaved({name: encoder(name) for name in names}, CpuClock(), 3 * _ROUNDS)
    rows = len(piece.run.times)
    return [_figure(f"encode, {name}", time_ns / rows) for name, time_ns in least.items()]
