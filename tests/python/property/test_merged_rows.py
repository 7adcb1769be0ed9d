"""Rows of several tables in one order, against a stable sort of Python's."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapeline.access.native import merge_rows
from tapeline.errors import ArgumentError
from tapeline.storage.schema import EVENT_TYPES, ORDER_COLUMNS, stored_schema_of
from tests.python.property.stored_rows import coded, rows_of

_NAMES = ORDER_COLUMNS[:3]
_FEW = st.sampled_from(["", "binance", "okx", "ü"])


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    names = [(row[name] or "").encode() for name in _NAMES]
    return (row["time"], *names, row["log_offset"], row["log_index"])


def _near(row: dict[str, object], key: tuple[int, str, str, str, int, int]) -> dict[str, object]:
    """Give a row a place where others are, too."""
    return row | dict(zip(("time", *ORDER_COLUMNS), key, strict=True))


@pytest.mark.parametrize("event_type", EVENT_TYPES)
@settings(max_examples=15)
@given(data=st.data())
def test_rows_of_tables_are_merged_whatever_they_hold(event_type: str, data: st.DataObject) -> None:
    schema = stored_schema_of(event_type).insert(0, pa.field("time", pa.int64(), nullable=False))
    keys = st.tuples(st.integers(0, 5), _FEW, _FEW, _FEW, st.integers(0, 3), st.integers(0, 2))
    row = st.builds(_near, rows_of(schema), keys)
    tables, expected = [], []
    for _ in range(data.draw(st.integers(1, 4), label="tables")):
        rows = data.draw(st.lists(row, max_size=6), label="rows")
        if data.draw(st.booleans(), label="sorted"):
            rows.sort(key=_key)
        table = pa.Table.from_pylist(rows, schema)
        expected += table.to_pylist()
        if data.draw(st.booleans(), label="dictionaries"):
            table = coded(table)
        cut = data.draw(st.integers(0, len(rows)), label="cut")
        # In pieces, which begin in the middle of their buffers.
        tables.append(pa.concat_tables([table.slice(0, cut), table.slice(cut)]))
    order = ["time", *ORDER_COLUMNS]
    found = merge_rows(
        [pa.table([*each.select(order), *each], [*order, *schema.names]) for each in tables]
    )
    in_order = sorted(expected, key=_key)
    if found is None:
        assert expected == in_order
    else:
        columns = {name: place for place, name in enumerate(found.schema.names) if place}
        assert list(columns) == schema.names
        merged = found.select(list(columns.values())).cast(schema)
        assert merged.to_pylist() == in_order
        merged.validate(full=True)


def _keyed(**more: pa.Array) -> pa.Table:
    names = dict.fromkeys(_NAMES, pa.array(["a", "a"]))
    numbers = {"log_offset": pa.array([2, 1]), "log_index": pa.array([0, 0], pa.int32())}
    return pa.table({"time": pa.array([1, 1]), **names, **numbers, **more})


def test_what_no_store_has_is_refused_and_nothing_is_guessed() -> None:
    with pytest.raises(ArgumentError, match="a column of Float64 cannot be merged"):
        merge_rows([_keyed(price=pa.array([1.5, 2.5]))])
    with pytest.raises(ArgumentError, match="Int64 in one source and Utf8 in another"):
        merge_rows([_keyed(first_id=pa.array([1, 2])), _keyed(first_id=pa.array(["1", "2"]))])
    with pytest.raises(ArgumentError, match="the first columns must be"):
        merge_rows([pa.table({"time": [2, 1]})])
    with pytest.raises(ArgumentError, match="the first columns must be"):
        merge_rows([_keyed().drop_columns("log_index").append_column("x", pa.array(["a", "b"]))])


@pytest.mark.slow
def test_texts_that_fill_an_array_are_given_in_several() -> None:
    """A text of 60 kB, 36,000 times: 2.2 GB do not fit one array."""
    text = "x" * 60_000
    rows = 18_000
    coded_text = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([text]))
    times = pa.array(range(rows))
    same = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["a"]))
    keys = {
        "time": times,
        **dict.fromkeys(_NAMES, same),
        "log_offset": times,
        "log_index": pa.array([0] * rows, pa.int32()),
    }
    merged = merge_rows([pa.table(keys | {"raw": coded_text})] * 2)
    assert merged is not None
    assert merged.num_rows == 2 * rows
    assert merged["raw"].num_chunks == 2
