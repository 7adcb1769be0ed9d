"""What was gone from the bus is told by every store, and a bus made anew is read whole."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import tapeline as tl
from tapeline.storage.consumer.absences import Absence, with_statements
from tapeline.storage.consumer.buffer import Limits
from tapeline.storage.consumer.counters import Counts, WorkerMetrics
from tapeline.storage.consumer.dead_letter import LocalDeadLetters
from tapeline.storage.consumer.local_source import LocalSource
from tapeline.storage.consumer.worker import Worker
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.ports import Chunk, Source
from tapeline.storage.ports import Message as Received
from tapeline.storage.schema import EVENT_TYPES
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics
from tapeline.transport.local_file import LocalFile
from tapeline.transport.ports import Message
from tapeline.transport.uris import LocalUri
from tests.python.contract.access_stores import Places, kinds, open_store, places
from tests.python.storing import decoded, make_messages

__all__ = ["places"]

_BTC = "trade.binance.spot.btcusdt"


def append(bus: Path, messages: Sequence[Message]) -> None:
    file = LocalFile(bus)
    file.append(messages)
    file.close()


def remove(bus: Path, topic: str, count: int) -> None:
    """Remove the topic's last messages but one."""
    file = LocalFile(bus)
    rows = [row.sequence for row in file.read(-(2**63), 100_000) if row.topic == topic]
    file.remove(rows[-count - 1 : -1])
    file.close()


class SlowBus(LocalSource):
    """A bus that knows what it has and is busy: it gives nothing for a while."""

    def __init__(self, bus: Path, seconds: float) -> None:
        super().__init__(LocalUri(bus), EVENT_TYPES, SystemClock())
        self._end = time.monotonic() + seconds

    def poll(self, messages_max: int, timeout_s: float) -> list[Received]:
        is_busy = bool(self._next) and time.monotonic() < self._end
        return [] if is_busy else super().poll(messages_max, timeout_s)


class MovedClock(SystemClock):
    """A clock that can be put on."""

    ahead_ns = 0

    def monotonic_ns(self) -> int:
        return time.monotonic_ns() + self.ahead_ns


class LateStore(ParquetStore):
    """A store that opens after minutes, by the clock of its worker."""

    def __init__(self, root: Path) -> None:
        super().__init__(LocalFolder(root), clock=SystemClock())
        self.clock = MovedClock()

    def open(self) -> None:
        super().open()
        self.clock.ahead_ns = 120 * 10**9


def store(
    bus: Path,
    address: str,
    messages: int,
    source: Source | None = None,
    into: LateStore | None = None,
) -> Counts:
    """Run a worker until it has stored so many messages."""
    clock = into.clock if into is not None else SystemClock()
    worker = Worker(
        "test",
        source=source or LocalSource(LocalUri(bus), EVENT_TYPES, clock),
        store=into or open_store(address),
        dead_letters=LocalDeadLetters(bus.with_name(bus.name + ".deadletter")),
        clock=clock,
        metrics=WorkerMetrics(Metrics(), "test"),
        limits=Limits(age_s=0.05),
    )
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    end = time.monotonic() + 120
    while not worker.is_idle(0.2) and thread.is_alive():
        assert time.monotonic() < end, worker.counts
        time.sleep(0.02)
    stop.set()
    thread.join(60)
    assert worker.counts.ended_by is None
    assert (worker.counts.messages, worker.counts.residual) == (messages, 0)
    return worker.counts


def bus_holes(address: str, symbol: str) -> list[dict[str, Any]]:
    frames = tl.open(address).load(symbol, types="trade")
    rows = frames.coverage.holes.to_arrow().to_pylist()
    return [row for row in rows if row["kind"] == "bus"]


def test_what_the_bus_still_has_is_waited_for(tmp_path: Path) -> None:
    bus = tmp_path / "bus.db"
    messages = make_messages(60)
    append(bus, messages)
    store(bus, f"parquet:{tmp_path / 'store'}", len(messages), SlowBus(bus, 2.0))


def test_a_store_that_opens_late_is_given_what_the_bus_has(tmp_path: Path) -> None:
    bus = tmp_path / "bus.db"
    messages = make_messages(60)
    append(bus, messages)
    store(bus, "", len(messages), SlowBus(bus, 2.0), LateStore(tmp_path / "store"))


@pytest.mark.parametrize("kind", kinds())
def test_gone_messages_and_a_bus_made_anew_are_told(
    kind: str, places: Places, tmp_path: Path
) -> None:
    address, bus = places.new(kind), tmp_path / "bus.db"
    messages = make_messages(300, per_push=30)
    half = len(messages) // 2
    append(bus, messages[:half])
    store(bus, address, half)
    append(bus, messages[half:])
    remove(bus, _BTC, 2)
    counts = store(bus, address, len(messages) - half - 2)
    assert (counts.jumps, counts.renewed) == (2, 0)
    (hole,) = bus_holes(address, "BTC/USDT")
    assert (hole["proof"], hole["last_id"] - hole["first_id"]) == ("proven_gap", 1)
    assert hole["start_ns"] <= hole["end_ns"]
    assert bus_holes(address, "ETH/USDT") == []
    lost = [message for message in messages if message[0] == _BTC][-3:-1]

    bus.unlink()
    for name in ("-wal", "-shm"):
        bus.with_name(bus.name + name).unlink(missing_ok=True)
    new = make_messages(600, producer="test-2", per_push=30, first_id=1001)
    append(bus, new)
    counts = store(bus, address, len(new))
    assert (counts.jumps, counts.renewed) == (0, len({topic for topic, _, _ in new}))
    assert [hole["proof"] for hole in bus_holes(address, "ETH/USDT")] == ["unverifiable"]
    assert len(bus_holes(address, "BTC/USDT")) == 2
    expected = decoded([*messages, *new]).num_rows - decoded(lost).num_rows
    assert tl.open(address).load(types="trade").trade.count() == expected
    # It is known from now on.
    assert store(bus, address, 0).renewed == 0


@pytest.mark.parametrize("kind", kinds())
def test_what_is_gone_from_a_topic_of_many_instruments_is_told_of_each(
    kind: str, places: Places, tmp_path: Path
) -> None:
    address, bus = places.new(kind), tmp_path / "bus.db"
    messages = make_messages(60)
    append(bus, messages)
    store(bus, address, len(messages))
    absence = Absence(("trade.binance.spot", 0), 5, 9, 10)
    told = with_statements({}, [absence], [], 1_767_614_500_000_000_000)
    keeper = open_store(address)
    keeper.open()
    keeper.write(Chunk(told, {absence.origin: None}, {absence.origin: 11}))
    keeper.close()
    for symbol in ("BTC/USDT", "ETH/USDT"):
        (hole,) = bus_holes(address, symbol)
        assert (hole["first_id"], hole["last_id"], hole["symbol"]) == (5, 9, symbol)
