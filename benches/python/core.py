"""Figures of the Rust core that do not depend on how busy the machine is."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benches.python.frames import ROOT
from tapeline.apps.bench import Figure

BASELINE = ROOT / "benches" / "baselines" / "instructions.json"

#: The gate: instructions per frame may be at most this times the baseline.
INSTRUCTION_LIMIT = 1.05

#: Two lengths of the same run; the difference holds no start-up cost.
SHORT, LONG = 2_000, 12_000

_EXAMPLE = "callgrind_frames"


def allocations() -> list[Figure]:
    """Count heap allocations per frame in steady state, with the counting allocator's test."""
    ran = _cargo("test", "--test", "allocations", "--", "--nocapture")
    found = re.search(r"allocations per frame: ([0-9.]+)", ran)
    if found is None:
        raise SystemExit(f"bench: the allocation test printed no figure:\n{ran}")
    return [Figure("allocations, steady state", float(found[1]), "per frame", goal=0)]


def instructions() -> list[Figure]:
    """Count instructions per frame under callgrind and compare them with the committed baseline."""
    if shutil.which("valgrind") is None:
        if os.environ.get("CI"):
            raise SystemExit("bench: valgrind is not installed, and CI must not skip the gate")
        sys.stderr.write("bench: valgrind is not installed; the instruction gate is skipped\n")
        return []
    _cargo("build", "--release", "--example", _EXAMPLE)
    baselines: dict[str, float] = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    figures = []
    for case in ("batch", "single"):
        per_frame = (_count(case, LONG) - _count(case, SHORT)) / (LONG - SHORT)
        name = f"instructions, {case}"
        baseline = baselines.get(name)
        figures.append(Figure(name, per_frame, "per frame", baseline, INSTRUCTION_LIMIT))
    return figures


def save_baseline() -> None:
    """Write today's counts as the baseline, for a person to review and commit."""
    counts = {figure.name: figure.value for figure in instructions()}
    BASELINE.parent.mkdir(parents=True, exist_ok=True)
    BASELINE.write_text(json.dumps(counts, indent=1) + "\n")


def _count(case: str, frames: int) -> int:
    binary = ROOT / "target" / "release" / "examples" / _EXAMPLE
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                f"--callgrind-out-file={out}",
                str(binary),
                case,
                str(frames),
            ],
            check=True,
            capture_output=True,
            timeout=600,
        )
        summary = re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)
    if summary is None:
        raise SystemExit("bench: callgrind wrote no total")
    return int(summary[1])


def _cargo(*words: str) -> str:
    ran = subprocess.run(
        ["cargo", *words], cwd=ROOT, capture_output=True, text=True, timeout=1_800, check=False
    )
    if ran.returncode:
        raise SystemExit(f"bench: cargo {' '.join(words)} failed:\n{ran.stdout}{ran.stderr}")
    return ran.stdout
