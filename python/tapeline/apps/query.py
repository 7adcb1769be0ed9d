"""``tapeline query``: what stores keep, by time, instrument and type."""

import os
import sys
from pathlib import Path
from typing import Annotated, Final, cast

import typer

from tapeline.access.frames import Frames
from tapeline.access.source import DataSource
from tapeline.access.times import to_text
from tapeline.apps import access
from tapeline.apps.conditions import check_time, words
from tapeline.apps.progress import counting
from tapeline.apps.query_formats import FORMATS, Advance, write
from tapeline.apps.query_table import print_tables

_TABLE: Final = "table"


def query_command(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET...",
            help="parquet:PATH, parquet:s3://BUCKET/PREFIX?endpoint=URL, timescale://..., "
            "clickhouse://..., clickhouse:PATH; several answer as one.",
        ),
    ],
    types: Annotated[
        str,
        typer.Option(
            help="trade, orderbook, funding, liquidation, coverage, quarantine; with commas."
        ),
    ] = "trade",
    symbols: Annotated[
        str | None,
        typer.Option(help="BTC/USDT, BTC/USDT:USDT or the venue's BTCUSDT; with commas. [all]"),
    ] = None,
    exchange: Annotated[str | None, typer.Option(help="E.g. binance. [all]")] = None,
    market: Annotated[str | None, typer.Option(help="E.g. spot. [all]")] = None,
    start: Annotated[
        str | None,
        typer.Option(help="From here on: 2026-01-05, 2026-01-05T12:00:00Z or Unix nanoseconds."),
    ] = None,
    end: Annotated[str | None, typer.Option(help="To before here; as --start.")] = None,
    form: Annotated[
        str, typer.Option("--format", help=f"{_TABLE}, {', '.join(FORMATS)}.")
    ] = _TABLE,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; with several types, but for json, a folder. [stdout]"),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say which holes there are, and bytes read.")
    ] = False,
) -> None:
    """Print or write rows, in order: by time, exchange, market, symbol and arrival.

    The answer is the same whichever store gives it. How complete it is, is said at the foot of the
    table, and on stderr with the other formats. Prices and quantities are exact.
    """
    if form != _TABLE and form not in FORMATS:
        known = ", ".join((_TABLE, *FORMATS))
        raise typer.BadParameter(f"formats are {known}, was {form!r}")
    if form == _TABLE and out is not None:
        raise typer.BadParameter(
            f"--out is for --format {', '.join(FORMATS)}: the table goes to the terminal"
        )
    for name, when in (("--start", start), ("--end", end)):
        check_time(name, when)
    with access.open(targets) as data:
        frames = data.load(
            words(symbols), start, end, words(types), exchange=exchange, market=market
        )
        try:
            # Where the answer itself goes to the terminal, a count beside it would be in the way.
            with counting("rows", quiet=out is None and sys.stdout.isatty()) as advance:
                _answer(frames, form, out, advance)
            sys.stdout.flush()
        except BrokenPipeError:
            # ``tapeline query | head``: nobody reads any more, which is no fault.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        _print_foot(data, frames, form, verbose=verbose)


def _answer(frames: Frames, form: str, out: Path | None, advance: Advance) -> None:
    if form == _TABLE:
        print_tables(frames, advance)
    else:
        write(frames, form, out, advance)


def _print_foot(data: DataSource, frames: Frames, form: str, *, verbose: bool) -> None:
    from rich.console import Console

    console = Console(stderr=form != _TABLE, highlight=False, soft_wrap=True)
    coverage = frames.coverage
    console.print(f"coverage: {coverage.summary}", markup=False)
    if verbose:
        for hole in coverage.holes.to_arrow().to_pylist():
            console.print(f"  {_hole(hole)}", markup=False)
    if data.bytes_read is not None and (verbose or form == _TABLE):
        console.print(f"{data.bytes_read:,} bytes read", markup=False)


def _hole(row: dict[str, object]) -> str:
    where = f"{row['exchange']} {row['market']} {row['symbol']} {row['channel']}".strip()
    ids = "" if row["first_id"] is None else f" ids {row['first_id']} to {row['last_id']}"
    begin, end = (to_text(cast("int | None", row[name])) for name in ("start_ns", "end_ns"))
    reason = f": {row['reason']}" if row["reason"] else ""
    return f"{where} {row['kind']}{ids}, {begin} to {end}, {row['proof']}{reason}"
