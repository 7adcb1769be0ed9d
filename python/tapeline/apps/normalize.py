"""``tapeline normalize``: the whole pipeline offline, from recorded frames to Parquet files.

Several tapes are one stream in the order given: a gap between two of them is a gap. Memory stays
bounded whatever the length: a few thousand frames are in hand at a time, and rows leave for the
disk in groups. The files appear under their names only when all of them are complete.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tapeline.apps.market_normalizers import MarketNormalizers
from tapeline.apps.normalize_summary import Summary, print_summary
from tapeline.apps.parquet_files import ParquetFiles
from tapeline.apps.progress import counting
from tapeline.errors import TapeError
from tapeline.tape import TapeFrame, TapeReader
from tapeline.wire.native import decode

#: Frames pushed with one call: long enough that the call costs nothing, short enough to stay small.
FRAMES_PER_PUSH = 4096

#: The files that are always written, empty ones too.
EVENT_TYPES = ("trade", "quarantine", "coverage")

#: The files that are written when there is a row for them.
OPTIONAL_TYPES = ("orderbook", "funding", "liquidation")


def normalize_command(
    tapes: Annotated[
        list[Path], typer.Argument(help="Recorded frames, .jsonl or .jsonl.gz.", metavar="TAPE...")
    ],
    exchange: Annotated[str, typer.Option(help="The venue the frames came from.")] = "binance",
    market: Annotated[
        str, typer.Option(help="Market of lines whose address does not name one.")
    ] = "spot",
    instruments: Annotated[
        Path | None,
        typer.Option(help="The venue's instrument list, or a tape of such. Default: the bundled."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the Parquet files.")] = Path("tapeline-out"),
    time_unit: Annotated[
        Literal["ms", "us"], typer.Option(help="The unit the connection asked for.")
    ] = "ms",
    book_every: Annotated[
        int,
        typer.Option(min=0, help="Write the rebuilt book after every so many updates; 0: never."),
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Clean recorded frames and write one Parquet file per event type.

    Always trade, quarantine and coverage; orderbook, funding and liquidation where they occur.
    Every frame is accounted for: residual 0 means that none was lost on the way.
    """
    for tape in tapes:
        if not tape.is_file():
            raise TapeError(f"{tape}: there is no such tape; `tapeline generate` makes one.")
    markets = MarketNormalizers(
        exchange, market, instruments, time_unit=time_unit, book_every=book_every
    )
    readers = [TapeReader(tape) for tape in tapes]
    with counting("frames", quiet=as_json) as advance:
        summary = normalize(chain.from_iterable(readers), markets, out, advance=advance)
    for warning in chain.from_iterable(reader.warnings for reader in readers):
        typer.echo(f"tapeline: {warning}", err=True)
    if as_json:
        typer.echo(json.dumps(summary.as_dict()))
    else:
        print_summary(summary)
    if summary.residual:
        raise typer.Exit(1)


def normalize(
    lines: Iterable[TapeFrame],
    markets: MarketNormalizers,
    out: Path,
    *,
    advance: Callable[[int], None] = lambda _count: None,
) -> Summary:
    """Run every line through the pipeline and write ``out/<type>.parquet``.

    Parameters
    ----------
    lines
        Frames and REST replies in the order they were received.
    markets
        Fresh pipelines; their state decides what is a gap or a duplicate.
    out
        Folder of the files, made when it is not there. Files of an earlier run are replaced.
    advance
        Called with the number of lines done since the last call.

    Raises
    ------
    TapeError
        A tape cannot be read, or is of another exchange. No file has appeared or changed then.
    OSError
        The files cannot be written.
    """
    summary = Summary()
    examples = {kind: decode([], event_type=kind) for kind in EVENT_TYPES}
    with ParquetFiles(out, examples, OPTIONAL_TYPES) as files:
        for chunk in _chunks(lines, FRAMES_PER_PUSH):
            summary.frames += len(chunk)
            for messages in markets.push(chunk):
                _write(files, messages)
            advance(len(chunk))
        summary.gaps = markets.gaps()
        summary.books = markets.books()
        for messages in markets.finish():
            _write(files, messages)
        rows = files.commit()
        summary.files = {kind: str(path) for kind, path in files.paths.items()}
    _fill(summary, markets.counters(), rows)
    return summary


def _write(files: ParquetFiles, messages: Iterable[tuple[str, bytes, bytes]]) -> None:
    """Decode what was just encoded, so that the files hold what a reader of the bus would get."""
    values: dict[str, list[bytes]] = {}
    for topic, _key, value in messages:
        values.setdefault(topic.partition(".")[0], []).append(value)
    for kind, batch in values.items():
        files.write(kind, decode(batch, event_type=kind))


def _fill(summary: Summary, counters: dict[str, Any], rows: dict[str, int]) -> None:
    summary.items = counters["items"]
    summary.control_by_kind = dict(counters["control"])
    summary.control = sum(summary.control_by_kind.values())
    summary.unsupported = dict(sorted(counters["unsupported"].items()))
    summary.quarantined_by_reason = dict(counters["quarantined"])
    summary.quarantined = rows["quarantine"]
    summary.duplicates = counters["duplicates"]
    summary.coverage = rows["coverage"]
    summary.events = {
        kind: count for kind, count in rows.items() if kind not in {"quarantine", "coverage"}
    }
    summary.quality = dict(counters["quality"])
    summary.book_snapshots = counters["book_snapshots"]
    summary.fallbacks = counters["fallbacks"]
    accounted = summary.control + sum(summary.unsupported.values()) + summary.quarantined
    accounted += summary.duplicates + sum(summary.events.values()) - summary.book_snapshots
    summary.residual = summary.items - accounted


def _chunks(lines: Iterable[TapeFrame], size: int) -> Iterator[list[TapeFrame]]:
    iterator = iter(lines)
    while chunk := list(islice(iterator, size)):
        yield chunk
