"""What the charts of a report draw, as plain values for JSON."""

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.compute.backtest.result import RunResult
from tapeline.compute.metrics import account_of, combined, drawdown_series, settlement
from tapeline.compute.metrics.arrays import Floats, Times
from tapeline.compute.report.downsampling import extremes, largest

# A desktop chart is about 1,100 px wide. The file stays below 2 MB with any number of symbols,
# because they share the pieces.
_PIECES: Final = 1_000
_SHARED_PIECES: Final = 4_000
_FEWEST_PIECES: Final = 20
_MARKS: Final = 2_000


def chart_data(result: RunResult) -> dict[str, Any]:
    """Return times (Unix milliseconds) and values of the account and of each symbol."""
    names = [name for name in result.symbols if name in _names(result.equity)]
    share = max(_SHARED_PIECES // max(len(names), 1), _FEWEST_PIECES)
    pieces, marks = min(_PIECES, share), max(_MARKS // max(len(names), 1), _FEWEST_PIECES)
    return {
        "currency": currency_of(result),
        "account": _account(result.equity),
        "symbols": [_symbol(result.equity, result.fills, name, pieces, marks) for name in names],
    }


def currency_of(result: RunResult) -> str:
    """Return the currency of the account, nothing where symbols settle in several."""
    found = {settlement(name) for name in result.symbols}
    return found.pop() if len(found) == 1 else ""


def _account(equity: pa.Table) -> dict[str, Any]:
    account = combined(equity)
    below = drawdown_series(account.equity) * 100.0
    kept = np.union1d(
        extremes(account.time_ns, account.equity, _PIECES),
        extremes(account.time_ns, below, _PIECES),
    )
    return {
        "time": _milliseconds(account.time_ns[kept]),
        "equity": _short(account.equity[kept]),
        "drawdown": _short(below[kept]),
    }


def _symbol(
    equity: pa.Table, fills: pa.Table, name: str, pieces: int, marks: int
) -> dict[str, Any]:
    rows = equity.filter(pc.equal(equity["symbol"], name))
    account = account_of(equity, name)
    price = rows["price"].to_numpy()
    kept = extremes(account.time_ns, price, pieces)
    held = extremes(account.time_ns, account.position, pieces)
    return {
        "name": name,
        "time": _milliseconds(account.time_ns[kept]),
        "price": _short(price[kept]),
        "positionTime": _milliseconds(account.time_ns[held]),
        "position": _short(account.position[held]),
        "fills": _fills(fills.filter(pc.equal(fills["symbol"], name)), marks),
    }


def _fills(fills: pa.Table, marks: int) -> dict[str, Any]:
    """Return the largest fill of each side in each piece of time, and how many there are."""
    times = fills["time_ns"].to_numpy()
    bought = np.asarray(pc.equal(fills["side"], "buy").to_numpy(zero_copy_only=False), dtype=bool)
    notional = np.abs(fills["notional"].to_numpy())
    rows = np.sort(
        np.concatenate(
            [
                side[largest(times[side], notional[side], marks // 2)]
                for side in (np.flatnonzero(bought), np.flatnonzero(~bought))
            ]
        )
    )
    shown = fills.take(pa.array(rows))
    return {
        "count": fills.num_rows,
        "time": _milliseconds(times[rows]),
        "price": _short(shown["price"].to_numpy()),
        "quantity": _short(shown["quantity"].to_numpy()),
        "fee": _short(shown["fee"].to_numpy()),
        "bought": bought[rows].tolist(),
    }


def _names(equity: pa.Table) -> set[str]:
    return set(equity["symbol"].unique().to_pylist())


def _milliseconds(times: Times) -> list[int]:
    return [int(each) for each in times // 1_000_000]


def _short(values: Floats) -> list[float | None]:
    """Return values with eight digits, which is more than a chart shows; null is not finite."""
    return [float(f"{each:.8g}") if np.isfinite(each) else None for each in values.tolist()]
