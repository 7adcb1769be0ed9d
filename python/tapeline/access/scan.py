"""A lazy frame over an answer: what a plan does not need is not read."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import polars as pl
import pyarrow as pa
from polars.io.plugins import register_io_source

from tapeline.access.ports import Query
from tapeline.storage.schema import TIME_COLUMNS

_NAMES = {"symbol": "symbols", "raw_symbol": "symbols", "exchange": "exchange", "market": "market"}


def scan(
    event_type: str,
    query: Query,
    schema: pa.Schema,
    read: Callable[[Query, pa.Schema], Iterator[pa.RecordBatch]],
) -> pl.LazyFrame:
    """Return a lazy frame whose projections and conditions reach ``read``."""

    def frames(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = schema
        if columns is not None:
            used = set(columns)
            if predicate is not None:
                used.update(predicate.meta.root_names())
            wanted = pa.schema([field for field in schema if field.name in used])
        narrowed = query if predicate is None else narrow(event_type, query, predicate)
        left = rows
        for batch in read(narrowed, wanted):
            frame = _frame(pa.Table.from_batches([batch]))
            if predicate is not None:
                frame = frame.filter(predicate)
            if columns is not None:
                frame = frame.select(columns)
            if left is not None:
                frame = frame.head(left)
                left -= frame.height
            yield frame
            if left is not None and left <= 0:
                return

    return register_io_source(frames, schema=_frame(schema.empty_table()).schema)


def narrow(event_type: str, query: Query, predicate: pl.Expr) -> Query:
    """Return a query of what a condition can be true of, or more: the condition still applies.

    Understood are conditions joined by ``&`` that compare the type's time with a number, or one of
    the instrument's names with a text.
    """
    try:
        document = json.loads(predicate.meta.serialize(format="json"))
    except (pl.exceptions.PolarsError, ValueError, TypeError):
        return query
    for part in _parts(document):
        query = _narrowed(TIME_COLUMNS[event_type][0], query, part)
    return query


def _parts(node: Any) -> Iterator[Any]:  # noqa: ANN401 - a JSON document
    """Yield the conditions that must all hold."""
    binary = node.get("BinaryExpr") if isinstance(node, dict) else None
    if isinstance(binary, dict) and binary.get("op") in ("And", "LogicalAnd"):
        yield from _parts(binary["left"])
        yield from _parts(binary["right"])
    else:
        yield node


_MIRRORED = {"Lt": "Gt", "LtEq": "GtEq", "Gt": "Lt", "GtEq": "LtEq", "Eq": "Eq"}


def _narrowed(time_column: str, query: Query, node: Any) -> Query:  # noqa: ANN401
    for column, op, value in _comparisons(node):
        if column == time_column and isinstance(value, int):
            query = _in_time(query, op, value)
        elif column in _NAMES and op == "Eq" and isinstance(value, str):
            query = _named(query, _NAMES[column], value)
    return query


def _comparisons(node: Any) -> Iterator[tuple[str, str, Any]]:  # noqa: ANN401
    """Yield column, operator and value of a condition that is understood."""
    if not isinstance(node, dict):
        return
    binary = node.get("BinaryExpr")
    if isinstance(binary, dict) and binary.get("op") in _MIRRORED:
        left, right, op = binary["left"], binary["right"], binary["op"]
        if _column(left) is None:
            left, right, op = right, left, _MIRRORED[op]
        column, value = _column(left), _literal(right)
        if column is not None and value is not None:
            yield column, op, value
    between = node.get("Function")
    if isinstance(between, dict) and "IsBetween" in str(between.get("function")):
        column, *ends = between["input"]
        name, values = _column(column), [_literal(end) for end in ends]
        # Ends that are left out are taken in here: the condition itself leaves them out again.
        if name is not None:
            yield from ((name, op, v) for op, v in zip(("GtEq", "LtEq"), values, strict=True) if v)


def _column(node: Any) -> str | None:  # noqa: ANN401
    found = node.get("Column") if isinstance(node, dict) else None
    return found if isinstance(found, str) else None


def _literal(node: Any) -> int | str | None:  # noqa: ANN401
    """Return a whole number or a text; None for other values."""
    found = node.get("Literal") if isinstance(node, dict) else None
    while isinstance(found, dict) and len(found) == 1:
        ((kind, found),) = found.items()
        if kind not in ("Scalar", "Dyn", "Int", "Int64", "Int32", "String", "Str", "UInt64"):
            return None
    return found if isinstance(found, int | str) and not isinstance(found, bool) else None


def _in_time(query: Query, op: str, value: int) -> Query:
    start = {"Gt": value + 1, "GtEq": value, "Eq": value}.get(op)
    end = {"Lt": value, "LtEq": value + 1, "Eq": value + 1}.get(op)
    if start is not None:
        start = start if query.start_ns is None else max(start, query.start_ns)
        query = replace(query, start_ns=start)
    if end is not None:
        end = end if query.end_ns is None else min(end, query.end_ns)
        query = replace(query, end_ns=end)
    return query


def _named(query: Query, field: str, value: str) -> Query:
    if field == "symbols":
        return replace(query, symbols=(value,)) if query.symbols is None else query
    if field == "exchange":
        return replace(query, exchange=value) if query.exchange is None else query
    return replace(query, market=value) if query.market is None else query


def _frame(table: pa.Table) -> pl.DataFrame:
    return cast(pl.DataFrame, pl.from_arrow(table))
