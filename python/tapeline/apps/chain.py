"""The whole chain as processes of our own commands: what the demo and the benchmarks run.

Each step is the command a user would type, in a process of its own, so that what is shown and
measured is what is shipped.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tapeline.errors import TapelineError

#: How long a command may take to start, and to end once its work is done.
START_SECONDS = 60
END_SECONDS = 60


class ChainError(TapelineError):
    """A command of the chain failed; the message holds what it printed."""


def command(*words: str | Path) -> list[str]:
    """Return the command line that runs ``tapeline WORDS`` with this interpreter."""
    return [sys.executable, "-m", "tapeline.apps.cli", *map(str, words)]


def run(*words: str | Path, timeout_s: float = 600) -> str:
    """Run ``tapeline WORDS`` to its end and return its standard output.

    Raises
    ------
    ChainError
        The command failed or did not end in time.
    """
    try:
        ran = subprocess.run(
            command(*words), check=False, capture_output=True, text=True, timeout=timeout_s
        )
    except subprocess.TimeoutExpired as error:
        raise ChainError(f"`tapeline {words[0]}` did not end within {timeout_s:g} s.") from error
    if ran.returncode:
        raise ChainError(f"`tapeline {words[0]}` failed: {ran.stderr.strip()}")
    return ran.stdout


class Simulation:
    """A running ``tapeline simulate --once``; a context manager that ends it.

    Parameters
    ----------
    tapes
        What is played.
    ledger
        File for the account of what was sent.
    speed
        ``"max"``, or how many times the recorded speed.
    faults
        ``KIND=VALUE`` each.
    seed
        Seed of the faults.

    Attributes
    ----------
    url
        Where clients connect, ``ws://127.0.0.1:PORT``.
    """

    def __init__(
        self,
        tapes: Sequence[Path],
        ledger: Path,
        *,
        speed: str = "max",
        faults: Sequence[str] = (),
        seed: int = 0,
    ) -> None:
        words: list[str | Path] = ["simulate", *tapes, "--once", "--ledger", ledger]
        words += ["--port", "0", "--speed", speed, "--seed", str(seed)]
        words += [word for fault in faults for word in ("--fault", fault)]
        self._ledger = ledger
        self._process = subprocess.Popen(
            command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.url = ""

    def __enter__(self) -> Self:
        """Wait until clients can connect."""
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.startswith("listening on "):
            _, errors = self._process.communicate(timeout=START_SECONDS)
            raise ChainError(f"`tapeline simulate` did not start: {errors.strip()}")
        self.url = line.removeprefix("listening on ").strip()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.communicate(timeout=END_SECONDS)

    def account(self) -> dict[str, Any]:
        """Wait for the end; return the ledger's summary.

        Raises
        ------
        ChainError
            The simulator failed, or the tape was not read to its end.
        """
        try:
            _, errors = self._process.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise ChainError("`tapeline simulate` still waits for a client.") from error
        if self._process.returncode:
            raise ChainError(f"`tapeline simulate` failed: {errors.strip()}")
        summary: dict[str, Any] = json.loads(self._ledger.read_bytes().splitlines()[-1])
        return summary


def collect(url: str, transport: str, *options: str, idle_s: float = 2) -> dict[str, Any]:
    """Run ``tapeline collect`` against ``url`` until nothing has come for ``idle_s`` seconds.

    Returns
    -------
    dict
        The summary that ``collect --json`` prints.
    """
    printed = run(
        "collect",
        *("--symbols", "BTC/USDT", "--types", "trade", "--endpoint", url),
        *("--transport", transport, "--idle", f"{idle_s:g}", "--json", *options),
    )
    summary: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return summary
