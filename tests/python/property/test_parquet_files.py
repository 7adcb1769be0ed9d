"""Files of the live Parquet store, read back by readers that know nothing of us."""

import io

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapeline.errors import ArgumentError
from tapeline.storage.parquet.encoding import encode
from tapeline.storage.parquet.native import encode_parquet, time_order
from tapeline.storage.schema import EVENT_TYPES, stored_schema_of
from tests.python.extremes import extreme_rows
from tests.python.property.stored_rows import coded, rows_of


def _read(content: bytes) -> pa.Table:
    return pq.read_table(pa.BufferReader(content))


@pytest.mark.parametrize("event_type", EVENT_TYPES)
@settings(max_examples=25)
@given(data=st.data())
def test_every_reader_gets_the_rows_back(event_type: str, data: st.DataObject) -> None:
    schema = stored_schema_of(event_type)
    some = data.draw(st.lists(rows_of(schema), min_size=1, max_size=12), label="rows")
    repeat = data.draw(st.sampled_from([1, 1, 3, 30]), label="times")
    table = pa.Table.from_pylist(some * repeat, schema).combine_chunks()
    places = data.draw(
        st.none() | st.lists(st.integers(0, len(table) - 1), max_size=20), label="order"
    )
    order = None if places is None else pa.array(places, pa.uint32())
    given_table = coded(table) if data.draw(st.booleans(), label="dictionaries") else table
    content = encode_parquet(
        given_table,
        order,
        level=1,
        group_rows=data.draw(st.sampled_from([1, 7, 64, 1000]), label="group"),
        statistics=[name for name in schema.names if name in ("exchange", "timestamp_ns")],
        notes={"note": "ü"},
    )
    read = _read(content)
    expected = table if order is None else table.take(order)
    # No Arrow schema is in the file: what the columns are is read from Parquet's own types.
    assert read.cast(schema).equals(expected)
    assert read.schema.metadata[b"note"] == "ü".encode()
    frame = pl.read_parquet(io.BytesIO(content))
    for name in set(schema.names) - {"metadata"}:
        assert frame[name].to_list() == expected[name].to_pylist()


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_extremes_are_read_back_with_the_exact_schema(event_type: str) -> None:
    table = extreme_rows(event_type)
    read = _read(encode(event_type, table))
    assert read.schema.equals(table.schema)
    assert read.equals(table)


def _many_trades(rows: int) -> pa.Table:
    """Return rows enough for many blocks, with columns of all sorts."""
    source = np.random.default_rng(7)
    steps = source.integers(-5, 6, rows).cumsum()
    ids = source.integers(0, 2**63, (rows, 2), dtype=np.int64)
    few = ["binance", "okx", "bybit"]
    table = {
        "exchange": pa.array(few).take(pa.array(source.integers(0, 3, rows))),
        "market": ["spot"] * rows,
        "symbol": ["BTC/USDT"] * rows,
        "raw_symbol": ["BTCUSDT" if place % 1000 < 700 else "ETHUSDT" for place in range(rows)],
        "event_id": pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(16), rows, [None, pa.py_buffer(ids.tobytes())]
        ),
        "native_id": [None if place % 97 == 0 else str(10**9 + place) for place in range(rows)],
        "price": pa.array((8_400_000 + steps).tolist(), pa.int64()).cast(pa.decimal128(38, 18)),
        "quantity": pa.Decimal128Array.from_buffers(
            pa.decimal128(38, 18), rows, [None, pa.py_buffer((ids * [1, 0]).tobytes())]
        ),
        "side": pa.array(["buy", "sell", None]).take(pa.array(source.integers(0, 3, rows))),
        "timestamp_ns": pa.array(source.integers(0, 10**15, rows)),
        "received_ns": pa.array(ids[:, 1], mask=source.random(rows) < 0.1),
        "quality": ["perfect"] * rows,
        "issues": [[] if place % 5 else ["LATE", "GAP"] for place in range(rows)],
        "metadata": [[("published_ns", str(place * 10**6))] for place in range(rows)],
        "log_offset": pa.array(np.arange(rows) // 256),
        "log_index": pa.array((np.arange(rows) % 256).astype(np.int32)),
    }
    schema = stored_schema_of("trade")
    columns = [pa.array(table[name], schema.field(name).type) for name in schema.names]
    return pa.table(columns, schema=schema)


def test_many_rows_are_read_back_in_order_and_pruned_by_their_bounds() -> None:
    table = _many_trades(50_000)
    order = time_order(table["timestamp_ns"].combine_chunks())
    assert order is not None
    content = encode("trade", coded(table), order)
    read = _read(content)
    expected = table.take(order)
    assert read.schema.equals(expected.schema)
    assert read.equals(expected)
    group = pq.read_metadata(pa.BufferReader(content)).row_group(0)
    by_name = {group.column(place).path_in_schema: group.column(place) for place in range(17)}
    bounds = pc.min_max(table["received_ns"]).as_py()
    found = by_name["received_ns"].statistics
    assert (found.min, found.max) == (bounds["min"], bounds["max"])
    assert found.null_count == table["received_ns"].null_count
    names = by_name["exchange"].statistics
    assert (names.min, names.max) == ("binance", "okx")
    assert by_name["price"].statistics is None


@given(st.lists(st.none() | st.integers(-9, 9) | st.integers(-(2**63), 2**63 - 1)))
def test_order_is_by_time_and_stable(times: list[int | None]) -> None:
    order = time_order(pa.array(times, pa.int64()))
    keyed = sorted(range(len(times)), key=lambda n: (times[n] is None, times[n] or 0, n))
    found = list(range(len(times))) if order is None else order.to_pylist()
    assert found == keyed


def test_a_row_without_a_value_it_must_have_is_refused() -> None:
    schema = stored_schema_of("trade")
    table = extreme_rows("trade")
    price = pa.array([*table["price"].to_pylist()[:-1], None], schema.field("price").type)
    broken = table.set_column(schema.get_field_index("price"), schema.field("price"), price)
    with pytest.raises(ArgumentError, match=r"price.*null"):
        encode("trade", broken)


def test_an_order_must_name_rows_that_are_there() -> None:
    table = extreme_rows("funding").combine_chunks()
    with pytest.raises(ValueError, match="order"):
        encode("funding", table, pa.array([0, 5], pa.uint32()))


def test_a_column_of_another_type_is_a_defect_and_not_a_row_s_fault() -> None:
    with pytest.raises(ValueError, match=r"Float64") as raised:
        encode("trade", pa.table({"price": [1.5]}))
    assert not isinstance(raised.value, ArgumentError)
