"""What another market-data library costs for the frames that we push, in the same run.

cryptofeed goes from a frame to an event object and a callback; a push goes from the frame to
cleaned, graded, encoded bytes. cryptofeed is installed into an environment of its own, because it
is nobody's dependency, and is measured there. Channels it does not parse in its current form are
left out.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benches.python.channels import CHANNELS, Channel, Sample, push_all, sample
from benches.python.frames import ROOT
from tapeline.apps.bench import BATCH, Figure, interleaved
from tapeline.telemetry.clock import Clock

CRYPTOFEED = "cryptofeed==2.4.1"
ENVIRONMENT = ROOT / ".cache" / "peers"


@dataclass(frozen=True, slots=True)
class Peer:
    """A channel as cryptofeed names it."""

    exchange: str
    symbol: str
    type: str
    channel: str
    address: str = ""


PEERS = {
    ("binance", "spot", "aggTrade"): Peer("Binance", "BTC-USDT", "spot", "trades"),
    ("binance", "usdm", "aggTrade"): Peer("BinanceFutures", "BTC-USDT-PERP", "perpetual", "trades"),
    ("binance", "usdm", "markPrice"): Peer(
        "BinanceFutures", "BTC-USDT-PERP", "perpetual", "funding"
    ),
    ("binance", "usdm", "forceOrder"): Peer(
        "BinanceFutures", "BTC-USDT-PERP", "perpetual", "liquidations"
    ),
    ("okx", "swap", "trades"): Peer("OKX", "BTC-USDT-PERP", "perpetual", "trades"),
    ("bybit", "linear", "publicTrade"): Peer(
        "Bybit", "BTC-USDT-PERP", "perpetual", "trades", "wss://x/v5/public/linear"
    ),
}


def measure_peers(clock: Clock, *, rounds: int = 9) -> list[Figure]:
    """Measure a push of each channel that cryptofeed has, next to cryptofeed."""
    python = _environment()
    if python is None:
        sys.stderr.write(f"bench: {CRYPTOFEED} cannot be installed here; section left out\n")
        return []
    chosen = (channel for channel in CHANNELS if _key(channel) in PEERS)
    return [_figure(sample(channel), python, clock, rounds) for channel in chosen]


def _key(channel: Channel) -> tuple[str, str, str]:
    return channel.exchange, channel.market, channel.name


def _environment() -> Path | None:
    """Make the peer's environment once; return its interpreter, None where it cannot be had."""
    python = ENVIRONMENT / "bin" / "python"
    make: list[str | Path] = [
        "uv",
        "venv",
        "--quiet",
        "--allow-existing",
        "--python",
        sys.executable,
        ENVIRONMENT,
    ]
    install: list[str | Path] = ["uv", "pip", "install", "--quiet", "--python", python, CRYPTOFEED]
    is_made = all(subprocess.run(step, check=False).returncode == 0 for step in (make, install))
    return python if is_made else None


def _figure(found: Sample, python: Path, clock: Clock, rounds: int) -> Figure:
    channel = found.channel
    peer_ns = _cryptofeed_ns(found, python)
    batches = [found.frames[at : at + BATCH] for at in range(0, len(found.frames), BATCH)]
    fresh = [found.pipeline() for _ in range(rounds)]
    work: dict[str, Callable[[], object]] = {"push": lambda: push_all(batches, fresh.pop())}
    ours_ns = interleaved(work, clock, rounds)["push"] / len(found.frames)
    name = f"{channel.exchange} {channel.market} {channel.name} next to {CRYPTOFEED}"
    return Figure(name, ours_ns, "ns/frame", peer_ns, 1.0)


def _cryptofeed_ns(found: Sample, python: Path) -> float:
    peer = PEERS[_key(found.channel)]
    raw = "BTC-USDT-SWAP" if found.channel.exchange == "okx" else "BTCUSDT"
    facts = {
        "exchange": peer.exchange,
        "symbol": peer.symbol,
        "type": peer.type,
        "channel": peer.channel,
        "address": peer.address,
        "raw_symbol": raw,
        "frames": [frame.decode() for frame in found.frames],
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "frames.json")
        path.write_text(json.dumps(facts))
        script = Path(__file__).with_name("peer_cryptofeed.py")
        done = subprocess.run([python, script, path], check=True, capture_output=True, text=True)
    answer = json.loads(done.stdout)
    if answer["events"] < len(found.frames):
        raise SystemExit(f"bench: cryptofeed made {answer['events']} of {len(found.frames)} events")
    return float(answer["ns"])
