"""Simulator, collector, Kafka and store as processes of the real commands on one machine."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from benches.python.chain import PACED_FRAMES, PACED_PER_SECOND, generate, seconds_of
from benches.python.stages import produced_ns, stages_of
from benches.python.watched import commits_of
from tapeline.apps.bench import Figure
from tapeline.apps.chain import Process, Simulation, collect
from tapeline.storage.targets import parse_target
from tapeline.transport.open import open_sink
from tests.services.kafka import KafkaBroker

FLUSH_S = 0.2
"""Flush interval of the latency run: short, so that a run has many commits."""

_TOPIC = "trade.binance.spot.btcusdt"
_OTHER_TOPIC = "funding.binance.usdm.btcusdt"
"""Nobody reads it."""
_HEAP = ("-Xms1g", "-Xmx1g", "-Xmn640m")
"""What Kafka's own start script gives a broker is 1 GB; with so much for what is new a run of 10 s
has no garbage collection, of which each stops the broker for 30 to 150 ms here."""
_STILL_S = 60.0
"""A store that has stored nothing new for so long takes no more."""
_FRAMES = int(os.environ.get("TAPELINE_BENCH_FRAMES", "600000"))


def sustained_and_queryable(folder: Path) -> list[Figure]:
    """Measure the whole way at full speed, then the time until a row can be queried."""
    return [*_sustained(folder), *_queryable(folder)]


def _sustained(folder: Path) -> list[Figure]:
    tape = generate(folder, _FRAMES)
    root = folder / "sustained"
    sent, stored, _ = _chain(folder, tape, root, speed="max")
    waited = waited_ns(root)
    began_ns = min(end_ns - pc.max(part).as_py() for end_ns, part in waited)
    span_ns = waited[-1][0] - began_ns
    return [
        Figure(
            "simulate to stored, sustained",
            stored * 1e9 / span_ns,
            "trades/s",
            goal=100_000,
            higher_is_better=True,
        ),
        Figure("simulate to stored, residual", abs(sent - stored), "trades", goal=0),
    ]


def _queryable(folder: Path) -> list[Figure]:
    tape = generate(folder, PACED_FRAMES)
    root = folder / "queryable"
    speed = seconds_of(tape) * PACED_PER_SECOND / PACED_FRAMES
    sent, stored, produced = _chain(folder, tape, root, speed=f"{speed:.6f}")
    if stored != sent:
        raise SystemExit(f"bench: {sent} trades were sent, {stored} stored")
    waited = pa.chunked_array([part for _, part in waited_ns(root)])
    p50, p99 = (each / 1e6 for each in pc.quantile(waited, [0.5, 0.99]).to_pylist())
    what = f"received to queryable at {PACED_PER_SECOND:,}/s"
    return [
        Figure(f"{what}, p50", p50, "ms"),
        Figure(f"{what}, p99 beyond {FLUSH_S * 1e3:.0f} ms", p99 - FLUSH_S * 1e3, "ms", goal=50.0),
        *stages_of(root, produced).figures(what),
    ]


def _chain(folder: Path, tape: Path, root: Path, *, speed: str) -> tuple[int, int, dict[int, int]]:
    """Run it to its end on a fresh broker.

    Returns
    -------
    tuple
        How many trades were sent and stored, and when each message came into the broker's log.
    """
    broker = KafkaBroker(folder / f"{root.name}-kafka", heap=_HEAP)
    broker.start()
    try:
        bus = f"kafka://{broker.servers}"
        _prepare(bus, folder / f"{root.name}.topics.db")
        with _storing(bus, root) as store:
            _wait_for_group(broker, f"tapeline-store-{parse_target(f'parquet:{root}').name}")
            ledger = folder / f"{root.name}.ledger.jsonl"
            with Simulation([tape], ledger, speed=speed) as simulation:
                spool = folder / f"{root.name}.spool.db"
                summary, account = collect(simulation, f"{bus}?spool={spool}")
            stored = _stored(store, root, account["sent"])
        produced = produced_ns(broker.servers, _TOPIC)
    finally:
        broker.stop()
    lost = account["sent"] + sum(summary["control"].values()) - summary["frames"]
    if lost or summary["residual"]:
        raise SystemExit(f"bench: the collector lost {lost}, residual {summary['residual']}")
    return account["sent"], stored, produced


def _prepare(bus: str, spool: Path) -> None:
    """Make the topic, and have the broker do all it does for its first message on another one."""
    sink = open_sink(f"{bus}?spool={spool}")
    sink.create_topics([_TOPIC, _OTHER_TOPIC])
    sink.send([(_OTHER_TOPIC, b"", b"a broker that was just started")])
    report = sink.close(30.0)
    if report.delivered != 1:
        raise SystemExit("bench: the broker takes no message")


@contextmanager
def _storing(bus: str, root: Path) -> Iterator[Process]:
    """Have a store read the bus meanwhile."""
    words = ["store", "--json", "--types", "trade"]
    words += ["--transport", bus, "--target", f"parquet:{root}"]
    words += ["--flush-interval", f"{FLUSH_S:g}"]
    with Process(*words) as process:
        yield process


def _stored(store: Process, root: Path, rows: int) -> int:
    """Wait until a store has so many rows or takes no more, end it, and return how many it has."""
    last, end = -1, 0.0
    while last < rows and (last < 0 or time.monotonic() < end) and store.is_running:
        time.sleep(0.2)
        found = sum(commit.rows for commit in commits_of(root))
        if found > last:
            last, end = found, time.monotonic() + _STILL_S
    store.stop()
    (target,) = json.loads(store.output().splitlines()[-1])["targets"]
    return int(target["rows"].get("trade", 0))


def _wait_for_group(broker: KafkaBroker, group: str) -> None:
    """Wait until the store reads: its start is no part of what is measured."""
    admin = AdminClient({"bootstrap.servers": broker.servers, "log_level": 0})
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.2)
        with contextlib.suppress(KafkaException):
            found = admin.describe_consumer_groups([group])[group].result()
            if any(member.assignment.topic_partitions for member in found.members):
                return
    raise SystemExit("bench: the store's group was not formed within 60 s")


def waited_ns(root: Path) -> list[tuple[int, pa.Array]]:
    """Return when each file could be read, and how long its rows had then been received."""
    found = []
    for commit in commits_of(root):
        for path in commit.paths:
            received = pq.read_table(root / path, columns=["received_ns"])["received_ns"]
            waited = pc.subtract(commit.visible_ns, received.combine_chunks())
            found.append((commit.visible_ns, waited))
    return found
