"""From full topics into the embedded ClickHouse engine, which one process can hold.

The store runs in a process of its own, ``python -m benches.python.into_engine SERVERS FOLDER``, and
is looked at from inside: nobody else may open the folder meanwhile.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from benches.python.watched import steady
from tapeline.apps.bench import Figure
from tapeline.apps.settings import StoreSettings
from tapeline.apps.store import store
from tapeline.apps.store_runner import StoreRunner
from tests.services.kafka import KafkaBroker

_IDLE_S = 4.0


class _Look(NamedTuple):
    """What was seen at one moment; times in nanoseconds."""

    rows: int
    at_ns: int
    cpu_ns: int


def into_engine(folder: Path, broker: KafkaBroker, trades: int) -> list[Figure]:
    """Let a store read the topics; its CPU time has the engine's merges in it."""
    words = [sys.executable, "-m", __name__, broker.servers, str(folder / "embedded")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: the embedded engine: {done.stderr[-2000:]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    looks = [_Look(*look) for look in answer["looks"]]
    if looks[-1].rows != trades:
        raise SystemExit(f"bench: {trades:,} trades were sent, the engine has {looks[-1].rows:,}")
    first, last = (looks[place] for place in steady([look.rows for look in looks]))
    rows = last.rows - first.rows
    return [
        Figure(
            "Kafka to ClickHouse engine",
            rows * 1e9 / (last.at_ns - first.at_ns),
            "rows/s",
            goal=2_000_000,
            higher_is_better=True,
        ),
        Figure(
            "Kafka to ClickHouse engine, CPU with its merges",
            (last.cpu_ns - first.cpu_ns) / rows / 1e3,
            "us/row",
        ),
        Figure(
            "Kafka to ClickHouse engine, memory", answer["memory_bytes"] / 1e6, "MB", goal=1_000
        ),
    ]


def _main() -> None:
    servers, folder = sys.argv[1:]
    looks: list[_Look] = []

    def look(runner: StoreRunner) -> None:
        rows = sum(worker.counts.rows["trade"] for worker in runner.workers)
        looks.append(_Look(rows, time.monotonic_ns(), time.process_time_ns()))

    settings = StoreSettings(
        transport=f"kafka://{servers}",
        targets=(f"clickhouse:{folder}",),
        types=("trade",),
        idle_s=_IDLE_S,
    )
    store(settings, is_quiet=True, look=look)
    memory_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write("\n" + json.dumps({"looks": looks, "memory_bytes": memory_bytes}) + "\n")


if __name__ == "__main__":
    _main()
