"""One run: every instrument by itself, put together into a result."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, NamedTuple

import pyarrow as pa

from tapeline.access.frames import Frames
from tapeline.access.source import DataSource
from tapeline.compute.backtest.ahead import ahead
from tapeline.compute.backtest.attempt import Attempt
from tapeline.compute.backtest.calls import Check
from tapeline.compute.backtest.costs import Costs
from tapeline.compute.backtest.feed import Arrays
from tapeline.compute.backtest.intake import ORDER, Intake
from tapeline.compute.backtest.loader import LoadedStrategy
from tapeline.compute.backtest.memory import keep_freed_memory
from tapeline.compute.backtest.quality import Mask, QualityPolicy, coverage_of, masked, windows_of
from tapeline.compute.backtest.result import TABLES, RunResult
from tapeline.compute.backtest.settlements import Settlements, unpaid
from tapeline.compute.backtest.simulation import Simulation, market_type, needed_columns
from tapeline.compute.backtest.strategy import COLUMNS, Instrument
from tapeline.errors import ArgumentError, StrategyError

_BLOCK_ROWS: Final = 262_144
"""Of half as many, threads wait for each other longer; of twice as many, no less."""
_BOOK_ROWS: Final = 8_192
_ROW_BYTES: Final = {"trade": 64, "orderbook": 4_096, "funding": 64, "liquidation": 64}
"""About as much as a row takes, with what is made of it."""
_MOST_SAMPLES: Final = 20_000_000


class Progress(NamedTuple):
    """How far a run is."""

    symbol: str
    rows: int
    """Rows of this symbol that were read."""
    time_ns: int
    """Time of the last of them: Unix UTC nanoseconds."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is made of; see :meth:`tapeline.compute.backtest.engine.BacktestEngine.run`."""

    strategy_id: str
    start_ns: int | None
    end_ns: int | None
    symbols: tuple[str, ...] | None
    types: tuple[str, ...]
    exchange: str | None
    market: str | None
    policy: QualityPolicy
    costs: Costs
    check_causality: bool | None
    block_rows: int | None
    memory_cap_bytes: int
    event_ids: bool = False


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is read, and what for."""

    columns: Mapping[str, tuple[str, ...]]
    clock: str
    market: str
    block_rows: int


def run_all(
    data: DataSource,
    loaded: LoadedStrategy,
    settings: Settings,
    parameter_sets: Sequence[Mapping[str, Any]],
    progress: Callable[[Progress], None] | None,
) -> list[RunResult | StrategyError]:
    """Run a strategy on every instrument asked for, with each set of parameters.

    The rows are read once. What a set gives does not depend on the other sets.

    Returns
    -------
    list
        A result a set, without id and figures, or the error it ended with.

    Raises
    ------
    TapelineError
        As :meth:`tapeline.compute.backtest.engine.BacktestEngine.run` says, but for errors of the
        strategy.
    """
    keep_freed_memory()
    plan = _planned(loaded, settings)
    instruments = _instruments(data, settings, plan)
    attempts = [Attempt(loaded, each) for each in parameter_sets]
    read: dict[str, Any] = {}
    rows = 0
    for instrument in instruments:
        frames = _frames(data, instrument, settings, plan)
        intake = _run_one(frames, instrument, attempts, settings, plan, progress)
        rows += intake.rows
        read[f"{instrument.exchange}/{instrument.market}/{instrument.raw_symbol}"] = intake.hashes()
    coverage = _coverage(data, instruments, settings, plan)
    shared: dict[str, Any] = {
        "run_id": "",
        "strategy_id": loaded.strategy_id,
        "strategy_hash": loaded.source_hash,
        "symbols": tuple(each.symbol for each in instruments),
        "types": tuple(plan.columns),
        "start_ns": settings.start_ns,
        "end_ns": settings.end_ns,
        "version": _version(),
        "data_hash": hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest(),
        "rows": rows,
        "policy": settings.policy.to_dict(),
        "costs": _costs(settings.costs, instruments, plan),
        "coverage": coverage,
    }
    return [
        RunResult(
            parameters=each.parameters,
            **shared,
            **{
                name: pa.concat_tables(parts).combine_chunks()
                for name, parts in each.tables.items()
            },
        )
        if each.error is None
        else each.error
        for each in attempts
    ]


def _run_one(
    frames: Frames,
    instrument: Instrument,
    attempts: Sequence[Attempt],
    settings: Settings,
    plan: _Plan,
    progress: Callable[[Progress], None] | None,
) -> Intake:
    windows = [each for name in plan.columns for each in windows_of(name, frames[name].coverage)]
    mask = Mask(masked(windows, settings.policy, instrument.symbol))
    for each in attempts:
        account = Simulation(instrument, settings.costs, plan.clock, plan.market, mask.starts)
        each.begin(instrument, account)
    needs_all = any(each.needs_all for each in attempts)
    cap_bytes = settings.memory_cap_bytes if needs_all else None
    intake = Intake(
        frames,
        plan.columns,
        settings.policy,
        mask,
        plan.market,
        instrument.symbol,
        cap_bytes,
        with_ids=settings.event_ids,
    )
    pays = settings.costs.funding and "funding" in plan.columns
    settlements, span = Settlements(), _Span()
    with ahead(intake.blocks(2**62 if needs_all else plan.block_rows)) as blocks:
        for number, block in enumerate(blocks):
            check = _check(settings, is_whole=number == 0 and block.is_last)
            for each in attempts:
                each.take(block.arrays, check=check)
            if all(each.error is not None for each in attempts):
                return intake
            span.take(block.arrays, plan.market)
            if pays:
                settlements.take(block.arrays["funding"])
            if progress is not None:
                progress(Progress(instrument.symbol, block.rows_read, _last_ns(block.arrays)))
    left_out = intake.excluded()
    if pays and span.is_known:
        left_out += unpaid(settlements, span.times, settings.policy, instrument.symbol)
    excluded = pa.Table.from_pylist(left_out, TABLES["excluded"])
    for each in attempts:
        each.end(settings.end_ns, excluded)
    return intake


class _Span:
    """The time of an account: from the first row of the market to the last row of any type."""

    def __init__(self) -> None:
        self.times = (0, 0)
        self.is_known = False

    def take(self, block: Mapping[str, Arrays], market: str) -> None:
        """Take the rows of a block."""
        times = block[market]["time_ns"]
        if self.is_known or len(times):
            begin_ns = self.times[0] if self.is_known else int(times[0])
            self.times = (begin_ns, max(self.times[1], _last_ns(block)))
            self.is_known = True


def _check(settings: Settings, *, is_whole: bool) -> Check:
    if settings.check_causality is None:
        return "all" if is_whole else "some"
    return "all" if settings.check_causality else "none"


def _last_ns(block: Mapping[str, Arrays]) -> int:
    times = [int(each["time_ns"][-1]) for each in block.values() if len(each["time_ns"])]
    return max(times, default=0)


def _planned(loaded: LoadedStrategy, settings: Settings) -> _Plan:
    clock = next(iter(loaded.columns))
    for name in settings.types:
        if name not in COLUMNS:
            raise ArgumentError(f"no event type {name!r} to run on; there are {', '.join(COLUMNS)}")
    types = list(dict.fromkeys([*loaded.columns, *settings.types]))
    market = market_type(types, settings.costs)
    needed = needed_columns(market, types, settings.costs)
    columns = {
        name: tuple(dict.fromkeys([*loaded.columns.get(name, ()), *needed.get(name, ())]))
        for name in types
    }
    return _Plan(columns, clock, market, _block_rows(settings, types))


def _block_rows(settings: Settings, types: Sequence[str]) -> int:
    if settings.block_rows is not None:
        if settings.block_rows < 1:
            raise ArgumentError(f"block_rows must be 1 or more, was {settings.block_rows}")
        return settings.block_rows
    usual = _BOOK_ROWS if "orderbook" in types else _BLOCK_ROWS
    # Every type may have a block of its own waiting.
    row_bytes = sum(_ROW_BYTES[name] for name in types)
    return max(1, min(usual, settings.memory_cap_bytes // row_bytes))


def _instruments(data: DataSource, settings: Settings, plan: _Plan) -> list[Instrument]:
    """Return the instruments asked for, in the order of the symbols.

    Raises
    ------
    ArgumentError
        A symbol is not in the data, is several instruments, or has no rows of a type that a run
        needs. Of all symbols those that have none are left out.
    """
    # Names that are not there are refused with those like it.
    data.load(
        settings.symbols,
        settings.start_ns,
        settings.end_ns,
        exchange=settings.exchange,
        market=settings.market,
    )
    rows = [
        row
        for row in data.instruments().to_arrow().to_pylist()
        if settings.exchange in (None, row["exchange"]) and settings.market in (None, row["market"])
    ]
    names = settings.symbols
    if names is None:
        rows = [row for row in rows if _has_rows(row, plan)]
        names = tuple(dict.fromkeys(row["symbol"] for row in rows))
    found: dict[str, Instrument] = {}
    for name in names:
        named = [row for row in rows if name in (row["symbol"], row["raw_symbol"])]
        matching = [row for row in named if any(kind in row["types"] for kind in plan.columns)]
        if len(matching) > 1:
            places = ", ".join(f"{row['exchange']} {row['market']}" for row in matching)
            raise ArgumentError(f"{name!r} is on {places}: say exchange= and market=")
        for row in matching or named[:1]:
            _check_rows(name, row, plan)
            _check_samples(row, settings)
            keys = ("exchange", "market", "symbol", "raw_symbol")
            instrument = Instrument(*(row[key] for key in keys))
            _check_other(found.setdefault(row["symbol"], instrument), instrument)
    return list(found.values())


def _has_rows(row: Mapping[str, Any], plan: _Plan) -> bool:
    """Return whether there are rows to answer, and such at which orders fill."""
    return plan.clock in row["types"] and plan.market in row["types"]


def _check_rows(name: str, row: Mapping[str, Any], plan: _Plan) -> None:
    lacking = [kind for kind in (plan.clock, plan.market) if kind not in row["types"]]
    if lacking:
        why = "the strategy answers them" if plan.clock in lacking else "orders fill on them"
        place = f"{row['exchange']} {row['market']}"
        raise ArgumentError(f"{name!r} of {place} has no {lacking[0]} rows in this data: {why}")


def _check_other(known: Instrument, instrument: Instrument) -> None:
    if known != instrument:
        raise ArgumentError(
            f"{known.raw_symbol!r} of {known.exchange} {known.market} and {instrument.raw_symbol!r}"
            f" of {instrument.exchange} {instrument.market} are both {instrument.symbol}, and a run"
            " tells accounts apart by that: give each a run of its own"
        )


def _check_samples(row: Mapping[str, Any], settings: Settings) -> None:
    if row["first_ns"] is None or row["last_ns"] is None:
        return
    begin = max(row["first_ns"], settings.start_ns or row["first_ns"])
    end = min(row["last_ns"], settings.end_ns or row["last_ns"])
    if (end - begin) // settings.costs.sample_ns > _MOST_SAMPLES:
        raise ArgumentError(
            f"a row of equity every {settings.costs.sample_ns:,} ns would be more than"
            f" {_MOST_SAMPLES:,} rows: raise sample_ns"
        )


def _frames(data: DataSource, instrument: Instrument, settings: Settings, plan: _Plan) -> Frames:
    return data.load(
        instrument.raw_symbol,
        settings.start_ns,
        settings.end_ns,
        tuple(plan.columns),
        exchange=instrument.exchange,
        market=instrument.market,
    )


def _coverage(
    data: DataSource, instruments: Sequence[Instrument], settings: Settings, plan: _Plan
) -> dict[str, Any]:
    if not instruments:
        return {}
    # Two markets may have a raw symbol in common.
    markets: dict[tuple[str, str], list[str]] = {}
    for each in instruments:
        markets.setdefault((each.exchange, each.market), []).append(each.raw_symbol)
    types = [name for name in ORDER if name in plan.columns]
    return coverage_of(
        {
            f"{exchange} {market}": data.load(
                names, settings.start_ns, settings.end_ns, types, exchange=exchange, market=market
            ).coverage
            for (exchange, market), names in markets.items()
        }
    )


def _costs(costs: Costs, instruments: Sequence[Instrument], plan: _Plan) -> dict[str, Any]:
    """Return the settings with what was worked out for each instrument."""
    each = []
    for instrument in instruments:
        fees = costs.fees_of(instrument)
        each.append(
            {
                "symbol": instrument.symbol,
                "exchange": instrument.exchange,
                "market": instrument.market,
                "maker_fee": fees.maker,
                "taker_fee": fees.taker,
                "is_inverse": costs.is_inverse(instrument),
            }
        )
    return {**costs.to_dict(), "fill_on": plan.market, "instruments": each}


@cache
def _version() -> str:
    try:
        return version("tapeline")
    except PackageNotFoundError:
        return "unknown"
