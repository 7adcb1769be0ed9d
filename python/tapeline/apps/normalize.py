"""``tapeline normalize``: the whole pipeline offline, from recorded frames to Parquet files.

Several tapes are one stream in the order given: a gap between two of them is a gap. Memory stays
bounded whatever the length: a few thousand frames are in hand at a time, and rows leave for the
disk in groups. The files appear under their names only when all of them are complete.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

import typer

from tapeline.apps.normalizer import Normalizer
from tapeline.apps.parquet_files import ParquetFiles
from tapeline.apps.progress import counting
from tapeline.errors import TapeError
from tapeline.tape import TapeFrame, TapeReader
from tapeline.wire.native import decode

if TYPE_CHECKING:
    from rich.console import Console

#: Frames pushed with one call: long enough that the call costs nothing, short enough to stay small.
FRAMES_PER_PUSH = 4096

#: The files that are always written, empty ones too.
EVENT_TYPES = ("trade", "quarantine", "coverage")


@dataclass(slots=True)
class Summary:
    """What became of every frame.

    ``residual`` closes the equation with what was really written: lines read, less rows of market
    data and quarantine in the files, less duplicates, control and unsupported frames. It is 0, or
    a frame was lost.
    """

    frames: int = 0
    control: int = 0
    control_by_kind: dict[str, int] = field(default_factory=dict)
    unsupported: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0
    quarantined_by_reason: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    events: dict[str, int] = field(default_factory=dict)
    quality: dict[str, int] = field(default_factory=dict)
    coverage: int = 0
    gaps: list[dict[str, Any]] = field(default_factory=list)
    fallbacks: int = 0
    residual: int = 0
    files: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as plain values, in the order of the fields, for ``--json``."""
        return {name: getattr(self, name) for name in self.__slots__}


def normalize_command(
    tapes: Annotated[
        list[Path], typer.Argument(help="Recorded frames, .jsonl or .jsonl.gz.", metavar="TAPE...")
    ],
    exchange: Annotated[str, typer.Option(help="The venue the frames came from.")] = "binance",
    market: Annotated[str, typer.Option(help="The venue's market.")] = "spot",
    instruments: Annotated[
        Path | None,
        typer.Option(help="The venue's instrument list (exchangeInfo). Default: the bundled list."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the Parquet files.")] = Path("tapeline-out"),
    time_unit: Annotated[
        Literal["ms", "us"], typer.Option(help="The unit the connection asked for.")
    ] = "ms",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Clean recorded frames and write trade, quarantine and coverage Parquet files.

    Every frame is accounted for: residual 0 means that none was lost on the way.
    """
    for tape in tapes:
        if not tape.is_file():
            raise TapeError(f"{tape}: there is no such tape; `tapeline generate` makes one.")
    normalizer = Normalizer(
        exchange=exchange, market=market, instruments=instruments, time_unit=time_unit
    )
    readers = [TapeReader(tape) for tape in tapes]
    with counting("frames", quiet=as_json) as advance:
        summary = normalize(chain.from_iterable(readers), normalizer, out, advance=advance)
    for warning in chain.from_iterable(reader.warnings for reader in readers):
        typer.echo(f"tapeline: {warning}", err=True)
    if as_json:
        typer.echo(json.dumps(summary.as_dict()))
    else:
        _print(summary)
    if summary.residual:
        raise typer.Exit(1)


def normalize(
    lines: Iterable[TapeFrame],
    normalizer: Normalizer,
    out: Path,
    *,
    advance: Callable[[int], None] = lambda _count: None,
) -> Summary:
    """Run every line through the pipeline and write ``out/<type>.parquet``.

    Parameters
    ----------
    lines
        Frames and REST replies in the order they were received.
    normalizer
        A fresh pipeline; its state decides what is a gap or a duplicate.
    out
        Folder of the files, made when it is not there. Files of an earlier run are replaced.
    advance
        Called with the number of lines done since the last call.

    Raises
    ------
    TapeError
        A tape cannot be read. No file has appeared or changed then.
    OSError
        The files cannot be written.
    """
    summary = Summary()
    replies: Counter[str] = Counter()
    newest: int | None = None
    with ParquetFiles(out, {kind: decode([], event_type=kind) for kind in EVENT_TYPES}) as files:
        for chunk in _chunks(lines, FRAMES_PER_PUSH):
            summary.frames += len(chunk)
            frames = [line for line in chunk if line.kind == "ws"]
            replies.update(_reply_type(line) for line in chunk if line.kind != "ws")
            received = [line.recv_ns for line in frames]
            newest = max((at for at in received if at is not None), default=newest)
            _write(files, normalizer.push([line.raw for line in frames], received))
            advance(len(chunk))
        gaps = normalizer.gaps()
        _write(files, normalizer.finish(newest))
        rows = files.commit()
        summary.files = {kind: str(path) for kind, path in files.paths.items()}
    _fill(summary, normalizer.counters(), replies, rows)
    summary.gaps = gaps
    return summary


def _write(files: ParquetFiles, messages: Iterable[tuple[str, bytes, bytes]]) -> None:
    """Decode what was just encoded, so that the files hold what a reader of the bus would get."""
    values: dict[str, list[bytes]] = {}
    for topic, _key, value in messages:
        values.setdefault(topic.partition(".")[0], []).append(value)
    for kind, batch in values.items():
        files.write(kind, decode(batch, event_type=kind))


def _fill(
    summary: Summary, counters: dict[str, Any], replies: Counter[str], rows: dict[str, int]
) -> None:
    summary.control_by_kind = dict(counters["control"])
    summary.control = sum(summary.control_by_kind.values())
    summary.unsupported = dict(sorted((Counter(counters["unsupported"]) + replies).items()))
    summary.quarantined_by_reason = dict(counters["quarantined"])
    summary.quarantined = rows["quarantine"]
    summary.duplicates = counters["duplicates"]
    summary.coverage = rows["coverage"]
    summary.events = {
        kind: count for kind, count in rows.items() if kind not in {"quarantine", "coverage"}
    }
    summary.quality = dict(counters["quality"])
    summary.fallbacks = counters["fallbacks"]
    accounted = summary.control + sum(summary.unsupported.values()) + summary.quarantined
    accounted += summary.duplicates + sum(summary.events.values())
    summary.residual = summary.frames - accounted


def _chunks(lines: Iterable[TapeFrame], size: int) -> Iterator[list[TapeFrame]]:
    iterator = iter(lines)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _reply_type(line: TapeFrame) -> str:
    """Name a REST reply by its path, for example ``GET api/v3/depth``."""
    try:
        path = urlsplit(line.url).path
    except ValueError:
        path = line.url
    return f"GET {path.lstrip('/')}"


def _print(summary: Summary) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="every frame, once", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("frames", f"{summary.frames:,}", style="bold")
    for kind, count in summary.events.items():
        table.add_row(f"{kind} events", f"{count:,}")
        for grade, graded in summary.quality.items():
            table.add_row(f"  {grade}", f"{graded:,}", style="dim")
    table.add_row("duplicates", f"{summary.duplicates:,}")
    table.add_row("quarantined", f"{summary.quarantined:,}")
    for reason, count in summary.quarantined_by_reason.items():
        table.add_row(f"  {reason}", f"{count:,}", style="dim")
    table.add_row("control", f"{summary.control:,}")
    table.add_row("unsupported", f"{sum(summary.unsupported.values()):,}")
    for kind, count in summary.unsupported.items():
        table.add_row(f"  {kind}", f"{count:,}", style="dim")
    table.add_row("residual", f"{summary.residual:,}", style="bold")
    console = Console()
    console.print(table)
    _print_gaps(console, summary.gaps)
    for kind, path in summary.files.items():
        console.print(f"{kind:>10}  {path}", highlight=False)


def _print_gaps(console: "Console", gaps: list[dict[str, Any]], limit: int = 20) -> None:
    if not gaps:
        console.print("no gaps")
    for gap in gaps[:limit]:
        ids = f"{gap['first_missing']} to {gap['last_missing']}"
        console.print(f"gap: {gap['symbol']} {gap['channel']} {ids}", highlight=False)
    if len(gaps) > limit:
        console.print(f"... and {len(gaps) - limit:,} more gaps; --json lists them all")
