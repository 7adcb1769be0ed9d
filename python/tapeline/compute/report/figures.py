"""The figures of a run, as a reader sees them."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from tapeline.compute.report import formats

Metric = float | int | None


class Figure(NamedTuple):
    """A figure with its name, its text and what it means."""

    label: str
    text: str
    meaning: str
    tone: str
    """``good``, ``bad`` or nothing: which way it points."""


class _Kind(NamedTuple):
    label: str
    form: str
    meaning: str


_KINDS: Final[dict[str, _Kind]] = {
    "total_return": _Kind("Return", "percent", "Last equity over first, minus 1."),
    "pnl": _Kind("Profit and loss", "amount", "Last equity minus first, all costs taken off."),
    "cagr": _Kind("CAGR", "percent", "Growth of a year of 365 days at this pace; from 1 day on."),
    "sharpe": _Kind("Sharpe", "ratio", "Mean over standard deviation of returns, of a year."),
    "sortino": _Kind("Sortino", "ratio", "Mean over downside deviation of returns, of a year."),
    "calmar": _Kind("Calmar", "ratio", "CAGR over the depth of the deepest drawdown."),
    "volatility": _Kind("Volatility", "share", "Standard deviation of returns, of a year."),
    "max_drawdown": _Kind("Deepest drawdown", "percent", "Furthest below the highest point."),
    "max_drawdown_duration_ns": _Kind(
        "Longest drawdown", "duration", "Longest time below a highest point."
    ),
    "exposure": _Kind("Exposure", "share", "Share of time with a position."),
    "turnover": _Kind("Turnover", "ratio", "What was bought and sold, over mean equity."),
    "trades": _Kind("Trades", "count", "Round trips, from no position to no position."),
    "hit_rate": _Kind("Hit rate", "share", "Share of trades that made money."),
    "profit_factor": _Kind("Profit factor", "ratio", "Gains of trades over losses of trades."),
    "fills": _Kind("Fills", "count", "Times something was bought or sold."),
    "fees": _Kind("Fees", "amount", "Paid to the venue."),
    "slippage": _Kind("Slippage", "amount", "Paid beyond the market's price; part of the prices."),
    "funding": _Kind("Funding", "amount", "Received; below zero it was paid."),
    "missing_settlements": _Kind(
        "Missing settlements", "count", "Of funding; no state tells their rate, so none was paid."
    ),
    "samples": _Kind("Samples", "count", "Points of equity the ratios are made from."),
    "elapsed_ns": _Kind("Time", "duration", "From the first point of equity to the last."),
}
_TONED: Final = {"total_return", "pnl", "cagr", "sharpe", "sortino", "calmar"}
KEY_FIGURES: Final = (
    "total_return",
    "pnl",
    "sharpe",
    "sortino",
    "max_drawdown",
    "trades",
    "hit_rate",
    "fees",
)
"""Those at the top of the page."""


def figures(metrics: Mapping[str, Metric], currency: str) -> dict[str, Figure]:
    """Return every metric as text, in the order of a reader; one that is not known comes last."""
    known = [name for name in _KINDS if name in metrics]
    others = [name for name in metrics if name not in _KINDS]
    return {name: figure(name, metrics[name], currency) for name in (*known, *others)}


def figure(name: str, value: Metric, currency: str) -> Figure:
    """Return one metric as text."""
    kind = _KINDS.get(name, _Kind(name.replace("_", " "), "ratio", ""))
    tone = ""
    if name in _TONED and value:
        tone = "good" if value > 0 else "bad"
    return Figure(kind.label, _texts(currency)[kind.form](value), kind.meaning, tone)


def _texts(currency: str) -> dict[str, Callable[[Metric], str]]:
    return {
        "percent": formats.percent,
        "share": lambda value: formats.percent(value, signed=False),
        "amount": lambda value: formats.amount(value, currency),
        "ratio": formats.ratio,
        "count": lambda value: formats.MISSING if value is None else f"{int(value):,}",
        "duration": lambda value: formats.duration(None if value is None else int(value)),
    }
