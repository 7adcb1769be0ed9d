"""Times, names and repeats: the small rules of the access layer."""

import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import tapeline as tl
from tapeline.access.instruments import check_known
from tapeline.access.merging import Merge, Run, run_of
from tapeline.access.ports import INSTRUMENT_SCHEMA, Query
from tapeline.access.scan import narrow
from tapeline.access.times import to_ns, to_text
from tapeline.access.unique import Unique

NOON = 1_767_614_400_000_000_000


@pytest.mark.parametrize(
    "when",
    [
        NOON,
        str(NOON),
        "2026-01-05T12:00:00Z",
        "2026-01-05T12:00:00.000000000Z",
        "2026-01-05 14:00:00+02:00",
        datetime(2026, 1, 5, 12, tzinfo=UTC),
        datetime(2026, 1, 5, 7, tzinfo=timezone(timedelta(hours=-5))),
        pd.Timestamp("2026-01-05T12:00:00Z"),
        np.int64(NOON),
        np.uint64(NOON),
    ],
)
def test_every_spelling_of_a_time_is_the_same_nanosecond(when: Any) -> None:  # noqa: ANN401
    assert to_ns(when) == NOON


def test_times_keep_every_nanosecond_and_days_begin_in_utc() -> None:
    assert to_ns("2026-01-05T12:00:00.123456789Z") == NOON + 123_456_789
    assert to_ns("2026-01-05") == to_ns(date(2026, 1, 5)) == NOON - 43_200_000_000_000
    assert to_text(NOON + 123_456_780) == "2026-01-05T12:00:00.12345678Z"
    assert to_ns(to_text(NOON + 1)) == NOON + 1
    assert to_ns(pd.Timestamp(NOON + 123, unit="ns", tz="Asia/Tokyo")) == NOON + 123
    assert to_ns(pd.Timestamp(-123, unit="ns", tz="UTC")) == -123
    assert to_ns("2262-04-11T23:47:16.854775807Z") == to_ns(2**63 - 1) == 2**63 - 1


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (datetime(2026, 1, 5, 12), "has no time zone: write 2026-01-05T12:00:00"),  # noqa: DTZ001
        ("2026-01-05T12:00:00", "has no time zone"),
        ("yesterday", "is no time: give a datetime"),
        (1.5, "is no time"),
        (True, "is no time"),
        (np.bool_(True), "is no time"),
        (np.float64(NOON), "is no time"),
        (np.array([NOON, NOON]), "is no time"),
        (pd.NaT, "start=NaT is no time: give a datetime"),
        (pd.Timestamp("2026-01-05"), "has no time zone: write 2026-01-05T00:00:00"),
        *((text, "is no time") for text in ("", "²" * 19, "--1767225600", "9" * 5000)),
        ("0001-01-01T00:00:00+14:00", "is too far away"),
        (2**63, "is too far away: times are from 1677-09-21.* to 2262-04-11.*; leave start out"),
        (-(2**63) - 1, "is too far away"),
        ("99999999999999999999", "is too far away"),
        (date(2262, 4, 12), "start='2262-04-12' is too far away"),
        ("2262-04-11T23:47:16.854775808Z", "is too far away"),
    ],
)
def test_what_is_not_a_moment_is_refused(when: Any, said: str) -> None:  # noqa: ANN401
    with pytest.raises(tl.ArgumentError, match=said):
        to_ns(when, "start")


def known() -> pa.Table:
    rows = [
        {
            "exchange": "binance",
            "market": market,
            "symbol": symbol,
            "raw_symbol": raw,
            "types": ["trade"],
        }
        for market, symbol, raw in (
            ("spot", "BTC/USDT", "BTCUSDT"),
            ("spot", "ETH/USDT", "ETHUSDT"),
            ("usdm", "SOL/USDT:USDT", "SOLUSDT"),
        )
    ]
    return pa.Table.from_pylist(rows, INSTRUMENT_SCHEMA)


@pytest.mark.parametrize(
    ("symbols", "exchange", "market", "said"),
    [
        (["BTC-USDT"], None, None, "no symbol 'BTC-USDT'.*did you mean 'BTC/USDT'"),
        (["btcusdt"], None, None, "did you mean 'BTC/USDT'"),
        (["SOLUSDT"], "binance", "spot", "no symbol 'SOLUSDT' of binance spot"),
        ([], "binanec", None, "no exchange 'binanec'.*did you mean 'binance'"),
        ([], None, "futures", "no market 'futures'.*there are for example 'spot', 'usdm'"),
    ],
)
def test_an_unknown_name_is_answered_with_those_like_it(
    symbols: list[str], exchange: str | None, market: str | None, said: str
) -> None:
    with pytest.raises(tl.ArgumentError, match=said):
        check_known(symbols, exchange, market, known())
    check_known(["BTC/USDT", "SOLUSDT"], "binance", None, known())


def batch(*rows: tuple[int, int]) -> pa.RecordBatch:
    """Make rows of trades: time and id."""
    return pa.record_batch(
        {
            "timestamp_ns": pa.array([time for time, _ in rows], pa.int64()),
            "received_ns": pa.array([None] * len(rows), pa.int64()),
            "event_id": pa.array([number.to_bytes(16, "big") for _, number in rows], pa.binary(16)),
        }
    )


@pytest.mark.parametrize(
    ("batches", "kept"),
    [
        ([[(1, 1), (1, 2), (2, 3)]], [1, 2, 3]),
        ([[(1, 1), (1, 2), (1, 1), (2, 1)]], [1, 2, 1]),
        # Over the border of batches, also when a whole batch has one time.
        ([[(1, 1)], [(1, 2), (1, 1)], [(1, 2), (2, 2)]], [1, 2, 2]),
        ([[(1, 1)], [(1, 1)], [(1, 1)]], [1]),
        ([[], [(1, 2**127)], [(1, 2**127), (1, 2**64), (1, 1)]], [2**127, 2**64, 1]),
    ],
)
def test_of_rows_with_one_id_and_time_the_first_stays(
    batches: list[list[tuple[int, int]]], kept: list[int]
) -> None:
    found = Unique("trade").filter(batch(*rows) for rows in batches)
    ids = [each for some in found for each in some.column("event_id").to_pylist()]
    assert [int.from_bytes(each, "big") for each in ids] == kept


class _Feed:
    """Rows in memory, given out in pieces."""

    def __init__(self, times: list[int], piece: int) -> None:
        self._times, self._piece = times, piece

    @property
    def bound_ns(self) -> int | None:
        return self._times[0] if self._times else None

    def prepare(self) -> None: ...

    def pull(self) -> Run:
        taken, self._times = self._times[: self._piece], self._times[self._piece :]
        names = {name: [""] * len(taken) for name in ("exchange", "market", "raw_symbol")}
        order = {"log_offset": taken, "log_index": pa.array(taken, pa.int32())}
        columns = {"timestamp_ns": taken, "received_ns": taken, **names, **order}
        return run_of("trade", pa.table(columns))


@pytest.mark.parametrize("piece", [1, 2, 5, 100])
def test_a_merge_loses_nothing_and_is_in_order(piece: int) -> None:
    lanes = [list(range(0, 60, 2)), list(range(1, 60, 3)), [5] * 9, [100, 200], [], [59]]
    merge = Merge("trade", [_Feed(list(lane), piece) for lane in lanes], ["timestamp_ns"])
    found = [time for run in merge for time in run.table["timestamp_ns"].to_pylist()]
    assert found == sorted(time for lane in lanes for time in lane)


def rows_of(*keys: tuple[int, str | None, int]) -> Run:
    """Make rows of trades: time, symbol and offset."""
    times, symbols, offsets = zip(*keys, strict=True)
    columns = {
        "timestamp_ns": pa.array(times, pa.int64()),
        "received_ns": pa.array([None] * len(keys), pa.int64()),
        "exchange": pa.array(["okx"] * len(keys)).dictionary_encode(),
        "market": pa.array(["spot"] * len(keys)),
        "raw_symbol": pa.array(symbols, pa.string()).dictionary_encode(),
        "log_offset": pa.array(offsets, pa.int64()),
        "log_index": pa.array([0] * len(keys), pa.int32()),
    }
    return run_of("trade", pa.table(columns))


class _Runs:
    """Runs in memory, one a pull."""

    def __init__(self, *runs: Run) -> None:
        self._runs = list(runs)

    @property
    def bound_ns(self) -> int | None:
        return self._runs[0].first if self._runs else None

    def prepare(self) -> None: ...

    def pull(self) -> Run:
        return self._runs.pop(0)


_KEYS = ("timestamp_ns", "raw_symbol", "log_offset")


def merged(*feeds: _Runs) -> Merge:
    return Merge("trade", feeds, _KEYS)


def keys_in(runs: Iterable[Run]) -> list[tuple[int, str | None, int]]:
    tables = [run.table for run in runs]
    return [tuple(row[name] for name in _KEYS) for each in tables for row in each.to_pylist()]


def test_rows_of_one_time_are_ordered_by_name_then_arrival_and_no_name_is_an_empty_one() -> None:
    first = rows_of((1, "BTC", 7), (1, "ETH", 1), (2, "BTC", 8))
    second = rows_of((1, None, 9), (1, "BTC", 3), (1, "BTC", 9), (1, "XRP", 0))
    found = keys_in(merged(_Runs(first), _Runs(second)))
    assert found == [
        *((1, None, 9), (1, "BTC", 3), (1, "BTC", 7), (1, "BTC", 9)),
        *((1, "ETH", 1), (1, "XRP", 0), (2, "BTC", 8)),
    ]


def test_runs_that_do_not_overlap_are_given_as_they_lie() -> None:
    runs = [rows_of((1, "BTC", 1), (2, "BTC", 2)), rows_of((3, "ETH", 1)), rows_of((4, "BTC", 3))]
    assert [run.table for run in merged(*(_Runs(each) for each in reversed(runs)))] == [
        run.table for run in runs
    ]


def test_a_run_that_is_not_sorted_is_sorted_before_it_is_merged() -> None:
    crooked = rows_of((5, "BTC", 2), (5, "BTC", 1), (5, "ADA", 9))
    found = keys_in(merged(_Runs(crooked), _Runs(rows_of((5, "BTC", 0), (6, "BTC", 3)))))
    assert found == [(5, "ADA", 9), *((5, "BTC", place) for place in range(3)), (6, "BTC", 3)]


def test_a_time_that_goes_on_in_a_row_group_that_is_alone_needs_nothing_to_order_it() -> None:
    """Only the first of two row groups overlaps another file; both have rows of the time 3."""
    first = rows_of((1, "BTC", 1), (3, "BTC", 2))
    columns = ["timestamp_ns", "received_ns", "raw_symbol"]
    last = rows_of((3, "BTC", 3), (4, "BTC", 4))
    alone = Run(last.table.select(columns), last.times, is_alone=True)
    other = rows_of((1, "ETH", 1), (2, "ETH", 2))
    runs = Merge("trade", [_Runs(first, alone), _Runs(other)], columns)
    rows = [row for run in runs for row in run.table.to_pylist()]
    found = [(row["timestamp_ns"], row["raw_symbol"]) for row in rows]
    assert found == [(1, "BTC"), (1, "ETH"), (2, "ETH"), (3, "BTC"), (3, "BTC"), (4, "BTC")]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (pl.col("timestamp_ns") >= 5, Query(start_ns=5)),
        (
            (pl.col("timestamp_ns") > 5) & (pl.col("timestamp_ns") <= 9),
            Query(None, None, None, 6, 10),
        ),
        (pl.col("timestamp_ns") == 7, Query(None, None, None, 7, 8)),
        (pl.lit(5) <= pl.col("timestamp_ns"), Query(start_ns=5)),
        (pl.col("timestamp_ns").is_between(3, 4), Query(None, None, None, 3, 5)),
        (pl.col("symbol") == "BTC/USDT", Query(symbols=("BTC/USDT",))),
        ((pl.col("exchange") == "okx") & (pl.col("price") > 1), Query(exchange="okx")),
        ((pl.col("timestamp_ns") > 5) | (pl.col("price") > 1), Query()),
        (pl.col("received_ns") > 5, Query()),
        (pl.col("timestamp_ns") != 5, Query()),
        (~(pl.col("timestamp_ns") > 5), Query()),
    ],
)
def test_a_condition_narrows_a_query_to_what_it_can_be_true_of(
    condition: pl.Expr, expected: Query
) -> None:
    assert narrow("trade", Query(), condition) == expected


def test_importing_the_package_imports_no_library_of_frames() -> None:
    code = (
        "import sys, tapeline\n"
        "heavy = {'pyarrow', 'polars', 'obstore', 'websockets', 'pandas', 'typer'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stderr.strip() == ""
