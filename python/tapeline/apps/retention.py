"""``tapeline retention``: let go of rows that are old enough and safe in the archive."""

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import orjson
import typer

from tapeline.access.opening import open_reader
from tapeline.apps.archive_check import ArchiveCheck
from tapeline.apps.archive_parquet import archive_target
from tapeline.apps.conditions import check_seconds
from tapeline.apps.exact_text import iso
from tapeline.apps.progress import counting
from tapeline.apps.retention_job import Verdict, enforce, judge
from tapeline.apps.settings import RetentionSettings, load_settings
from tapeline.apps.thinners import thinner_of
from tapeline.errors import SettingsError
from tapeline.storage.archive.place import place_of
from tapeline.storage.parquet.sweeping import GRACE_S
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.log import logging_to

_COLUMNS = ("target", "type", "keep", "rows", "bytes", "from", "before", "result")


@dataclass(frozen=True, slots=True)
class _Result:
    target: str
    verdicts: list[Verdict]
    gone: int


def retention_command(
    targets: Annotated[
        list[str], typer.Argument(metavar="TARGET...", help="Stores: parquet:PATH, ...")
    ],
    archive: Annotated[
        str | None, typer.Option(help="The archive that must have what goes: a folder or bucket.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")
    ] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option(help="TYPE=DAYS instead of the setting, TYPE=ever for ever; repeatable."),
    ] = None,
    grace: Annotated[
        float, typer.Option(min=0, help="Delete Parquet files so many seconds later.")
    ] = GRACE_S,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a type.")] = False,
) -> None:
    """Take old rows out of stores, whole UTC days, oldest first.

    Nothing goes that the archive does not have: each day is read from the store and from the
    archive and compared, after the archive's files were compared with its manifest. The exit code
    is 1 when rows are older than allowed and had to stay.
    """
    check_seconds("--grace", grace)
    settings = load_settings(RetentionSettings, "retention", overrides=_overrides(keep or []))
    results = []
    with logging_to(style="console", level="WARNING"), _checking(archive) as check:
        for text in targets:
            results.append(_run(text, check, settings, grace, dry_run=dry_run, quiet=as_json))
            if as_json:
                _print_json(results[-1], dry_run)
    if not as_json:
        _print(results, dry_run)
    if any(verdict.kept for result in results for verdict in result.verdicts):
        raise typer.Exit(1)


def _run(
    text: str,
    check: ArchiveCheck | None,
    settings: RetentionSettings,
    grace_s: float,
    *,
    dry_run: bool,
    quiet: bool,
) -> _Result:
    target, clock = parse_target(text), SystemClock()
    thinner, reader = thinner_of(target, clock, grace_s), open_reader(target)
    try:
        # Before anything is read: what comes later is not verified and must stay.
        thinner.begin()
        with counting("days", quiet=quiet) as advance:
            verdicts = judge(
                reader, thinner, check, settings.by_type(), clock, lambda _text: advance(1)
            )
        gone = 0 if dry_run else enforce(thinner, verdicts)
    finally:
        reader.close()
        thinner.close()
    return _Result(target.shown, verdicts, gone)


@contextlib.contextmanager
def _checking(archive: str | None) -> Iterator[ArchiveCheck | None]:
    if archive is None:
        yield None
        return
    with ArchiveCheck(place_of(archive_target(archive))) as check:
        yield check


def _overrides(words: list[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for word in words:
        name, equals, days = word.partition("=")
        if not equals or not (days == "ever" or (days.isascii() and days.isdigit())):
            raise SettingsError(f"--keep is TYPE=DAYS or TYPE=ever, was {word!r}")
        found[f"{name}_days"] = "ever" if days == "ever" else int(days)
    return found


def _print_json(result: _Result, dry_run: bool) -> None:
    for verdict in result.verdicts:
        facts = {"target": result.target, "dry_run": dry_run, **asdict(verdict)}
        typer.echo(orjson.dumps(facts).decode())


def _print(results: list[_Result], dry_run: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*_COLUMNS)
    for result in results:
        for verdict in result.verdicts:
            table.add_row(
                result.target,
                verdict.type,
                f"{verdict.keep_days} days",
                f"{verdict.rows:,}",
                "" if verdict.bytes is None else f"{verdict.bytes:,}",
                (iso(verdict.first_ns) or "")[:10],
                (iso(verdict.before_ns) or "")[:10],
                _outcome(verdict, dry_run),
            )
    console = Console()
    console = console if console.is_terminal else Console(width=200)
    console.print(table)
    if not dry_run:
        console.print(f"{sum(result.gone for result in results):,} rows are gone")


def _outcome(verdict: Verdict, dry_run: bool) -> str:
    words = []
    if verdict.before_ns is not None:
        words.append("would go" if dry_run else "gone")
    if verdict.kept is not None:
        words.append(f"KEPT {verdict.kept}")
    if not words:
        words.append("nothing is due")
    if verdict.timeless:
        words.append(f"{verdict.timeless:,} rows without a time stay")
    return "; ".join(words)
