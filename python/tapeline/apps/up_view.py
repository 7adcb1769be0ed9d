"""What ``tapeline up`` shows while it runs: a table on a terminal, a line elsewhere."""

import re
import shutil
from collections import deque
from pathlib import Path
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tapeline.apps.up_supervisor import Child
from tapeline.telemetry.clock import Clock

_DISK_EVERY_NS: Final = 5_000_000_000
_TAIL_BYTES: Final = 8_192
_SECOND_NS: Final = 1_000_000_000
_ROWS_OVER_NS: Final = 10_000_000_000
"""Rows are stored in chunks, which may be some seconds apart."""


class Rate:
    """How fast a count grows, over the last seconds.

    Parameters
    ----------
    over_ns
        For how long a look at the count has a part in it.
    """

    def __init__(self, clock: Clock, over_ns: int = _SECOND_NS) -> None:
        self._clock = clock
        self._over_ns = over_ns
        self._looks: deque[tuple[int, int]] = deque()

    def update(self, count: int) -> float:
        """Take the count of this moment."""
        now = self._clock.monotonic_ns()
        looks = self._looks
        if looks and count < looks[-1][1]:
            looks.clear()
        looks.append((now, count))
        while len(looks) > 2 and now - looks[1][0] >= self._over_ns:
            looks.popleft()
        began_ns, before = looks[0]
        if now - began_ns < _SECOND_NS:
            return 0.0
        return (count - before) * 1e9 / (now - began_ns)


class View:
    """The state of both processes and of the disk, as text.

    Parameters
    ----------
    title
        What is recorded.
    bus
        The local transport file.
    folder
        Where the rows are, if that is on this machine.
    serving
        The process of API and dashboard, if there is one.
    """

    def __init__(
        self,
        title: str,
        collecting: Child,
        storing: Child,
        bus: Path,
        folder: Path | None,
        clock: Clock,
        serving: Child | None = None,
    ) -> None:
        self._serving = serving
        self._title = title
        self._collecting = collecting
        self._storing = storing
        self._bus = bus
        self._folder = folder
        self._clock = clock
        self._frames = Rate(clock)
        self._rows = Rate(clock, _ROWS_OVER_NS)
        self._looked_ns = -_DISK_EVERY_NS
        self._disk = (0, 0, 0)
        self._began_ns = clock.monotonic_ns()

    def table(self) -> RenderableType:
        """Return the table for a terminal."""
        table = Table.grid(padding=(0, 2))
        for name, facts in self._facts():
            table.add_row(Text(name, style="bold"), facts)
        seconds = (self._clock.monotonic_ns() - self._began_ns) // 1_000_000_000
        age = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        head = Text(f"{self._title}  {age}", style="bold")
        faults = [Text(f"{name}: {text}", style="red") for name, text in self.faults()]
        return Group(head, table, *faults, Text("Ctrl-C ends it in order", style="dim"))

    def line(self) -> str:
        """Return one line for a log or a pipe."""
        facts = "; ".join(f"{name}: {text}" for name, text in self._facts())
        faults = "".join(f"; {name} FAULT: {text}" for name, text in self.faults())
        return facts + faults

    def faults(self) -> list[tuple[str, str]]:
        """Return what is wrong now."""
        found = []
        serving = () if self._serving is None else (self._serving,)
        for child in (self._collecting, self._storing, *serving):
            text = child.told.fault or child.told.status.get("fault")
            if text:
                found.append((child.role, text[:300]))
        is_here = self._collecting.state == "running"
        if is_here and self._collecting.told.status.get("lines_up") == 0:
            words = last_words(self._collecting.log)
            found.append(("collect", f"no connection is up{f': {words}' if words else ''}"))
        return found

    def _facts(self) -> list[tuple[str, str]]:
        facts = [
            ("collect", self._collect(self._collecting.told.status)),
            ("store", self._store(self._storing.told.status)),
            ("disk", self._disk_text()),
        ]
        if self._serving is not None:
            url = self._serving.told.status.get("url")
            facts.append(("dashboard", url or self._starting(self._serving)))
        return facts

    def _collect(self, status: dict[str, Any]) -> str:
        if not status:
            return self._starting(self._collecting)
        rate = self._frames.update(status["frames"])
        age = status["newest_age_s"]
        parts = [
            f"{rate:,.0f} frames/s",
            f"{status['frames']:,} frames",
            f"{status['lines_up']}/{status['lines']} lines up",
            f"newest {age:.1f} s ago" if age is not None else "nothing came yet",
            *_lag(status["lag_ns"]),
            f"{status['gaps']:,} gaps open",
        ]
        if status["books"]:
            parts.append(f"{status['books_live']}/{status['books']} books live")
        if status["quarantined"]:
            parts.append(f"{status['quarantined']:,} quarantined")
        if status["reconnects"]:
            parts.append(f"{status['reconnects']:,} reconnects")
        return ", ".join([*parts, *self._restarts(self._collecting)])

    def _store(self, status: dict[str, Any]) -> str:
        if not status:
            return self._starting(self._storing)
        rate = self._rows.update(status["rows"])
        parts = [
            f"{rate:,.0f} rows/s",
            f"{status['rows']:,} rows",
            f"{status['lag']:,} messages behind",
        ]
        if status["dead_letters"]:
            parts.append(f"{status['dead_letters']:,} dead letters")
        return ", ".join([*parts, *self._restarts(self._storing)])

    def _disk_text(self) -> str:
        now = self._clock.monotonic_ns()
        if now - self._looked_ns >= _DISK_EVERY_NS:
            self._looked_ns = now
            stored = size_of(self._folder) if self._folder is not None else 0
            free = shutil.disk_usage(self._bus.parent).free
            self._disk = (size_of(self._bus), stored, free)
        bus, stored, free = self._disk
        parts = [f"{_mega(stored)} stored"] if self._folder is not None else []
        return ", ".join([*parts, f"{_mega(bus)} buffer", f"{_mega(free)} free"])

    def _starting(self, child: Child) -> str:
        return ", ".join(["starting", *self._restarts(child)])

    def _restarts(self, child: Child) -> list[str]:
        return [f"{child.restarts} restarts"] if child.restarts > 0 else []


def _lag(lag_ns: int | None) -> list[str]:
    """Return how late the newest event came, in words."""
    if lag_ns is None:
        return []
    lag_s = lag_ns / 1e9
    if abs(lag_s) < 1:
        return [f"lag {lag_s * 1_000:,.1f} ms"]
    return [f"lag {lag_s:,.1f} s" if abs(lag_s) < 86_400 else f"lag {lag_s / 86_400:,.0f} days"]


def last_words(log: Path) -> str:
    """Return the last warning of a log, in one line."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        told = file.read().decode(errors="replace")
    warnings = re.findall(r"\[(?:warning|error) *\] (.*)", told)
    return " ".join(warnings[-1].split())[:240] if warnings else ""


def size_of(path: Path) -> int:
    """Return the bytes of a file with its companions (``-wal``), or of all files of a folder."""
    paths = path.rglob("*") if path.is_dir() else path.parent.glob(path.name + "*")
    total = 0
    for each in paths:
        try:
            total += each.stat().st_size if each.is_file() else 0
        except FileNotFoundError:
            continue
    return total


def _mega(count: int) -> str:
    if count >= 10_000_000_000:
        return f"{count / 1e9:,.1f} GB"
    return f"{count / 1e6:,.1f} MB"
