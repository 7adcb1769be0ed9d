"""``tapeline archive parquet`` and ``klines``."""

import re
import sys
from pathlib import Path
from typing import Annotated, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import typer

from tapeline.access.opening import open_reader
from tapeline.apps.archive_derived import write_funding_texts, write_klines
from tapeline.apps.archive_job import ArchiveJob, Done
from tapeline.apps.exact_text import write_csv
from tapeline.apps.klines import coarser, interval_of
from tapeline.apps.progress import counting
from tapeline.errors import SettingsError
from tapeline.storage.archive.archive import ARCHIVE_LEVEL, Archive, open_archive
from tapeline.storage.archive.klines import KLINE_SCHEMA, MINUTE_NS
from tapeline.storage.archive.layout import KLINE, ArchivedFile
from tapeline.storage.archive.place import place_of
from tapeline.storage.postgres.klines import open_klines
from tapeline.storage.schema import EVENT_TYPES
from tapeline.storage.targets import Kind, Target, parse_target
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.log import logging_to

_COLUMNS = ("type", "month", "exchange", "outcome", "rows", "bytes", "path")


def parquet_command(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A store: parquet:PATH, ...")],
    out: Annotated[
        str, typer.Option(help="The archive: a folder, or parquet:s3://BUCKET/PREFIX?endpoint=URL.")
    ],
    layout: Annotated[
        Literal["time", "exchange"] | None,
        typer.Option(
            help="time: 2024/Q1/trades_202401.parquet; exchange: by_exchange/binance/... "
            "[what the archive has, or time]"
        ),
    ] = None,
    types: Annotated[
        str | None, typer.Option(help="Event types, separated by commas. [all six]")
    ] = None,
    again: Annotated[
        list[str] | None,
        typer.Option(help="Read a month (2024-01) again though it was final; repeatable."),
    ] = None,
    level: Annotated[int, typer.Option(min=1, max=22, help="zstd level.")] = ARCHIVE_LEVEL,
    klines: Annotated[bool, typer.Option(help="Make klines of a minute from trades.")] = True,
    klines_into: Annotated[
        str | None,
        typer.Option(help="Put new klines into the kline table of timescale://... too."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
) -> None:
    """Bring an archive up to what a store has, a month of a type a file.

    Months that are over and archived are left alone, the present one is written anew. Rows the
    store has not any more stay in the archive. Every file is read back before it counts.
    """
    wanted = _types(types)
    table = None if klines_into is None else _kline_target(klines_into)
    months = [_month(each) for each in again or ()]
    clock = SystemClock()
    reader = open_reader(parse_target(source), is_checked=True)
    done: list[Done] = []
    try:
        with (
            logging_to(style="console", level="WARNING"),
            open_archive(
                place_of(archive_target(out)), clock, layout=layout, level=level
            ) as archive,
            counting("rows", quiet=as_json) as advance,
        ):
            job = ArchiveJob(reader, archive, clock, again=months, advance=advance)
            done += job.run(wanted)
            if klines and "trade" in wanted:
                for each in write_klines(archive, reader):
                    done.append(each)
                    if table is not None and each.file is not None:
                        _put(_klines_of(archive, each.file), table)
            if "funding" in wanted:
                written = {
                    each.file.path for each in done if each.outcome == "written" and each.file
                }
                texts = list(write_funding_texts(archive, written))
            else:
                texts = []
    finally:
        reader.close()
    if as_json:
        for each in done:
            typer.echo(orjson.dumps(_facts(each)).decode())
        return
    _print(done, texts)


def klines_command(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help="An archive with klines.")],
    interval: Annotated[str, typer.Option(help="1m, 15m, 4h, 1d, ...")] = "1m",
    symbols: Annotated[str | None, typer.Option(help="Separated by commas. [all]")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A .parquet or .csv file. [CSV on standard output]")
    ] = None,
    into: Annotated[
        str | None, typer.Option(help="Put them into the kline table of timescale://... instead.")
    ] = None,
) -> None:
    """Give klines of an archive, aggregated exactly from those of a minute.

    With --into they are written into a database; those that are there are replaced.
    """
    try:
        interval_ns = interval_of(interval)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--interval") from error
    wanted = None if symbols is None else {each.strip() for each in symbols.split(",")}
    with open_archive(place_of(archive_target(archive)), SystemClock()) as opened:
        files = [file for file in opened.manifest.files.values() if file.type == KLINE]
        files.sort(key=lambda each: (each.month, each.exchange or ""))
        tables = [_chosen(_klines_of(opened, file), wanted) for file in files]
    if not tables:
        raise SettingsError(f"{archive} has no klines; `tapeline archive parquet` makes them")
    table = pa.concat_tables(tables)
    if not table.num_rows and wanted is not None:
        raise SettingsError(
            f"{archive} has no klines of {', '.join(sorted(wanted))}: `tapeline archive stats"
            f" {archive}` says what it holds"
        )
    table = table if interval_ns == MINUTE_NS else coarser(table, interval_ns)
    if into is not None:
        _put(table, _kline_target(into))
    elif out is not None and out.suffix == ".parquet":
        pq.write_table(table, out, compression="zstd")
    elif out is not None:
        with out.open("w", encoding="utf-8", newline="") as text:
            write_csv([table], text)
    else:
        write_csv([table], sys.stdout)


def _klines_of(archive: Archive, file: ArchivedFile) -> pa.Table:
    copy = archive.fetch(file)
    try:
        # Earlier versions said of some columns that they have no null.
        return pq.read_table(copy).cast(KLINE_SCHEMA)
    finally:
        archive.forget(copy)


def _kline_target(text: str) -> Target:
    target = parse_target(text)
    if target.kind is not Kind.POSTGRES:
        raise SettingsError(f"{target.shown}: klines go into timescale://... or postgres://...")
    return target


def _put(klines: pa.Table, target: Target) -> None:
    table = open_klines(target)
    try:
        count = table.put(klines)
    finally:
        table.close()
    typer.echo(f"{target.shown}: {count:,} klines", err=True)


def archive_target(text: str) -> Target:
    """Read the address of an archive: a folder's path, or a Parquet target.

    Raises
    ------
    SettingsError
        It is something else.
    """
    known = text.partition(":")[0] in {kind.value for kind in Kind} or "://" in text
    target = parse_target(text if known else f"parquet:{text}")
    if target.kind is not Kind.PARQUET:
        raise SettingsError(f"{target.shown}: an archive is a folder or parquet:s3://...")
    return target


def _chosen(table: pa.Table, symbols: set[str] | None) -> pa.Table:
    if symbols is None:
        return table
    names = zip(table["symbol"].to_pylist(), table["raw_symbol"].to_pylist(), strict=True)
    return table.filter(pa.array([bool(symbols.intersection(pair)) for pair in names], pa.bool_()))


def _month(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text):
        raise typer.BadParameter(f"a month is written 2024-01, was {text!r}", param_hint="--again")
    return text


def _types(text: str | None) -> tuple[str, ...]:
    if text is None:
        return EVENT_TYPES
    wanted = tuple(word.strip() for word in text.split(",") if word.strip())
    unknown = [word for word in wanted if word not in EVENT_TYPES]
    if unknown or not wanted:
        raise SettingsError(f"types are {', '.join(EVENT_TYPES)}, was {text!r}")
    return wanted


def _facts(done: Done) -> dict[str, object]:
    file = done.file
    return {
        "type": done.type,
        "month": done.month,
        "exchange": done.exchange,
        "outcome": done.outcome,
        "path": file.path if file else None,
        "rows": file.rows if file else 0,
        "bytes": file.bytes if file else 0,
        "sha256": file.sha256 if file else None,
        "is_final": file.is_final if file else False,
    }


def _print(done: list[Done], texts: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*_COLUMNS)
    for each in done:
        file = each.file
        numbers = (f"{file.rows:,}", f"{file.bytes:,}", file.path) if file else ("0", "0", "")
        table.add_row(each.type, each.month, each.exchange or "all", each.outcome, *numbers)
    console = Console()
    console = console if console.is_terminal else Console(width=160)
    console.print(table)
    for path in texts:
        console.print(f"{path} written")
