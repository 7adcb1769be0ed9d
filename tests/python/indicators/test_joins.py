"""Trades joined with the book: never with what was not known yet."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapeline.compute.joins import asof_places, join_asof
from tapeline.errors import ArgumentError

TIMES = st.lists(st.integers(0, 30), max_size=25)


@given(times=TIMES, known=TIMES, delay=st.integers(0, 4), age=st.none() | st.integers(0, 6))
def test_the_last_that_was_known(
    times: list[int], known: list[int], delay: int, age: int | None
) -> None:
    known.sort()
    found = asof_places(
        np.array(times, np.int64), np.array(known, np.int64), delay_ns=delay, max_age_ns=age
    )
    for time, place in zip(times, found.tolist(), strict=True):
        before = [at for at, moment in enumerate(known) if moment + delay < time]
        expected = before[-1] if before else -1
        if expected >= 0 and age is not None and time - known[expected] > age:
            expected = -1
        assert place == expected


def test_tables_are_joined_exactly() -> None:
    exact = pa.decimal128(38, 18)
    trades = pa.table({"timestamp_ns": [10, 20, 20, 31], "price": pa.array([1, 2, 3, 4], exact)})
    books = pa.table(
        {
            "timestamp_ns": [10, 15, 20, 30],
            "price": [9, 9, 9, 9],
            "bid_price": pa.array([100, 150, 200, 300], exact),
        }
    )
    joined = join_asof(trades, books)
    assert joined.column_names == ["timestamp_ns", "price", "book_ns", "bid_price"]
    assert joined["book_ns"].to_pylist() == [None, 15, 15, 30]
    assert joined["bid_price"].to_pylist() == [None, 150, 150, 300]
    assert joined["price"].to_pylist() == [1, 2, 3, 4]
    assert joined["bid_price"].type == exact
    none = join_asof(trades, books.slice(0, 0))
    assert none["bid_price"].null_count == 4
    assert join_asof(trades, books, max_age_ns=3)["book_ns"].to_pylist() == [None, None, None, 30]


def test_frames_of_polars_are_joined_with_their_texts() -> None:
    """Polars hands its texts over as views, of which Arrow takes none."""
    trades = pl.DataFrame({"timestamp_ns": [10, 31], "symbol": ["BTC/USDT"] * 2})
    books = pl.DataFrame(
        {
            "timestamp_ns": [10, 30],
            "channel": ["a channel of more than twelve bytes", "b"],
            "issues": [["crossed_book"], []],
        }
    )
    joined = join_asof(trades, books)
    assert joined["channel"].to_pylist() == [None, "b"]
    assert joined["issues"].to_pylist() == [None, []]
    assert joined["symbol"].to_pylist() == ["BTC/USDT"] * 2
    assert join_asof(trades, books.head(0))["channel"].null_count == 2


def test_what_cannot_be_joined_is_said() -> None:
    table = pa.table({"timestamp_ns": [2, 1]})
    with pytest.raises(ArgumentError, match="in order of time"):
        join_asof(table, table)
    with pytest.raises(ArgumentError, match="delay_ns must be >= 0, was -1"):
        join_asof(table, table, delay_ns=-1)
    with pytest.raises(ArgumentError, match="max_age_ns must be >= 0, was -1"):
        join_asof(table, table, max_age_ns=-1)
    with pytest.raises(ArgumentError, match=r"delay_ns must be an integer, was 1\.5"):
        join_asof(table, table, delay_ns=1.5)  # type: ignore[arg-type]
    several = pa.table({"timestamp_ns": [1, 2], "symbol": ["A/B", "B/A"]})
    with pytest.raises(ArgumentError, match="joined books are of one instrument"):
        join_asof(several.slice(0, 1), several)
    with pytest.raises(ArgumentError, match="books have no column received_ns"):
        join_asof(table.append_column("received_ns", [[1, 2]]), table, time="received_ns")
    with pytest.raises(ArgumentError, match="timestamp_ns is null in 1 trades"):
        join_asof(pa.table({"timestamp_ns": pa.array([None, 1], pa.int64())}), table)
