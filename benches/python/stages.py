"""Where the time goes between a receipt and a row that can be queried, seen from outside.

=============  =====================================================================
``produced``   the broker has the row's message in its log (Kafka's own stamp)
``written``    the bytes of its file were written, before they are synced
``stamped``    the file and its folder are synced; the commit is made
``visible``    the commit has its name: a reader sees the row
=============  =====================================================================
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from confluent_kafka import Consumer, TopicPartition

from benches.python.watched import entries_of
from tapeline.apps.bench import Figure

_Times = npt.NDArray[np.int64]


class Stages(NamedTuple):
    """Of each row, nanoseconds."""

    collector: _Times
    """From the receipt to the broker's log."""
    waiting: _Times
    """From there until its file is written: the bus, the chunk's age, decoding, encoding."""
    latest: _Times
    """The same of each chunk's youngest row: all of it but the age."""
    syncing: _Times
    """File and folder."""
    committing: _Times
    """The commit, synced, and its name."""

    def figures(self, what: str) -> list[Figure]:
        """Return the median and the 99th percentile of each stage, in milliseconds."""
        return [
            Figure(f"{what}, {name}, p{part:g}", float(np.percentile(times, part)) / 1e6, "ms")
            for name, times in self._asdict().items()
            for part in (50, 99)
        ]


def produced_ns(servers: str, topic: str) -> dict[int, int]:
    """Return when each message of a topic came into the broker's log, by offset."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "tapeline-bench-trace"})
    found: dict[int, int] = {}
    try:
        place = TopicPartition(topic, 0, 0)
        _, end = consumer.get_watermark_offsets(place, timeout=30)
        consumer.assign([place])
        while len(found) < end:
            for message in consumer.consume(500, 1.0):
                stamp = message.timestamp()[1]
                found[int(message.offset() or 0)] = stamp * 1_000_000
    finally:
        consumer.close()
    return found


def stages_of(root: Path, produced: Mapping[int, int]) -> Stages:
    """Follow the rows of a store's commits.

    Parameters
    ----------
    produced
        What :func:`produced_ns` returned of their topic.
    """
    rows: list[tuple[_Times, ...]] = []
    for entry in entries_of(root):
        commit = json.loads(entry.read_text())
        visible = entry.stat().st_ctime_ns
        for fact in [] if commit["removed"] else commit["added"]:
            path = root / fact["path"]
            written = path.stat().st_mtime_ns
            table = pq.read_table(path, columns=["received_ns", "log_offset"], partitioning=None)
            sent = np.array([produced[offset] for offset in table["log_offset"].to_pylist()])
            each = np.ones(len(sent), np.int64)
            rows.append(
                (
                    sent - table["received_ns"].to_numpy(),
                    written - sent,
                    np.array([written - sent.max()]),
                    each * (commit["written_ns"] - written),
                    each * (visible - commit["written_ns"]),
                )
            )
    return Stages(*(np.concatenate(parts) for parts in zip(*rows, strict=True)))
