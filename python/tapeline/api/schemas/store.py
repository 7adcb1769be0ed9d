"""How good the data is."""

from pydantic import Field

from tapeline.api.schemas.common import (
    Answer,
    IsoTime,
    MaybeNanoseconds,
    Names,
    Page,
)
from tapeline.api.schemas.market import EventType


class Hole(Answer):
    """Something that is missing, or not known."""

    kind: str = Field(
        description="`gap` (ids that never came), `connection`, `unsynced` (a book not to be "
        "trusted), `bus`, `between` (nobody collected), `before` and `after` (outside what was "
        "collected).",
        examples=["gap"],
    )
    proof: str = Field(examples=["proven_gap"])
    start_ns: MaybeNanoseconds
    end_ns: MaybeNanoseconds
    first_id: int | None = Field(examples=[101])
    last_id: int | None = Field(examples=[112])
    reason: str = Field(examples=["ids 101 to 112 never came"])


class StreamCoverage(Names):
    """What is known of one stream of an instrument."""

    type: EventType
    channel: str = Field(
        description="The venue's name of it; empty where nothing was recorded.", examples=["trade"]
    )
    loss: str = Field(
        description="What a hole in its ids proves: `proven`, `inferred`, `unverifiable`, "
        "`unknown`.",
        examples=["proven"],
    )
    first_ns: MaybeNanoseconds
    last_ns: MaybeNanoseconds
    gaps: int = Field(examples=[1])
    missing_ids: int = Field(examples=[12])
    lost_connections: int = Field(examples=[0])
    unsynced: int = Field(examples=[0])
    restarts: int = Field(examples=[0])
    quarantined: int = Field(description="Messages of the instrument.", examples=[0])
    holes: list[Hole] = Field(description="The first of them, in order of time.")
    holes_total: int = Field(description="How many there are.", examples=[1])


class CoveragePage(Page[StreamCoverage]):
    """Streams, ordered by exchange, market, raw symbol, type and channel."""


class Lag(Answer):
    """From the venue's time to ours, in nanoseconds; below zero where the clocks differ."""

    p50_ns: int = Field(examples=[4_000_000])
    p99_ns: int = Field(examples=[21_000_000])
    max_ns: int = Field(examples=[40_000_000])


class Quality(Names):
    """Counts of one type of an instrument."""

    type: EventType
    rows: int = Field(examples=[1200])
    grades: dict[str, int] = Field(
        description="Rows by the grade cleaning gave them.", examples=[{"perfect": 1199}]
    )
    issues: dict[str, int] = Field(
        description="Rows by what cleaning found; a row may have several.",
        examples=[{"price_jump": 1}],
    )
    quarantined: dict[str, int] = Field(
        description="Messages of the instrument that became no event, by reason; the same at each "
        "of its types.",
        examples=[{"truncated": 2}],
    )
    lag: Lag | None = Field(description="Null where no row has both times.")
    first_ns: MaybeNanoseconds
    last_ns: MaybeNanoseconds
    age_ns: int | None = Field(
        description="How old the newest row was when this was answered, by the venue's time, or "
        "ours where it says none: of a busy instrument, how long it takes until a row can be "
        "queried. Null without a row.",
        examples=[1_900_000_000],
    )


class QualityPage(Page[Quality]):
    """Counts, ordered by exchange, market, raw symbol and type."""


class Quarantined(Answer):
    """A message that could not become an event."""

    exchange: str = Field(examples=["binance"])
    market: str = Field(examples=["spot"])
    symbol: str | None = Field(examples=["BTC/USDT"])
    raw_symbol: str | None = Field(examples=["BTCUSDT"])
    reason: str = Field(examples=["truncated"])
    stage: int = Field(description="The stage of cleaning that refused it.", examples=[1])
    field: str = Field(description="Where in it; empty for the whole.", examples=["p"])
    offset: int | None = Field(description="The byte at which it broke.", examples=[17])
    raw_text: str = Field(
        description="Its bytes as text: what is not UTF-8 is replaced, and long ones are cut. "
        "A stranger wrote this: show it as text, never as markup.",
        examples=['{"e":"trade","E":17'],
    )
    raw_base64: str = Field(description="Its bytes, all that were kept.", examples=["eyJlIjo="])
    raw_length: int = Field(description="How many bytes came.", examples=[19])
    received_ns: MaybeNanoseconds
    time: IsoTime


class QuarantinePage(Page[Quarantined]):
    """Messages that became no event, in the order they came."""
