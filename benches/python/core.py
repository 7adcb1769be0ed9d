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
SHORT, LONG = 20_000, 40_000

INSTRUCTIONS = "instructions, batches of 1,000"

_COUNTED = "callgrind_frames"


def allocations() -> list[Figure]:
    """Run the counting allocator's test, which passes only when a frame allocates nothing."""
    printed = _cargo("test", "--test", "allocations", "usual_frames_allocate_nothing")
    if "1 passed" not in printed:
        raise SystemExit(f"bench: the allocation test did not run:\n{printed}")
    return [Figure("allocations, steady state", 0, "per frame", goal=0)]


def instructions() -> list[Figure]:
    """Count instructions per frame under callgrind and compare them with the committed baseline."""
    if shutil.which("valgrind") is None:
        if os.environ.get("CI"):
            raise SystemExit("bench: valgrind is not installed, and CI must not skip the gate")
        sys.stderr.write("bench: valgrind is not installed; the instruction gate is skipped\n")
        return []
    if not BASELINE.exists():
        raise SystemExit(f"bench: {BASELINE} is missing; `just bench-baseline` writes it")
    baseline = json.loads(BASELINE.read_text())[INSTRUCTIONS]
    counted = _instructions_per_frame()
    return [Figure(INSTRUCTIONS, counted, "per frame", baseline, INSTRUCTION_LIMIT)]


def save_baseline() -> None:
    """Write today's count as the baseline, for a person to review and commit."""
    BASELINE.parent.mkdir(parents=True, exist_ok=True)
    BASELINE.write_text(json.dumps({INSTRUCTIONS: _instructions_per_frame()}, indent=1) + "\n")


def _instructions_per_frame() -> float:
    _cargo("build", "--release", "--locked", "--bin", _COUNTED, "--features", "callgrind")
    return (_count(LONG) - _count(SHORT)) / (LONG - SHORT)


def _count(frames: int) -> int:
    binary = ROOT / "target" / "release" / _COUNTED
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                f"--callgrind-out-file={out}",
                str(binary),
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
