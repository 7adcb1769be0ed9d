"""The simulated market of ``tapeline up --demo``, and the account of what it sent."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import sleep as pause
from typing import TYPE_CHECKING, Any, Final

import orjson
import typer

from tapeline.apps.chain import END_SECONDS, Simulation
from tapeline.errors import SettingsError
from tapeline.simulator.registry import synthetic_tape
from tapeline.simulator.synthetic.tape import MarketSettings
from tapeline.storage.schema import EVENT_TYPES
from tapeline.storage.targets import Target
from tapeline.tape import TapeWriter
from tapeline.telemetry.clock import Clock, SystemClock

DEMO_S: Final = 3600.0
_EXCHANGE: Final = ("binance", "spot")
_SYMBOLS: Final = ("BTC/USDT", "ETH/USDT")
_BOOK_EVERY: Final = 50
"""Snapshots of books often enough for a page that is opened later."""
_TYPES: Final = ("trade", "l1", "l2")
_RATE: Final = 25.0
_FRAMES_AN_EVENT: Final = 1.5
_MARGIN_S: Final = 60.0
"""The tape is longer than the demonstration: a market does not fall silent before it closes."""
_WRITTEN_PER_S: Final = 12_000
_STARTED_S: Final = 4
_READ_S: Final = 1.0
_FIRST_S: Final = 120.0
"""Nobody has read anything for so long: it will not come to anything."""

if TYPE_CHECKING:
    from tapeline.apps.audit_table import AuditReport


class DemoMarket:
    """A simulated exchange with some faults, open for a while.

    Parameters
    ----------
    data
        Folder for everything.
    seconds
        How long the market is open.
    """

    def __init__(self, data: Path, seconds: float, clock: Clock) -> None:
        self.data = data
        self.ledger = data / "market.ledger"
        self.collected = data / "collect.ledger"
        self._clock = clock
        self._tape = data / "market.synthetic.jsonl"
        _write(self._tape, seconds, clock)
        self.simulation = Simulation(
            [self._tape], self.ledger, of=_EXCHANGE, is_once=False, speed="1"
        )
        self._seconds = seconds
        self._ends_ns = clock.monotonic_ns() + int(_FIRST_S * 1e9)
        self._has_begun = False

    def is_open(self, *, is_read: bool) -> bool:
        """Whether its time is not over: it runs from when somebody reads."""
        if is_read and not self._has_begun:
            self._has_begun = True
            self._ends_ns = self._clock.monotonic_ns() + int(self._seconds * 1e9)
        return self._clock.monotonic_ns() < self._ends_ns

    def close(self) -> None:
        """End it, and give the collector time to read what it sent last."""
        if self.simulation.is_running:
            self.simulation.stop()
            self.simulation.output(END_SECONDS)
            pause(_READ_S)

    def overrides(self) -> dict[str, Any]:
        """Return the collector's settings."""
        return {
            "exchange": _EXCHANGE[0],
            "market": _EXCHANGE[1],
            "symbols": ",".join(_SYMBOLS),
            "types": ",".join(_TYPES),
            "endpoint": (self.simulation.url,),
            "book_every": _BOOK_EVERY,
            "ledger": self.collected,
        }

    def account(self, targets: Sequence[Target], summary: dict[str, Any]) -> "AuditReport":
        """Hold the stores against what the market sent and what the collector handed on.

        Parameters
        ----------
        summary
            The collector's: it knows which frames it had already.
        """
        told = self.data / "collect.json"
        told.write_bytes(orjson.dumps(summary))
        # Only now: what reads stores takes a second to import, and the dashboard comes first.
        from tapeline.apps.audit import audit

        return audit(list(targets), [self.ledger, self.collected, told], None, list(EVENT_TYPES))


@contextmanager
def simulated_market(data: Path | None, seconds: float) -> Iterator[DemoMarket]:
    """Have a market while the block runs; its folder is removed afterwards unless it was named."""
    with tempfile.TemporaryDirectory(prefix="tapeline-demo-") as made:
        folder = Path(made) if data is None else data
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise SettingsError(f"{folder} is not empty: a demonstration begins with nothing")
        typer.echo("demo: writing a market of BTC/USDT and ETH/USDT", err=True)
        market = DemoMarket(folder, seconds, SystemClock())
        with market.simulation:
            yield market


def _write(path: Path, seconds: float, clock: Clock) -> None:
    """Write a tape whose first event is of about the time at which it will be played."""
    frames = int((seconds + _MARGIN_S) * _RATE * _FRAMES_AN_EVENT)
    ready_s = frames // _WRITTEN_PER_S + _STARTED_S
    settings = MarketSettings(
        symbols=_SYMBOLS,
        types=_TYPES,
        frames=frames,
        rate_per_s=_RATE,
        start_ns=clock.wall_ns() + ready_s * 1_000_000_000,
    )
    with TapeWriter(path) as writer:
        for line in synthetic_tape(*_EXCHANGE, settings).lines():
            writer.write_line(line)
