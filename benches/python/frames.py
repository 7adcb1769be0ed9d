"""Where the frames of a benchmark come from."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def sample_tape() -> Path | None:
    """Return a tape of recorded Binance spot trades, or None where there is none.

    ``TAPELINE_CAPTURES`` names the folder; the default is ``../shared/captures`` beside the
    repository. Without one the generator's frames are used.
    """
    default = ROOT.parent / "shared" / "captures"
    folder = Path(os.environ.get("TAPELINE_CAPTURES", default))
    found = sorted(folder.glob("binance_spot_btcusdt_*.jsonl*"))
    return found[0] if found else None
