"""The tables of a report: months, drawdowns, trades."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from tapeline.compute.backtest.result import RunResult
from tapeline.compute.metrics import combined, monthly_returns, settlement, worst_drawdowns
from tapeline.compute.report import formats

_DRAWDOWNS: Final = 5
_TRADES: Final = 200
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class Cell(NamedTuple):
    """A text and which way it points: ``good``, ``bad`` or nothing."""

    text: str
    tone: str = ""


class Table(NamedTuple):
    """Rows of texts; the first column names the row."""

    caption: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def months(result: RunResult) -> Table:
    """Return the return of each month: months down, years across, so that it fits a phone."""
    account = combined(result.equity)
    growths = {
        (each.year, each.month): each.growth
        for each in monthly_returns(account.time_ns, account.equity)
    }
    years = sorted({year for year, _ in growths})
    rows = [
        (Cell(name), *(_growth(growths, year, month) for year in years))
        for month, name in enumerate(_MONTHS, 1)
        if any((year, month) in growths for year in years)
    ]
    if rows:
        rows.append((Cell("Year"), *(_year(growths, year) for year in years)))
    return Table("Return of each month, UTC", ("Month", *map(str, years)), rows)


def drawdowns(result: RunResult) -> Table:
    """Return the deepest drawdowns."""
    account = combined(result.equity)
    found = worst_drawdowns(account.time_ns, account.equity, _DRAWDOWNS)
    rows = [
        (
            Cell(formats.percent(fall.depth), "bad"),
            Cell(formats.moment(fall.start_ns)),
            Cell(formats.moment(fall.bottom_ns)),
            Cell(formats.moment(fall.end_ns, missing="not yet")),
        )
        for fall in found
    ]
    return Table("Deepest drawdowns", ("Depth", "From", "Bottom", "Back at"), rows)


def trades(result: RunResult) -> Table:
    """Return the trades that moved the account most, in order of time."""
    table = result.trades
    shown = table
    if table.num_rows > _TRADES:
        moved = np.abs(table["pnl"].to_numpy())
        largest = np.sort(np.argsort(-moved, kind="stable")[:_TRADES])
        shown = table.take(pa.array(largest))
    many = f"{table.num_rows:,} trades"
    if shown.num_rows < table.num_rows:
        many = f"The {_TRADES} trades that moved the account most, of {table.num_rows:,}"
    columns = ("Entry", "Exit", "Symbol", "Side", "Quantity", "In at", "Out at", "PnL", "Fees")
    return Table(many, (*columns, "Funding"), [_trade(row) for row in shown.to_pylist()])


def _trade(row: dict[str, Any]) -> tuple[Cell, ...]:
    currency = settlement(row["symbol"])
    return (
        Cell(formats.moment(row["entry_time_ns"])),
        Cell(formats.moment(row["exit_time_ns"])),
        Cell(row["symbol"]),
        Cell(row["side"]),
        Cell(formats.number(row["quantity"])),
        Cell(formats.number(row["entry_price"])),
        Cell(formats.number(row["exit_price"])),
        Cell(formats.amount(row["pnl"], currency, signed=True), _tone(row["pnl"])),
        Cell(formats.amount(row["fees"], currency)),
        Cell(formats.amount(row["funding"], currency)),
    )


def _growth(growths: dict[tuple[int, int], float | None], year: int, month: int) -> Cell:
    growth = growths.get((year, month))
    return Cell(formats.percent(growth), _tone(growth)) if growth is not None else Cell("")


def _year(growths: dict[tuple[int, int], float | None], year: int) -> Cell:
    grown = 1.0
    for month in range(1, 13):
        grown *= 1.0 + (growths.get((year, month)) or 0.0)
    return Cell(formats.percent(grown - 1.0), _tone(grown - 1.0))


def _tone(value: float | None) -> str:
    return "" if not value else "good" if value > 0 else "bad"
