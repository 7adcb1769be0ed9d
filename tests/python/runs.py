"""Results of runs, made by hand for what shows them."""

from typing import Any

import numpy as np
import pyarrow as pa

from tapeline.compute.backtest.result import (
    EQUITY_SCHEMA,
    EXCLUDED_SCHEMA,
    FILL_SCHEMA,
    FUNDING_SCHEMA,
    TRADE_SCHEMA,
    RunResult,
)
from tapeline.compute.metrics import run_figures

START = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
HOUR = 3_600_000_000_000
STREAM = {
    "exchange": "binance",
    "market": "spot",
    "channel": "trade",
    "loss": "proven",
    "gaps": 1,
    "missing_ids": 3,
    "lost_connections": 0,
    "unsynced": 0,
    "restarts": 0,
    "quarantined": 0,
}
HOLE = {
    "exchange": "binance",
    "market": "spot",
    "channel": "trade",
    "kind": "gap",
    "proof": "proven",
    "first_id": 5,
    "last_id": 7,
    "reason": "",
}


def names_of(symbol: str) -> dict[str, str]:
    """A symbol as it is called everywhere, and by the venue."""
    return {"symbol": symbol, "raw_symbol": symbol.replace("/", "")}


def walk(rows: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A price that goes up and down, the same for the same seed."""
    steps = np.random.default_rng(seed).normal(0.0, 0.004, rows)
    return 100.0 * np.exp(np.cumsum(steps))


def account(symbol: str, rows: int, every_ns: int, seed: int = 1) -> pa.Table:
    """An account that holds one unit on every other day."""
    price = walk(rows, seed)
    position = (np.arange(rows) // 24 % 2).astype(np.float64)
    gained = (
        np.diff(price, prepend=price[:1]) * np.concatenate((position[:1], position[:-1]))[:rows]
    )
    equity = 10_000.0 + 10.0 * np.cumsum(gained)
    times = START + np.arange(rows, dtype=np.int64) * every_ns
    columns = [times, equity, equity - position * price, position, price, [symbol] * rows]
    return pa.table(columns, schema=EQUITY_SCHEMA)


def fills_of(equity: pa.Table, symbol: str) -> pa.Table:
    """A fill at every change of the position."""
    position, price = equity["position"].to_numpy(), equity["price"].to_numpy()
    rows = np.flatnonzero(np.diff(position)) + 1
    times = equity["time_ns"].to_numpy()[rows]
    count = rows.size
    return pa.table(
        [
            times,
            [symbol] * count,
            ["binance"] * count,
            ["spot"] * count,
            ["buy" if position[row] else "sell" for row in rows],
            np.ones(count),
            price[rows],
            price[rows],
            price[rows] * 0.001,
            np.zeros(count),
            times - 1,
            [f"{row:032x}" for row in rows],
            [False] * count,
        ],
        schema=FILL_SCHEMA,
    )


def trades_of(fills: pa.Table, symbol: str) -> pa.Table:
    """A round trip for each pair of fills."""
    times, price = fills["time_ns"].to_numpy(), fills["price"].to_numpy()
    fees = fills["fee"].to_numpy()
    count = fills.num_rows // 2
    ins, outs = slice(0, 2 * count, 2), slice(1, 2 * count, 2)
    paid = fees[ins] + fees[outs]
    return pa.table(
        [
            times[ins],
            times[outs],
            [symbol] * count,
            ["long"] * count,
            np.ones(count),
            price[ins],
            price[outs],
            price[outs] - price[ins] - paid,
            paid,
            np.zeros(count),
        ],
        schema=TRADE_SCHEMA,
    )


def run_of(
    *symbols: str,
    rows: int = 24 * 60,
    every_ns: int = HOUR,
    strategy_id: str = "sma_crossover",
    **changes: Any,  # noqa: ANN401 - a field of the result each
) -> RunResult:
    """A run over these symbols, an account each; ``rows`` of 0 is a run over no data."""
    accounts = [account(name, rows, every_ns, seed) for seed, name in enumerate(symbols)]
    fills = [fills_of(each, name) for each, name in zip(accounts, symbols, strict=True)]
    trades = [trades_of(each, name) for each, name in zip(fills, symbols, strict=True)]
    equity, filled, closed = map(pa.concat_tables, (accounts, fills, trades))
    last = START + rows * every_ns
    window = (START + rows // 3 * every_ns, START + rows // 2 * every_ns)
    streams = [{**STREAM, **names_of(name), "first_ns": START, "last_ns": last} for name in symbols]
    holes = [
        {**HOLE, **names_of(name), "start_ns": window[0], "end_ns": window[1]} for name in symbols
    ]
    left_out = [[name, "trade", *window, "gap", 7] for name in symbols]
    settings: dict[str, Any] = {
        "run_id": "0123456789abcdef",
        "strategy_id": strategy_id,
        "strategy_hash": "ab" * 32,
        "parameters": {"fast": 50, "slow": 200},
        "symbols": symbols,
        "types": ("trade",),
        "start_ns": START,
        "end_ns": last,
        "version": "0.0.0",
        "data_hash": "cd" * 16,
        "rows": rows * 10,
        "policy": {"gaps": "mask", "unverifiable": "allow", "suspicious": "mask"},
        "costs": {"capital": 10_000.0, "sample_ns": HOUR, "fees": {"binance": {"taker": 0.001}}},
        "equity": equity,
        "fills": filled,
        "trades": closed,
        "funding": FUNDING_SCHEMA.empty_table(),
        "excluded": pa.table(
            [list(each) for each in zip(*left_out, strict=True)], schema=EXCLUDED_SCHEMA
        ),
        "coverage": {
            "summary": "trade of 1 stream: 1 gap (3 ids missing)",
            "is_complete": False,
            "start_ns": START,
            "end_ns": last,
            "quarantined": 0,
            "streams": streams,
            "holes": holes,
        },
    }
    run = RunResult(**(settings | changes))
    return run.with_metrics(run_figures(run))
