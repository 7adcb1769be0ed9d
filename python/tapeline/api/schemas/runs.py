"""Backtest runs, as they were stored."""

from typing import Any

from pydantic import Field

from tapeline.api.schemas.common import Answer, IsoTime, MaybeNanoseconds, Nanoseconds, Page, Single

Metrics = dict[str, float | int | None]


class Run(Answer):
    """A run in the list."""

    run_id: str = Field(examples=["sma_cross-1f2e3d4c5b6a7988"])
    strategy_id: str = Field(examples=["sma_cross"])
    symbols: list[str] = Field(examples=[["BTC/USDT"]])
    types: list[str] = Field(examples=[["trade"]])
    start_ns: MaybeNanoseconds
    end_ns: MaybeNanoseconds
    rows: int = Field(description="Rows the run has read.", examples=[120_000])
    version: str = Field(description="Of tapeline.", examples=["0.1.0"])
    parameters: dict[str, Any] = Field(examples=[{"fast": 20, "slow": 50}])
    metrics: Metrics = Field(examples=[{"pnl": 120.5, "sharpe": 1.2, "max_drawdown": -0.03}])
    written_ns: Nanoseconds


class RunDetail(Run):
    """A run with all that is needed to make it again."""

    strategy_hash: str = Field(description="SHA-256 of the strategy's source.")
    data_hash: str = Field(description="Of every value the run has read.")
    policy: dict[str, Any]
    costs: dict[str, Any]


class EquityPoint(Answer):
    """The account of a symbol at a time."""

    time_ns: Nanoseconds
    time: IsoTime
    symbol: str = Field(examples=["BTC/USDT"])
    equity: float = Field(examples=[100_120.5])
    cash: float = Field(examples=[35_120.4])
    position: float = Field(examples=[1.0])
    price: float = Field(examples=[65_000.1])
    drawdown: float = Field(
        description="equity / highest so far - 1: 0 at a high, -0.1 for 10 % below it.",
        examples=[-0.002],
    )


class RoundTrip(Answer):
    """From no position to no position."""

    entry_time_ns: Nanoseconds
    exit_time_ns: Nanoseconds
    time: IsoTime = Field(description="Of the exit.")
    symbol: str = Field(examples=["BTC/USDT"])
    side: str = Field(examples=["long"])
    quantity: float = Field(examples=[1.0])
    entry_price: float = Field(examples=[64_900.0])
    exit_price: float = Field(examples=[65_000.0])
    pnl: float = Field(examples=[87.0])
    fees: float = Field(examples=[13.0])
    funding: float = Field(examples=[0.0])


class Fill(Answer):
    """What was bought or sold."""

    time_ns: Nanoseconds
    time: IsoTime
    symbol: str = Field(examples=["BTC/USDT"])
    exchange: str = Field(examples=["binance"])
    market: str = Field(examples=["spot"])
    side: str = Field(examples=["buy"])
    quantity: float = Field(examples=[1.0])
    price: float = Field(examples=[64_900.0])
    notional: float = Field(examples=[64_900.0])
    fee: float = Field(examples=[6.5])
    slippage: float = Field(examples=[0.0])
    signal_time_ns: Nanoseconds
    event_id: str | None = Field(examples=[None])
    is_maker: bool = Field(examples=[False])


class RunPage(Page[Run]):
    """Runs, the latest first."""


class RunAnswer(Single[RunDetail]):
    """A run."""


class EquityPage(Page[EquityPoint]):
    """The account over time, by symbol: so many points as were asked for, extremes kept."""


class RoundTripPage(Page[RoundTrip]):
    """Round trips, ordered by symbol and exit."""


class FillPage(Page[Fill]):
    """Fills, ordered by symbol and time."""
