"""Rows of events with values that JSON can hold: whole columns at a time, not value by value."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, TypeAlias

import orjson
import pyarrow as pa
import pyarrow.compute as pc

Column: TypeAlias = list[Any]


def rows_of(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield one dict an event, with values JSON can hold.

    Decimals are text without exponent and without padding zeros, event ids 32 hex digits, maps
    objects, raw bytes text (what is not UTF-8 is replaced). Price levels are pairs
    ``[price, quantity]``.
    """
    names = table.column_names
    columns = [_convert(table.column(name).combine_chunks()) for name in names]
    return (dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True))


def json_lines(rows: Iterable[dict[str, Any]]) -> bytes:
    """Return one JSON object a line."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def plain_decimals(column: pa.Array) -> Column:
    """Write decimals as people do: ``0.000001``, never ``1E-6``, and no zeros at the end."""
    text = pc.cast(column, pa.string())
    has_exponent = pc.fill_null(pc.match_substring(text, "E"), fill_value=False)
    has_point = pc.fill_null(pc.match_substring(text, "."), fill_value=False)
    trimmed = pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), ".")
    found: Column = pc.if_else(has_point, trimmed, text).to_pylist()
    if pc.any(has_exponent).as_py():
        values = column.to_pylist()
        for index in pc.indices_nonzero(has_exponent).to_pylist():
            found[index] = _plain(values[index])
    return found


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _convert(column: pa.Array) -> Column:
    for is_type, convert in _CONVERTERS:
        if is_type(column.type):
            return convert(column)
    values: Column = column.to_pylist()
    return values


def _ids(column: pa.Array) -> Column:
    return [None if value is None else value.hex() for value in column.to_pylist()]


def _maps(column: pa.Array) -> Column:
    # Most events have no metadata: an empty column is not walked.
    if not len(column.keys):
        return [{}] * len(column)
    return [None if value is None else dict(value) for value in column.to_pylist()]


def _lists(column: pa.Array) -> Column:
    if not len(column.flatten()):
        return [[]] * len(column)
    values: Column = column.to_pylist()
    return values


def _levels(column: pa.ListArray) -> Column:
    """Show the sides of books: a list of pairs a row."""
    levels = column.flatten()
    prices, quantities = (plain_decimals(levels.field(name)) for name in ("price", "quantity"))
    pairs = list(map(list, zip(prices, quantities, strict=True)))
    ends = pc.cumulative_sum(pc.list_value_length(column)).to_pylist()
    return [pairs[start:end] for start, end in pairwise([0, *ends])]


def _is_levels(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) and pa.types.is_struct(kind.value_type))


def _text(column: pa.Array) -> Column:
    return [
        None if value is None else value.decode("utf-8", "replace") for value in column.to_pylist()
    ]


_CONVERTERS: Final[list[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], Column]]]] = [
    (pa.types.is_decimal, plain_decimals),
    (pa.types.is_fixed_size_binary, _ids),
    (pa.types.is_map, _maps),
    (_is_levels, _levels),
    (pa.types.is_list, _lists),
    (pa.types.is_binary, _text),
]
