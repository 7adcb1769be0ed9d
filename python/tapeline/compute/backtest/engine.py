"""Runs a strategy over recorded markets."""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import index
from typing import Any, Final, SupportsIndex

import numpy as np

from tapeline.access.source import DataSource
from tapeline.access.times import When, to_ns
from tapeline.compute.backtest.costs import Costs
from tapeline.compute.backtest.isolation import Tell, in_own_process
from tapeline.compute.backtest.loader import StrategyLoader
from tapeline.compute.backtest.quality import Action, QualityPolicy
from tapeline.compute.backtest.result import Metric, RunResult
from tapeline.compute.backtest.run import Progress, Settings, run_all
from tapeline.errors import ArgumentError, StrategyError

Opener = Callable[[], DataSource]
"""Opens the data; it can be pickled: ``functools.partial(tapeline.open, "parquet:tape")``."""

Metrics = Callable[[RunResult], Mapping[str, Metric]]
"""Figures of a run, made of its tables."""

MEMORY_CAP_BYTES: Final = 512 * 1024 * 1024


class BacktestEngine:
    """Tries strategies on recorded data.

    Parameters
    ----------
    data_source
        Open data, or a function that opens it, which runs in processes of their own need.
    strategy_loader
        Where strategies come from.
    metrics
        Makes the figures of a result; None makes none.

    Raises
    ------
    ArgumentError
        The data or the loader is none.

    Examples
    --------
    ``BacktestEngine(tl.open("parquet:tape"), StrategyLoader("strategies"), run_figures)``
    """

    def __init__(
        self,
        data_source: DataSource | Opener,
        strategy_loader: StrategyLoader,
        metrics: Metrics | None = None,
    ) -> None:
        if not isinstance(data_source, DataSource) and not callable(data_source):
            raise ArgumentError(
                "data_source is open data or a function that opens it, such as"
                f" functools.partial(tapeline.open, 'parquet:tape'), was {data_source!r}"
            )
        if not isinstance(strategy_loader, StrategyLoader):
            raise ArgumentError(
                f"strategy_loader is a StrategyLoader of a folder, was {strategy_loader!r}"
            )
        self._data = data_source
        self._loader = strategy_loader
        self._metrics = metrics

    def run(
        self,
        strategy_id: str,
        start: When | None = None,
        end: When | None = None,
        symbols: str | Sequence[str] | None = None,
        types: str | Sequence[str] | None = None,
        *,
        exchange: str | None = None,
        market: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        policy: QualityPolicy | Action | None = None,
        costs: Costs | None = None,
        check_causality: bool | None = None,
        block_rows: int | None = None,
        memory_cap_bytes: int = MEMORY_CAP_BYTES,
        event_ids: bool = False,
        timeout_s: float | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> RunResult:
        """Run a strategy over ``[start, end)``, on every symbol by itself.

        Parameters
        ----------
        strategy_id
            Names a file of the loader's folder.
        start, end
            As :meth:`tapeline.DataSource.load` takes them; None is without limit.
        symbols, exchange, market
            Which instruments; None is all. A symbol must mean one instrument.
        types
            Event types to read beyond those the strategy names, for example ``funding`` so that it
            is paid. None is the strategy's.
        parameters
            Of the strategy: numbers, texts, truth values, lists of them.
        policy
            What is done about data in doubt: ``refuse``, ``mask`` or ``allow`` (see
            :meth:`QualityPolicy.of`), or each kind by itself.
            None refuses gaps, masks suspicious events and allows what cannot be verified.
        costs
            Settings of the account.
        check_causality
            Whether to look for look-ahead by asking again with less of the future, in every block.
            None does so thoroughly when all rows fit into one block, else at some moments: of the
            first block and of those until the strategy first wants something else. Of a class a
            copy is asked that was made before the block; where it cannot be copied, only about the
            first block, and True is refused.
        block_rows
            Rows of all types that are worked on at once; None is as many as are fast. It changes no
            result.
        memory_cap_bytes
            Columns of one block are smaller than this.
        event_ids
            Whether fills name the event they were filled at. It is another column to read, 16 bytes
            a row that do not compress.
        timeout_s
            The run gets a process of its own, which is killed after so many seconds. None runs here
            and has no limit.
        progress
            Told after every block.

        Returns
        -------
        RunResult
            An empty range gives empty tables.

        Raises
        ------
        StrategyError
            The strategy cannot be loaded, raised, or gave no answer.
        LookAheadError
            It used what it could not have known.
        StrategyTimeoutError
            It did not end in time.
        DataQualityError
            The policy refuses the data.
        BacktestError
            The rows do not fit into memory and the strategy wants all of them.
        ArgumentError
            A setting is wrong, or a name is not in the data.
        """
        settings = settings_of(
            strategy_id,
            start,
            end,
            symbols,
            types,
            exchange=exchange,
            market=market,
            policy=policy,
            costs=costs,
            check_causality=check_causality,
            block_rows=block_rows,
            memory_cap_bytes=memory_cap_bytes,
            event_ids=event_ids,
        )
        given = dict(parameters or {})
        if timeout_s is None:
            return _only(self.run_many(settings, [given], progress))
        if not 0 < timeout_s < math.inf:
            raise ArgumentError(f"timeout_s must be a number above 0, was {timeout_s!r}")
        self.check_opens("a run with a time limit")
        return _only(in_own_process(_Task(self, settings, given), timeout_s, progress))

    def run_many(
        self,
        settings: Settings,
        parameter_sets: Sequence[Mapping[str, Any]],
        progress: Callable[[Progress], None] | None = None,
    ) -> list[RunResult | StrategyError]:
        """Run with each set of parameters; the rows are read once.

        Returns
        -------
        list
            A result a set, the same as if it had run alone, or the error the strategy ended with.

        Raises
        ------
        TapelineError
            As :meth:`run` says.
        """
        loaded = self._loader.load(settings.strategy_id)
        parameter_sets = [_plain(loaded.parameters(each)) for each in parameter_sets]
        if isinstance(self._data, DataSource):
            results = run_all(self._data, loaded, settings, parameter_sets, progress)
        else:
            with self._data() as data:
                results = run_all(data, loaded, settings, parameter_sets, progress)
        return [self._finished(each) for each in results]

    def check_opens(self, what: str) -> None:
        """Fail unless the engine can open the data in another process.

        Raises
        ------
        ArgumentError
            It was given data that is open.
        """
        if isinstance(self._data, DataSource):
            raise ArgumentError(
                f"{what} opens the data in a process of its own: give the engine a function that"
                " opens it, such as functools.partial(tapeline.open, 'parquet:tape')"
            )

    def _finished(self, result: RunResult | StrategyError) -> RunResult | StrategyError:
        if isinstance(result, StrategyError):
            return result
        result = replace(result, run_id=_run_id(result))
        return result if self._metrics is None else result.with_metrics(self._metrics(result))


@dataclass(frozen=True, slots=True)
class _Task:
    """A run that another process makes."""

    engine: BacktestEngine
    settings: Settings
    parameters: Mapping[str, Any]

    def __call__(self, tell: Tell) -> list[RunResult | StrategyError]:
        return self.engine.run_many(self.settings, [self.parameters], tell)


def _only(results: Sequence[RunResult | StrategyError]) -> RunResult:
    (result,) = results
    if isinstance(result, StrategyError):
        raise result
    return result


def settings_of(
    strategy_id: str,
    start: When | None = None,
    end: When | None = None,
    symbols: str | Sequence[str] | None = None,
    types: str | Sequence[str] | None = None,
    *,
    exchange: str | None = None,
    market: str | None = None,
    policy: QualityPolicy | Action | None = None,
    costs: Costs | None = None,
    check_causality: bool | None = None,
    block_rows: int | None = None,
    memory_cap_bytes: int = MEMORY_CAP_BYTES,
    event_ids: bool = False,
) -> Settings:
    """Return the settings of a run; see :meth:`BacktestEngine.run`.

    Raises
    ------
    ArgumentError
        A time or a word is wrong.
    """
    if costs is not None and not isinstance(costs, Costs):
        raise ArgumentError(f"costs must be Costs(...), was {costs!r}")
    return Settings(
        strategy_id=strategy_id,
        start_ns=None if start is None else to_ns(start, "start"),
        end_ns=None if end is None else to_ns(end, "end"),
        symbols=_names(symbols),
        types=_names(types) or (),
        exchange=exchange,
        market=market,
        policy=QualityPolicy.of(policy),
        costs=Costs() if costs is None else costs,
        check_causality=check_causality,
        block_rows=_whole("block_rows", block_rows),
        memory_cap_bytes=_whole("memory_cap_bytes", memory_cap_bytes) or MEMORY_CAP_BYTES,
        event_ids=event_ids,
    )


def _names(names: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    found = (names,) if isinstance(names, str) or not isinstance(names, Iterable) else tuple(names)
    if not all(isinstance(name, str) for name in found):
        raise ArgumentError(f"expected a name or a list of names, was {names!r}")
    return found


def _whole(name: str, found: int | None) -> int | None:
    if found is not None and (not isinstance(found, SupportsIndex) or index(found) < 1):
        raise ArgumentError(f"{name} must be whole and 1 or more, was {found!r}")
    return None if found is None else index(found)


def _run_id(result: RunResult) -> str:
    """Make an id of everything that decides the result."""
    settings = {name: value for name, value in result.settings.items() if name != "run_id"}
    text = json.dumps(settings, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with the numbers of NumPy, as ranges give them, as those of Python."""
    found = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in parameters.items()
    }
    for name, value in found.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ArgumentError(
                f"parameter {name!r} must be numbers, texts, truth values or lists of them,"
                f" was {value!r}"
            ) from error
    return found
