"""Everything `just bench` measures, as one table and one file.

Run it as ``python -m benches.python.run --out bench-results.json``; ``--only`` takes one section.
The exit status is 1 when a goal that does not depend on the machine is missed: a ratio to
``orjson.loads``, allocations or instructions. Throughput and latency are reported with their goals.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from benches.python.backtest import backtest
from benches.python.chain import latency, throughput
from benches.python.channels import measure_channels
from benches.python.core import allocations, instructions, save_baseline
from benches.python.frames import CpuClock, sample_tape
from benches.python.indicators import indicators
from benches.python.live import live
from benches.python.peers import measure_peers
from benches.python.storage import storage
from benches.python.store_stages import store_stages
from benches.python.transport import transport
from tapeline.apps.bench import Figure, measure, print_figures, trade_frames

FRAMES = 9_000
ROUNDS = 15


def hot_path() -> list[Figure]:
    """Measure push and decode against ``orjson.loads`` of the same frames."""
    return measure(trade_frames(sample_tape(), FRAMES), CpuClock(), rounds=ROUNDS)


def channels() -> list[Figure]:
    """Measure a push of each venue's channels against ``orjson.loads`` of the same frames."""
    return measure_channels(CpuClock(), rounds=ROUNDS)


def peers() -> list[Figure]:
    """Measure a push against another library's way from the same frame to its event."""
    return measure_peers(CpuClock())


#: Section -> what measures it, and whether a missed goal fails the run.
SECTIONS: dict[str, tuple[Callable[[], list[Figure]], bool]] = {
    "hot-path": (hot_path, True),
    "channels": (channels, True),
    "peers": (peers, False),
    "indicators": (indicators, False),
    "allocations": (allocations, True),
    "instructions": (instructions, True),
    "throughput": (throughput, False),
    "latency": (latency, False),
    "transport": (transport, False),
    "storage": (storage, False),
    "store-stages": (store_stages, False),
    "backtest": (backtest, False),
    "live": (live, False),
}


def main() -> int:
    """Run the sections asked for; print them; write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=SECTIONS, help="one section")
    parser.add_argument("--out", type=Path, default=Path("bench-results.json"))
    parser.add_argument(
        "--save-baseline", action="store_true", help="write benches/baselines and stop"
    )
    options = parser.parse_args()
    if options.save_baseline:
        save_baseline()
        return 0
    figures: list[Figure] = []
    missed: list[str] = []
    below: list[str] = []
    for name in options.only or SECTIONS:
        sys.stderr.write(f"bench: {name}\n")
        call, gates = SECTIONS[name]
        measured = call()
        figures += measured
        (missed if gates else below).extend(
            figure.name for figure in measured if figure.is_met is False
        )
    options.out.write_text(json.dumps([figure.as_dict() for figure in figures], indent=1) + "\n")
    tape = sample_tape()
    source = tape.name if tape else "generated frames"
    print_figures(
        figures, title=f"{source}; {platform.machine()}, Python {platform.python_version()}"
    )
    for name in below:
        sys.stderr.write(f"bench: {name} missed its goal on this machine, which fails nothing\n")
    for name in missed:
        sys.stderr.write(f"bench: {name} missed its goal\n")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
