"""The figures of a run: exact by hand, and as an established library has them.

Against empyrical-reloaded, over random accounts, figures agree to 1e-9 of their value: both work in
float64 and add in another order, nothing else differs.
"""

import math
from datetime import UTC, datetime
from typing import NamedTuple

import empyrical
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tapeline.compute import metrics
from tapeline.errors import ArgumentError

EQUITY = pa.schema(
    [
        ("time_ns", pa.int64()),
        ("equity", pa.float64()),
        ("position", pa.float64()),
        ("symbol", pa.string()),
    ]
)
HOUR = 3_600_000_000_000
DAY = 24 * HOUR
YEAR = 365 * DAY
SAME = pytest.approx


def accounts(lowest: int = 3) -> st.SearchStrategy[NDArray[np.float64]]:
    """Equity of a run: it rises and falls by up to 20 % a step, never to nothing."""
    steps = st.lists(
        st.floats(-0.2, 0.2).map(lambda step: round(step, 6)), min_size=lowest - 1, max_size=60
    )
    return steps.map(lambda each: np.cumprod(np.array([10_000.0, *(1.0 + step for step in each)])))


@given(accounts())
def test_growth_and_drawdown_are_those_of_the_library(equity: NDArray[np.float64]) -> None:
    returns = metrics.returns(equity)
    elapsed = (equity.size - 1) * DAY
    assert metrics.total_return(equity) == SAME(empyrical.cum_returns_final(returns), abs=1e-9)
    assert metrics.cagr(equity, elapsed) == SAME(
        empyrical.annual_return(returns, annualization=365), rel=1e-9, abs=1e-9
    )
    assert metrics.max_drawdown(equity) == SAME(empyrical.max_drawdown(returns), abs=1e-9)


@given(accounts(), st.sampled_from((DAY, HOUR)))
def test_ratios_are_those_of_the_library(equity: NDArray[np.float64], every: int) -> None:
    returns = metrics.returns(equity)
    a_year = YEAR // every
    expected = empyrical.annual_volatility(returns, annualization=a_year)
    assert metrics.volatility(equity, every) == SAME(expected, rel=1e-9, abs=1e-12)
    sharpe = metrics.sharpe(equity, every)
    if sharpe is None:
        assert returns.std() < 1e-14
    else:
        expected = empyrical.sharpe_ratio(returns, annualization=a_year)
        assert sharpe == SAME(expected, rel=1e-9, abs=1e-9)
    sortino = metrics.sortino(equity, every)
    if sortino is None:
        assert (returns > -1e-14).all()
    else:
        expected = empyrical.sortino_ratio(returns, annualization=a_year)
        assert sortino == SAME(expected, rel=1e-9, abs=1e-9)


@given(accounts())
def test_calmar_is_that_of_the_library(equity: NDArray[np.float64]) -> None:
    deepest = metrics.max_drawdown(equity)
    mine = metrics.calmar(metrics.cagr(equity, (equity.size - 1) * DAY), deepest)
    if mine is None:
        assert deepest == 0.0
    elif deepest is not None and deepest < -1e-12:  # Below that the divisor is rounding.
        expected = empyrical.calmar_ratio(metrics.returns(equity), annualization=365)
        assert mine == SAME(expected, rel=1e-6)


@given(accounts(lowest=40))
def test_months_are_those_of_the_library(equity: NDArray[np.float64]) -> None:
    days = pd.date_range("2026-01-01", periods=equity.size, freq="D", tz="UTC")
    series = pd.Series(metrics.returns(equity), index=days[1:])
    expected = empyrical.aggregate_returns(series, "monthly")
    months = metrics.monthly_returns(days.as_unit("ns").asi8, equity)
    assert [(each.year, each.month) for each in months] == list(expected.index)
    assert [each.growth for each in months] == SAME(list(expected), abs=1e-9)


def test_figures_of_a_run_by_hand() -> None:
    equity = [1000.0, 1100.0, 990.0, 1045.0, 1210.0]
    figures = metrics.summarize(
        [0, DAY, 2 * DAY, 3 * DAY, 4 * DAY],
        equity,
        [1.0, 1.0, 0.0, -2.0, 0.0],
        sample_ns=DAY,
        notional=[500.0, -569.0],
        fees=[0.5, 0.25],
        slippage=[0.125, 0.0],
        funding=[-1.5, 0.25],
        trade_pnl=[120.0, -40.0, 0.0, 130.0],
    )
    steps = [0.1, -0.1, 55 / 990, 165 / 1045]
    mean = sum(steps) / 4
    spread = math.sqrt(sum((step - mean) ** 2 for step in steps) / 3)
    assert figures == {
        "pnl": 210.0,
        "total_return": SAME(0.21, rel=1e-12),
        "cagr": SAME(1.21 ** (365 / 4) - 1, rel=1e-12),
        "volatility": SAME(spread * math.sqrt(365), rel=1e-12),
        "sharpe": SAME(mean / spread * math.sqrt(365), rel=1e-12),
        "sortino": SAME(mean / math.sqrt(0.1**2 / 4) * math.sqrt(365), rel=1e-12),
        "calmar": SAME((1.21 ** (365 / 4) - 1) / 0.1, rel=1e-12),
        "max_drawdown": SAME(-0.1, rel=1e-12),
        "max_drawdown_duration_ns": 3 * DAY,
        "turnover": SAME(1.0, rel=1e-12),
        "exposure": 0.75,
        "fills": 2,
        "trades": 4,
        "hit_rate": 0.5,
        "profit_factor": 6.25,
        "fees": 0.75,
        "slippage": 0.125,
        "funding": -1.25,
        "samples": 5,
        "elapsed_ns": 4 * DAY,
    }


NOTHING = {
    "pnl": None,
    "total_return": None,
    "cagr": None,
    "volatility": None,
    "sharpe": None,
    "sortino": None,
    "calmar": None,
    "max_drawdown": None,
    "max_drawdown_duration_ns": None,
    "turnover": 0.0,
    "exposure": None,
    "fills": 0,
    "trades": 0,
    "hit_rate": None,
    "profit_factor": None,
    "fees": 0.0,
    "slippage": 0.0,
    "funding": 0.0,
    "samples": 0,
    "elapsed_ns": 0,
}
STILL = {"pnl": 0.0, "total_return": 0.0, "max_drawdown": 0.0, "max_drawdown_duration_ns": 0}


def test_a_run_of_nothing_has_every_name_and_no_value() -> None:
    assert metrics.summarize([], [], [], sample_ns=DAY) == NOTHING


def test_one_point_has_no_ratio() -> None:
    figures = metrics.summarize([5], [1000.0], [0.0], sample_ns=DAY)
    assert figures == NOTHING | STILL | {"samples": 1}


def test_equity_that_never_moves_has_no_ratio() -> None:
    figures = metrics.summarize([0, DAY, 2 * DAY], [7.0] * 3, [0.0] * 3, sample_ns=DAY)
    moved = {"cagr": 0.0, "volatility": 0.0, "exposure": 0.0, "samples": 3, "elapsed_ns": 2 * DAY}
    assert figures == NOTHING | STILL | moved


def test_even_growth_has_no_sharpe_rather_than_one_of_rounding() -> None:
    equity = 1000.0 * 1.01 ** np.arange(50)
    assert metrics.returns(equity).std() != 0.0
    assert metrics.volatility(equity, DAY) == 0.0
    assert metrics.sharpe(equity, DAY) is None
    assert metrics.sortino(equity, DAY) is None


def test_an_account_that_was_ruined_has_no_ratio() -> None:
    figures = metrics.summarize(
        [0, DAY, 2 * DAY, 3 * DAY], [100.0, 50.0, -20.0, 10.0], [1.0] * 4, sample_ns=DAY
    )
    assert figures["total_return"] == SAME(-0.9)
    assert figures["max_drawdown"] == SAME(-1.2)
    ratios = ("volatility", "sharpe", "sortino", "calmar")
    assert [figures[name] for name in ratios] == [None] * 4
    between = metrics.summarize(
        [0, DAY, DAY + 1, DAY + 2, 3 * DAY],
        [100.0, 50.0, -20.0, 40.0, 60.0],
        [1.0] * 5,
        sample_ns=DAY,
    )
    assert [between[name] for name in ratios] == [None] * 4
    assert metrics.cagr([100.0, 0.0], YEAR) == -1.0
    assert metrics.cagr([100.0, -1.0], YEAR) is None


def test_less_than_a_day_is_not_made_a_year() -> None:
    assert metrics.cagr([100.0, 101.0], DAY - 1) is None
    assert metrics.cagr([1.0, 1e300], DAY) is None


def test_ratios_of_less_than_a_day_are_none() -> None:
    hour = DAY // 24
    for hours, has_ratios in ((23, False), (24, True)):
        times = [hour * number for number in range(hours + 1)]
        equity = [100.0 + number % 3 for number in range(hours + 1)]
        figures = metrics.summarize(times, equity, [1.0] * len(times), sample_ns=hour)
        assert figures["volatility"] is not None
        assert (figures["sharpe"] is not None) == has_ratios
        assert (figures["sortino"] is not None) == has_ratios


def test_figures_too_large_for_a_float_are_none() -> None:
    figures = metrics.summarize([0, DAY, 2 * DAY], [1e-300, 1e300, 1.0], [0.0] * 3, sample_ns=DAY)
    assert all(value is None or math.isfinite(value) for value in figures.values())
    assert figures["sharpe"] is None


@pytest.mark.parametrize(
    ("times", "equity", "message"),
    [
        ([0, 1], [1.0, math.nan], "equity is nan at row 1"),
        ([0, 1], [1.0, math.inf], "equity is inf at row 1"),
        ([1, 0], [1.0, 1.0], "times go back"),
        ([0], [1.0, 1.0], "1 times for 2 values"),
        ([0.5, 1.5], [1.0, 1.0], "times are int64 nanoseconds, not float64"),
    ],
)
def test_bad_input_is_refused(times: list[int], equity: list[float], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        metrics.summarize(times, equity, [0.0] * len(equity), sample_ns=DAY)


def test_a_sample_is_the_last_value_at_its_time_and_a_last_piece_is_left_out() -> None:
    times = [10, 10, 19, 20, 21, 45]
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert metrics.sample(times, values, 10).tolist() == [2.0, 4.0, 5.0, 5.0]
    assert metrics.sample([], [], 10).tolist() == []
    with pytest.raises(ArgumentError, match="at least 1 ns"):
        metrics.sample(times, values, 0)


def test_times_of_today_are_sampled_exactly() -> None:
    start = 1_767_614_400_000_000_001
    assert metrics.sample([start, start + 9], [1.0, 2.0], 3).tolist() == [1.0, 1.0, 1.0, 2.0]


def test_drawdowns_are_listed_the_deepest_first() -> None:
    equity = [100.0, 90.0, 100.0, 80.0, 120.0, 114.0, 108.0]
    falls = metrics.worst_drawdowns(np.arange(7), equity, 2)
    assert [(fall.start_ns, fall.bottom_ns, fall.end_ns) for fall in falls] == [
        (2, 3, 4),
        (0, 1, 2),
    ]
    assert [fall.depth for fall in falls] == SAME([-0.2, -0.1])
    last = metrics.worst_drawdowns(np.arange(7), equity, 9)[-1]
    assert (last.start_ns, last.bottom_ns, last.end_ns) == (0, 1, 2) or last.end_ns is None
    assert metrics.longest_drawdown_ns(np.arange(7), equity) == 2
    assert metrics.worst_drawdowns([], [], 3) == []


def test_months_without_a_point_are_there_and_all_compound_to_the_total() -> None:
    def at(month: int, day: int) -> int:
        return int(datetime(2026, month, day, tzinfo=UTC).timestamp()) * 1_000_000_000

    times = [at(1, 30), at(1, 31), at(4, 2)]
    months = metrics.monthly_returns(times, [100.0, 110.0, 99.0])
    assert [(each.year, each.month) for each in months] == [(2026, m) for m in (1, 2, 3, 4)]
    assert [each.growth for each in months] == SAME([0.1, 0.0, 0.0, -0.1])


def test_exposure_counts_time_not_rows() -> None:
    assert metrics.exposure([0, 1, 2, 10], [0.0, 5.0, -1.0, 0.0]) == SAME(0.9)
    assert metrics.exposure([3, 3], [1.0, 1.0]) is None


def test_trades_without_a_loss_have_no_profit_factor() -> None:
    assert metrics.profit_factor([1.0, 2.0]) is None
    assert metrics.profit_factor([-2.0]) == 0.0
    assert metrics.hit_rate([0.0]) == 0.0


class Tables(NamedTuple):
    """What a run hands to its figures."""

    equity: pa.Table
    fills: pa.Table
    trades: pa.Table
    funding: pa.Table
    costs: dict[str, int]
    missing_settlements: int = 0


def two_accounts(second: str) -> metrics.Figures:
    equity = pa.table(
        [
            [0, DAY, 2 * DAY, DAY, DAY, 3 * DAY],
            [100.0, 110.0, 105.0, 100.0, 99.0, 120.0],
            [1.0, 1.0, 0.0, 0.0, -2.0, 0.0],
            ["BTC/USDT"] * 3 + [second] * 3,
        ],
        schema=EQUITY,
    )
    fills = pa.table({"notional": [210.0, 200.0], "fee": [0.5, 0.25], "slippage": [0.0, 0.125]})
    trades, funding = pa.table({"pnl": [5.0, 20.0]}), pa.table({"amount": [-0.5]})
    return metrics.run_figures(Tables(equity, fills, trades, funding, {"sample_ns": DAY}))


def test_several_symbols_are_one_account_in_order_of_time() -> None:
    figures = two_accounts("ETH/USDT")
    steps = [209 / 200 - 1, 204 / 209 - 1, 225 / 204 - 1]
    assert figures["pnl"] == SAME(25.0)
    assert figures["total_return"] == SAME(0.125)
    assert figures["max_drawdown"] == SAME(204 / 209 - 1)
    assert figures["volatility"] == SAME(np.std(steps, ddof=1) * math.sqrt(365))
    assert (figures["exposure"], figures["fees"], figures["funding"]) == (1.0, 0.75, -0.5)


def test_amounts_of_several_currencies_are_not_added() -> None:
    figures, same = two_accounts("BTC/USD:BTC"), two_accounts("ETH/USDT")
    assert {name for name in figures if figures[name] != same[name]} == {
        "pnl",
        "fees",
        "slippage",
        "funding",
    }
    assert figures["pnl"] is None


@pytest.mark.parametrize(
    ("symbol", "currency"),
    [
        ("BTC/USDT", "USDT"),
        ("BTC/USDT:USDT", "USDT"),
        ("BTC/USD:BTC", "BTC"),
        ("BTC/USD:BTC-260327", "BTC"),
        ("BTCUSDT", "BTCUSDT"),
    ],
)
def test_an_account_is_in_the_settlement_currency(symbol: str, currency: str) -> None:
    assert metrics.settlement(symbol) == currency


def test_a_run_without_rows_has_every_figure() -> None:
    names = ("notional", "fee", "slippage", "amount", "pnl")
    empty = pa.table({name: pa.array([], pa.float64()) for name in names})
    run = Tables(EQUITY.empty_table(), empty, empty, empty, {"sample_ns": DAY})
    assert metrics.run_figures(run) == NOTHING | {"missing_settlements": 0}


def test_settlements_that_nobody_knows_are_counted() -> None:
    empty = pa.table({name: pa.array([], pa.float64()) for name in ("notional", "fee", "slippage")})
    none = pa.table({name: pa.array([], pa.float64()) for name in ("amount", "pnl")})
    run = Tables(EQUITY.empty_table(), empty, none, none, {"sample_ns": DAY}, 3)
    assert metrics.run_figures(run)["missing_settlements"] == 3
