"""The stack behind the dashboard: simulator, collector, store and server, as their commands."""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from tapeline.apps.chain import Process, Simulation
from tapeline.telemetry.clock import SystemClock
from tapeline.transport.local_file import LocalFile
from tests.python.integration.venue_chain import USDM
from tests.python.runs import run_of
from tests.services.kafka import free_port

#: Frames of one stream that the simulator leaves out, and the frame before which it does.
GAP = "gap=3@30 on btcusdt@aggTrade"
SYMBOL = "BTC/USDT:USDT"
PATIENCE_S = 120.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sent:
    """A trade as the simulator sends it."""

    native_id: int
    price: str
    quantity: str
    side: str


def until(look: Callable[[], T | None], what: str, seconds: float = PATIENCE_S) -> T:
    """Look again until there is something; fail with what was waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds:g} s for {what}")


@dataclass(slots=True)
class Stack:
    """One run of everything, in a folder of its own."""

    folder: Path
    simulation: Simulation
    tape: Path
    port: int
    server: Process | None = None
    helpers: list[Process] = field(default_factory=list)
    _collectors: list[Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the dashboard is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def _bus(self) -> str:
        return f"local:{self.folder / 'bus.db'}"

    def collect(self) -> None:
        """Begin to collect; the tape goes on where it stood still."""
        words = [
            "--venue",
            f"{USDM.name}={SYMBOL}",
            "--endpoint",
            f"{USDM.name}={self.simulation.url}",
        ]
        words += ["--types", "all", "--transport", self._bus]
        self._collectors.append(Process("collect", *words).__enter__())

    def is_running(self) -> bool:
        """Say that all runs; what has ended tells why.

        Raises
        ------
        ChainError
            It failed.
        """
        for process in (*self._collectors, *self.helpers):
            if not process.is_running:
                process.output(PATIENCE_S)
        return True

    @property
    def is_collecting(self) -> bool:
        """Whether the tape goes on."""
        return bool(self._collectors)

    def stop_collecting(self) -> None:
        """End the collector in order, if it runs; the tape stands still from there."""
        if not self._collectors:
            return
        collector = self._collectors.pop()
        collector.stop()
        collector.output(PATIENCE_S)
        collector.__exit__(None, None, None)

    def serve(self) -> None:
        """Start the server; :meth:`wait_for_server` waits until it answers."""
        words = ["--data", f"parquet:{self.folder / 'store'}", "--transport", self._bus]
        words += ["--port", str(self.port), "--runs", str(self.folder / "runs")]
        self.server = Process("serve", *words).__enter__()

    def wait_for_server(self) -> None:
        """Wait until the server answers."""
        until(lambda: self._answer("/api/health"), "the server")

    def stop_serving(self) -> None:
        """End the server in order."""
        server, self.server = self.server, None
        if server is not None:
            server.stop()
            # It ends by the signal itself, once its connections are closed.
            until(lambda: not server.is_running or None, "the server to end")
            server.__exit__(None, None, None)

    def end(self) -> None:
        """Kill what still runs."""
        for process in (*self._collectors, *([] if self.server is None else [self.server])):
            process.__exit__(None, None, None)

    def ask(self, path: str, **query: str) -> dict[str, Any] | None:
        """Return an answer of REST, or None when there is none yet."""
        return self._answer(f"{path}?{urlencode(query)}" if query else path)

    def of_symbol(self, path: str, **query: str) -> dict[str, Any] | None:
        """Ask about the symbol."""
        return self.ask(path, exchange=USDM.exchange, market=USDM.market, symbol=SYMBOL, **query)

    def _answer(self, path: str) -> dict[str, Any] | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
            return json.loads(body) if response.status == 200 else None
        except OSError:
            return None
        finally:
            connection.close()

    def sent(self) -> list[Sent]:
        """Return the trades on the tape, in their order; the simulator left some of them out."""
        found = []
        for line in self.tape.read_bytes().splitlines():
            frame = json.loads(line)
            if frame["kind"] != "ws" or "btcusdt@aggTrade" not in frame["raw"]:
                continue
            said = json.loads(frame["raw"])["data"]
            side = "sell" if said["m"] else "buy"
            found.append(Sent(said["a"], said["p"], said["q"], side))
        return found

    def left_out(self) -> tuple[int, int]:
        """End the simulator; return the first and last trade id that its ledger says it kept."""
        self.simulation.stop()
        self.simulation.account()
        lines = map(json.loads, (self.folder / "ledger").read_bytes().splitlines())
        gaps = [line for line in lines if line.get("kind") == "gap"]
        assert {gap["stream"] for gap in gaps} == {"btcusdt@aggTrade"}
        return min(gap["first_id"] for gap in gaps), max(gap["last_id"] for gap in gaps)


@contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """Start simulator, store and server over an empty store."""
    tape = USDM.tape(folder, frames=40_000, rate_per_s=120.0, start_ns=SystemClock().wall_ns())
    run_of("BTC/USDT", rows=24 * 40).write(folder / "runs" / "0123456789abcdef")
    # It stays the server's while it is stopped and starts again.
    port = free_port()
    simulation = Simulation(
        [tape], folder / "ledger", of=USDM.of, speed="1", faults=[GAP], is_once=False
    )
    with simulation:
        made = Stack(folder, simulation, tape, port)
        bus, target = f"local:{folder / 'bus.db'}", f"parquet:{folder / 'store'}"
        words = ("--transport", bus, "--target", target, "--flush-interval", "0.3")
        # Both are there before anybody wants them: then all can start at the same time.
        LocalFile(folder / "bus.db").close()
        (folder / "store").mkdir()
        try:
            made.collect()
            with Process("store", *words) as store:
                made.helpers.append(store)
                made.serve()
                made.wait_for_server()
                made.is_running()
                yield made
        finally:
            made.end()
