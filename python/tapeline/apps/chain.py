"""The whole chain as processes of our own commands: what the demo and the benchmarks run.

Each step is the command a user would type, in a process of its own, so that what is shown and
measured is what is shipped.
"""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tapeline.errors import TapelineError

#: How long a command may take to end once its work is done.
END_SECONDS = 60


class ChainError(TapelineError):
    """A command of the chain failed; the message holds what it printed."""


class Process:
    """A running ``tapeline`` command; a context manager that ends it.

    Its log goes to a file, so that a talkative command never waits for a reader.
    """

    def __init__(self, *words: str | Path) -> None:
        """Start ``tapeline WORDS`` with this interpreter."""
        self._name = words[0]
        self._is_asked = False
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tapeline.apps.cli", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> Self:
        """Return the process itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill the process if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate(timeout=END_SECONDS)
        self._log.close()

    @property
    def is_running(self) -> bool:
        """Say whether the command has not ended yet."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def stop(self) -> None:
        """Ask it to end, as an operator does: SIGTERM."""
        self._is_asked = True
        self._process.terminate()

    def output(self, timeout_s: float = 600) -> str:
        """Wait for the end; return what it printed.

        Raises
        ------
        ChainError
            It failed, or did not end within ``timeout_s`` seconds.
        """
        try:
            printed, _ = self._process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            raise self._failed(f"did not end within {timeout_s:g} s") from error
        # By the signal itself: it had not begun yet, or it was at its end already.
        is_by_signal = self._is_asked and self._process.returncode == -signal.SIGTERM
        if self._process.returncode and not is_by_signal:
            raise self._failed(f"ended with status {self._process.returncode}")
        return printed

    def first_line(self) -> str:
        """Wait for the first line it prints; empty when it ends without one."""
        return self._process.stdout.readline() if self._process.stdout else ""

    def _failed(self, what: str) -> ChainError:
        self._log.seek(0)
        log = self._log.read().decode(errors="replace").strip()
        return ChainError(f"`tapeline {self._name}` {what}: {log[-2_000:] or 'it printed nothing'}")


class Simulation(Process):
    """A running ``tapeline simulate``.

    Parameters
    ----------
    tapes
        What is played.
    ledger
        File for the account of what was sent.
    of
        Exchange and market.
    speed
        ``"max"``, or how many times the recorded speed.
    faults
        ``KIND=VALUE`` each.
    seed
        Seed of the faults.
    options
        More words of the command.
    is_once
        It ends when the tape has been read; otherwise when :meth:`stop` is called.

    Attributes
    ----------
    url
        Where clients connect, ``ws://127.0.0.1:PORT``; known once the context is entered.
    """

    def __init__(
        self,
        tapes: Sequence[Path],
        ledger: Path,
        *,
        of: tuple[str, str] = ("binance", "spot"),
        speed: str = "max",
        faults: Sequence[str] = (),
        seed: int = 0,
        options: Sequence[str] = (),
        is_once: bool = True,
    ) -> None:
        words: list[str | Path] = ["simulate", *tapes, "--ledger", ledger]
        words += ["--exchange", of[0], "--market", of[1]]
        words += ["--once"] if is_once else []
        words += ["--port", "0", "--speed", speed, "--seed", str(seed)]
        words += [word for fault in faults for word in ("--fault", fault)]
        words += options
        super().__init__(*words)
        self._ledger = ledger
        self.url = ""

    def __enter__(self) -> Self:
        """Wait until clients can connect."""
        line = self.first_line()
        if not line.startswith("listening on "):
            self.output(END_SECONDS)
            raise self._failed("did not say where it listens")
        self.url = line.removeprefix("listening on ").strip()
        return self

    def account(self) -> dict[str, Any]:
        """Wait for the end; return the summary of the ledger.

        Raises
        ------
        ChainError
            The simulator failed, or still waits for somebody to read the rest of the tape.
        """
        self.output(END_SECONDS)
        summary: dict[str, Any] = json.loads(self._ledger.read_bytes().splitlines()[-1])
        return summary


class Collection(Process):
    """A running ``tapeline collect --json`` of BTC/USDT trades.

    Parameters
    ----------
    url
        The endpoint.
    transport
        The bus, ``kafka://...``, ``nats://...`` or ``local:PATH``.
    *options
        More words of the command.
    idle_s
        It ends when nothing has come for so many seconds.
    """

    def __init__(self, url: str, transport: str, *options: str, idle_s: float = 2) -> None:
        super().__init__(
            "collect",
            *("--symbols", "BTC/USDT", "--types", "trade", "--endpoint", url),
            *("--transport", transport, "--idle", f"{idle_s:g}", "--json", *options),
        )

    def summary(self, timeout_s: float = 600) -> dict[str, Any]:
        """Wait for the end; return what ``--json`` printed.

        Raises
        ------
        ChainError
            It failed or did not end.
        """
        lines = self.output(timeout_s).splitlines()
        if not lines:
            raise self._failed("printed no summary")
        summary: dict[str, Any] = json.loads(lines[-1])
        return summary


def run(*words: str | Path, timeout_s: float = 600) -> str:
    """Run ``tapeline WORDS`` to its end and return its standard output.

    Raises
    ------
    ChainError
        The command failed or did not end in time.
    """
    with Process(*words) as process:
        return process.output(timeout_s)


def collect(
    simulation: Simulation, transport: str, *options: str, idle_s: float = 2
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Collect everything a simulation sends; return the collector's summary and the ledger's."""
    with Collection(simulation.url, transport, *options, idle_s=idle_s) as collection:
        summary = collection.summary()
    return summary, simulation.account()
