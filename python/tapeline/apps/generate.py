"""``tapeline generate``: make a synthetic tape, the same for the same arguments."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from tapeline.errors import ArgumentError, TapelineError
from tapeline.simulator.registry import speller, synthetic_tape
from tapeline.simulator.simulated import SyntheticTape
from tapeline.simulator.synthetic.tape import MarketSettings
from tapeline.tape import TapeWriter
from tapeline.telemetry.clock import SystemClock

#: A fixed date, so that the same arguments give the same bytes.
DEFAULT_START = "2026-01-05T12:00:00Z"

#: Other words for a type.
_TYPES = {"orderbook": "l2", "depth": "l2", "bookticker": "l1", "aggtrade": "aggtrade"} | {
    name: name for name in ("trade", "l1", "l2", "funding", "liquidation")
}
_PROGRESS_STEP = 20_000


def generate_command(
    tape: Annotated[
        Path | None,
        typer.Argument(help="Tape to write; a name ending in .gz is packed. Replaced if there."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The same, as an option.")] = None,
    exchange: Annotated[str, typer.Option(help="Venue that spells it.")] = "binance",
    market: Annotated[str, typer.Option(help="Market of the venue.")] = "spot",
    symbols: Annotated[
        str | None,
        typer.Option(
            help="Symbols, BASE/QUOTE or BASE/QUOTE:SETTLE, with commas [BTC and ETH].",
        ),
    ] = None,
    types: Annotated[
        str,
        typer.Option(help="trade, aggtrade, l1, l2, funding, liquidation; several with commas."),
    ] = "trade",
    frames: Annotated[
        int, typer.Option("--frames", "--trades", min=1, help="Frames on the tape.")
    ] = 100_000,
    seed: Annotated[int, typer.Option(help="Seed: same arguments, same bytes.")] = 0,
    start: Annotated[
        str, typer.Option(help="Time of the first trade, ISO 8601 (UTC if it says none), or now.")
    ] = DEFAULT_START,
    rate: Annotated[float, typer.Option(help="Mean trades a second over all pairs.")] = 500.0,
    anomalies: Annotated[
        bool, typer.Option(help="Plant spikes, gaps, duplicates, late and malformed frames.")
    ] = True,
    ledger: Annotated[
        Path | None, typer.Option(help="Write what was planted to FILE (JSON Lines).")
    ] = None,
) -> None:
    """Make a synthetic tape of a market and the ledger of what was planted in it.

    The frames are spelled as the venue spells them; their URL begins with `synthetic:`.
    """
    target = tape or out
    if target is None or (tape and out):
        raise typer.BadParameter("name the tape to write, once", param_hint="TAPE")
    try:
        settings = MarketSettings(
            symbols=_named(symbols or speller(exchange, market).default_symbols),
            types=[_TYPES.get(name.strip().lower(), name) for name in types.split(",")],
            frames=frames,
            seed=seed,
            start_ns=_start_ns(start),
            rate_per_s=rate,
            has_anomalies=anomalies,
        )
        generator = synthetic_tape(exchange, market, settings)
    except ArgumentError as error:
        raise typer.BadParameter(str(error)) from error
    console = Console(stderr=True)
    with (
        TapeWriter(target) as writer,
        Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        task = progress.add_task("generating", total=frames)
        for line in generator.lines():
            writer.write_line(line)
            if writer.lines % _PROGRESS_STEP == 0:
                progress.update(task, completed=writer.lines)
    if ledger is not None:
        _write_ledger(ledger, generator)
    planted = sum(generator.ledger[-1]["anomalies"].values())
    console.print(f"{target}: {writer.lines:,} frames, {planted:,} anomalies", highlight=False)


def _named(symbols: str) -> list[str]:
    return [name.strip().upper() for name in symbols.split(",")]


def _write_ledger(path: Path, generator: SyntheticTape) -> None:
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as stream:
            stream.writelines(
                orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in generator.ledger
            )
        os.replace(part, path)
    except OSError as error:
        raise TapelineError(f"cannot write the ledger {path}: {error.strerror}") from error


def _start_ns(text: str) -> int:
    """Return a time in Unix nanoseconds; whole microseconds, without floats."""
    if text == "now":
        return SystemClock().wall_ns()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentError(f"start must be ISO 8601 or now, was {text!r}") from error
    since = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
