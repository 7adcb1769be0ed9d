"""Decimals become the nearest floats, nulls NaN, and nothing else is touched."""

import random
from decimal import Decimal

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from tapeline.compute.columns import to_numpy, with_floats
from tapeline.errors import ArgumentError

PRICE = pa.decimal128(38, 18)


def numbers(count: int) -> list[Decimal]:
    """Numbers as venues write them, and of any length."""
    draw = random.Random(7)
    short = [Decimal(draw.randrange(10**12)).scaleb(-draw.randrange(12)) for _ in range(count)]
    long = [Decimal(draw.randrange(-(10**38) + 1, 10**38)).scaleb(-18) for _ in range(count)]
    return short + long


def test_each_decimal_becomes_the_nearest_float() -> None:
    values = numbers(2_000)

    found = to_numpy(pa.array(values, PRICE))

    assert found.tolist() == [float(value) for value in values]


def test_chunks_and_slices_are_one_column() -> None:
    values = numbers(100)
    column = pa.chunked_array([pa.array(values, PRICE), pa.array(values, PRICE).slice(30, 50)])

    found = to_numpy(column)

    assert found.tolist() == [float(value) for value in values + values[30:80]]


def test_keys_of_decimals_become_the_floats_of_their_decimals() -> None:
    values = [*numbers(50), None] * 3
    coded = pa.array(values, PRICE).dictionary_encode()

    found = to_numpy(coded.slice(5, 120))

    assert found.tolist() == pytest.approx(
        [float("nan") if each is None else float(each) for each in values[5:125]],
        rel=0,
        abs=0,
        nan_ok=True,
    )


def test_a_null_is_nan() -> None:
    found = to_numpy(pa.array([Decimal(1), None, Decimal("0.1")], PRICE))

    assert found[0] == 1.0
    assert np.isnan(found[1])
    assert found[2] == 0.1


@pytest.mark.parametrize("rows", [0, 3])
def test_other_columns_stay_as_they_are(rows: int) -> None:
    table = pa.table(
        {
            "timestamp_ns": pa.array([1, 2, 2**62][:rows], pa.int64()),
            "price": pa.array([Decimal(1), None, Decimal(3)][:rows], PRICE),
            "side": pa.array(["buy", None, "sell"][:rows]).dictionary_encode(),
        }
    )

    found = with_floats(table)

    assert found.schema.types == [pa.int64(), pa.float64(), table.schema.types[2]]
    assert found["price"].to_pylist() == [1.0, None, 3.0][:rows]
    assert found.drop_columns("price").equals(table.drop_columns("price"))


def test_other_places_are_refused() -> None:
    with pytest.raises(ArgumentError, match="column price has 8 decimal places, expected 18"):
        with_floats(pa.table({"price": pa.array([Decimal(1)], pa.decimal128(38, 8))}))


def test_columns_and_frames_of_polars_are_taken() -> None:
    values = numbers(50)
    text = "a text of more than twelve bytes"
    frame = pl.DataFrame(pa.table({"price": pa.array(values, PRICE), "name": [text] * 100}))
    expected = [float(value) for value in values]
    assert to_numpy(frame["price"]).tolist() == expected
    table = with_floats(frame)
    assert table["price"].to_pylist() == expected
    assert table.take([3])["name"].to_pylist() == [text]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_null_among_whole_numbers_is_nan(chunked: bool) -> None:
    column = pa.array([1, None, 3])
    found = to_numpy(pa.chunked_array([column]) if chunked else column)
    assert np.array_equal(found, [1.0, np.nan, 3.0], equal_nan=True)


@pytest.mark.parametrize("values", [["1"], [True], [[1]], [None]])
def test_what_holds_no_numbers_is_refused(values: list[object]) -> None:
    with pytest.raises(ArgumentError, match="expected a column of numbers, was "):
        to_numpy(pa.array(values))
