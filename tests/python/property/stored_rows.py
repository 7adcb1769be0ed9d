"""Rows of a store, as strange as its columns allow."""

from decimal import Decimal

import pyarrow as pa
from hypothesis import strategies as st

_LIMIT = 10**38 - 1
_NUMBERS = {
    kind: st.sampled_from([low, high, 0, 1]) | st.integers(-1000, 1000).map(abs)
    for kind, low, high in (
        (pa.int32(), -(2**31), 2**31 - 1),
        (pa.int64(), -(2**63), 2**63 - 1),
        (pa.uint64(), 0, 2**64 - 1),
    )
}
_TEXT = st.sampled_from(["", "a", "published_ns", "published_nt", "ü€😀"]) | st.text(max_size=20)
_DECIMAL = (st.sampled_from([-_LIMIT, _LIMIT, 0, 10**18]) | st.integers(-(10**20), 10**20)).map(
    lambda units: Decimal(f"{units}E-18")
)


def values_of(field: pa.Field) -> st.SearchStrategy[object]:
    """Make values of a column."""
    found = _present(field.type)
    return st.none() | found if field.nullable else found


def _present(kind: pa.DataType) -> st.SearchStrategy[object]:
    if kind in _NUMBERS:
        return _NUMBERS[kind]
    if pa.types.is_decimal(kind):
        return _DECIMAL
    if pa.types.is_string(kind):
        return _TEXT
    if pa.types.is_fixed_size_binary(kind):
        return st.binary(min_size=kind.byte_width, max_size=kind.byte_width)
    if pa.types.is_binary(kind):
        return st.binary(max_size=40)
    if pa.types.is_map(kind):
        return st.lists(st.tuples(_TEXT, st.none() | _TEXT), max_size=3)
    if pa.types.is_struct(kind):
        return st.fixed_dictionaries({each.name: values_of(each) for each in kind})
    if pa.types.is_list(kind):
        return st.lists(values_of(kind.value_field), max_size=4)
    raise AssertionError(f"no values for {kind}")


def rows_of(schema: pa.Schema) -> st.SearchStrategy[dict[str, object]]:
    """Make rows."""
    return st.fixed_dictionaries({field.name: values_of(field) for field in schema})


def coded(table: pa.Table) -> pa.Table:
    """Give texts as the decoder does: as dictionaries."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            column = table[field.name].combine_chunks().dictionary_encode()
            table = table.set_column(place, field.with_type(column.type), column)
    return table
