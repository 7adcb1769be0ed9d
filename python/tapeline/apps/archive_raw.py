"""``tapeline archive raw`` and ``cat``: recorded frames into blocks of zstd, and back."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from tapeline.adapters.registry import venue, venue_of_url
from tapeline.apps.archive_parquet import archive_target
from tapeline.apps.market_normalizers import SYNTHETIC
from tapeline.apps.progress import counting
from tapeline.errors import ArgumentError, StoreFormatError, TapeError
from tapeline.storage.archive.place import Place, place_of
from tapeline.storage.rawframes.archive import RawArchive, recordings_in
from tapeline.storage.rawframes.dictionaries import Dictionaries
from tapeline.storage.rawframes.layout import BLOCK_BYTES, Recording
from tapeline.storage.rawframes.sizes import Size, measure
from tapeline.tape import TapeFrame, TapeReader, TapeWriter, format_line

_DEFAULT = ("binance", "spot")


def raw_command(
    captures: Annotated[
        list[Path], typer.Argument(metavar="CAPTURE...", help="Recorded frames, .jsonl or .gz.")
    ],
    out: Annotated[str, typer.Option(help="The archive: a folder, or parquet:s3://...")],
    restore: Annotated[
        bool,
        typer.Option("--restore", help="Write these captures again, from the archive --out."),
    ] = False,
    exchange: Annotated[
        str | None, typer.Option(help="Where the frames' addresses do not say. [told by them]")
    ] = None,
    block_bytes: Annotated[
        int, typer.Option(min=1024, max=64 * 1024 * 1024, help="Unpacked size of a block.")
    ] = BLOCK_BYTES,
    sizes: Annotated[bool, typer.Option(help="Measure and print each way of packing.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a capture.")] = False,
) -> None:
    """Pack recorded frames so that they stay readable one by one, byte for byte.

    Blocks of zstd 10 with a dictionary trained for the exchange, channel and month. Every frame is
    read back and compared before the archive names the recording. A capture that is there already
    is passed over. With --restore the captures are written again from the archive.
    """
    place = place_of(archive_target(out))
    if restore:
        for capture in captures:
            _restore(place, capture)
        return
    for capture in captures:
        if not capture.is_file():
            raise TapeError(f"{capture}: there is no such capture")
    with place.working() as working:
        archive = RawArchive(place, working)
        for capture in captures:
            of = exchange or exchange_of(capture)
            with counting("frames", quiet=as_json) as advance:
                recording, is_new = archive.add(
                    capture,
                    TapeReader(capture).__iter__,
                    of,
                    block_bytes=block_bytes,
                    advance=advance,
                )
            dictionaries = Dictionaries(place.folder, archive.manifest.dictionaries)
            measured = measure(TapeReader(capture), of, dictionaries) if sizes else (0, [])
            _tell(recording, is_new, *measured, as_json=as_json)


def cat_command(
    archive: Annotated[
        str, typer.Argument(metavar="ARCHIVE", help="A folder, or parquet:s3://...")
    ],
    recording: Annotated[
        str | None, typer.Argument(metavar="[RECORDING]", help="Its path in the archive. [all]")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="Received at or after: 2024-08-08T23:54:00 (UTC) or ns.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="Received before.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A tape, .jsonl or .jsonl.gz. [standard output]")
    ] = None,
) -> None:
    """Print packed frames as the lines of a tape, in the order they were recorded.

    A damaged block is named on stderr; all others are printed, and the exit code is 1.
    """
    damages: list[str] = []
    frames = _frames(place_of(archive_target(archive)), recording, start, end, damages)
    if out is not None:
        with TapeWriter(out) as writer:
            for frame in frames:
                writer.write(frame)
    else:
        for frame in frames:
            sys.stdout.buffer.write(format_line(frame))
    _complain(damages)


def time_of(text: str | None) -> int | None:
    """Read a time: nanoseconds, or ISO in UTC where it does not say; None is None.

    Raises
    ------
    ArgumentError
        It is neither.
    """
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentError(
            f"a time is 2024-08-08T23:54:00 or nanoseconds since 1970, was {text!r}"
        ) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    whole = moment.replace(microsecond=0)
    return int(whole.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


def _frames(
    place: Place, path: str | None, start: str | None, end: str | None, damages: list[str]
) -> Iterator[TapeFrame]:
    for _, reader in recordings_in(place, damages.append, path):
        yield from reader.frames(time_of(start), time_of(end))


def _restore(place: Place, capture: Path) -> None:
    damages: list[str] = []
    found = [
        (recording, reader)
        for recording, reader in recordings_in(place, damages.append)
        if recording.capture == capture.name
    ]
    if not found:
        raise StoreFormatError(f"{place.folder.shown} has no recording of {capture.name}")
    if len(found) > 1:
        paths = ", ".join(recording.path for recording, _ in found)
        raise ArgumentError(f"several are named {capture.name}: choose with `archive cat` {paths}")
    if capture.exists():
        raise ArgumentError(f"{capture} is there already; restore to another folder")
    with TapeWriter(capture) as writer:
        for frame in found[0][1].frames():
            writer.write(frame)
    typer.echo(f"{capture}: {writer.lines:,} frames", err=True)
    _complain(damages)


def _complain(damages: list[str]) -> None:
    for damage in damages:
        typer.echo(f"tapeline: {damage}", err=True)
    if damages:
        raise typer.Exit(1)


def exchange_of(capture: Path) -> str:
    """Return the exchange that the first telling address of a capture names."""
    fallback = venue(*_DEFAULT)
    for frame in TapeReader(capture):
        known = venue_of_url(frame.url.removeprefix(SYNTHETIC), fallback)
        if known is not None:
            return known.exchange
    return "unknown"


def _tell(
    recording: Recording, is_new: bool, count: int, sizes: list[Size], *, as_json: bool
) -> None:
    if as_json:
        facts = {
            "path": recording.path,
            "is_new": is_new,
            "frames": recording.frames,
            "raw_bytes": recording.raw_bytes,
            "bytes": recording.bytes,
            "sha256": recording.sha256,
            "measured_frames": count,
            "sizes": {size.way: size.bytes for size in sizes},
        }
        typer.echo(orjson.dumps(facts).decode())
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console = console if console.is_terminal else Console(width=120)
    verb = "written" if is_new else "was there already"
    console.print(
        f"{recording.path} {verb}: {recording.frames:,} frames, {recording.raw_bytes:,} bytes"
        f" in {recording.bytes:,}"
    )
    if not count:
        return
    table = Table("packing", "bytes", "bytes a frame", "of the frames alone", "blocks")
    for size in sizes:
        share = f"{100 * size.bytes / max(sizes[0].bytes, 1):.1f} %"
        blocks = f"{size.blocks:,}" if size.blocks else ""
        table.add_row(size.way, f"{size.bytes:,}", f"{size.bytes / count:.1f}", share, blocks)
    console.print(table)
    if count < recording.frames:
        console.print(f"measured on the first {count:,} frames")
