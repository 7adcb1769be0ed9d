"""What goes in and comes out: NumPy, Polars and Arrow, without copies."""

import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tapeline import indicators as ti
from tapeline.errors import ArgumentError
from tapeline.indicators.columns import aligned, as_kind, pieces_of
from tests.python.indicators.series import random_walk

VALUES = random_walk(1_000)
QUANTITY = np.random.default_rng(2).random(1_000)


def address(array: np.ndarray[Any, Any]) -> int:
    return int(array.__array_interface__["data"][0])


def arrow_address(array: pa.Array) -> int:
    return int(array.buffers()[1].address + array.offset * 8)


def chunked() -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(VALUES[:313]), pa.array(VALUES[313:])])


def test_inputs_are_read_where_they_lie() -> None:
    assert address(pieces_of(VALUES)[0]) == address(VALUES)
    assert address(pieces_of(VALUES[7:])[0]) == address(VALUES) + 56
    array = pa.array(VALUES)
    assert address(pieces_of(array)[0]) == arrow_address(array)
    assert address(pieces_of(array.slice(5))[0]) == arrow_address(array) + 40
    chunks = chunked()
    assert [address(piece) for piece in pieces_of(chunks)] == [
        arrow_address(chunk) for chunk in chunks.chunks
    ]
    series = pl.Series("price", VALUES)
    assert address(pieces_of(series)[0]) == arrow_address(series.to_arrow())
    both = pl.concat([series, series], rechunk=False)
    assert both.n_chunks() == 2
    assert [address(piece) for piece in pieces_of(both)] == [address(pieces_of(series)[0])] * 2


def test_results_are_handed_out_where_they_were_written() -> None:
    result = np.arange(5.0)
    assert as_kind(result, VALUES) is result
    assert arrow_address(as_kind(result, pa.array(VALUES))) == address(result)
    assert arrow_address(as_kind(result, chunked()).chunk(0)) == address(result)
    series = as_kind(result, pl.Series("price", VALUES))
    assert series.name == "price"
    assert arrow_address(series.to_arrow()) == address(result)


def test_the_result_is_of_the_input_kind() -> None:
    expected = ti.sma(VALUES, 20)
    array = ti.sma(pa.array(VALUES), 20)
    assert isinstance(array, pa.DoubleArray)
    np.testing.assert_array_equal(array.to_numpy(zero_copy_only=False), expected)
    chunks = ti.sma(chunked(), 20)
    assert isinstance(chunks, pa.ChunkedArray)
    np.testing.assert_array_equal(chunks.to_numpy(), expected)
    series = ti.sma(pl.Series("price", VALUES), 20)
    assert isinstance(series, pl.Series)
    np.testing.assert_array_equal(series.to_numpy(), expected)


def test_columns_of_different_chunks_are_read_together() -> None:
    expected = ti.vwap(VALUES, QUANTITY, 20)
    quantity = pa.chunked_array([pa.array(QUANTITY[:100]), pa.array(QUANTITY[100:])])
    found = ti.vwap(chunked(), quantity, 20)
    np.testing.assert_array_equal(found.to_numpy(), expected)
    pieces = [pieces_of(chunked()), pieces_of(quantity), pieces_of(VALUES)]
    assert [len(cut[0]) for cut in aligned(pieces)] == [100, 213, 687]
    empty = pa.chunked_array([], pa.float64())
    assert len(ti.vwap(empty, empty, 3)) == 0


def test_a_null_is_a_nan() -> None:
    holes = [None if place in {3, 500} else value for place, value in enumerate(VALUES.tolist())]
    with_nan = np.array(holes, dtype=np.float64)
    expected = ti.sma(with_nan, 5)
    for column in (pa.array(holes), pl.Series(holes), pa.chunked_array([holes[:4], holes[4:]])):
        found = ti.sma(column, 5)
        np.testing.assert_array_equal(np.asarray(found), expected)


def test_a_masked_value_is_a_nan() -> None:
    masked = np.ma.masked_array(VALUES, mask=np.arange(1_000) == 500)
    with_nan = VALUES.copy()
    with_nan[500] = np.nan
    np.testing.assert_array_equal(ti.sma(masked, 5), ti.sma(with_nan, 5))


def test_memory_that_is_not_aligned_is_copied() -> None:
    shifted = np.ndarray(1_000, np.float64, buffer=bytes(4) + VALUES.tobytes(), offset=4)
    np.testing.assert_array_equal(ti.sma(shifted, 5), ti.sma(VALUES, 5))
    fields = np.zeros(1_000, np.dtype([("flag", "i1"), ("price", "f8")]))
    fields["price"] = VALUES
    np.testing.assert_array_equal(ti.sma(fields["price"], 5), ti.sma(VALUES, 5))


def test_a_stride_is_allowed() -> None:
    np.testing.assert_array_equal(ti.sma(VALUES[::3], 5), ti.sma(VALUES[::3].copy(), 5))
    np.testing.assert_array_equal(ti.sma(VALUES[::-1], 5), ti.sma(VALUES[::-1].copy(), 5))


def test_a_given_array_is_written_to() -> None:
    out = np.empty(1_000)
    assert ti.sma(VALUES, 20, out=out) is out
    np.testing.assert_array_equal(out, ti.sma(VALUES, 20))
    series = ti.sma(pl.Series(VALUES), 20, out=out)
    assert arrow_address(series.to_arrow()) == address(out)


READ_ONLY = np.empty(1_000)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ti.sma(VALUES, 0), "window must be an integer >= 1, was 0"),
        (lambda: ti.sma(VALUES, -1), "window must be an integer >= 1, was -1"),
        (lambda: ti.sma(VALUES, 2.0), "window must be an integer >= 1, was 2.0"),  # type: ignore[arg-type]
        (lambda: ti.sma(VALUES, True), "window must be an integer >= 1, was True"),
        (lambda: ti.Sma(0), "window must be an integer >= 1, was 0"),
        (lambda: ti.Sma(10**8), "window must be 1 to 16777216, was 100000000"),
        (lambda: ti.std(VALUES, 5, ddof=-1), "ddof must be an integer >= 0"),
        (lambda: ti.sma(VALUES.astype(np.float32), 5), "must be float64, was float32: cast it"),
        (lambda: ti.sma(np.arange(5), 5), "must be float64, was int64: cast it"),
        (lambda: ti.sma(pl.Series([1, 2]), 5), "must be float64, was Int64: cast it"),
        (lambda: ti.sma(pa.array([1, 2]), 5), "must be float64, was int64: cast it"),
        (lambda: ti.sma([1.0, 2.0], 5), "float64, was list"),
        (lambda: ti.sma(VALUES.reshape(2, -1), 5), "one dimension, had 2"),
        (lambda: ti.vwap(VALUES, QUANTITY[1:], 5), r"one length, had \[1000, 999\]"),
        (lambda: ti.sma(VALUES, 5, out=np.empty(999)), "float64 array of 1000 values"),
        (lambda: ti.sma(VALUES, 5, out=np.empty(2_000)[::2]), "float64 array of 1000 values"),
        (lambda: ti.sma(VALUES, 5, out=READ_ONLY), "writable float64 array"),
        (lambda: ti.sma(VALUES, 5, out=VALUES), "shares memory with another column"),
        (lambda: ti.Sma(2**70), "too many"),
        (lambda: ti.std(VALUES, 5, ddof=2**40), "too many"),
        (lambda: ti.sma(pd.Series(VALUES), 5), "was Series: numpy.asarray"),
        (lambda: ti.sma(np.ma.masked_array([1, 2]), 1), "must be float64, was int64"),
        (lambda: ti.bollinger(VALUES, 5, -1.0), "deviations must be a finite number > 0"),
        (lambda: ti.bollinger(VALUES, 5, "2"), "deviations must be a finite number > 0, was '2'"),  # type: ignore[arg-type]
        (lambda: ti.vpin(VALUES, None, 5), "bucket_volume must be a finite number > 0"),  # type: ignore[arg-type]
        (lambda: ti.realised_volatility(VALUES, 5, per_year=0), "per_year must be a finite"),
        (lambda: ti.Sma(5).update(), "was given none"),
    ],
)
def test_what_cannot_be_computed_is_said(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        call()


def test_the_interpreter_goes_on_while_a_long_column_is_computed() -> None:
    values = random_walk(2_000_000)
    out = np.empty_like(values)
    interval = sys.getswitchinterval()

    def others_ran() -> bool:
        started, is_done = threading.Event(), threading.Event()

        def work() -> None:
            started.set()
            ti.sma(values, 20, out=out)
            is_done.set()

        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        ran_meanwhile = not is_done.is_set()
        thread.join()
        return ran_meanwhile

    # A thread that holds the interpreter is not asked for it again within an hour.
    sys.setswitchinterval(3_600)
    try:
        assert any(others_ran() for _ in range(50))
    finally:
        sys.setswitchinterval(interval)
