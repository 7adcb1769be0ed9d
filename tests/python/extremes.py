"""Rows of every type with the values that break stores: bounds, nulls, empty and odd ones."""

from decimal import Decimal
from typing import Any

import pyarrow as pa

from tapeline.storage.schema import EVENT_TYPES, LOG_OFFSET, stored_schema_of

_LARGEST = Decimal("99999999999999999999.999999999999999999")
_SMALLEST = Decimal("0.000000000000000001")
_TEXTS = ("", "a\0b", "ü€😀", 'it\'s \\ "quoted"\t\n', "x" * 5000)


def extreme_rows(event_type: str) -> pa.Table:
    """Return five rows: two of extremes, one of nulls where they may be, two of odd texts."""
    schema = stored_schema_of(event_type)
    return pa.Table.from_pylist(
        [
            {field.name: _value(field, place) for field in schema} | {LOG_OFFSET: place}
            for place in range(len(_TEXTS))
        ],
        schema,
    )


def all_extreme_rows() -> dict[str, pa.Table]:
    return {event_type: extreme_rows(event_type) for event_type in EVENT_TYPES}


def _value(field: pa.Field, place: int) -> Any:  # noqa: ANN401 - whatever the column holds
    if field.nullable and place == 2:
        return None
    kind = field.type
    if pa.types.is_decimal(kind):
        return (_LARGEST, _LARGEST.copy_negate(), _SMALLEST)[place % 3]
    if pa.types.is_string(kind):
        return _TEXTS[place]
    if pa.types.is_fixed_size_binary(kind):
        return bytes([place * 60] * kind.byte_width)
    if pa.types.is_binary(kind):
        return (b"", b"\xff\0\xfe", bytes(range(256)))[place % 3]
    if pa.types.is_integer(kind):
        return _integer(kind, place)
    if pa.types.is_struct(kind):
        return {each.name: _value(each, place) for each in kind}
    if pa.types.is_map(kind):
        return [] if place == 2 else [("b", _TEXTS[place]), ("a", "")]
    if pa.types.is_list(kind):
        return [_value(kind.value_field, (place + each) % 2) for each in range(place)]
    raise AssertionError(f"no extreme value for {kind}")


def _integer(kind: pa.DataType, place: int) -> int:
    is_signed = pa.types.is_signed_integer(kind)
    highest = 2 ** (kind.bit_width - is_signed) - 1
    lowest = -highest - 1 if is_signed else 0
    return (lowest, highest, 0, 1, 1_767_614_400_123_456_789 % highest)[place]
