"""Instruments, books and bars."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import orjson
import pyarrow as pa
from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from tapeline.access.plain_rows import rows_of
from tapeline.access.ports import INSTRUMENT_SCHEMA
from tapeline.access.source import DEFAULT_TYPES
from tapeline.api.context import answer, context_of
from tapeline.api.listing import Listing
from tapeline.api.negotiation import JSON, choose
from tapeline.api.pages import decode, encode, scope_of
from tapeline.api.parameters import Cursor, InstrumentQuery, ListQuery, OneSymbol, Time, TimeQuery
from tapeline.api.problems import CURSOR, PARAMETER, TOO_MUCH, ProblemError
from tapeline.api.queries import Work
from tapeline.api.reading import (
    Asked,
    as_of,
    coverage_of,
    instruments,
    one_instrument,
    summary_of,
)
from tapeline.api.schemas.market import BarPage, BookAnswer, InstrumentPage
from tapeline.api.settings import MAX_BARS, MAX_LEVELS
from tapeline.api.times import iso
from tapeline.compute.bar_pages import TRADE_COLUMNS, TooManyRowsError, bars_page, interval_of

router = APIRouter(prefix="/api", tags=["market data"])


@router.get("/instruments", response_model=InstrumentPage)
async def instrument_list(request: Request, query: Annotated[ListQuery, Query()]) -> Response:
    """List instruments of which there are rows, ordered by exchange, market and raw symbol."""
    return await answer(request, lambda work: _instruments(work, query))


def _instruments(work: Work, query: ListQuery) -> Listing:
    names = query.checked_names()
    scope = scope_of("instruments", names)
    found = instruments(work.source, names)
    keys = [(row["exchange"], row["market"], row["raw_symbol"], row["symbol"]) for row in found]
    begin = 0
    if query.cursor is not None:
        after = tuple(decode(query.cursor, scope, (str, str, str, str)))
        begin = next((place for place, key in enumerate(keys) if key > after), len(keys))
    end = begin + query.limit
    coverage = coverage_of(work.source, DEFAULT_TYPES, Asked(names, None, None))
    return Listing(
        pa.Table.from_pylist(found[begin:end], INSTRUMENT_SCHEMA),
        summary_of(coverage),
        as_of(found),
        encode(scope, keys[end - 1]) if end < len(found) else None,
        more={"coverage_by_type": {name: summary_of(coverage.of(name)) for name in DEFAULT_TYPES}},
    )


class BookQuery(InstrumentQuery):
    """A book at a moment."""

    symbol: OneSymbol
    time: Annotated[
        Time | None,
        Field(description="The moment, its messages included; none is that of the latest one."),
    ] = None
    depth: Annotated[
        Literal["1", "2"], Field(description="1: best bid and ask alone; 2: by price level.")
    ] = "2"
    levels: Annotated[int, Field(ge=1, le=MAX_LEVELS, description="Of each side, at most.")] = 50


@router.get("/orderbook", response_model=BookAnswer)
async def orderbook(request: Request, query: Annotated[BookQuery, Query()]) -> Response:
    """Answer with the order book, the latest or at a time, made of stored messages; JSON alone."""
    choose(request.headers.get("accept"), (JSON,))
    queries = context_of(request).queries
    said = await queries.run(lambda work: _book(work, query), request.is_disconnected)
    return Response(said, media_type=JSON)


def _book(work: Work, query: BookQuery) -> bytes:
    row, names = one_instrument(work.source, query, "orderbook")
    book = work.source.book_at(
        row["raw_symbol"],
        query.time,
        exchange=row["exchange"],
        market=row["market"],
        depth=int(query.depth),
    )
    about = Asked(names, None, book.time_ns + 1)
    said: dict[str, Any] = book.to_dict()
    trusted = book.trusted_depth
    said |= {"time": iso(book.time_ns), "trusted_bids": trusted[0], "trusted_asks": trusted[1]}
    for side in ("bids", "asks"):
        said[side] = said[side][: query.levels]
    return orjson.dumps(
        {
            "data": said,
            "coverage": summary_of(coverage_of(work.source, ("orderbook",), about)),
            "as_of_ns": as_of([row]),
        }
    )


class BarQuery(TimeQuery):
    """Bars of one instrument."""

    symbol: OneSymbol
    interval: Annotated[
        str,
        Field(
            max_length=8,
            examples=["1m"],
            description="`1s`, `15s`, `1m`, `5m`, `1h`, `1d`: a number and a unit.",
        ),
    ] = "1m"
    limit: Annotated[int, Field(ge=1, le=MAX_BARS, description="Bars on a page, at most.")] = 1000
    cursor: Cursor = None

    def interval_ns(self) -> int:
        """Return the interval in nanoseconds.

        Raises
        ------
        ProblemError
            It is none.
        """
        try:
            return interval_of(self.interval)
        except ValueError as error:
            raise ProblemError(
                PARAMETER, f"interval: {error}", errors=[("interval", str(error))]
            ) from error


@router.get("/bars", response_model=BarPage)
async def bars(request: Request, query: Annotated[BarQuery, Query()]) -> Response:
    """Make bars of trades; an interval without trades has none.

    The start is moved back to where its bar begins.
    """
    most = context_of(request).settings.max_scan_rows
    return await answer(request, lambda work: _bars(work, query, most))


def _bars(work: Work, query: BarQuery, most_rows: int) -> Listing:
    interval_ns = query.interval_ns()
    row, names = one_instrument(work.source, query, "trade")
    about = Asked(names, query.start_ns, query.end_ns)
    scope = scope_of(f"bars {interval_ns}", {**names, "start": about.start_ns, "end": about.end_ns})
    start_ns = None if about.start_ns is None else about.start_ns // interval_ns * interval_ns
    if query.cursor is not None:
        (start_ns,) = decode(query.cursor, scope, (int,))
        if not 0 <= start_ns < 2**63:
            raise ProblemError(CURSOR, "give the next_cursor of an answer, unchanged")
    newest = as_of([row])
    coverage = summary_of(coverage_of(work.source, ("trade",), about))
    is_empty = about.is_empty or (about.end_ns is not None and (start_ns or 0) >= about.end_ns)
    trades = iter(()) if is_empty else _trades(work, names, start_ns, about.end_ns)
    try:
        page = bars_page(
            trades,
            interval_ns,
            query.limit,
            is_followed=lambda end_ns: _has_trade(work, names, end_ns),
            most_rows=most_rows,
            check=work.check,
        )
    except TooManyRowsError as error:
        raise ProblemError(TOO_MUCH, str(error)) from error
    table = _named(page.bars, row)
    following = None if page.next_ns is None else encode(scope, [page.next_ns])
    return Listing(table, coverage, newest, following, _bar_rows)


def _has_trade(work: Work, names: dict[str, Any], start_ns: int) -> bool:
    """Whether the instrument has a trade at a time or later: its newest row may be no trade."""
    return any(batch.num_rows for batch in _trades(work, names, start_ns, None))


def _trades(
    work: Work, names: dict[str, Any], start_ns: int | None, end_ns: int | None
) -> Iterator[pa.RecordBatch]:
    frames = work.source.load(**names, start=start_ns, end=end_ns, types="trade")
    return frames.trade.batches(TRADE_COLUMNS)


def _named(bars: pa.Table, row: dict[str, Any]) -> pa.Table:
    for place, name in enumerate(("exchange", "market", "symbol", "raw_symbol")):
        column = pa.repeat(pa.scalar(row[name], pa.string()), bars.num_rows)
        bars = bars.add_column(place, name, column)
    return bars


def _bar_rows(table: pa.Table) -> Any:  # noqa: ANN401
    return ({**row, "time": iso(row["start_ns"])} for row in rows_of(table))
