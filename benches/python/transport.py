"""The buses beside each other: delay from ``send`` to a reader in another process, and rate.

A message is 600 bytes and carries the monotonic time of its ``send``: the clock is the machine's,
the same in both processes. The buses take turns, and the best of the rounds counts.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from tapeline.apps.bench import Figure
from tapeline.apps.bus_reader import open_bus
from tapeline.transport.open import open_sink
from tapeline.transport.zeromq import ZmqSink
from tests.services.kafka import KafkaBroker, missing_tools
from tests.services.nats import NatsServer, program

ROUNDS: Final = 3
PACED: Final = 1_000
"""Messages at 500 a second, whose delay is measured."""
PACE_S: Final = 0.002
FLOOD: Final = 8_000
"""Messages as fast as they are taken, whose rate is measured; below ZeroMQ's high-water mark."""
SIZE: Final = 600
TOPIC: Final = "trade.bench.spot.btcusdt"
_WITHIN_S: Final = 120.0


def transport() -> list[Figure]:
    """Measure every bus that can be started here."""
    best: dict[str, tuple[float, float, float]] = {}
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as name, ExitStack() as servers:
        folder = Path(name)
        addresses = dict(_addresses(folder, servers))
        for number in range(ROUNDS):
            for bus, uri in addresses.items():
                found = _round(uri.format(round=number))
                before = best.get(bus, found)
                best[bus] = (
                    min(before[0], found[0]),
                    min(before[1], found[1]),
                    max(before[2], found[2]),
                )
    figures: list[Figure] = []
    for bus, (p50, p99, rate) in best.items():
        figures += [
            Figure(f"{bus}: one way, p50", p50 / 1e3, "µs"),
            Figure(f"{bus}: one way, p99", p99 / 1e3, "µs"),
            Figure(f"{bus}: sent and read", rate, "messages/s", higher_is_better=True),
        ]
    return figures


def _addresses(folder: Path, servers: ExitStack) -> Iterator[tuple[str, str]]:
    yield "local", f"local:{folder}/{{round}}.db"
    yield "ZeroMQ (ipc)", f"zmq+ipc://{folder}/{{round}}.ipc"
    if program() is not None:
        nats = NatsServer(folder / "nats")
        nats.start()
        servers.callback(nats.stop)
        yield "NATS", f"nats://{nats.address}/bench{{round}}?spool={folder}/nats{{round}}.db"
    if missing_tools() is None:
        kafka = KafkaBroker(folder / "kafka")
        kafka.start()
        servers.callback(kafka.stop)
        yield "Kafka", f"kafka://{kafka.servers}?spool={folder}/kafka{{round}}.db"


def _round(uri: str) -> tuple[float, float, float]:
    """Return median and 99th percentile of the delay in ns, and messages a second."""
    sink = open_sink(uri)
    sink.create_topics([TOPIC])
    with _reader(uri) as ours:
        # Until it reads what is sent now: connected, subscribed, topics made.
        end = time.monotonic() + _WITHIN_S
        while not ours.poll(0.01):
            assert time.monotonic() < end, f"{uri}: nobody reads"
            sink.send([_message(b"w")])
            sink.poll()
        ours.recv()
        for _ in range(PACED):
            sink.send([_message(b"p")])
            sink.poll()
            time.sleep(PACE_S)
        for _ in range(FLOOD // 100):
            sink.send([_message(b"f") for _ in range(100)])
            sink.poll()
        while not ours.poll(0.002):
            assert time.monotonic() < end + _WITHIN_S, f"{uri}: messages are missing"
            sink.poll()
        found: tuple[float, float, float] = ours.recv()
    if isinstance(sink, ZmqSink):
        assert sink.close(0.0).lost == 0
    else:
        assert sink.close(_WITHIN_S).lost == 0
    return found


def _message(kind: bytes) -> tuple[str, bytes, bytes]:
    stamp = time.monotonic_ns().to_bytes(8, "little")
    return TOPIC, b"btcusdt", (kind + stamp).ljust(SIZE, b".")


@contextmanager
def _reader(uri: str) -> Iterator["Connection[object, tuple[float, float, float]]"]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_read, args=(uri, theirs), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.join(10)
        process.kill()


def _read(uri: str, pipe: "Connection[tuple[float, float, float], object]") -> None:
    """Read until all is there; runs in a process of its own."""
    bus = open_bus(uri, exchange="bench")
    delays: list[int] = []
    first_ns = last_ns = flood = 0
    is_told = False
    while flood < FLOOD:
        for message in bus.read(0.2):
            now = time.monotonic_ns()
            value = message.value or b""
            sent_ns = int.from_bytes(value[1:9], "little")
            if value[:1] == b"p":
                delays.append(now - sent_ns)
            elif value[:1] == b"f":
                first_ns = first_ns or sent_ns
                flood, last_ns = flood + 1, now
            elif not is_told:
                is_told = True
                pipe.send((0.0, 0.0, 0.0))
    bus.close()
    delays.sort()
    rate = flood / ((last_ns - first_ns) / 1e9)
    pipe.send((float(delays[len(delays) // 2]), float(delays[len(delays) * 99 // 100]), rate))
