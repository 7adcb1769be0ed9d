"""Decimals and whole numbers of Parquet files, read by ourselves as Arrow reads them."""

import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapeline.access.readers.parquet.decoding import read_groups
from tapeline.compute.columns import with_floats
from tapeline.storage.parquet.native import encode_parquet

_LIMIT = 10**38 - 1
_UNITS = st.sampled_from([-_LIMIT, _LIMIT, 0, -1, 10**18]) | st.integers(-(10**20), 10**20)
_VALUES = st.lists(st.none() | _UNITS, max_size=60)


def _table(units: list[int | None], *, repeated: int) -> pa.Table:
    """Return decimals that may be null and some that may not, beside other columns."""
    values = [None if each is None else Decimal(f"{each}E-18") for each in units * repeated]
    kind = pa.decimal128(38, 18)
    return pa.table(
        {
            "n": pa.array(range(len(values)), pa.int64()),
            "time": pa.array([None if each is None else each % 2**63 for each in units * repeated]),
            "price": pa.array(values, kind),
            "quantity": pa.array([each or Decimal(0) for each in values], kind),
        },
        pa.schema(
            [
                pa.field("n", pa.int64(), nullable=False),
                pa.field("time", pa.int64()),
                pa.field("price", kind),
                pa.field("quantity", kind, nullable=False),
            ],
            {"tapeline.type": "trade"},
        ),
    )


def _ours(table: pa.Table) -> bytes:
    return encode_parquet(table, None, level=1, group_rows=400, statistics=["n"], notes={})


def _check(content: bytes) -> None:
    footer = pq.read_metadata(io.BytesIO(content))
    groups = list(range(footer.num_row_groups))
    file = pq.ParquetFile(io.BytesIO(content))
    for columns in (["price"], ["quantity", "n"], ["n", "price", "time", "quantity", "no such"]):
        found = read_groups(pa.py_buffer(content), footer, groups, columns)
        expected = file.read_row_groups(groups, columns=columns)
        assert found.schema.equals(expected.schema)
        assert found.combine_chunks().equals(expected.combine_chunks())
        coded = read_groups(pa.py_buffer(content), footer, groups, columns, with_keys=True)
        assert coded.cast(expected.schema).combine_chunks().equals(expected.combine_chunks())
        floats = with_floats(coded)
        assert floats.combine_chunks().equals(with_floats(expected).combine_chunks())


@settings(max_examples=150, deadline=None)
@given(
    units=_VALUES,
    repeated=st.sampled_from([1, 2, 40]),
    version=st.sampled_from(["1.0", "2.0"]),
    compression=st.sampled_from(["none", "zstd", "snappy"]),
    has_dictionary=st.booleans(),
    page_rows=st.sampled_from([7, 1000]),
    encoding=st.sampled_from(["DELTA_BINARY_PACKED", "PLAIN", "BYTE_STREAM_SPLIT"]),
)
def test_files_of_arrow(
    units: list[int | None],
    repeated: int,
    version: str,
    compression: str,
    *,
    has_dictionary: bool,
    page_rows: int,
    encoding: str,
) -> None:
    sink = io.BytesIO()
    pq.write_table(
        _table(units, repeated=repeated),
        sink,
        row_group_size=500,
        data_page_version=version,
        compression=compression,
        use_dictionary=has_dictionary,
        column_encoding=None if has_dictionary else {"n": "DELTA_BINARY_PACKED", "time": encoding},
        dictionary_pagesize_limit=200,
        write_batch_size=page_rows,
        data_page_size=300,
    )
    _check(sink.getvalue())


@settings(max_examples=50, deadline=None)
@given(units=_VALUES, repeated=st.sampled_from([1, 50]))
def test_files_of_ours(units: list[int | None], repeated: int) -> None:
    _check(_ours(_table(units, repeated=repeated)))


def test_a_damaged_page_is_refused_by_arrow() -> None:
    content = bytearray(_ours(_table([1, 2, 3, None] * 50, repeated=1)))
    footer = pq.read_metadata(io.BytesIO(content))
    chunk = footer.row_group(0).column(footer.schema.names.index("price"))
    begin = min(chunk.data_page_offset, chunk.dictionary_page_offset or chunk.data_page_offset)
    content[begin : begin + 8] = b"\xff" * 8
    with pytest.raises((pa.ArrowException, OSError)):
        read_groups(pa.py_buffer(bytes(content)), footer, [0], ["n", "price"])
