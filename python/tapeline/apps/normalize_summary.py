"""The account of a ``normalize`` run: what became of every frame."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(slots=True)
class Summary:
    """What became of every frame.

    ``items`` are the frames, plus every element beyond the first of a frame that holds a list.
    ``residual`` closes the equation with what was really written: items read, less rows of market
    data and quarantine in the files, less duplicates, control and unsupported frames. It is 0, or
    a frame was lost. Rows that the book engine made of other rows are no items.
    """

    frames: int = 0
    items: int = 0
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
    books: list[dict[str, Any]] = field(default_factory=list)
    book_snapshots: int = 0
    fallbacks: int = 0
    residual: int = 0
    files: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as plain values, in the order of the fields, for ``--json``."""
        return {name: getattr(self, name) for name in self.__slots__}


def print_summary(summary: Summary) -> None:
    """Print the account as a table for people."""
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
    for book in summary.books:
        console.print(f"book: {book['symbol']} {book['channel']} {book['state']}", highlight=False)
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
