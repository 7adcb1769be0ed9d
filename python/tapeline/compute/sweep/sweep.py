"""Runs a strategy with many sets of parameters."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from tapeline.compute.backtest.engine import BacktestEngine
from tapeline.compute.backtest.result import Metric, RunResult
from tapeline.compute.backtest.run import Settings
from tapeline.compute.sweep.executors import Executor, InProcess
from tapeline.errors import ArgumentError

_TASKS_A_WORKER: Final = 2
"""More are more readings of the rows; fewer leave workers idle at the end."""

_MOST_SETS: Final = 64
"""So many sets share one reading of the rows at most: their accounts are in memory together."""


@dataclass(frozen=True, slots=True)
class SweepRun:
    """What one set of parameters gave. It does not depend on where it was worked out."""

    number: int
    """Place of the set and the symbols, from 0: symbols in turn for each set."""
    symbols: tuple[str, ...] | None
    parameters: Mapping[str, Any]
    run_id: str | None
    """As of a single run with these settings; None after an error."""
    metrics: Mapping[str, Metric]
    error: str | None
    """What the strategy ended with."""


def sweep(
    engine: BacktestEngine,
    settings: Settings,
    parameter_sets: Sequence[Mapping[str, Any]],
    *,
    each_symbol: bool = False,
    executor: Executor | None = None,
    per_task: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[SweepRun]:
    """Run a strategy with every set of parameters.

    Parameters
    ----------
    engine
        With a function that opens the data, unless the executor works here.
    settings
        Of all runs: :func:`tapeline.compute.backtest.settings_of`.
    parameter_sets
        See :func:`tapeline.compute.sweep.grid` and :func:`tapeline.compute.sweep.draws`.
    each_symbol
        Whether every symbol is a run of its own; else a run has all of them.
    executor
        Where the work is done; None is here.
    per_task
        So many sets share one reading of the rows; None is as many as make two tasks a worker, at
        most 64. It changes no result.
    progress
        Told how many sets are done, and of how many.

    Returns
    -------
    list of SweepRun
        In the order of the sets, and of the symbols within a set. A set whose strategy failed has
        its error; the others go on.

    Raises
    ------
    TapelineError
        As :meth:`tapeline.compute.backtest.BacktestEngine.run` says, but for errors of a strategy.
    """
    executor = executor or InProcess()
    if not isinstance(executor, InProcess):
        engine.check_opens("a sweep by several workers")
    if per_task is None:
        even = -(-len(parameter_sets) // (executor.workers * _TASKS_A_WORKER))
        per_task = min(max(even, 1), _MOST_SETS)
    tasks = _tasks(engine, settings, parameter_sets, each_symbol=each_symbol, per_task=per_task)
    found: list[SweepRun] = []
    total = sum(len(task.numbers) for task in tasks)
    for runs in executor.map(_work, tasks):
        found += runs
        if progress is not None:
            progress(len(found), total)
    return sorted(found, key=lambda each: each.number)


def to_table(runs: Sequence[SweepRun]) -> pa.Table:
    """Return a row a run: its parameters and figures as columns, ``run_id`` and ``error``."""
    rows = [
        {
            "number": each.number,
            "symbols": None if each.symbols is None else list(each.symbols),
            **{f"param_{name}": _column(value) for name, value in each.parameters.items()},
            **each.metrics,
            "run_id": each.run_id,
            "error": each.error,
        }
        for each in runs
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})


@dataclass(frozen=True, slots=True)
class _Task:
    """Some sets over the same rows: names and parameters, and no rows."""

    engine: BacktestEngine
    settings: Settings
    numbers: tuple[int, ...]
    parameter_sets: tuple[Mapping[str, Any], ...]


def _tasks(
    engine: BacktestEngine,
    settings: Settings,
    parameter_sets: Sequence[Mapping[str, Any]],
    *,
    each_symbol: bool,
    per_task: int,
) -> list[_Task]:
    if per_task < 1:
        raise ArgumentError(f"per_task must be 1 or more, was {per_task}")
    symbols: Sequence[tuple[str, ...] | None] = [settings.symbols]
    if each_symbol:
        if settings.symbols is None:
            raise ArgumentError("name the symbols that are runs of their own")
        symbols = [(symbol,) for symbol in settings.symbols]
    tasks = []
    for place, names in enumerate(symbols):
        own = replace(settings, symbols=names)
        for begin in range(0, len(parameter_sets), per_task):
            some = tuple(parameter_sets[begin : begin + per_task])
            numbers = tuple((begin + n) * len(symbols) + place for n in range(len(some)))
            tasks.append(_Task(engine, own, numbers, some))
    return tasks


def _work(task: _Task) -> list[SweepRun]:
    results = task.engine.run_many(task.settings, task.parameter_sets)
    return list(_runs(task, results))


def _runs(task: _Task, results: Sequence[RunResult | Exception]) -> Iterator[SweepRun]:
    symbols = task.settings.symbols
    for number, given, result in zip(task.numbers, task.parameter_sets, results, strict=True):
        if isinstance(result, RunResult):
            yield SweepRun(
                number,
                symbols,
                dict(result.parameters),
                result.run_id,
                dict(result.metrics),
                None,
            )
        else:
            yield SweepRun(number, symbols, dict(given), None, {}, str(result))


def _column(value: object) -> object:
    return json.dumps(value) if isinstance(value, (list, dict)) else value
