"""Strategies tried on recorded markets, with costs, and with regard to what was not recorded.

| file | what it holds |
|---|---|
| `engine.py`, `run.py` | `BacktestEngine`; one run, instrument by instrument |
| `strategy.py`, `loader.py` | what a strategy is given; strategies from a folder |
| `costs.py`, `quality.py` | settings of the account; what is done about data in doubt |
| `feed.py`, `blocks.py`, `intake.py` | rows as columns, in blocks, without what is masked |
| `attempt.py`, `calls.py`, `answers.py`, `causality.py` | the strategy asked, its answers checked |
| `simulation.py`, `native.py` | the account (Rust: `rust_core/src/backtest`) |
| `isolation.py` | a run in a process of its own, with a time limit |
| `result.py` | what a run gives |
"""

from tapeline.compute.backtest.costs import DEFAULT_FEES, Costs, Fees, Slippage, VolumeCap
from tapeline.compute.backtest.engine import BacktestEngine, settings_of
from tapeline.compute.backtest.loader import LoadedStrategy, StrategyLoader
from tapeline.compute.backtest.quality import QualityPolicy
from tapeline.compute.backtest.result import RunResult
from tapeline.compute.backtest.run import Progress
from tapeline.compute.backtest.strategy import Columns, Instrument, MarketData, Orders

__all__ = [
    "DEFAULT_FEES",
    "BacktestEngine",
    "Columns",
    "Costs",
    "Fees",
    "Instrument",
    "LoadedStrategy",
    "MarketData",
    "Orders",
    "Progress",
    "QualityPolicy",
    "RunResult",
    "Slippage",
    "StrategyLoader",
    "VolumeCap",
    "settings_of",
]
