"""What a run gives: how the account went, what was filled, what was left out, and from which data.

The same input gives the same result, byte for byte: no clock and no chance is in it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from tapeline.errors import BacktestError

Metric = float | int | None
"""A figure of a run; None where it is not defined, for example the volatility of nothing."""

EQUITY_SCHEMA: Final = pa.schema(
    [
        pa.field("time_ns", pa.int64(), nullable=False),
        pa.field("equity", pa.float64(), nullable=False),
        pa.field("cash", pa.float64(), nullable=False),
        pa.field("position", pa.float64(), nullable=False),
        pa.field("price", pa.float64(), nullable=False),
        pa.field("symbol", pa.string(), nullable=False),
    ]
)
"""The account over time, ordered by symbol (as in ``RunResult.symbols``) and time.

A row at every multiple of the sampling interval, one after every fill and funding payment, and one
at the first and the last row of the market. Several rows may have one time: the last of them is the
state then. Each symbol is an account of its own that begins with ``costs["capital"]``; ``equity``
and ``cash`` are in the currency the instrument settles in (quote; base where it is inverse),
``position`` in units of the data's quantity, ``price`` is the last price of the market.
"""

FILL_SCHEMA: Final = pa.schema(
    [
        pa.field("time_ns", pa.int64(), nullable=False),
        pa.field("symbol", pa.string(), nullable=False),
        pa.field("exchange", pa.string(), nullable=False),
        pa.field("market", pa.string(), nullable=False),
        pa.field("side", pa.string(), nullable=False),
        pa.field("quantity", pa.float64(), nullable=False),
        pa.field("price", pa.float64(), nullable=False),
        pa.field("notional", pa.float64(), nullable=False),
        pa.field("fee", pa.float64(), nullable=False),
        pa.field("slippage", pa.float64(), nullable=False),
        pa.field("signal_time_ns", pa.int64(), nullable=False),
        pa.field("event_id", pa.string()),
        pa.field("is_maker", pa.bool_(), nullable=False),
    ]
)
"""Fills, ordered by symbol and time.

``side`` is ``buy`` or ``sell``; ``quantity`` is positive; ``price`` is what was paid, slippage
included; ``notional``, ``fee`` and ``slippage`` (what the fill cost beyond the market's price) are
in the settlement currency; ``signal_time_ns`` is the time of the row whose target was filled;
``event_id`` is the market's event, 32 hexadecimal digits, null unless ``event_ids`` was asked for.
"""

TRADE_SCHEMA: Final = pa.schema(
    [
        pa.field("entry_time_ns", pa.int64(), nullable=False),
        pa.field("exit_time_ns", pa.int64(), nullable=False),
        pa.field("symbol", pa.string(), nullable=False),
        pa.field("side", pa.string(), nullable=False),
        pa.field("quantity", pa.float64(), nullable=False),
        pa.field("entry_price", pa.float64(), nullable=False),
        pa.field("exit_price", pa.float64(), nullable=False),
        pa.field("pnl", pa.float64(), nullable=False),
        pa.field("fees", pa.float64(), nullable=False),
        pa.field("funding", pa.float64(), nullable=False),
    ]
)
"""Round trips, from no position to no position, ordered by symbol and exit time.

``side`` is ``long`` or ``short``; ``quantity`` is all that was entered; the prices are averages
weighted by quantity; ``pnl`` is after fees and funding; ``funding`` is what was received (negative:
paid). A fill that turns the position ends one trip and begins the next. A position that is open at
the end is no trip.
"""

FUNDING_SCHEMA: Final = pa.schema(
    [
        pa.field("time_ns", pa.int64(), nullable=False),
        pa.field("symbol", pa.string(), nullable=False),
        pa.field("rate", pa.float64(), nullable=False),
        pa.field("position", pa.float64(), nullable=False),
        pa.field("mark_price", pa.float64(), nullable=False),
        pa.field("amount", pa.float64(), nullable=False),
    ]
)
"""Funding payments, ordered by symbol and time; ``amount`` is what came in (negative: was paid)."""

EXCLUDED_SCHEMA: Final = pa.schema(
    [
        pa.field("symbol", pa.string(), nullable=False),
        pa.field("type", pa.string(), nullable=False),
        pa.field("start_ns", pa.int64()),
        pa.field("end_ns", pa.int64()),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("events", pa.int64(), nullable=False),
    ]
)
"""What had no part in the run.

Windows, between ``start_ns`` and ``end_ns``, both excluded (null is without limit), and single
events, of which both times are theirs. Windows do not overlap: what several types or reasons say of
one time is one row that names them all. ``events`` are the rows left out for it, of all types. A
settlement of funding that no state tells of is a row without events, at its time.
"""

UNPAID: Final = "no funding state tells the rate of this settlement: it was not paid"
NO_STATE: Final = "no funding state was read: no settlement was paid"

TABLES: Final = {
    "equity": EQUITY_SCHEMA,
    "fills": FILL_SCHEMA,
    "trades": TRADE_SCHEMA,
    "funding": FUNDING_SCHEMA,
    "excluded": EXCLUDED_SCHEMA,
}
"""The tables of a result, by name."""

_FILE: Final = "run.json"


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run, with everything needed to make it again.

    Two results of one strategy over the same data with the same settings are equal.
    """

    run_id: str
    """Made of strategy, source, parameters, data, settings and version: equal runs, equal ids."""
    strategy_id: str
    strategy_hash: str
    """SHA-256 of the strategy's source."""
    parameters: Mapping[str, Any]
    """All of them, those with their default values too."""
    symbols: tuple[str, ...]
    """Canonical names, in the order asked for."""
    types: tuple[str, ...]
    start_ns: int | None
    """As asked for: Unix UTC nanoseconds, inclusive; None is the first row."""
    end_ns: int | None
    """As asked for, exclusive; None is after the last row."""
    version: str
    data_hash: str
    """A hash of every value the run has read; it is the same whichever store gave them."""
    rows: int
    """Rows read."""
    policy: Mapping[str, Any]
    """What was done about gaps, about what cannot be verified and about suspicious events."""
    costs: Mapping[str, Any]
    """Capital, fees of each instrument, slippage, latency, volume cap, sampling interval."""
    equity: pa.Table
    fills: pa.Table
    trades: pa.Table
    funding: pa.Table
    excluded: pa.Table
    coverage: Mapping[str, Any]
    """How complete the data was, as :meth:`tapeline.Coverage.to_dict` says it."""
    metrics: Mapping[str, Metric] = field(default_factory=dict)

    @property
    def missing_settlements(self) -> int:
        """How many settlements of funding could not be paid, because no state tells their rate."""
        return sum(reason == UNPAID for reason in self.excluded["reason"].to_pylist())

    def with_metrics(self, metrics: Mapping[str, Metric]) -> Self:
        """Return the same run with these figures."""
        return replace(self, metrics=dict(metrics))

    @property
    def settings(self) -> dict[str, Any]:
        """Everything but the tables, as plain values."""
        return {
            each.name: _plain(getattr(self, each.name))
            for each in fields(self)
            if each.name not in TABLES
        }

    def write(self, folder: Path) -> list[Path]:
        """Write ``run.json`` and a Parquet file a table; return the files.

        Parameters
        ----------
        folder
            Made when it is not there; files of an earlier result are replaced.
        """
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for name in TABLES:
            path = folder / f"{name}.parquet"
            pq.write_table(getattr(self, name), path, compression="zstd")
            written.append(path)
        path = folder / _FILE
        text = json.dumps(self.settings, indent=2, sort_keys=True, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")
        return [path, *written]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what :meth:`write` has written.

        Raises
        ------
        BacktestError
            There is no result, or it is not of this version's form.
        """
        try:
            settings = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            tables = {name: pq.read_table(folder / f"{name}.parquet") for name in TABLES}
            for name in ("symbols", "types"):
                settings[name] = tuple(settings[name])
            return cls(**settings, **tables)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BacktestError(f"{folder} holds no result of a run: {error}") from error


def empty_table(name: str) -> pa.Table:
    """Return a table of a result without rows."""
    return TABLES[name].empty_table()


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON can say
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return value
