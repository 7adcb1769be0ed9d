"""The accounts of a run's symbols, seen as one."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.compute.metrics.arrays import Floats, Times, as_times
from tapeline.compute.metrics.summary import Figures, summarize

MONEY: Final = ("pnl", "fees", "slippage", "funding")
"""Figures that are amounts of a currency: they cannot be added over several."""


class Account(NamedTuple):
    """An account over time; the arrays are of one length."""

    time_ns: Times
    equity: Floats
    position: Floats
    """Units of the data's quantity; of several symbols the sum of what is held, without signs."""


def account_of(equity: pa.Table, symbol: str) -> Account:
    """Return the account of one symbol.

    Parameters
    ----------
    equity
        Columns ``time_ns``, ``equity``, ``position``, ``symbol``, in order of time in a symbol.
    """
    rows = equity.filter(pc.equal(equity["symbol"], symbol))
    times = as_times(rows["time_ns"].to_numpy(), rows.num_rows)
    return Account(times, rows["equity"].to_numpy(), rows["position"].to_numpy())


def combined(equity: pa.Table) -> Account:
    """Return the sum of all symbols' accounts, at every time at which one of them has a row.

    Before its first row an account is what it was at the first row, without a position; after its
    last row it stays as it was.
    """
    names = [str(name) for name in equity["symbol"].unique().to_pylist()]
    parts = [account_of(equity, name) for name in names]
    if len(parts) <= 1:
        return parts[0] if parts else _nothing()
    times = np.unique(np.concatenate([part.time_ns for part in parts]))
    total, held = np.zeros(times.size), np.zeros(times.size)
    for part in parts:
        # Of several rows at one time the last is the state then.
        row = np.searchsorted(part.time_ns, times, side="right") - 1
        total += part.equity[np.maximum(row, 0)]
        held += np.where(row >= 0, np.abs(part.position[np.maximum(row, 0)]), 0.0)
    return Account(times, total, held)


def settlement(symbol: str) -> str:
    """Return the currency that a canonical symbol's account is in: ``USDT`` of ``BTC/USDT``."""
    quoted = symbol.partition("/")[2] or symbol
    pair, _, settled = quoted.partition(":")
    return settled.partition("-")[0] or pair


class Tables(Protocol):
    """What figures are made of: a ``RunResult``."""

    @property
    def equity(self) -> pa.Table:
        """The account over time."""
        ...

    @property
    def fills(self) -> pa.Table:
        """What was bought and sold."""
        ...

    @property
    def trades(self) -> pa.Table:
        """Round trips."""
        ...

    @property
    def funding(self) -> pa.Table:
        """Funding payments."""
        ...

    @property
    def missing_settlements(self) -> int:
        """How many settlements of funding could not be paid."""
        ...

    @property
    def costs(self) -> Mapping[str, Any]:
        """Settings of the account, ``sample_ns`` among them."""
        ...


def run_figures(result: Tables) -> Figures:
    """Return the figures of a run, all symbols together.

    Ratios are made from samples of equity, ``costs["sample_ns"]`` apart. Accounts of several
    settlement currencies have no sum: amounts are None then, and ratios are those of equal shares,
    as every account begins with the same number of units.
    """
    account = combined(result.equity)
    figures = summarize(
        account.time_ns,
        account.equity,
        account.position,
        sample_ns=int(result.costs["sample_ns"]),
        notional=result.fills["notional"].to_numpy(),
        fees=result.fills["fee"].to_numpy(),
        slippage=result.fills["slippage"].to_numpy(),
        funding=result.funding["amount"].to_numpy(),
        trade_pnl=result.trades["pnl"].to_numpy(),
    )
    figures["missing_settlements"] = result.missing_settlements
    currencies = {settlement(name) for name in result.equity["symbol"].unique().to_pylist()}
    return figures if len(currencies) < 2 else figures | dict.fromkeys(MONEY)


def _nothing() -> Account:
    return Account(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
