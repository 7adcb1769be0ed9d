"""Indicators and figures, made by the compute layer."""

from collections.abc import Iterator
from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from tapeline.api.context import answer, context_of
from tapeline.api.listing import Listing
from tapeline.api.parameters import OneSymbol, TimeQuery
from tapeline.api.problems import PARAMETER, TOO_MUCH, ProblemError
from tapeline.api.queries import Work
from tapeline.api.reading import Asked, as_of, coverage_of, one_instrument, summary_of
from tapeline.api.schemas.market import AnalysisPage
from tapeline.api.settings import MAX_BARS
from tapeline.api.times import iso
from tapeline.compute.analysis import bar_figures, indicator_values, parse_indicators
from tapeline.compute.bar_pages import TRADE_COLUMNS, TooManyRowsError, bars_page, interval_of
from tapeline.errors import ArgumentError

router = APIRouter(prefix="/api", tags=["analysis"])


class AnalysisQuery(TimeQuery):
    """Indicators over the bars of one instrument."""

    symbol: OneSymbol
    interval: Annotated[str, Field(max_length=8, examples=["1m"], description="As of bars.")] = "1m"
    indicators: Annotated[
        str,
        Field(
            max_length=256,
            examples=["sma:20,rsi:14"],
            description="`sma`, `ema`, `wma`, `std`, `min`, `max`, `rsi`, `volatility`, `atr`, "
            "`vwap`, each with a window of bars; several with commas.",
        ),
    ] = "sma:20"
    limit: Annotated[
        int, Field(ge=1, le=MAX_BARS, description="Bars at most; more are refused with 422.")
    ] = MAX_BARS


@router.get("/analysis", response_model=AnalysisPage)
async def analysis(request: Request, query: Annotated[AnalysisQuery, Query()]) -> Response:
    """Compute indicators over bars of trades, and figures of the whole stretch.

    The whole stretch is one answer: an indicator that began anew on each page would be wrong.
    """
    most = context_of(request).settings.max_scan_rows
    return await answer(request, lambda work: _analysis(work, query, most))


def _analysis(work: Work, query: AnalysisQuery, most_rows: int) -> Listing:
    try:
        interval_ns = interval_of(query.interval)
        wanted = parse_indicators(query.indicators)
    except (ValueError, ArgumentError) as error:
        raise ProblemError(PARAMETER, str(error)) from error
    row, names = one_instrument(work.source, query, "trade")
    about = Asked(names, query.start_ns, query.end_ns)
    newest = as_of([row])
    coverage = summary_of(coverage_of(work.source, ("trade",), about))
    trades = iter(()) if about.is_empty else _trades(work, about)
    try:
        page = bars_page(trades, interval_ns, query.limit, most_rows=most_rows, check=work.check)
    except TooManyRowsError as error:
        raise ProblemError(TOO_MUCH, str(error)) from error
    if page.next_ns is not None:
        raise ProblemError(
            TOO_MUCH, f"this takes more than {query.limit:,} bars: ask for longer ones"
        )
    values = indicator_values(page.bars, wanted)
    table = page.bars.select(["start_ns", "close", "volume"])
    for name, column in values.items():
        table = table.append_column(name, pa.array(column, pa.float64()))
    return Listing(
        table,
        coverage,
        newest,
        None,
        lambda table: _points(table, list(values)),
        {"metrics": bar_figures(page.bars, interval_ns)},
    )


def _trades(work: Work, about: Asked) -> Iterator[pa.RecordBatch]:
    frames = work.source.load(**about.names, start=about.start_ns, end=about.end_ns, types="trade")
    return frames.trade.batches(TRADE_COLUMNS)


def _points(table: pa.Table, names: list[str]) -> Iterator[dict[str, Any]]:
    for row in table.to_pylist():
        values = {name: row.pop(name) for name in names}
        yield {**row, "time": iso(row["start_ns"]), "values": values}
