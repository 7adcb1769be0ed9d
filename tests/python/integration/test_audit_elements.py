"""Frames that bring several events: the simulator's ledger, the store and the audit agree."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tapeline.apps.audit import audit
from tapeline.storage.targets import parse_target

pytestmark = pytest.mark.timeout(600)

_START_MS = 1_767_614_400_000
_WHO = ("--exchange", "bybit", "--market", "linear")


def trades(number: int) -> dict[str, Any]:
    """Return a message of one to four trades."""
    time_ms = _START_MS + number * 10
    data = [
        {
            "T": time_ms,
            "s": "BTCUSDT",
            "S": "Buy" if place % 2 else "Sell",
            "v": f"0.{number % 900 + 100}",
            "p": f"{60_000 + number % 7}.50",
            "L": "PlusTick",
            "i": f"00000000-0000-5000-8000-{number * 4 + place:012d}",
            "BT": False,
        }
        for place in range(number % 4 + 1)
    ]
    return {"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": time_ms + 1, "data": data}


def liquidations(number: int) -> dict[str, Any]:
    """Return a message of two forced orders."""
    time_ms = _START_MS + number * 10
    data = [
        {"T": time_ms + place, "s": "BTCUSDT", "S": "Sell", "v": "0.5", "p": f"{60_000 - number}"}
        for place in range(2)
    ]
    return {"topic": "allLiquidation.BTCUSDT", "type": "snapshot", "ts": time_ms, "data": data}


def write_tape(path: Path) -> tuple[int, int]:
    """Write a tape; return how many trades and forced orders are on it."""
    frames = [liquidations(n) if n % 10 == 9 else trades(n) for n in range(400)]
    lines = []
    for number, frame in enumerate(frames):
        recv_ns = (_START_MS + number * 10 + 3) * 1_000_000
        url = "wss://stream.bybit.com/v5/public/linear"
        line = {"recv_ns": recv_ns, "url": url, "kind": "ws", "raw": json.dumps(frame)}
        lines.append(json.dumps(line))
    path.write_text("\n".join(lines) + "\n")
    counts = [len(frame["data"]) for frame in frames if "publicTrade" in frame["topic"]]
    return sum(counts), 2 * 40


def run(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tapeline.apps.cli", *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def chain(folder: Path, tape: Path, faults: Sequence[str]) -> None:
    """Simulate, collect and store."""
    words = [word for fault in faults for word in ("--fault", fault)]
    serve = ("simulate", str(tape), *_WHO, "--speed", "max", "--once", *words)
    with subprocess.Popen(
        [sys.executable, "-m", "tapeline.apps.cli", *serve, "--ledger", str(folder / "sent")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as simulator:
        assert simulator.stdout is not None
        url = simulator.stdout.readline().split()[-1]
        bus = f"local:{folder / 'bus.db'}"
        types = ("--symbols", "BTCUSDT", "--types", "trade,liquidation")
        rest = ("--rest-endpoint", url.replace("ws:", "http:"))
        collected = run(
            *("collect", *_WHO, *types, "--endpoint", url, *rest),
            *("--transport", bus, "--idle", "5", "--json"),
        )
        (folder / "collected").write_text(collected)
        simulator.wait(120)
    run("store", "--transport", bus, "--target", f"parquet:{folder / 'store'}", "--idle", "0.5")


@pytest.mark.parametrize("faults", [(), ("duplicate=5%", "corrupt=4%", "drop=3%")])
def test_ledger_of_frames_with_several_events_balances(
    faults: Sequence[str], tmp_path: Path
) -> None:
    tape = tmp_path / "tape.jsonl"
    on_tape = write_tape(tape)
    chain(tmp_path, tape, faults)
    ledgers = [tmp_path / "sent", tmp_path / "collected"]
    types = ["trade", "liquidation", "coverage", "quarantine"]
    report = audit([parse_target(f"parquet:{tmp_path / 'store'}")], ledgers, None, types)
    lines = {
        line.stream.event_type: line
        for line in report.targets[0].lines
        if line.ledger == "simulator"
    }
    assert report.is_good, [line for line in report.targets[0].lines if line.residual]
    if not faults:
        assert (lines["trade"].stored, lines["liquidation"].stored) == on_tape
        # One more in the ledger than in the store is told.
        summary = json.loads((tmp_path / "sent").read_text().splitlines()[-1])
        heard = next(each for each in summary["streams"] if each["events"])
        heard["events"] += 1
        heard["distinct_events"] += 1
        (tmp_path / "sent").write_text(json.dumps(summary) + "\n")
        assert not audit(
            [parse_target(f"parquet:{tmp_path / 'store'}")], ledgers, None, types
        ).is_good
