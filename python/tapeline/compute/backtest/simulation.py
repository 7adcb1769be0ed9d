"""The account of one instrument, and its tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.compute.backtest.answers import Wanted
from tapeline.compute.backtest.costs import Costs
from tapeline.compute.backtest.feed import EVENT_ID, Arrays
from tapeline.compute.backtest.native import Simulator
from tapeline.compute.backtest.result import TABLES
from tapeline.compute.backtest.strategy import Array, Instrument
from tapeline.errors import ArgumentError, StrategyError

MARKETS: Final = ("trade", "orderbook", "funding")
"""Types at whose rows orders can fill, the usual one first."""

_LEVELS: Final = ("bid_price", "bid_quantity", "ask_price", "ask_quantity")
_FUNDING: Final = ("time_ns", "rate", "mark_price", "next_funding_ns")
_TABLES: Final = ("equity", "fills", "trades", "funding")
_BLOCKS_A_TAKE: Final = 16
"""What happened is taken after so many blocks: a tenth of a run's time was spent on taking."""


def market_type(types: Sequence[str], costs: Costs) -> str:
    """Return the type at whose rows orders fill.

    Raises
    ------
    ArgumentError
        It is not among the types that are read, or the slippage needs another.
    """
    found = costs.fill_on or next((name for name in MARKETS if name in types), None)
    if costs.slippage.kind == "book" and costs.fill_on is None:
        found = "orderbook"
    if found not in MARKETS:
        raise ArgumentError(f"orders fill on one of {', '.join(MARKETS)}, was {found!r}")
    if found not in types:
        raise ArgumentError(f"orders fill on {found} rows: add {found} to the types that are read")
    if costs.slippage.kind == "book" and found != "orderbook":
        raise ArgumentError("slippage through the book fills on orderbook rows only")
    if costs.slippage.kind == "spread" and "orderbook" not in types:
        raise ArgumentError(
            "slippage by the spread needs orderbook rows: add orderbook to the types that are read"
        )
    if costs.volume_cap is not None and found == "funding":
        raise ArgumentError("a cap of the volume needs trades or a book: funding has no volume")
    return found


def needed_columns(market: str, types: Sequence[str], costs: Costs) -> dict[str, tuple[str, ...]]:
    """Return the columns that the account needs of each type, besides those of the strategy."""
    needed: dict[str, tuple[str, ...]] = {}
    if market == "trade":
        needed["trade"] = ("price", "quantity") if costs.volume_cap else ("price",)
    if market == "orderbook" or costs.slippage.kind == "spread":
        needed["orderbook"] = _LEVELS
    if market == "funding" or (costs.funding and "funding" in types):
        needed["funding"] = _FUNDING
    return needed


class Simulation:
    """The account of one instrument, followed block after block.

    Parameters
    ----------
    instrument, costs
        Whose account, and what things cost.
    clock, market
        The types that give signals and fills.
    window_starts
        Where times begin that are left out, ascending.
    """

    def __init__(
        self,
        instrument: Instrument,
        costs: Costs,
        clock: str,
        market: str,
        window_starts: Sequence[int],
    ) -> None:
        fees = costs.fees_of(instrument)
        cap = costs.volume_cap
        self._instrument = instrument
        self._costs = costs
        self._clock = clock
        self._market = market
        self._spread: Array = np.full(1, np.nan)
        self._taken: dict[str, list[pa.Table]] = {name: [] for name in _TABLES}
        self._rows_before = 0
        self._blocks = 0
        self._simulator = Simulator(
            capital=costs.capital,
            is_inverse=costs.is_inverse(instrument),
            multiplier=costs.multiplier,
            fees=(fees.taker, fees.maker),
            slippage=(costs.slippage.kind, costs.slippage.share),
            latency_ns=costs.latency_ns,
            cap=None if cap is None else (cap.share, cap.interval_ns),
            sample_ns=costs.sample_ns,
            is_same_stream=clock == market,
            window_starts=list(window_starts),
        )

    def run(self, block: Mapping[str, Arrays], wanted: Wanted) -> None:
        """Run a block: rows of every type, and what the strategy wants at those of its clock.

        Raises
        ------
        StrategyError
            It gives limits, and the quantities of the trades that fill them are not read.
        """
        if "limit" in wanted and self._market == "trade" and "quantity" not in block["trade"]:
            raise StrategyError(
                "the strategy gives limits, which are filled by what is traded: name the column"
                " 'quantity' of trade in its TYPES"
            )
        signals = {"time_ns": block[self._clock]["time_ns"], **wanted}
        rows = block[self._market]
        self._simulator.run(
            pa.table(self._market_columns(block)),
            pa.table(signals),
            funding=self._funding(block),
            levels=(
                pa.table({name: rows[name].reshape(-1) for name in _LEVELS})
                if self._market == "orderbook"
                else None
            ),
        )
        times = [each["time_ns"][-1] for each in block.values() if len(each["time_ns"])]
        if times:
            self._simulator.advance(int(max(times)))
        self._blocks += 1
        if EVENT_ID in rows:
            self._take(lambda fills: self._named(fills, rows))
        elif self._blocks % _BLOCKS_A_TAKE == 0:
            self._take()
        self._rows_before += len(rows["time_ns"])

    def finish(self, end_ns: int | None) -> dict[str, pa.Table]:
        """End the run; return the tables of the result, as far as this instrument has rows.

        Parameters
        ----------
        end_ns
            End of the range, itself not in it; None is the last row.
        """
        self._simulator.finish(end_ns)
        self._take()
        return {
            name: self._shaped(name, pa.concat_tables(parts, promote_options="default"))
            for name, parts in self._taken.items()
        }

    def _take(self, finished: Callable[[pa.Table], pa.Table] = lambda fills: fills) -> None:
        """Take what happened since it was taken last."""
        for name in _TABLES:
            table = pa.table(self._simulator.take(name))
            self._taken[name].append(finished(table) if name == "fills" else table)

    def _named(self, fills: pa.Table, rows: Arrays) -> pa.Table:
        """Add the event ids of the rows of the market, those of this block, that fills are of."""
        places = fills["row"].to_numpy() - self._rows_before
        names = [each.tobytes().hex() for each in rows[EVENT_ID][places]]
        return fills.append_column(EVENT_ID, pa.array(names, pa.string()))

    def _market_columns(self, block: Mapping[str, Arrays]) -> Arrays:
        rows = block[self._market]
        columns: Arrays = {"time_ns": rows["time_ns"]}
        if self._market == "orderbook":
            columns["price"] = (rows["bid_price"][:, 0] + rows["ask_price"][:, 0]) / 2
        elif self._market == "funding":
            columns["price"] = rows["mark_price"]
        else:
            columns["price"] = rows["price"]
            if "quantity" in rows:
                columns["volume"] = rows["quantity"]
        if self._costs.slippage.kind == "spread":
            columns["spread"] = self._spreads(block)
        return columns

    def _spreads(self, block: Mapping[str, Arrays]) -> Array:
        """Return the spread last known at each row of the market."""
        book = block["orderbook"]
        own = book["ask_price"][:, 0] - book["bid_price"][:, 0]
        if self._market == "orderbook":
            return own
        times = block[self._market]["time_ns"]
        # A book of the same time is later than a trade.
        side: Literal["left", "right"] = "left" if self._market == "trade" else "right"
        places = np.searchsorted(book["time_ns"], times, side=side)
        known = np.concatenate([self._spread, own])
        self._spread = known[-1:]
        found: Array = known[places]
        return found

    def _funding(self, block: Mapping[str, Arrays]) -> pa.Table | None:
        if not self._costs.funding or "funding" not in block:
            return None
        return pa.table({name: block["funding"][name] for name in _FUNDING})

    def _shaped(self, name: str, table: pa.Table) -> pa.Table:
        """Return the simulator's columns as those of the result."""
        rows = table.num_rows
        names = {
            "symbol": self._instrument.symbol,
            "exchange": self._instrument.exchange,
            "market": self._instrument.market,
        }
        columns = {field.name: table[field.name] for field in table.schema}
        if "is_buy" in columns:
            columns["side"] = pc.if_else(columns["is_buy"], "buy", "sell")
        if "is_long" in columns:
            columns["side"] = pc.if_else(columns["is_long"], "long", "short")
        columns |= {key: pa.repeat(value, rows) for key, value in names.items()}
        columns.setdefault(EVENT_ID, pa.nulls(rows, pa.string()))
        schema = TABLES[name]
        return pa.table({field.name: columns[field.name] for field in schema}, schema=schema)
