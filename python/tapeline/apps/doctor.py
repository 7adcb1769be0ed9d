"""``tapeline doctor``: what this machine has, what it lacks, and what to do about it."""

import importlib.util
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tapeline.telemetry.clock import Clock, SystemClock

#: Free space under which a collector's spool would not survive an hour's broker outage.
MIN_FREE_BYTES = 2 * 1024**3

#: Below this the extension was built without optimisation.
MIN_CRC_GB_PER_S = 1.0

#: No build of tapeline is older; a clock before this was never set (2026-01-01 UTC).
EARLIEST_SANE_NS = 1_767_225_600_000_000_000


class Status(StrEnum):
    """How a check ended; only ``FAIL`` makes the exit status 1."""

    OK = "ok"
    NOTE = "note"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was looked at, what was found, and what to do where something is wrong."""

    name: str
    status: Status
    found: str
    advice: str = ""


def doctor_command(
    kafka: Annotated[
        str | None, typer.Option(help="A broker to reach, HOST:PORT.", metavar="HOST:PORT")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list.")] = False,
) -> None:
    """Check Python, the extension, the event loop, Kafka's needs, disk space and the clock.

    Exit status 1 when something that tapeline cannot do without is missing.
    """
    checks = examine(SystemClock(), kafka=kafka)
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in checks]))
    else:
        _print(checks)
    if any(check.status is Status.FAIL for check in checks):
        raise typer.Exit(1)


def examine(clock: Clock, *, kafka: str | None = None) -> list[Check]:
    """Run every check; nothing is changed and nothing but ``kafka`` is contacted."""
    checks = [
        _python(),
        _extension(clock),
        _module("uvloop", "a faster event loop", needed=False),
        _module("picows", "collects ten times as many frames a second", needed=False),
        _module("confluent_kafka", "sends to Kafka", needed=True),
        _program("java", ["-version"], "runs a local Kafka broker for the tests; install Java 17"),
        _program("mvn", ["-version"], "fetches Kafka for the tests; install Maven"),
        _disk(Path.cwd()),
        _clock(clock),
    ]
    if kafka is not None:
        checks.append(_broker(kafka))
    return checks


def _python() -> Check:
    found = f"{platform.python_implementation()} {platform.python_version()}"
    return Check("python", Status.OK, f"{found} at {sys.executable}")


def _extension(clock: Clock) -> Check:
    """Time CRC32C of 4 MiB: a release build does over 5 GB/s, a debug build not a tenth of it."""
    try:
        from tapeline.wire.native import crc32c
    except ImportError as error:
        return Check("extension", Status.FAIL, str(error), "run `just setup` in the checkout")
    data = bytes(4 * 1024 * 1024)
    times = [_elapsed_ns(clock, lambda: crc32c(data)) for _ in range(3)]
    per_second = len(data) / (min(times) / 1e9) / 1e9
    found = f"loaded, CRC32C at {per_second:.1f} GB/s"
    if per_second < MIN_CRC_GB_PER_S:
        return Check("extension", Status.NOTE, found, "a debug build? run `just build`")
    return Check("extension", Status.OK, found)


def _elapsed_ns(clock: Clock, call: Callable[[], object]) -> int:
    started = clock.monotonic_ns()
    call()
    return max(1, clock.monotonic_ns() - started)


def _module(name: str, use: str, *, needed: bool) -> Check:
    if importlib.util.find_spec(name) is not None:
        return Check(name, Status.OK, "installed")
    status = Status.FAIL if needed else Status.NOTE
    return Check(name, status, "not installed", f"it {use}: pip install {name.replace('_', '-')}")


def _program(name: str, arguments: list[str], use: str) -> Check:
    path = shutil.which(name)
    if path is None:
        return Check(name, Status.NOTE, "not found", f"it {use}")
    try:
        ran = subprocess.run(
            [path, *arguments], check=False, capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Check(name, Status.NOTE, f"{path} does not run: {error}", f"it {use}")
    lines = (ran.stdout + ran.stderr).strip().splitlines()
    return Check(name, Status.OK, lines[0] if lines else path)


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:.1f} GiB free at {folder}"
    if free >= MIN_FREE_BYTES:
        return Check("disk", Status.OK, found)
    return Check("disk", Status.NOTE, found, "free some space: the outage spool needs room")


def _clock(clock: Clock) -> Check:
    """Look at the wall clock: a wrong one gets every event flagged as too new or too old."""
    if clock.wall_ns() < EARLIEST_SANE_NS:
        return Check("clock", Status.FAIL, "before 2026", "set the clock; run chrony or ntpd")
    drift_ns = _drift_ns(clock)
    if abs(drift_ns) > 1_000_000:
        found = f"stepped by {drift_ns / 1e6:.1f} ms while it was looked at"
        return Check("clock", Status.NOTE, found, "let it settle before collecting")
    return Check("clock", Status.OK, "steady")


def _drift_ns(clock: Clock) -> int:
    """Return how far the wall clock moved against the monotonic one in about 20 ms."""
    wall, monotonic = clock.wall_ns(), clock.monotonic_ns()
    while clock.monotonic_ns() - monotonic < 20_000_000:
        os.sched_yield()
    return (clock.wall_ns() - wall) - (clock.monotonic_ns() - monotonic)


def _broker(address: str) -> Check:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        return Check("kafka", Status.FAIL, address, "write it as HOST:PORT")
    try:
        with socket.create_connection((host, int(port)), timeout=5):
            return Check("kafka", Status.OK, f"{address} accepts connections")
    except OSError as error:
        return Check("kafka", Status.FAIL, f"{address}: {error}", "start the broker: `just up`")


def _print(checks: list[Check]) -> None:
    from rich.console import Console
    from rich.table import Table

    colours = {Status.OK: "green", Status.NOTE: "yellow", Status.FAIL: "red"}
    table = Table(show_header=False, box=None)
    for check in checks:
        found = f"{check.found} ({check.advice})" if check.advice else check.found
        table.add_row(check.name, f"[{colours[check.status]}]{check.status}[/]", found)
    Console().print(table)
