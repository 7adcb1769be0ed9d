"""``tapeline compact``: the many small files of a Parquet store into few large ones."""

import time
from dataclasses import asdict
from typing import Annotated

import orjson
import typer

from tapeline.apps.conditions import check_seconds
from tapeline.errors import SettingsError
from tapeline.storage.parquet.compaction import COMPACT_LEVEL, Compacted, Compactor
from tapeline.storage.parquet.open import folder_of
from tapeline.storage.parquet.sweeping import GRACE_S
from tapeline.storage.targets import Kind, parse_target
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.log import logging_to

_COLUMNS = ("target", "merges", "files", "rows", "bytes", "given up", "deleted")


def compact_command(
    targets: Annotated[
        list[str], typer.Argument(metavar="TARGET...", help="parquet:PATH or parquet:s3://...")
    ],
    every: Annotated[
        float | None, typer.Option(min=0.1, help="Go on, with so many seconds in between.")
    ] = None,
    grace: Annotated[
        float, typer.Option(min=0, help="Delete replaced files so many seconds later.")
    ] = GRACE_S,
    level: Annotated[
        int, typer.Option(min=1, max=22, help="zstd level of the new files.")
    ] = COMPACT_LEVEL,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a target.")] = False,
) -> None:
    """Merge the small files of a Parquet store; safe beside writers, readers and another one.

    `tapeline store` does this by itself. New files are read back and compared with the old ones
    before these are taken out of the log; they are deleted when the grace time is over.
    """
    check_seconds("--every", every)
    check_seconds("--grace", grace)
    clock = SystemClock()
    compactors = {
        target.shown: Compactor(folder_of(target), clock=clock, level=level, grace_s=grace)
        for target in map(parse_target, targets)
        if _is_parquet(target.kind, target.shown)
    }
    with logging_to(style="console", level="WARNING"):
        while True:
            done = {shown: compactor.run() for shown, compactor in compactors.items()}
            for shown, each in done.items():
                if as_json:
                    typer.echo(orjson.dumps({"target": shown, **asdict(each)}).decode())
            if not as_json:
                _print(done)
            if every is None:
                _check_stores(compactors)
                return
            time.sleep(every)


def _is_parquet(kind: Kind, shown: str) -> bool:
    if kind is not Kind.PARQUET:
        raise SettingsError(f"{shown}: only Parquet stores have files to compact")
    return True


def _check_stores(compactors: dict[str, Compactor]) -> None:
    for shown, compactor in compactors.items():
        if not compactor.has_store:
            raise SettingsError(
                f"{shown} holds no Parquet store: it has no commit in _log. Check the path"
            )


def _print(done: dict[str, Compacted]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*_COLUMNS)
    for shown, each in done.items():
        table.add_row(
            shown,
            f"{each.jobs:,}",
            f"{each.files_before:,} to {each.files_after:,}",
            f"{each.rows:,}",
            f"{each.bytes_before:,} to {each.bytes_after:,}",
            f"{each.conflicts:,}",
            f"{each.deleted:,}",
        )
    console = Console()
    (console if console.is_terminal else Console(width=160)).print(table)
