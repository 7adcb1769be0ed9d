"""The report of an audit: what does not balance first, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from tapeline.apps.audit_account import Line
from tapeline.apps.audit_content import Stream
from tapeline.apps.audit_ledgers import Account

_STREAMS_SHOWN = 20


@dataclass(slots=True)
class TargetReport:
    """One target: its lines, or why it could not be read."""

    target: str
    lines: list[Line] = field(default_factory=list)
    missing_ids: int = 0
    """Ids of the venue that the coverage records call missing."""
    dead_letters: int = 0
    unreadable_letters: int = 0
    """Dead letters that cannot be read: nobody knows how many events were in them."""
    gone_messages: int = 0
    """Messages that the bus had deleted before this target read them, by its coverage records."""
    renewed_topics: int = 0
    """How often a topic was made anew, by its coverage records."""
    fault: str | None = None

    @property
    def residual(self) -> int:
        """Over all lines."""
        return sum(line.residual for line in self.lines)

    @property
    def is_good(self) -> bool:
        """Whether it was read and everything balances."""
        return self.fault is None and self.residual == 0 and bool(self.lines)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "target": self.target,
            "residual": None if self.fault else self.residual,
            "missing_ids": self.missing_ids,
            "dead_letters": self.dead_letters,
            "unreadable_letters": self.unreadable_letters,
            "gone_messages": self.gone_messages,
            "renewed_topics": self.renewed_topics,
            "fault": self.fault,
            "lines": [line.as_dict() for line in self.lines],
        }


@dataclass(slots=True)
class AuditReport:
    """A whole audit."""

    accounts: Sequence[Account]
    targets: list[TargetReport]

    @property
    def is_good(self) -> bool:
        """Whether every target could be read and has residual 0."""
        return all(each.is_good for each in self.targets)

    @property
    def is_undecided(self) -> bool:
        """Whether dead letters that nobody can read may hold all that is missing."""
        lines = [line for each in self.targets for line in each.lines if line.residual]
        has_answers = all(each.fault is None and each.lines for each in self.targets)
        return has_answers and bool(lines) and all(line.is_undecided for line in lines)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "undecided": self.is_undecided,
            "balanced": self.is_good,
            "ledgers": [
                {
                    "kind": each.kind,
                    "files": each.files,
                    "sent": sum(sent.events for sent in each.streams.values()),
                    "control": each.control,
                    "duplicates": each.duplicates,
                }
                for each in self.accounts
            ],
            "targets": [each.as_dict() for each in self.targets],
        }


def print_report(report: AuditReport) -> None:
    """Print the report for people."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=170)
    bad = [line for each in report.targets for line in each.lines if line.residual]
    if bad:
        console.print(_table("does not balance", bad[:_STREAMS_SHOWN], with_stream=True))
        if len(bad) > _STREAMS_SHOWN:
            console.print(f"... and {len(bad) - _STREAMS_SHOWN:,} more; --json lists them all")
        _print_events(console, bad[:_STREAMS_SHOWN])
    sums = [line for each in report.targets for line in _by_type(each.lines)]
    if sums:
        console.print(_table("sent and stored", sums, with_stream=False))
    for account in report.accounts:
        console.print(_sentence(account), highlight=False)
    for each in report.targets:
        console.print(_verdict(each), highlight=False, soft_wrap=True, markup=False)
    for advice in _advice(report):
        console.print(f"next: {advice}", highlight=False, soft_wrap=True, markup=False)


def _table(title: str, lines: Sequence[Line], *, with_stream: bool) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("target", "ledger", "stream" if with_stream else "type"):
        table.add_column(name, overflow="fold")
    numbers = ("sent", "stored", "repeats", "quarantined", "missing", "dead", "doubled", "residual")
    for name in numbers:
        table.add_column(name, justify="right")
    for line in lines:
        counts = (
            *(line.sent, line.stored, line.repeats, line.quarantined, line.known_missing),
            *(line.dead_letters, line.doubled, line.residual),
        )
        stream = line.stream.shown if with_stream else line.stream.event_type
        style = "red" if line.residual else ""
        numbers_shown = [f"{count:,}" for count in counts]
        table.add_row(line.target, line.ledger, stream, *numbers_shown, style=style)
    return table


def _by_type(lines: Sequence[Line]) -> list[Line]:
    """Add the lines of a target up by ledger and type; residuals must not cancel out."""
    sums: dict[tuple[str, str], Line] = {}
    for line in lines:
        key = (line.ledger, line.stream.event_type)
        total = sums.setdefault(key, Line(line.target, line.ledger, Stream(key[1]), 0))
        if line.residual:
            # It has been shown above, by stream.
            continue
        for name in (
            *("sent", "stored", "repeats", "quarantined"),
            *("known_missing", "dead_letters", "doubled"),
        ):
            setattr(total, name, getattr(total, name) + getattr(line, name))
    return [each for each in sums.values() if each.sent or each.stored]


def _print_events(console: Console, lines: Sequence[Line]) -> None:
    for line in lines:
        found = {"lost": line.lost_events, "stored twice": line.doubled_events}
        for what, events in found.items():
            if events:
                console.print(
                    f"{what} in {line.target}, {line.stream.shown}: {', '.join(events)}",
                    highlight=False,
                    soft_wrap=True,
                    markup=False,
                )


def _sentence(account: Account) -> str:
    sent = sum(each.events for each in account.streams.values())
    text = f"{account.kind}: {sent:,} events sent"
    if account.control:
        text += f", {account.control:,} control messages beside them"
    if account.duplicates:
        text += f", {account.duplicates:,} duplicates dropped by the collector"
    return text


def _verdict(report: TargetReport) -> str:
    if report.fault:
        return f"{report.target}: cannot be read: {report.fault}"
    if not report.lines:
        return f"{report.target}: nothing to compare: it keeps none of the ledgers' types"
    text = f"{report.target}: residual {report.residual:,}"
    if report.missing_ids:
        text += f"; {report.missing_ids:,} ids known missing, by its coverage records"
    if report.dead_letters:
        text += f"; {report.dead_letters:,} events among the dead letters"
    if report.unreadable_letters:
        text += (
            f"; {report.unreadable_letters:,} dead letters with an unknown number of events,"
            " which cannot be read"
        )
    if report.gone_messages:
        text += f"; {report.gone_messages:,} messages were gone from the bus before they were read"
    if report.renewed_topics:
        text += f"; {report.renewed_topics:,} topics were made anew, what was on them is not known"
    return text


def _advice(report: AuditReport) -> list[str]:
    lines = [line for each in report.targets for line in each.lines if line.residual]
    advice = []
    if any(each.fault for each in report.targets):
        advice.append("start or repair the store that cannot be read, then audit again")
    if any(line.lost > 0 for line in lines):
        advice.append(
            "run `tapeline store --idle 5` with the same transport and target: what is still on"
            " the bus is stored once; then audit again"
        )
        if not any(line.lost_events for line in lines):
            advice.append("add --transport URI: what is on the bus is compared event by event")
    if any(line.lost < 0 for line in lines):
        advice.append("more is stored than was sent: is a ledger of an earlier run missing?")
    if any(line.doubled for line in lines):
        advice.append(
            "events are stored twice: answers show each once; see docs/storage.md, Recovery"
        )
    return advice
