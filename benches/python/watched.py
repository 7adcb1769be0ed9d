"""A command of ours as a process, watched from outside: CPU time, memory, and what it committed."""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tapeline.apps.chain import Process

_LOOK_S = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of a Parquet store."""

    visible_ns: int
    """When a reader could see it; Unix nanoseconds."""
    rows: int
    bytes: int
    paths: tuple[str, ...]


@dataclass(slots=True)
class Watched:
    """What a run of ``tapeline store`` was seen to do."""

    summary: dict[str, Any]
    memory_bytes: int
    """Peak resident set."""
    cpu: list[tuple[int, float]] = field(default_factory=list)
    """Commits seen and CPU seconds used until then."""

    def cpu_between_s(self, first: int, last: int) -> float:
        """Return the CPU seconds between the first look at so many commits and at so many."""
        seen = dict(reversed(self.cpu))
        begin = min(commits for commits in seen if commits >= first)
        return seen[min(commits for commits in seen if commits >= last)] - seen[begin]


def steady(rows: Sequence[int]) -> tuple[int, int]:
    """Return the places of the first look after the first write, and after the last but one.

    Before them are start-up and the group's forming; the last write waits until it is old enough,
    as nothing follows that would fill it.

    Parameters
    ----------
    rows
        Written so far, at each look.
    """
    steps = sorted({count for count in rows if count})
    if len(steps) < 3:
        raise SystemExit("bench: more trades are needed: they fitted into less than three writes")
    return rows.index(steps[0]), rows.index(steps[-2])


def watch(words: list[str], commits: Callable[[], int]) -> Watched:
    """Run ``tapeline WORDS`` to its end, counting its commits and what it uses."""
    cpu: list[tuple[int, float]] = []
    memory = 0
    with Process(*words) as process:
        while process.is_running:
            usage = usage_of(process.pid)
            if usage is not None:
                cpu.append((commits(), usage[0]))
                memory = max(memory, usage[1])
            time.sleep(_LOOK_S)
        summary = json.loads(process.output().splitlines()[-1])
    return Watched(summary, memory, cpu)


def commits_of(root: Path) -> list[Commit]:
    """Read the log of a Parquet store; compaction's commits, which add no rows, stay out."""
    found = []
    for path in entries_of(root):
        document = json.loads(path.read_text())
        if document["removed"]:
            continue
        added = document["added"]
        found.append(
            Commit(
                # A commit gets its name by a link, which changes the status of the file.
                path.stat().st_ctime_ns,
                sum(each["rows"] for each in added),
                sum(each["bytes"] for each in added),
                tuple(each["path"] for each in added),
            )
        )
    return found


def entries_of(root: Path) -> list[Path]:
    """List the files of commits, in order."""
    return sorted(path for path in (root / "_log").glob("*.json") if len(path.name) == 25)


def usage_of(pid: int) -> tuple[float, int] | None:
    """Return CPU seconds and peak resident bytes, None when the process has gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    peak = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    if not peak:
        return None
    return (int(words[11]) + int(words[12])) / _TICKS, int(peak[0]) * 1024
