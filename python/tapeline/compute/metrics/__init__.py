"""The figures of a run: pure functions over arrays, nothing read, nothing kept.

Times are int64 Unix nanoseconds UTC, not decreasing. Equity and money are float64 in the quote
currency. A figure that has no value for its input is ``None``, never NaN or infinity:

========================  ==========================  ===========================================
input                     zero                        None
========================  ==========================  ===========================================
no point of equity        counts and sums             everything made from equity
one point                 pnl, return, drawdown       volatility, ratios, CAGR, exposure
equity that never moves   pnl, return, volatility     Sharpe, Sortino, Calmar
less than a day           all others                  CAGR, Sharpe, Sortino, Calmar
no trade                  fees, funding, turnover     hit rate, profit factor
no losing trade                                       profit factor
========================  ==========================  ===========================================

A market for coins never closes, so a year has 365 days of 24 hours and every sample counts.
"""

from tapeline.compute.metrics.accounts import (
    Account,
    account_of,
    combined,
    run_figures,
    settlement,
)
from tapeline.compute.metrics.drawdowns import (
    Drawdown,
    calmar,
    drawdown_series,
    longest_drawdown_ns,
    max_drawdown,
    worst_drawdowns,
)
from tapeline.compute.metrics.growth import (
    YEAR_NS,
    cagr,
    pnl,
    returns,
    sharpe,
    sortino,
    total_return,
    volatility,
)
from tapeline.compute.metrics.monthly import Month, monthly_returns
from tapeline.compute.metrics.sampling import sample
from tapeline.compute.metrics.summary import Figures, summarize
from tapeline.compute.metrics.trading import exposure, hit_rate, profit_factor, turnover

__all__ = [
    "YEAR_NS",
    "Account",
    "Drawdown",
    "Figures",
    "Month",
    "account_of",
    "cagr",
    "calmar",
    "combined",
    "drawdown_series",
    "exposure",
    "hit_rate",
    "longest_drawdown_ns",
    "max_drawdown",
    "monthly_returns",
    "pnl",
    "profit_factor",
    "returns",
    "run_figures",
    "sample",
    "settlement",
    "sharpe",
    "sortino",
    "summarize",
    "total_return",
    "turnover",
    "volatility",
    "worst_drawdowns",
]
