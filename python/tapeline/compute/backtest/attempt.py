"""A strategy with one set of parameters, on its way through the rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from tapeline.compute.backtest.calls import Check, StrategyCalls
from tapeline.compute.backtest.feed import Arrays
from tapeline.compute.backtest.loader import LoadedStrategy
from tapeline.compute.backtest.result import TABLES
from tapeline.compute.backtest.simulation import Simulation
from tapeline.compute.backtest.strategy import Instrument
from tapeline.errors import StrategyError


class Attempt:
    """A strategy with one set of parameters, on one instrument after the other.

    Parameters
    ----------
    loaded, parameters
        Which, and how.
    """

    def __init__(self, loaded: LoadedStrategy, parameters: Mapping[str, Any]) -> None:
        self.parameters = parameters
        self.error: StrategyError | None = None
        self.tables: dict[str, list[pa.Table]] = {
            name: [TABLES[name].empty_table()] for name in TABLES
        }
        self._loaded = loaded
        self._calls: StrategyCalls | None = None
        self._account: Simulation | None = None

    def begin(self, instrument: Instrument, account: Simulation) -> None:
        """Begin with an instrument, without a position."""
        self._account = account
        try:
            self._calls = StrategyCalls(self._loaded, self.parameters, instrument)
        except StrategyError as error:
            self.error = error

    @property
    def needs_all(self) -> bool:
        """Whether the strategy has to be called once for all rows."""
        return self._calls is not None and self._calls.needs_all

    def take(self, block: Mapping[str, Arrays], *, check: Check) -> None:
        """Go on by a block; after an error nothing is done."""
        if self.error is not None or self._calls is None or self._account is None:
            return
        try:
            self._account.run(block, self._calls.answer(block, check=check))
        except StrategyError as error:
            self.error = error

    def end(self, end_ns: int | None, excluded: pa.Table) -> None:
        """End with an instrument."""
        if self.error is not None or self._account is None:
            return
        tables = self._account.finish(end_ns)
        if not np.isfinite(tables["equity"]["equity"]).all():
            self.error = StrategyError(
                "the account is worth more than numbers can say: the strategy wants positions that"
                " are too large"
            )
            return
        for name, table in tables.items():
            self.tables[name].append(table)
        self.tables["excluded"].append(excluded)
