"""The live socket under load: many clients, some of which do not read.

One process sends trades to a local bus, `tapeline serve` reads it, further processes hold the
clients. Latency is that of the oldest event of each frame, from made to decoded by a client.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import sleep as pause
from typing import Any, Final

from tapeline.apps.bench import Figure
from tapeline.telemetry.latency import LatencyHistogram
from tapeline.transport.local_file import LocalFile

SYMBOLS: Final = ("BTC/USDT", "ETH/USDT", "SOL/USDT", "BNB/USDT", "XRP/USDT")
_PATIENCE_S: Final = 120


@dataclass(frozen=True, slots=True)
class Load:
    """How much."""

    fast: int = 450
    slow: int = 50
    events_per_s: int = 5_000
    seconds: float = 60.0
    processes: int = 2
    symbols: Sequence[str] = SYMBOLS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was seen; memory in MiB, once a second."""

    sent: int
    rows: Sequence[int]
    """Events that each fast client got."""
    skipped: Sequence[int]
    markers: int
    messages: int
    cuts: int
    lost_fast: int
    latency: LatencyHistogram
    rss_mib: Sequence[float]
    cpu_s: float
    """Processor time of the server."""

    @property
    def unaccounted(self) -> int:
        """Events that a fast client neither got nor was told to have missed, of all clients."""
        return sum(
            abs(self.sent - rows - skipped)
            for rows, skipped in zip(self.rows, self.skipped, strict=True)
        )


def run(load: Load) -> Outcome:
    """Put a server under load."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        bus = Path(folder) / "bus.db"
        # It is there before the server looks for its end.
        LocalFile(bus, mode="write").close()
        transport = f"local:{bus}"
        server, port = _server(stack, transport, Path(folder))
        groups = [_clients(stack, port, load, each) for each in range(load.processes)]
        for group in groups:
            _expect(group, "ready")
        before_s = _cpu_s(server.pid)
        source = _process(
            stack,
            "benches.python.live_source",
            transport,
            ",".join(load.symbols),
            str(load.events_per_s),
            str(load.seconds),
        )
        rss: list[float] = []
        while source.poll() is None:
            pause(1)
            rss.append(_rss_mib(server.pid))
        sent = int(_line(source))
        # What is on its way arrives: the slow ones have been cut off by then, or will be.
        pause(3)
        rss.append(_rss_mib(server.pid))
        cpu_s = _cpu_s(server.pid) - before_s
        found = [_end(group, sent) for group in groups]
    return _outcome(sent, found, rss, cpu_s)


def live() -> list[Figure]:
    """Measure 500 clients at 5,000 events a second, for a minute."""
    load = Load()
    found = run(load)
    half = found.rss_mib[len(found.rss_mib) // 2 :]
    name = f"live socket, {load.fast} clients and {load.slow} slow, {load.events_per_s:,} events/s"
    p50, p99 = (found.latency.percentile_ns(part) or 0 for part in (0.5, 0.99))
    return [
        Figure(f"{name}: p50", p50 / 1e6, "ms"),
        Figure(f"{name}: p99", p99 / 1e6, "ms", goal=100.0),
        Figure(f"{name}: events unaccounted for", float(found.unaccounted), "events", goal=0.0),
        Figure(f"{name}: events skipped, with a marker", float(sum(found.skipped)), "events"),
        Figure(f"{name}: slow clients cut off", float(found.cuts), "cuts"),
        Figure(f"{name}: fast clients lost", float(found.lost_fast), "clients", goal=0.0),
        Figure(f"{name}: memory, latest against half-time", found.rss_mib[-1], "MiB", half[0], 1.1),
        Figure(f"{name}: server", found.cpu_s / load.seconds, "cores"),
    ]


def _server(stack: ExitStack, transport: str, folder: Path) -> tuple[subprocess.Popen[str], int]:
    command = ["serve", "--transport", transport, "--port", "0", "--data", f"parquet:{folder}/p"]
    program = "import sys; from tapeline.apps.cli import main; sys.exit(main())"
    server = stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-c", program, *command],
            stderr=subprocess.PIPE,
            text=True,
        )
    )
    stack.callback(server.terminate)
    assert server.stderr is not None
    for line in server.stderr:
        found = re.search(r"http://[^:]+:(\d+)/", line)
        if found is not None:
            return server, int(found[1])
    raise RuntimeError("the server did not start")


def _clients(stack: ExitStack, port: int, load: Load, number: int) -> subprocess.Popen[str]:
    def part(whole: int) -> int:
        return (whole + number) // load.processes

    return _process(
        stack,
        "benches.python.live_clients",
        str(port),
        str(part(load.fast)),
        str(part(load.slow)),
        ",".join(load.symbols),
    )


def _process(stack: ExitStack, module: str, *arguments: str) -> subprocess.Popen[str]:
    process = stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    )
    stack.callback(process.kill)
    return process


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _expect(process: subprocess.Popen[str], word: str) -> None:
    if (said := _line(process)) != word:
        raise RuntimeError(f"expected {word!r}, a client process said {said!r}")


def _end(process: subprocess.Popen[str], sent: int) -> dict[str, Any]:
    """Let a process of clients end once they have heard of all that was sent."""
    out, _ = process.communicate(f"{sent}\n", timeout=_PATIENCE_S)
    found: dict[str, Any] = json.loads(out)
    return found


def _outcome(
    sent: int, found: Sequence[dict[str, Any]], rss: Sequence[float], cpu_s: float
) -> Outcome:
    latency = LatencyHistogram()
    for each in found:
        for value_ns, count in each["latency"]:
            latency.record(value_ns, count)
    return Outcome(
        sent,
        [rows for each in found for rows in each["rows"]],
        [skipped for each in found for skipped in each["skipped"]],
        sum(each["markers"] for each in found),
        sum(each["messages"] for each in found),
        sum(each["cuts"] for each in found),
        sum(each["lost_fast"] for each in found),
        latency,
        rss,
        cpu_s,
    )


def _rss_mib(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100.0
