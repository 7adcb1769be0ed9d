"""Instruments, events, books and bars."""

from typing import Literal

from pydantic import Field

from tapeline.api.schemas.common import (
    Answer,
    CoverageSummary,
    Decimal,
    IsoTime,
    MaybeDecimal,
    MaybeNanoseconds,
    Names,
    Nanoseconds,
    Page,
    Single,
)

Side = Literal["buy", "sell"]
EventType = Literal["trade", "orderbook", "funding", "liquidation"]
BookState = Literal["live", "stale", "buffering", "unsynced", "unknown"]
Level = tuple[Decimal, Decimal]


class Instrument(Names):
    """An instrument of which there are rows."""

    types: list[str] = Field(
        description="Event types there are rows of.", examples=[["trade", "orderbook"]]
    )
    first_ns: MaybeNanoseconds = Field(description="No row is earlier; see `last_ns`.")
    last_ns: MaybeNanoseconds = Field(
        description="No row is later. A Parquet store knows both by file: they may be times of "
        "another instrument's rows in the same file."
    )


class Event(Names):
    """What every event has."""

    event_id: str = Field(
        description="32 hexadecimal digits; equal events have equal ids.",
        examples=["00112233445566778899aabbccddeeff"],
    )
    quality: str = Field(description="The grade cleaning gave it.", examples=["perfect"])
    issues: list[str] = Field(description="What cleaning found.", examples=[[]])
    metadata: dict[str, str | None] = Field(
        description="What else the venue said.", examples=[{"m": "true"}]
    )
    received_ns: MaybeNanoseconds
    time: IsoTime


class Trade(Event):
    """A trade."""

    native_id: str | None = Field(description="The venue's id.", examples=["4501234"])
    price: Decimal
    quantity: Decimal
    side: Side | None = Field(description="The aggressor's side.", examples=["buy"])
    timestamp_ns: Nanoseconds


class Funding(Event):
    """A funding state of a perpetual contract."""

    rate: MaybeDecimal
    mark_price: MaybeDecimal
    index_price: MaybeDecimal
    interval_ns: int | None = Field(
        description="Between payments, in nanoseconds.", examples=[28_800_000_000_000]
    )
    next_funding_ns: MaybeNanoseconds
    timestamp_ns: MaybeNanoseconds


class Liquidation(Event):
    """A forced order."""

    side: Side | None = Field(examples=["sell"])
    price: Decimal
    average_price: MaybeDecimal
    quantity: Decimal
    status: str | None = Field(examples=["FILLED"])
    timestamp_ns: MaybeNanoseconds


class Book(Names):
    """A book as of a moment."""

    time_ns: Nanoseconds
    time: IsoTime
    state: BookState = Field(
        description="`live` when it is right at `time`; `stale` when its levels are those of "
        "`last_message_ns`, and what came until `time` is not known; without levels: `buffering` "
        "(no snapshot was found), `unsynced`, `unknown` (no message).",
        examples=["live"],
    )
    reason: str = Field(description="Why it is not `live`; empty when it is.", examples=[""])
    depth: Literal[1, 2] = Field(
        description="1: best bid and ask alone; 2: by price level.", examples=[2]
    )
    last_update_id: int | None = Field(examples=[1_027_024])
    last_time_ns: MaybeNanoseconds = Field(
        description="Exchange time of the latest change, Unix UTC nanoseconds; null where the "
        "venue does not say it."
    )
    last_message_ns: MaybeNanoseconds = Field(
        description="Time of the latest message until `time`, Unix UTC nanoseconds."
    )
    age_ns: int | None = Field(
        description="`time_ns` less `last_message_ns`.", examples=[100_000_000]
    )
    missing: list[tuple[int, int]] = Field(
        description="Ranges of update ids that are not in the store.", examples=[[]]
    )
    bids: list[Level] = Field(
        description="Price and quantity, best first.", examples=[[["65000.1", "0.5"]]]
    )
    asks: list[Level] = Field(
        description="Price and quantity, best first.", examples=[[["65000.2", "0.25"]]]
    )
    trusted_bids: int = Field(
        description="Levels that are known, of which `levels` are given.", examples=[1]
    )
    trusted_asks: int = Field(examples=[1])


class Bar(Names):
    """A bar of an interval that has trades; its numbers are computed, in 64-bit floating point."""

    start_ns: Nanoseconds
    end_ns: Nanoseconds
    time: IsoTime
    open: float = Field(examples=[65000.1])
    high: float = Field(examples=[65010.0])
    low: float = Field(examples=[64990.5])
    close: float = Field(examples=[65005.0])
    volume: float = Field(examples=[12.5])
    notional: float = Field(examples=[812_510.0])
    vwap: float | None = Field(description="Null when nothing was traded.", examples=[65000.8])
    trades: int = Field(examples=[230])
    buy_volume: float = Field(examples=[7.25])
    is_complete: bool = Field(
        description="Whether a later trade is known; a bar that is not may still grow.",
        examples=[True],
    )


class InstrumentPage(Page[Instrument]):
    """Instruments, ordered by exchange, market and raw symbol."""

    coverage_by_type: dict[EventType, CoverageSummary] = Field(
        description="`coverage` of each event type alone, of all instruments that were asked for; "
        "quarantined messages are of no type, and counted with each."
    )


class TradePage(Page[Trade]):
    """Trades, in order of time."""


class FundingPage(Page[Funding]):
    """Funding states, in order of time."""


class LiquidationPage(Page[Liquidation]):
    """Forced orders, in order of time."""


class BarPage(Page[Bar]):
    """Bars, in order of time."""


class BookAnswer(Single[Book]):
    """A book."""


class AnalysisPoint(Answer):
    """A bar's end with the indicators there."""

    start_ns: Nanoseconds
    time: IsoTime
    close: float = Field(examples=[65005.0])
    volume: float = Field(examples=[12.5])
    values: dict[str, float | None] = Field(
        description="By the indicator's name; null while it has too few bars.",
        examples=[{"sma_20": 64990.2, "rsi_14": None}],
    )


class AnalysisPage(Page[AnalysisPoint]):
    """Indicators over bars, and figures of the whole stretch."""

    metrics: dict[str, float | int | None] = Field(
        description="Of the closing prices: `total_return`, `volatility` (a year), `sharpe`, "
        "`sortino`, `max_drawdown`; `volume`, `notional`, `trades`, `bars`. Null where there is "
        "none.",
        examples=[{"total_return": 0.012, "volatility": 0.55, "bars": 60}],
    )
