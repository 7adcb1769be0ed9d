"""``tapeline demo``: the whole chain on a faulty tape, and an account of every frame.

Generator, simulator, collector, local transport and decoder run as the commands a user would type.
Two ledgers say what was planted: in the tape by the generator, on the wire by the simulator. What
the chain found is held against them.
"""

import json
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from tapeline.apps.chain import Simulation, collect, run

#: What the simulator does to the feed; gaps, spikes and malformed frames are on the tape already.
FAULTS = ("duplicate=0.1%", "reorder=0.1%", "gap=25", "disconnect=1")

#: How much faster than recorded it plays: about 5,000 frames/s, so that latency is not queueing.
SPEED = "10"

Range = tuple[int, int]


@dataclass(slots=True)
class Account:
    """What went in, what came out, and what is known to be missing.

    Attributes
    ----------
    made, sent
        Summaries of the generator's and the simulator's ledger.
    collected
        The collector's summary.
    qualities
        Decoded trades on the bus by grade.
    planted, found
        Ranges of ids that never came intact: the ledgers', and those of the coverage records.
    """

    made: dict[str, Any]
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
    planted = folder / "tape-ledger.jsonl"
    options = ("--frames", str(frames), "--seed", str(seed), "--symbols", "BTC/USDT")
    run("generate", tape, "--ledger", planted, *options)
    _say(f"simulator -> collector -> {bus.name}, with {', '.join(FAULTS)}")
    ledger = folder / "ledger.jsonl"
    with Simulation([tape], ledger, speed=SPEED, faults=FAULTS, seed=seed) as simulation:
        collected, sent = collect(simulation, transport)
    account = Account(json.loads(planted.read_bytes().splitlines()[-1]), sent, collected)
    _say("decoding the bus")
    account.qualities.update(row["quality"] for row in _tail(transport, "trade"))
    account.found = _missing(_tail(transport, "coverage"))
    account.planted = _planted(account.made, sent)
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
        if record["kind"] == "gap_opened":
            missing.update(range(record["first_id"], record["last_id"] + 1))
        elif record["kind"] == "gap_filled":
            missing.difference_update(range(record["first_id"], record["last_id"] + 1))
    return _ranges(missing)


def _planted(*ledgers: dict[str, Any]) -> list[Range]:
    """Return the ids that the ledgers say are missing between others, as sorted ranges."""
    streams = [stream for ledger in ledgers for stream in ledger["streams"]]
    gaps = [gap for stream in streams for gap in stream["gaps"]]
    return _ranges({number for first, last in gaps for number in range(first, last + 1)})


def _ranges(numbers: set[int]) -> list[Range]:
    ranges: list[Range] = []
    for number in sorted(numbers):
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

    made, sent, collected = account.made["anomalies"], account.sent, account.collected
    table = Table(title="every frame, once", title_justify="left", show_header=False)
    table.add_row("frames sent", f"{sent['sent']:,}", _done(sent), style="bold")
    for grade, count in sorted(account.qualities.items()):
        table.add_row(f"trades, {grade}", f"{count:,}")
    planted_twice = made.get("duplicate", 0) + sent["duplicated"]
    table.add_row("duplicates", f"{collected['duplicates']:,}", f"{planted_twice:,} planted")
    quarantined = sum(collected["quarantined"].values())
    table.add_row("quarantined", f"{quarantined:,}", f"{made.get('malformed', 0):,} planted")
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
    kinds = ("dropped", "duplicated", "reordered")
    return ", ".join(f"{sent[kind]:,} {kind}" for kind in kinds) + f", {sent['connections']} lines"


def _latency(found: dict[str, int]) -> tuple[str, str]:
    p50, p99, most = (found[f"{name}_ns"] / 1_000 for name in ("p50", "p99", "max"))
    return f"p50 {p50:,.0f} µs", f"p99 {p99:,.0f} µs, max {most:,.0f} µs"
