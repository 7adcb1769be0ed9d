"""``tapeline backtest``: a strategy over what a store keeps, with its figures and a report."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer

from tapeline.apps import access, backtest_words
from tapeline.apps.backtest_table import print_run
from tapeline.apps.conditions import check_time, words
from tapeline.apps.progress import counting
from tapeline.compute.backtest.engine import BacktestEngine
from tapeline.compute.backtest.loader import StrategyLoader
from tapeline.compute.backtest.result import RunResult
from tapeline.compute.backtest.run import Progress
from tapeline.compute.metrics import run_figures
from tapeline.compute.report import write_report

_RUNS: Final = Path("runs")
_REPORT: Final = "report.html"


def backtest_command(
    strategy: Annotated[
        str, typer.Argument(metavar="STRATEGY", help="A file of the strategies' folder, no .py.")
    ],
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TARGET",
            help="parquet:PATH, timescale://..., clickhouse://...; again for several. [settings]",
        ),
    ] = None,
    symbols: Annotated[
        str | None,
        typer.Option(help="BTC/USDT, BTC/USDT:USDT or the venue's BTCUSDT; with commas. [all]"),
    ] = None,
    exchange: Annotated[str | None, typer.Option(help="E.g. binance. [all]")] = None,
    market: Annotated[str | None, typer.Option(help="E.g. spot. [all]")] = None,
    types: Annotated[
        str | None,
        typer.Option(help="To read beyond those of the strategy, e.g. funding; with commas."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(help="From here on: 2026-01-05, 2026-01-05T12:00:00Z or Unix nanoseconds."),
    ] = None,
    end: Annotated[str | None, typer.Option(help="To before here; as --start.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A parameter of the strategy; again for more."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            help="refuse, mask or allow doubtful data; or gaps=..,unverifiable=..,suspicious=... "
            "[refuse gaps, allow what cannot be verified, mask suspicious events]"
        ),
    ] = None,
    fee: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE|MAKER,TAKER", help="Such as 0.001, 0.1% or 2bp,5bp. [of the venue]"
        ),
    ] = None,
    slippage: Annotated[
        str | None, typer.Option(help="fixed:SHARE, spread:SHARE or book. [none]")
    ] = None,
    latency_ms: Annotated[
        float, typer.Option(help="From a signal to the first row that can fill it.")
    ] = 0.0,
    volume_cap: Annotated[
        float | None, typer.Option(help="Share of what is traded that may be ours. [no cap]")
    ] = None,
    capital: Annotated[
        float | None, typer.Option(help="Cash of each symbol's account at first. [100,000]")
    ] = None,
    sample: Annotated[
        float | None, typer.Option(help="Seconds between samples of equity. [60]")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(min=0.1, help="End the run after so many seconds. [no limit]")
    ] = None,
    event_ids: Annotated[
        bool, typer.Option("--event-ids", help="Name the event of each fill; reads more.")
    ] = False,
    strategies: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Their folder. [./strategies, ./examples/strategies]"),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="A folder of the run, named by its id, goes here.")
    ] = _RUNS,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The HTML report. [in the run's folder]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object at the end.")] = False,
) -> None:
    """Run a strategy over recorded data, with costs, and say how good the data was.

    The run is stored with all that is needed to make it again: run.json, Parquet files of equity,
    fills, trades, funding and exclusions, and a report to look at.
    """
    costs = backtest_words.costs(
        capital=capital,
        fee=fee,
        slippage=slippage,
        latency_ms=latency_ms,
        volume_cap=volume_cap,
        sample_s=sample,
    )
    for name, when in (("--start", start), ("--end", end)):
        check_time(name, when)
    loader = StrategyLoader(backtest_words.strategy_folder(strategies))
    engine = BacktestEngine(partial(access.open, data), loader, run_figures)
    # What a strategy prints is no part of what this command says.
    with redirect_stdout(sys.stderr), counting("rows", quiet=as_json) as advance:
        result = engine.run(
            strategy,
            start,
            end,
            words(symbols),
            words(types),
            exchange=exchange,
            market=market,
            parameters=backtest_words.parameters(param or ()),
            policy=backtest_words.policy(policy),
            costs=costs,
            event_ids=event_ids,
            timeout_s=timeout,
            progress=_counter(advance),
        )
    folder = out / result.run_id
    result.write(folder)
    page = write_report(result, folder / _REPORT if report is None else report)
    if as_json:
        sys.stdout.write(_json(result, folder, page))
    else:
        print_run(result, folder, page)


def _counter(advance: Callable[[int], None]) -> Callable[[Progress], None]:
    """Return what adds up the rows of every symbol."""
    seen: dict[str, int] = {}

    def count(progress: Progress) -> None:
        advance(progress.rows - seen.get(progress.symbol, 0))
        seen[progress.symbol] = progress.rows

    return count


def _json(result: RunResult, folder: Path, page: Path) -> str:
    """Return the run without its tables, which are in the folder."""
    said = {**result.settings, "folder": str(folder), "report": str(page)}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode() + "\n"
