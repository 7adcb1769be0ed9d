"""``tapeline archive stats``: what an archive holds, how small it is, whether it is intact."""

from collections.abc import Iterator
from typing import Annotated, Any

import orjson
import typer

from tapeline.apps.archive_parquet import archive_target
from tapeline.apps.exact_text import iso
from tapeline.errors import StoreFormatError
from tapeline.storage.archive.layout import MANIFEST, manifest_of
from tapeline.storage.archive.place import Place, place_of
from tapeline.storage.rawframes.layout import MANIFEST as RAW_MANIFEST
from tapeline.storage.rawframes.layout import raw_manifest_of
from tapeline.storage.verifying import sha256_at


def stats_command(
    archive: Annotated[
        str, typer.Argument(metavar="ARCHIVE", help="A folder, or parquet:s3://...")
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Read every file and compare its SHA-256.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
) -> None:
    """Print the files of an archive with rows, bytes and times; with --check verify them.

    The exit code is 1 when a file is missing or not the one the manifest names.
    """
    place = place_of(archive_target(archive))
    facts = [*_months(place, check), *_recordings(place, check)]
    if not facts:
        raise StoreFormatError(f"{place.folder.shown} holds no archive")
    if as_json:
        for each in facts:
            typer.echo(orjson.dumps(each).decode())
    else:
        _print(facts, check)
    if any(each.get("intact") is False for each in facts):
        raise typer.Exit(1)


def _months(place: Place, check: bool) -> Iterator[dict[str, Any]]:
    content = place.folder.read(MANIFEST)
    if content is None:
        return
    manifest = manifest_of(f"{place.folder.shown}/{MANIFEST}", content)
    for key in sorted(manifest.files):
        file = manifest.files[key]
        yield {
            "path": file.path,
            "rows": file.rows,
            "bytes": file.bytes,
            "unit": "rows",
            "first": iso(file.time_min_ns),
            "last": iso(file.time_max_ns),
            "state": "final" if file.is_final else "growing",
        } | ({"intact": sha256_at(place.folder, file.path) == file.sha256} if check else {})


def _recordings(place: Place, check: bool) -> Iterator[dict[str, Any]]:
    content = place.folder.read(RAW_MANIFEST)
    manifest = raw_manifest_of(f"{place.folder.shown}/{RAW_MANIFEST}", content)
    for path in sorted(manifest.recordings):
        each = manifest.recordings[path]
        yield {
            "path": path,
            "rows": each.frames,
            "bytes": each.bytes,
            "unit": "frames",
            "first": iso(each.first_ns),
            "last": iso(each.last_ns),
            "state": f"{100 * each.bytes / max(each.raw_bytes, 1):.1f} % of raw",
        } | ({"intact": sha256_at(place.folder, path) == each.sha256} if check else {})


def _print(facts: list[dict[str, Any]], check: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("file", "rows or frames", "bytes", "bytes each", "first", "last", "state")
    if check:
        table.add_column("intact")
    for each in facts:
        row = [
            each["path"],
            f"{each['rows']:,}",
            f"{each['bytes']:,}",
            f"{each['bytes'] / max(each['rows'], 1):.1f}",
            (each["first"] or "")[:19],
            (each["last"] or "")[:19],
            each["state"],
        ]
        table.add_row(*row, *([("yes" if each["intact"] else "NO")] if check else []))
    total = sum(each["bytes"] for each in facts)
    console = Console()
    console = console if console.is_terminal else Console(width=200)
    console.print(table)
    console.print(f"{len(facts):,} files, {total:,} bytes")
