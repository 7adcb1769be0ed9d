"""A real one-node Apache Kafka broker for tests and development.

By hand: ``python -m tests.services.kafka --port 9092 --dir .cache/kafka/dev`` runs one until
Ctrl-C. Needs Java 17+ and Maven; the jars are fetched once into ``.cache/kafka/lib``.
"""

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.services.fetching import one_at_a_time
from tests.services.freezing import freeze

ROOT = Path(__file__).parents[2]
LIBRARIES = ROOT / ".cache" / "kafka" / "lib"
POM = Path(__file__).with_name("kafka-pom.xml")
_FIRST_PORT: Final = 10_000
_MARKS: Final[list[socket.socket]] = []

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
log.dirs={data}
# A typing error must make no topic.
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# Tests that kill many consumers do not wait for each.
group.min.session.timeout.ms=500
# After kill -9 the old session must expire before the broker may register again.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
"""


class KafkaUnavailable(RuntimeError):
    """Java, Maven or the jars are missing, or the broker did not start; the text says which."""


def free_port(twin: int = 0) -> int:
    """Return a port below those that connections get: until its server listens, none takes it.

    Parameters
    ----------
    twin
        The port that lies so far above it is free as well.
    """
    count = _ports_of_connections() - twin - _FIRST_PORT
    while True:
        # Not of `random`, whose numbers are the same in all processes of a test run.
        port = _FIRST_PORT + secrets.randbelow(count)
        if all(_is_free(each) for each in {port, port + twin}):
            return port


def _is_free(port: int) -> bool:
    mark = socket.socket(socket.AF_UNIX)
    with socket.socket() as probe, suppress(OSError):
        # A name without a file: no other process of tests gets the port while this one lives.
        mark.bind(f"\0tapeline-test-port-{port}")
        probe.bind(("127.0.0.1", port))
        _MARKS.append(mark)
        return True
    mark.close()
    return False


def _ports_of_connections() -> int:
    """Return the least port that the system gives to whoever asks for any."""
    usual = 32_768
    try:
        least = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        return usual
    # Where connections get nearly all ports there are none below.
    return least if least >= 3 * _FIRST_PORT else usual


def missing_tools() -> str | None:
    absent = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if LIBRARIES.is_dir() and "mvn" in absent:
        absent.remove("mvn")
    return (
        f"{' and '.join(absent)} not found: a real Kafka broker needs Java 17+ and Maven"
        if absent
        else None
    )


def fetch_libraries() -> None:
    """Copy the broker's jars into the project's cache, whole or not at all; one at a time."""
    with one_at_a_time(LIBRARIES.parent):
        if not LIBRARIES.is_dir():
            _copy_libraries()


def _copy_libraries() -> None:
    partial = LIBRARIES.with_name(f"lib-{os.getpid()}")
    command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    options = ["-DincludeScope=runtime", f"-DoutputDirectory={partial}"]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode != 0:
        raise KafkaUnavailable(f"maven could not fetch Kafka: {(done.stdout + done.stderr)[-500:]}")
    partial.rename(LIBRARIES)


_SMALL_HEAP: Final = ("-Xmx512m", "-Xms128m")


class KafkaBroker:
    """A broker process whose data lives in ``directory`` and survives :meth:`kill`.

    Parameters
    ----------
    heap
        Java's options of the heap. One garbage collection of the usual, small one may stop the
        broker for 0.2 s on a busy machine.
    """

    def __init__(
        self, directory: Path, *, port: int | None = None, heap: Sequence[str] = _SMALL_HEAP
    ) -> None:
        self.directory = directory
        self._heap = heap
        self.port = port if port is not None else free_port()
        self._controller_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def servers(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, timeout_s: float = 120.0) -> None:
        problem = missing_tools()
        if problem is not None:
            raise KafkaUnavailable(problem)
        fetch_libraries()
        self._format()
        with (self.directory / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_java(self._heap), "kafka.Kafka", str(self.directory / "server.properties")],
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C of the terminal is for us, not for the broker.
            )
        self._wait_until_ready(timeout_s)

    def kill(self) -> None:
        """End it as a power failure of the process would: SIGKILL, no goodbye."""
        self._signal(signal.SIGKILL)
        self._reap()

    def pause(self) -> None:
        """Freeze it: sockets stay open, nothing answers."""
        if self._process is not None and self._process.poll() is None:
            freeze(self._process.pid)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        if self._process is None:
            return
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
        self._reap()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait(120)
            self._process = None

    def _format(self) -> None:
        data = self.directory / "data"
        self.directory.mkdir(parents=True, exist_ok=True)
        properties = self.directory / "server.properties"
        properties.write_text(
            _PROPERTIES.format(port=self.port, controller_port=self._controller_port, data=data)
        )
        if (data / "meta.properties").exists():
            return
        tool = [*_java(), "kafka.tools.StorageTool"]
        made = subprocess.run(
            [*tool, "random-uuid"], capture_output=True, text=True, timeout=120, check=True
        )
        identity = made.stdout.split()[-1]
        subprocess.run(
            [*tool, "format", "--standalone", "-t", identity, "-c", str(properties)],
            capture_output=True,
            timeout=120,
            check=True,
        )

    def _wait_until_ready(self, timeout_s: float) -> None:
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            assert self._process is not None
            if self._process.poll() is not None:
                log = (self.directory / "broker.log").read_text(errors="replace")
                raise KafkaUnavailable(
                    f"the broker ended with {self._process.returncode}: {log[-800:]}"
                )
            if is_answering(self.servers):
                return
        self.kill()
        raise KafkaUnavailable(f"the broker did not answer within {timeout_s:.0f} s")


def is_answering(servers: str) -> bool:
    """Whether a metadata request is answered: an open port alone is not a broker."""
    if not _has_open_port(servers):
        time.sleep(0.1)
        return False
    try:
        return bool(
            AdminClient({"bootstrap.servers": servers, "log_level": 0})
            .list_topics(timeout=2)
            .brokers
        )
    except KafkaException:
        return False


def broker_or_skip(directory: Path) -> KafkaBroker:
    """Start a broker; without the tools skip by name, or fail where the environment says CI."""
    broker = KafkaBroker(directory)
    try:
        broker.start()
    except KafkaUnavailable as error:
        broker.stop()
        if os.environ.get("CI") or missing_tools() is None:
            raise
        pytest.skip(f"no Kafka broker: {error}")
    return broker


def _has_open_port(servers: str) -> bool:
    host, _, port = servers.split(",")[0].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except OSError:
        return False


def _java(heap: Sequence[str] = _SMALL_HEAP) -> list[str]:
    # One garbage collector thread, no optimising compiler: starts in seconds on two cores.
    options = [*heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    return [shutil.which("java") or "java", *options, "-cp", f"{LIBRARIES}/*"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Run a one-node Kafka broker until Ctrl-C.")
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--dir", type=Path, default=ROOT / ".cache" / "kafka" / "dev")
    options = parser.parse_args()
    broker = KafkaBroker(options.dir, port=options.port)
    broker.start()
    sys.stdout.write(f"Kafka answers on {broker.servers}, data in {options.dir}; Ctrl-C stops it\n")
    sys.stdout.flush()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
    broker.stop()


if __name__ == "__main__":
    main()
