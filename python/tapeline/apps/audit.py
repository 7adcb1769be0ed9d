"""``tapeline audit``: hold what was sent against what every store has."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from tapeline.apps.audit_account import lines_of
from tapeline.apps.audit_bus import Letters, read_bus, read_dead_letters
from tapeline.apps.audit_content import Content
from tapeline.apps.audit_ledgers import Account, read_ledgers
from tapeline.apps.audit_table import AuditReport, TargetReport, print_report
from tapeline.apps.audit_targets import content_of
from tapeline.errors import SettingsError, TapelineError
from tapeline.storage.schema import EVENT_TYPES
from tapeline.storage.targets import Target, parse_target


def audit_command(
    targets: Annotated[
        list[str],
        typer.Argument(help="Stores, as for `tapeline store --target`.", metavar="TARGET"),
    ],
    ledger: Annotated[
        list[Path] | None,
        typer.Option(
            help="Ledger of `simulate` or `collect`, what `collect --json` printed, or another "
            "producer's; repeatable."
        ),
    ] = None,
    transport: Annotated[
        str | None,
        typer.Option(help="Compare with the bus, event by event, and count dead letters."),
    ] = None,
    types: Annotated[str, typer.Option(help="Event types, separated by commas.")] = ",".join(
        EVENT_TYPES
    ),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Hold what was sent against what every store has.

    For each target and stream: sent = stored + repeats + quarantined + known missing + dead letters
    + residual. Events stored twice are found, lost ones are named where the ledger, the bus or
    another target knows them. Exit status 1 when a residual is not 0 or a target cannot be read, 3
    when dead letters that nobody can read may hold all that is missing. Audit when nothing is
    written: collectors and writers have ended.
    """
    if not ledger and transport is None:
        raise typer.BadParameter("give --ledger, or --transport, or both")
    report = audit(
        [parse_target(text) for text in targets],
        ledger or [],
        transport,
        [name.strip() for name in types.split(",") if name.strip()],
    )
    if as_json:
        sys.stdout.write(orjson.dumps(report.as_dict()).decode() + "\n")
    else:
        print_report(report)
    if not report.is_good:
        raise typer.Exit(3 if report.is_undecided else 1)


def audit(
    targets: list[Target], ledgers: list[Path], transport: str | None, types: list[str]
) -> AuditReport:
    """Read ledgers, bus and targets, and work out what is left over.

    Raises
    ------
    SettingsError
        A type or an address is wrong, or a kind of target cannot be audited.
    TapelineError
        A ledger or the bus cannot be read.
    """
    for name in types:
        if name not in EVENT_TYPES:
            raise SettingsError(f"no type {name!r}; there are: {', '.join(EVENT_TYPES)}")
    accounts = read_ledgers(ledgers)
    for account in accounts:
        account.streams = {s: sent for s, sent in account.streams.items() if s.event_type in types}
        _take_over_duplicates(account, accounts)
    dead: dict[str, Letters] = {}
    if transport is not None:
        accounts.append(read_bus(transport, types))
        dead = read_dead_letters(transport)
    reports = [TargetReport(target.shown) for target in targets]
    contents = [
        _read(target, types, report) for target, report in zip(targets, reports, strict=True)
    ]
    for target, report, content in zip(targets, reports, contents, strict=True):
        if content is None:
            continue
        mine = dead.get(target.name, Letters())
        others = [each for each in contents if each is not None and each is not content]
        report.missing_ids = sum(content.missing_ids.values())
        report.gone_messages = content.gone_messages
        report.renewed_topics = content.renewed_topics
        report.dead_letters = mine.events.total()
        report.unreadable_letters = mine.unreadable.total()
        for account in accounts:
            report.lines += lines_of(account, content, mine, others)
    return AuditReport(accounts, reports)


def _take_over_duplicates(account: Account, accounts: list[Account]) -> None:
    """Frames that a collector knew as duplicates are in a simulator's ledger and in no store."""
    if account.kind == "simulator":
        account.duplicates = sum(each.duplicates for each in accounts if each.kind == "collector")


def _read(target: Target, types: list[str], report: TargetReport) -> Content | None:
    try:
        return content_of(target, types)
    except SettingsError:
        raise
    except TapelineError as error:
        report.fault = str(error)
    return None
