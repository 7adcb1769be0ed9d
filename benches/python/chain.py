"""Simulator, collector and local transport on one machine, as processes of the real commands."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tapeline.apps.bench import Figure
from tapeline.apps.chain import Simulation, collect, run

#: Frames of the throughput tape: several seconds at the goals.
SUSTAINED_FRAMES = 600_000

#: Sustained frames/s each client library should reach.
GOALS = {"picows": 150_000, "websockets": 60_000}

#: Rate and frames of the latency run.
PACED_PER_SECOND = 2_000
PACED_FRAMES = 20_000

LATENCY_GOAL_MS = 5.0


def throughput() -> list[Figure]:
    """Collect a tape as fast as the client reads, with each client library."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as name:
        folder = Path(name)
        tape = generate(folder, SUSTAINED_FRAMES)
        for client, goal in GOALS.items():
            summary = _collect(folder, tape, client, speed="max")
            figures.append(
                Figure(
                    f"sustained collection, {client}",
                    summary["frames_per_second"],
                    "frames/s",
                    goal=goal,
                    higher_is_better=True,
                )
            )
    return figures


def latency() -> list[Figure]:
    """Collect at 2,000 frames/s and report the 99th percentile of every stage."""
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as name:
        folder = Path(name)
        tape = generate(folder, PACED_FRAMES)
        speed = seconds_of(tape) * PACED_PER_SECOND / PACED_FRAMES
        summary = _collect(folder, tape, "websockets", speed=f"{speed:.6f}")
    return [
        Figure(
            f"latency p99 at {PACED_PER_SECOND:,} frames/s, {stage}",
            found["p99_ns"] / 1e6,
            "ms",
            goal=LATENCY_GOAL_MS,
        )
        for stage, found in summary["latency"].items()
        if found["count"]
    ]


def generate(folder: Path, frames: int) -> Path:
    tape = folder / "feed.synthetic.jsonl"
    run("generate", tape, "--frames", str(frames), "--symbols", "BTC/USDT", "--no-anomalies")
    return tape


def _collect(folder: Path, tape: Path, client: str, *, speed: str) -> dict[str, Any]:
    """Run the chain; a run that lost a frame is no measurement."""
    bus = folder / f"{client}.db"
    with Simulation([tape], folder / "ledger.jsonl", speed=speed) as simulation:
        summary, account = collect(simulation, f"local:{bus}", "--client", client)
    lost = account["sent"] + sum(summary["control"].values()) - summary["frames"]
    if lost or summary["residual"] or summary["transport"]["lost"]:
        raise SystemExit(f"bench: the chain lost {lost} frames, residual {summary['residual']}")
    return summary


def seconds_of(tape: Path) -> float:
    """Return how long the tape plays at recorded speed."""
    first = last = None
    with tape.open("rb") as lines:
        for line in lines:
            last = json.loads(line)["recv_ns"]
            first = last if first is None else first
    if first is None or last is None or last <= first:
        raise SystemExit(f"bench: {tape.name} has no receive times")
    return float(last - first) / 1e9
