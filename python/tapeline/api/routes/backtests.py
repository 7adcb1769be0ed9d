"""Backtest runs, as they were stored; nothing is run here."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final

import orjson
import pyarrow as pa
from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from tapeline.api.context import answer, context_of
from tapeline.api.listing import Listing
from tapeline.api.negotiation import JSON, choose
from tapeline.api.pages import decode, encode, scope_of
from tapeline.api.parameters import Cursor, Limit, Parameters
from tapeline.api.problems import CURSOR, ProblemError
from tapeline.api.reading import NO_COVERAGE
from tapeline.api.runs import Runs
from tapeline.api.schemas.runs import EquityPage, FillPage, RoundTripPage, RunAnswer, RunPage
from tapeline.api.settings import DEFAULT_LIMIT, MAX_POINTS
from tapeline.api.times import iso
from tapeline.compute.report.equity import equity_points

router = APIRouter(prefix="/api/backtests", tags=["backtests"])
RunId = Annotated[
    str,
    Path(description="As `/api/backtests` lists it.", examples=["sma_cross-1f2e3d4c5b6a7988"]),
]

_RUNS: Final = pa.schema(
    [
        ("run_id", pa.string()),
        ("strategy_id", pa.string()),
        ("symbols", pa.list_(pa.string())),
        ("types", pa.list_(pa.string())),
        ("start_ns", pa.int64()),
        ("end_ns", pa.int64()),
        ("rows", pa.int64()),
        ("version", pa.string()),
        ("parameters", pa.string()),
        ("metrics", pa.string()),
        ("written_ns", pa.int64()),
    ]
)
"""Columns of the list, also of one without runs."""


class PageQuery(Parameters):
    """A page of a list."""

    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = None


class EquityQuery(Parameters):
    """Points of a curve."""

    points: Annotated[
        int,
        Field(ge=1, le=MAX_POINTS, description="Of each symbol, about; extremes are kept."),
    ] = 2000


@router.get("", response_model=RunPage)
async def runs(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List runs, the latest first."""
    store = _runs(request)
    return await answer(request, lambda _: _listed(store.listed(), query))


@router.get("/{run_id}", response_model=RunAnswer)
async def run(request: Request, run_id: RunId) -> Response:
    """Answer with a run: its settings, its metrics and how good its data was; JSON alone."""
    choose(request.headers.get("accept"), (JSON,))
    store = _runs(request)
    said = await context_of(request).queries.run(lambda _: _run(store, run_id))
    return Response(said, media_type=JSON)


@router.get("/{run_id}/equity", response_model=EquityPage)
async def equity(
    request: Request, run_id: RunId, query: Annotated[EquityQuery, Query()]
) -> Response:
    """Give equity and drawdown over time."""
    store = _runs(request)
    return await answer(request, lambda _: _equity(store, run_id, query.points))


@router.get("/{run_id}/trades", response_model=RoundTripPage)
async def round_trips(
    request: Request, run_id: RunId, query: Annotated[PageQuery, Query()]
) -> Response:
    """List round trips, from no position to no position."""
    store = _runs(request)
    return await answer(
        request, lambda _: _table(store, run_id, "trades", query, _timed("exit_time_ns"))
    )


@router.get("/{run_id}/fills", response_model=FillPage)
async def fills(request: Request, run_id: RunId, query: Annotated[PageQuery, Query()]) -> Response:
    """List what was bought and sold."""
    store = _runs(request)
    return await answer(request, lambda _: _table(store, run_id, "fills", query, _timed("time_ns")))


def _runs(request: Request) -> Runs:
    return Runs(context_of(request).settings.runs)


def _listed(runs: list[dict[str, Any]], query: PageQuery) -> Listing:
    scope = scope_of("backtests", {})
    begin = 0
    if query.cursor is not None:
        written_ns, run_id = decode(query.cursor, scope, (int, str))
        after = (-written_ns, run_id)
        keys = [(-each["written_ns"], each["run_id"]) for each in runs]
        begin = next((place for place, key in enumerate(keys) if key > after), len(runs))
    end = begin + query.limit
    some = runs[begin:end]
    last = some[-1] if end < len(runs) else None
    return Listing(
        _flat(some),
        NO_COVERAGE,
        None,
        None if last is None else encode(scope, [last["written_ns"], last["run_id"]]),
        lambda _: some,
    )


def _flat(runs: list[dict[str, Any]]) -> pa.Table:
    """Return runs as a table; what is nested is JSON text."""
    nested = ("parameters", "metrics")
    return pa.Table.from_pylist(
        [{**run, **{name: orjson.dumps(run[name]).decode() for name in nested}} for run in runs],
        _RUNS,
    )


def _run(store: Runs, run_id: str) -> bytes:
    said = store.run(run_id)
    return orjson.dumps({"data": said, "coverage": _coverage(said), "as_of_ns": said["end_ns"]})


def _coverage(run: dict[str, Any]) -> dict[str, Any]:
    """Return what every answer says of its completeness, of the data a run has read."""
    said = run.pop("coverage")
    return {
        **{name: said.get(name) for name in ("summary", "is_complete", "start_ns", "end_ns")},
        "streams": len(said.get("streams", ())),
        "holes": len(said.get("holes", ())),
        "quarantined": said.get("quarantined", 0),
    }


def _equity(store: Runs, run_id: str, points: int) -> Listing:
    coverage = _coverage(store.run(run_id))
    table = equity_points(store.table(run_id, "equity"), points)
    return Listing(table, coverage, None, None, _timed("time_ns"))


def _table(
    store: Runs,
    run_id: str,
    name: str,
    query: PageQuery,
    rows: Callable[[pa.Table], Iterator[dict[str, Any]]],
) -> Listing:
    coverage = _coverage(store.run(run_id))
    table = store.table(run_id, name)
    scope = scope_of(f"{name} of {run_id}", {})
    begin = 0
    if query.cursor is not None:
        (begin,) = decode(query.cursor, scope, (int,))
        if not 0 <= begin <= table.num_rows:
            raise ProblemError(CURSOR, "give the next_cursor of an answer, unchanged")
    end = begin + query.limit
    following = encode(scope, [end]) if end < table.num_rows else None
    return Listing(table.slice(begin, query.limit), coverage, None, following, rows)


def _timed(column: str) -> Callable[[pa.Table], Iterator[dict[str, Any]]]:
    def rows(table: pa.Table) -> Iterator[dict[str, Any]]:
        for row in table.to_pylist():
            yield {**row, "time": iso(row[column])}

    return rows
