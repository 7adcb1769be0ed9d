"""How good the data is: coverage, and counts of what cleaning said."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Final

import orjson
import pyarrow as pa
from fastapi import APIRouter, Query, Request
from pydantic import Field, model_validator
from starlette.responses import Response

from tapeline.access.coverage import STREAM_SCHEMA
from tapeline.api.context import answer, context_of
from tapeline.api.kept import Kept, Survey
from tapeline.api.listing import Listing
from tapeline.api.pages import decode, encode, scope_of
from tapeline.api.parameters import Cursor, EventType, Limit, TimeQuery
from tapeline.api.queries import Work
from tapeline.api.reading import Asked, Scan, as_of, asked, coverage_of, instruments, summary_of
from tapeline.api.schemas.store import CoveragePage, QualityPage
from tapeline.api.settings import DEFAULT_LIMIT, MAX_HOLES
from tapeline.compute.quality import COLUMNS, QualityCounts, count_reasons
from tapeline.telemetry.clock import Clock

router = APIRouter(prefix="/api", tags=["data quality"])

_TYPES: Final = ("trade", "orderbook", "funding", "liquidation")
_NAMES: Final = ("exchange", "market", "symbol", "raw_symbol")
_STREAMS: Final = pa.schema(
    [
        *STREAM_SCHEMA,
        pa.field("type", pa.string()),
        pa.field("holes", pa.string()),
        pa.field("holes_total", pa.int64()),
    ]
)
_HOLE: Final = ("kind", "proof", "start_ns", "end_ns", "first_id", "last_id", "reason")


class CoverageQuery(TimeQuery):
    """Streams in a time."""

    type: Annotated[EventType | None, Field(description="Only this type; none is all four.")] = None
    holes: Annotated[
        int, Field(ge=0, le=MAX_HOLES, description="Holes told of a stream, at most.")
    ] = 100
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = None


class QualityQuery(TimeQuery):
    """Rows in a time."""

    type: Annotated[EventType | None, Field(description="Only this type; none is all four.")] = None
    last_s: Annotated[
        int | None,
        Field(
            ge=1,
            le=366 * 86_400,
            description="Only the last so many seconds before `as_of_ns`, instead of a `start`.",
            examples=[3_600],
        ),
    ] = None

    @model_validator(mode="after")
    def _one_beginning(self) -> "QualityQuery":
        if self.last_s is not None and self.start is not None:
            raise ValueError("start and last_s are two beginnings: say one")
        return self


@router.get("/coverage", response_model=CoveragePage)
async def coverage(request: Request, query: Annotated[CoverageQuery, Query()]) -> Response:
    """List streams with what is missing in them, by what the collector wrote down."""
    surveys = context_of(request).surveys
    return await answer(request, lambda work: _coverage(work, query, surveys))


@router.get("/quality", response_model=QualityPage)
async def quality(request: Request, query: Annotated[QualityQuery, Query()]) -> Response:
    """Count rows by grade and issue, quarantined messages by reason, and how late rows came."""
    context = context_of(request)
    most, clock = context.settings.max_scan_rows, context.clock
    return await answer(request, lambda work: _quality(work, query, most, clock))


def _coverage(work: Work, query: CoverageQuery, surveys: Kept[Survey]) -> Listing:
    about = asked(query)
    scope = scope_of(
        "coverage",
        {**about.names, "start": about.start_ns, "end": about.end_ns, "type": query.type},
    )
    key = f"{scope} {query.holes}"
    # Pages that follow the first are of the same survey: it takes all statements there are.
    survey = None if query.cursor is None else surveys.find(key)
    if survey is None:
        survey = _survey(work, query, about)
        surveys.keep(key, survey, sum(1 + len(row["holes"]) for row in survey.rows))
    rows, begin = survey.rows, 0
    if query.cursor is not None:
        after = tuple(decode(query.cursor, scope, (str,) * 5))
        begin = next((place for place, row in enumerate(rows) if _key(row) > after), len(rows))
    end = begin + query.limit
    return Listing(
        _table(rows[begin:end]),
        survey.summary,
        survey.as_of_ns,
        encode(scope, _key(rows[end - 1])) if end < len(rows) else None,
        lambda _: rows[begin:end],
    )


def _survey(work: Work, query: CoverageQuery, about: Asked) -> Survey:
    types = _TYPES if query.type is None else (query.type,)
    newest_ns = as_of(instruments(work.source, about.names))
    rows: list[dict[str, Any]] = []
    for event_type in types:
        work.check()
        of_type = coverage_of(work.source, (event_type,), about)
        holes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for hole in of_type.holes.to_arrow().to_pylist():
            key = tuple(hole[name] for name in (*_NAMES, "channel"))
            holes.setdefault(key, []).append({name: hole[name] for name in _HOLE})
        for stream in of_type.streams.to_arrow().to_pylist():
            key = tuple(stream[name] for name in (*_NAMES, "channel"))
            rows.append(_stream(stream, event_type, holes.get(key, []), query.holes))
    rows.sort(key=_key)
    return Survey(rows, summary_of(coverage_of(work.source, types, about)), newest_ns)


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("exchange", "market", "raw_symbol", "type", "channel"))


def _stream(
    stream: dict[str, Any], event_type: str, holes: list[dict[str, Any]], most: int
) -> dict[str, Any]:
    holes = sorted(holes, key=lambda hole: (hole["start_ns"] is not None, hole["start_ns"] or 0))
    return {**stream, "type": event_type, "holes": holes[:most], "holes_total": len(holes)}


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    """Return streams as a table; their holes are JSON text."""
    flat = [{**row, "holes": orjson.dumps(row["holes"]).decode()} for row in rows]
    return pa.Table.from_pylist(flat, _STREAMS)


def _quality(work: Work, query: QualityQuery, most_rows: int, clock: Clock) -> Listing:
    about = asked(query)
    types = _TYPES if query.type is None else (query.type,)
    found = instruments(work.source, about.names)
    newest_ns = as_of(found)
    if query.last_s is not None and newest_ns is not None:
        # The newest row itself belongs to it.
        since_ns = newest_ns + 1 - query.last_s * 1_000_000_000
        if about.end_ns is not None:
            since_ns = min(since_ns, about.end_ns)
        about = replace(about, start_ns=max(0, since_ns))
    rows = [] if about.is_empty else list(_counted(work, about, types, most_rows))
    now_ns = clock.wall_ns()
    for row in rows:
        row["age_ns"] = None if row["last_ns"] is None else max(0, now_ns - row["last_ns"])
    rows.sort(key=lambda row: (row["exchange"], row["market"], row["raw_symbol"], row["type"]))
    return Listing(
        _flat(rows),
        summary_of(coverage_of(work.source, types, about)),
        newest_ns,
        None,
        lambda _: rows,
    )


def _counted(
    work: Work, about: Asked, types: tuple[str, ...], most_rows: int
) -> Iterator[dict[str, Any]]:
    frames = work.source.load(
        **about.names, start=about.start_ns, end=about.end_ns, types=(*types, "quarantine")
    )
    scan = Scan(work, most_rows)
    reasons = count_reasons(
        scan.of(frames.quarantine.batches(("exchange", "market", "raw_symbol", "reason")))
    )
    for event_type in types:
        counts = QualityCounts()
        for batch in scan.of(frames[event_type].batches(COLUMNS)):
            counts.take(batch)
        for row in counts.rows_by_instrument():
            key = (row["exchange"], row["market"], row["raw_symbol"])
            refused = dict(sorted(reasons.get(key, {}).items()))
            yield {**row, "type": event_type, "quarantined": refused}


def _flat(rows: list[dict[str, Any]]) -> pa.Table:
    """Return counts as a table: counts by name are maps."""
    kinds = {
        **dict.fromkeys((*_NAMES, "type"), pa.string()),
        "rows": pa.int64(),
        **dict.fromkeys(("grades", "issues", "quarantined"), pa.map_(pa.string(), pa.int64())),
        "lag": pa.struct([(name, pa.int64()) for name in ("p50_ns", "p99_ns", "max_ns")]),
        "first_ns": pa.int64(),
        "last_ns": pa.int64(),
        "age_ns": pa.int64(),
    }
    maps = ("grades", "issues", "quarantined")
    return pa.Table.from_pylist(
        [{**row, **{name: list(row[name].items()) for name in maps}} for row in rows],
        pa.schema(list(kinds.items())),
    )
