"""The simulated market of ``tapeline up --demo``, and the account of what it sent."""

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import sleep as pause
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import orjson
import typer

from tapeline.apps.chain import END_SECONDS, ChainError, Simulation
from tapeline.errors import SettingsError, TapeError
from tapeline.simulator.registry import speller
from tapeline.simulator.synthetic.tape import MarketSettings, MarketTape
from tapeline.storage.schema import EVENT_TYPES
from tapeline.storage.targets import Target
from tapeline.tape import TapeWriter
from tapeline.telemetry.clock import Clock, SystemClock

SESSION_S: Final = 900.0
"""The market is written so far ahead: what comes later is written while this is played."""
_EXCHANGE: Final = ("binance", "spot")
_SYMBOLS: Final = ("BTC/USDT", "ETH/USDT")
_BOOK_EVERY: Final = 50
"""Snapshots of books often enough for a page that is opened later."""
_TYPES: Final = ("trade", "l1", "l2")
_RATE: Final = 25.0
_FRAMES_AN_EVENT: Final = 1.5
_ANOMALIES_EVERY: Final = 12
"""Faults are to be seen, and the books mostly whole."""
_MARGIN_S: Final = 120.0
"""The tape is longer than the demonstration: a market does not fall silent before it closes."""
_HANDOVER_S: Final = 4.0
"""About what it takes the next session to listen and the collector to come back."""
_WRITTEN_PER_S: Final = 12_000
_STARTED_S: Final = 2
_READ_S: Final = 1.0
_FIRST_S: Final = 120.0
"""Nobody has read anything for so long: it will not come to anything."""

if TYPE_CHECKING:
    from tapeline.apps.audit_table import AuditReport


class DemoMarket:
    """A simulated exchange with some faults, open for a while or for ever.

    It is played session by session, so that what is on the disk and in memory does not grow with
    its time: the next one is written while one is played, and goes on where that ends, with its
    ids, books and times. Between two of them the exchange closes its connections, as exchanges do.

    Parameters
    ----------
    data
        Folder for everything.
    seconds
        How long the market is open; None for ever.
    session_s
        Seconds of one session.
    """

    def __init__(
        self, data: Path, seconds: float | None, clock: Clock, session_s: float = SESSION_S
    ) -> None:
        self.data = data
        self.collected = data / "collect.ledger"
        self.ledgers: list[Path] = []
        self._clock = clock
        self._seconds = seconds
        needed_s = session_s if seconds is None else min(session_s, seconds + _MARGIN_S)
        self._frames = int(needed_s * _RATE * _FRAMES_AN_EVENT)
        ready_s = self._frames // _WRITTEN_PER_S + _STARTED_S
        settings = MarketSettings(
            symbols=_SYMBOLS,
            types=_TYPES,
            frames=self._frames,
            rate_per_s=_RATE,
            # No later than clients can be there; what is late then is left out.
            start_ns=clock.wall_ns() + ready_s * 1_000_000_000,
            anomalies_every=_ANOMALIES_EVERY,
        )
        self._making = MarketTape(settings, speller(*_EXCHANGE))
        self._written = self._write()
        self.simulation = self._session("0", "--skip-late")
        self._writer = ThreadPoolExecutor(1, "demo-market")
        self._following: Future[Path] | None = None
        self._ends_ns = clock.monotonic_ns() + int(_FIRST_S * 1e9)

    def __enter__(self) -> Self:
        """Open it: clients can connect."""
        self.simulation.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill what still runs."""
        self.simulation.__exit__(kind, error, trace)
        self._writer.shutdown()

    def tend(self, *, is_read: bool) -> bool:
        """Keep it going; return whether its time is not over, which runs from when it is read.

        Raises
        ------
        ChainError
            A session failed, or the next one cannot be written.
        """
        now_ns = self._clock.monotonic_ns()
        if is_read and self._following is None:
            if self._seconds is not None:
                self._ends_ns = now_ns + int(self._seconds * 1e9)
            self._following = self._write_ahead()
        if self._following is not None and not self.simulation.is_running:
            self._go_on(self._following)
        is_endless = self._following is not None and self._seconds is None
        return is_endless or self._clock.monotonic_ns() < self._ends_ns

    def close(self) -> None:
        """End it, and give the collector time to read what it sent last."""
        if self.simulation.is_running:
            self.simulation.stop()
            self.simulation.output(END_SECONDS)
            pause(_READ_S)

    def _go_on(self, following: Future[Path]) -> None:
        """Begin the next session where the last one ended, at the same address."""
        self.simulation.output(END_SECONDS)
        self.simulation.__exit__(None, None, None)
        try:
            self._written = following.result()
        except (OSError, TapeError) as error:
            raise ChainError(f"cannot write the market's next session: {error}") from error
        port = self.simulation.url.rpartition(":")[2]
        self.simulation = self._session(port)
        self.simulation.__enter__()
        self._following = self._write_ahead()

    def _session(self, port: str, *options: str) -> Simulation:
        """Return the next session, to be started; the tape of the last one is removed."""
        for played in self.data.glob("market-*.synthetic.jsonl"):
            if played != self._written:
                played.unlink()
        self.ledgers.append(self._written.with_suffix(".ledger"))
        return Simulation(
            [self._written],
            self.ledgers[-1],
            of=_EXCHANGE,
            options=("--port", port, "--live", *options),
        )

    def _write_ahead(self) -> Future[Path]:
        """Write the next session beside the one that begins to be played now."""
        starts_ns = max(self._making.now_ns, self._clock.wall_ns()) + int(_HANDOVER_S * 1e9)
        return self._writer.submit(self._write_following, starts_ns)

    def _write_following(self, starts_ns: int) -> Path:
        self._making = self._making.following(self._frames, starts_ns)
        return self._write()

    def _write(self) -> Path:
        path = self.data / f"market-{len(self.ledgers)}.synthetic.jsonl"
        with TapeWriter(path) as writer:
            for line in self._making.lines():
                writer.write_line(line)
        return path

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

        ledgers = [*self.ledgers, self.collected, told]
        return audit(list(targets), ledgers, None, list(EVENT_TYPES))


@contextmanager
def simulated_market(data: Path | None, seconds: float | None) -> Iterator[DemoMarket]:
    """Have a market while the block runs; its folder is removed afterwards unless it was named."""
    with tempfile.TemporaryDirectory(prefix="tapeline-demo-") as made:
        folder = Path(made) if data is None else data
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise SettingsError(f"{folder} is not empty: a demonstration begins with nothing")
        typer.echo("demo: writing a market of BTC/USDT and ETH/USDT", err=True)
        with DemoMarket(folder, seconds, SystemClock()) as market:
            yield market
