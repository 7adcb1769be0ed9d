"""Rows of events: trades, funding states, liquidations, and what became no event."""

import base64
from collections import deque
from collections.abc import Iterator
from typing import Annotated, Any, Final

import pyarrow as pa
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from tapeline.access.paging import PageOfRows
from tapeline.access.plain_rows import rows_of
from tapeline.api.context import answer, context_of
from tapeline.api.listing import Listing
from tapeline.api.pages import decode_place, encode_place, scope_of
from tapeline.api.parameters import RowQuery
from tapeline.api.queries import Work
from tapeline.api.reading import Asked, Scan, as_of, asked, coverage_of, instruments, summary_of
from tapeline.api.schemas.market import FundingPage, LiquidationPage, TradePage
from tapeline.api.schemas.store import QuarantinePage
from tapeline.api.times import iso

router = APIRouter(prefix="/api", tags=["market data"])
Rows = Annotated[RowQuery, Query()]

_SHOWN_BYTES: Final = 4096


@router.get("/trades", response_model=TradePage)
async def trades(request: Request, query: Rows) -> Response:
    """List trades, in order of time, exact."""
    return await _answer(request, "trade", query)


@router.get("/funding", response_model=FundingPage)
async def funding(request: Request, query: Rows) -> Response:
    """List funding states of perpetual contracts, in order of time."""
    return await _answer(request, "funding", query)


@router.get("/liquidations", response_model=LiquidationPage)
async def liquidations(request: Request, query: Rows) -> Response:
    """List forced orders, in order of time."""
    return await _answer(request, "liquidation", query)


@router.get("/quarantine", response_model=QuarantinePage, tags=["data quality"])
async def quarantine(request: Request, query: Rows) -> Response:
    """List messages that could not become events, with their bytes, in the order they came."""
    return await _answer(request, "quarantine", query)


async def _answer(request: Request, event_type: str, query: RowQuery) -> Response:
    most = context_of(request).settings.max_scan_rows
    return await answer(request, lambda work: rows_page(work, event_type, query, most))


def rows_page(work: Work, event_type: str, query: RowQuery, most_rows: int) -> Listing:
    """Read a page of rows of a type; for the newest ones at most so many in all."""
    about = asked(query)
    scope = scope_of(event_type, {**about.names, "start": about.start_ns, "end": about.end_ns})
    place = decode_place(query.cursor, scope)
    # Before the rows: what comes while they are read may or may not be among them.
    newest = as_of(instruments(work.source, about.names))
    if about.is_empty:
        page = None
    elif query.newest and about.end_ns != 0:
        page = PageOfRows(_newest(work, event_type, about, query.limit, most_rows), None)
    else:
        page = work.source.page(
            event_type,
            **about.names,
            start=about.start_ns,
            end=about.end_ns,
            limit=query.limit,
            after=place,
            check=work.check,
        )
    work.check()
    coverage = summary_of(coverage_of(work.source, (event_type,), about))
    return Listing(
        work.source.load(types=event_type)[event_type].schema.empty_table()
        if page is None
        else page.rows,
        coverage,
        newest,
        None if page is None else encode_place(scope, page.following),
        _quarantined if event_type == "quarantine" else _timed,
    )


def _newest(work: Work, event_type: str, about: Asked, limit: int, most_rows: int) -> pa.Table:
    """Return the last rows of a time; those without any time are on no page."""
    frame = work.source.load(
        **about.names, start=about.start_ns or 0, end=about.end_ns, types=event_type
    )[event_type]
    kept: deque[pa.RecordBatch] = deque()
    rows = 0
    for batch in Scan(work, most_rows).of(frame.batches()):
        kept.append(batch)
        rows += batch.num_rows
        while rows - kept[0].num_rows >= limit:
            rows -= kept.popleft().num_rows
    table = pa.Table.from_batches(kept, frame.schema)
    return table.slice(max(0, table.num_rows - limit))


def _timed(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield rows, each with its time as text."""
    for row in rows_of(table):
        time_ns = row["received_ns"] if row["timestamp_ns"] is None else row["timestamp_ns"]
        yield {**row, "time": iso(time_ns)}


def _quarantined(table: pa.Table) -> Iterator[dict[str, Any]]:
    for row in table.to_pylist():
        raw: bytes = row.pop("raw")
        yield {
            **row,
            "raw_text": raw[:_SHOWN_BYTES].decode("utf-8", "replace"),
            "raw_base64": base64.b64encode(raw).decode(),
            "time": iso(row["received_ns"]),
        }
