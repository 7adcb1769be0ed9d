"""The end of a run on the terminal: its figures, what was left out, and where it was written."""

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tapeline.compute.backtest.result import RunResult
from tapeline.compute.metrics import settlement
from tapeline.compute.report.figures import figures

_STYLES: Final = {"good": "green", "bad": "red", "": ""}


def print_run(result: RunResult, written: Path, report: Path) -> None:
    """Print the figures of a run and where its files are."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"{result.strategy_id} on {', '.join(result.symbols)}", markup=False, style="bold"
    )
    currencies = {settlement(name) for name in result.symbols}
    shown = figures(result.metrics, currencies.pop() if len(currencies) == 1 else "")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for each in shown.values():
        table.add_row(each.label, f"[{_STYLES[each.tone]}]{each.text}" if each.tone else each.text)
    console.print(table)
    console.print(f"data: {result.coverage.get('summary', '')}", markup=False)
    console.print(_left_out(result), markup=False)
    console.print(f"run {result.run_id}, {result.rows:,} rows read, in {written}", markup=False)
    console.print(f"report: {report}", markup=False)


def _left_out(result: RunResult) -> str:
    """Say how much had no part; windows overlap, so their events cannot be added."""
    count = result.excluded.num_rows
    if not count:
        return "nothing was left out"
    return f"left out: {count:,} window{'' if count == 1 else 's'}, see excluded.parquet"
