"""``tapeline demo``: the whole chain on a faulty tape, and an account of every frame.

Generator, simulator, collector, local transport and decoder run as the commands a user would type.
The simulator's ledger says what was done to the feed; what the chain found is held against it.
"""

import json
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from tapeline.apps.chain import Simulation, collect, run

#: What the simulator does to the feed.
FAULTS = (
    *("drop=0.1%", "duplicate=0.1%", "reorder=0.1%", "corrupt=0.05%"),
    *("gap=25", "disconnect=1"),
)

Range = tuple[int, int]


@dataclass(slots=True)
class Account:
    """What went in, what came out, and what is known to be missing.

    Attributes
    ----------
    sent
        Frames the simulator sent, and what it did to them.
    collected
        The collector's summary.
    qualities
        Decoded trades on the bus by grade.
    planted, found
        Ranges of ids that never came intact: the ledger's, and those of the coverage records.
    """

    sent: dict[str, Any]
    collected: dict[str, Any]
    qualities: Counter[str] = field(default_factory=Counter)
    planted: list[Range] = field(default_factory=list)
    found: list[Range] = field(default_factory=list)

    @property
    def residual(self) -> int:
        """Return market frames sent, less what became of each of them; 0 or a frame was lost."""
        collected = self.collected
        return int(
            self.sent["sent"]
            + sum(collected["control"].values())
            - collected["frames"]
            + collected["residual"]
            + collected["events"]["trade"]
            - self.qualities.total()
        )

    @property
    def missed(self) -> list[Range]:
        """Return planted gaps that were not found."""
        return sorted(set(self.planted) - set(self.found))

    @property
    def invented(self) -> list[Range]:
        """Return gaps that were found and not planted."""
        return sorted(set(self.found) - set(self.planted))

    @property
    def is_good(self) -> bool:
        """Say whether every frame is accounted for and the gaps are exactly the planted ones."""
        return not (self.residual or self.missed or self.invented)


def demo_command(
    frames: Annotated[int, typer.Option(min=1_000, help="Frames on the tape.")] = 50_000,
    seed: Annotated[int, typer.Option(help="Seed of the tape and of the faults.")] = 7,
    keep: Annotated[
        Path | None, typer.Option(help="Folder for tape, ledger and bus. Default: none is kept.")
    ] = None,
) -> None:
    """Run the whole chain on a tape with planted faults, and account for every frame.

    Exit status 1 when a frame is not accounted for, or the gaps found are not those planted.
    """
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        account = play(keep, frames=frames, seed=seed)
    else:
        with tempfile.TemporaryDirectory(prefix="tapeline-demo-") as folder:
            account = play(Path(folder), frames=frames, seed=seed)
    _print(account)
    if not account.is_good:
        raise typer.Exit(1)


def play(folder: Path, *, frames: int, seed: int) -> Account:
    """Generate a tape, send it through the chain, decode the bus.

    Raises
    ------
    ChainError
        One of the commands failed.
    """
    tape, bus = folder / "feed.synthetic.jsonl.gz", folder / "bus.db"
    bus.unlink(missing_ok=True)
    transport = f"local:{bus}"
    _say(f"generating a tape of {frames:,} frames")
    run("generate", tape, "--frames", str(frames), "--seed", str(seed), "--symbols", "BTC/USDT")
    _say(f"simulator -> collector -> {bus.name}, with {', '.join(FAULTS)}")
    ledger = folder / "ledger.jsonl"
    with Simulation([tape], ledger, faults=FAULTS, seed=seed) as simulation:
        collected, sent = collect(simulation, transport)
    account = Account(sent, collected)
    _say("decoding the bus")
    account.qualities.update(row["quality"] for row in _tail(transport, "trade"))
    account.found = _missing(_tail(transport, "coverage"))
    account.planted = [
        (first, last) for stream in sent["streams"] for first, last in stream["gaps"]
    ]
    return account


def _tail(transport: str, event_type: str) -> list[dict[str, Any]]:
    printed = run(
        "tail", "--transport", transport, "--types", event_type, "--idle", "0.5", "--json"
    )
    return [json.loads(line) for line in printed.splitlines()]


def _missing(records: list[dict[str, Any]]) -> list[Range]:
    """Return what the coverage records say is missing: opened less filled, as sorted ranges."""
    missing: set[int] = set()
    for record in records:
        ids = range(int(record["first_id"] or 0), int(record["last_id"] or -1) + 1)
        if record["kind"] == "gap_opened":
            missing.update(ids)
        elif record["kind"] == "gap_filled":
            missing.difference_update(ids)
    ranges: list[Range] = []
    for number in sorted(missing):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def _say(what: str) -> None:
    typer.echo(f"demo: {what}", err=True)


def _print(account: Account) -> None:
    from rich.console import Console
    from rich.table import Table

    sent, collected = account.sent, account.collected
    table = Table(title="every frame, once", title_justify="left", show_header=False)
    table.add_row("frames sent", f"{sent['sent']:,}", _done(sent), style="bold")
    for grade, count in sorted(account.qualities.items()):
        table.add_row(f"trades, {grade}", f"{count:,}")
    table.add_row("duplicates", f"{collected['duplicates']:,}", f"{sent['duplicated']:,} planted")
    quarantined = sum(collected["quarantined"].values())
    table.add_row("quarantined", f"{quarantined:,}", f"{sent['corrupted']:,} planted")
    planted, found = len(account.planted), len(account.found)
    ids = sum(last - first + 1 for first, last in account.found)
    verdict = "exactly those" if account.planted == account.found else "NOT those planted"
    table.add_row("gaps", f"{found:,} ({ids:,} ids)", f"{planted:,} planted, {verdict}")
    for stage, found_ns in collected["latency"].items():
        if found_ns["count"]:
            table.add_row(f"latency, {stage}", *_latency(found_ns))
    table.add_row("residual", f"{account.residual:,}", style="bold")
    Console().print(table)


def _done(sent: dict[str, Any]) -> str:
    kinds = ("dropped", "duplicated", "reordered", "corrupted")
    return ", ".join(f"{sent[kind]:,} {kind}" for kind in kinds)


def _latency(found: dict[str, int]) -> tuple[str, str]:
    p50, p99, most = (found[f"{name}_ns"] / 1_000 for name in ("p50", "p99", "max"))
    return f"p50 {p50:,.0f} µs", f"p99 {p99:,.0f} µs, max {most:,.0f} µs"
