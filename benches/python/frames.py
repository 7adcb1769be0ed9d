"""Where the frames of a benchmark come from."""

import os
import time
from pathlib import Path

from tapeline.telemetry.clock import SystemClock

ROOT = Path(__file__).resolve().parents[2]


def captures() -> Path:
    """Return the folder of recordings; it need not exist.

    ``TAPELINE_CAPTURES`` names it; the default is ``../shared/captures`` beside the repository.
    """
    default = ROOT.parent / "shared" / "captures"
    return Path(os.environ.get("TAPELINE_CAPTURES", default))


def sample_tape() -> Path | None:
    """Return a tape of recorded Binance spot trades, or None where there is none.

    Without one the generator's frames are used.
    """
    found = sorted(captures().glob("binance_spot_btcusdt_*.jsonl*"))
    return found[0] if found else None


class CpuClock(SystemClock):
    """Counts the time that this thread had a core: what a neighbour took does not count."""

    monotonic_ns = staticmethod(time.thread_time_ns)
