"""What every answer has."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")

EXAMPLE_NS = 1_767_614_400_000_000_000
EXAMPLE_TIME = "2026-01-05T12:00:00.000000000Z"

Nanoseconds = Annotated[
    int,
    Field(
        description="Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read "
        "it exactly.",
        examples=[EXAMPLE_NS],
        json_schema_extra={"format": "int64"},
    ),
]
MaybeNanoseconds = Annotated[
    int | None,
    Field(
        description="Unix UTC nanoseconds; null where it is not known.",
        examples=[EXAMPLE_NS],
    ),
]
IsoTime = Annotated[
    str | None,
    Field(
        description="The row's time as text, UTC, with nine digits; null where it has none.",
        examples=[EXAMPLE_TIME],
    ),
]
Decimal = Annotated[
    str,
    Field(
        description="A decimal number as text, exact, without exponent or padding.",
        examples=["65000.1"],
        json_schema_extra={"format": "decimal"},
    ),
]
MaybeDecimal = Annotated[
    str | None,
    Field(description="A decimal number as text, exact; null where the venue says none."),
]


class Answer(BaseModel):
    """The form of every model here: nothing else is in an answer."""

    model_config = ConfigDict(extra="forbid")


class CoverageSummary(Answer):
    """How complete an answer is; ``/api/coverage`` has the streams and the holes."""

    summary: str = Field(
        description="One sentence for people.",
        examples=["trade of 1 stream: 1 gap (12 ids missing)"],
    )
    is_complete: bool | None = Field(
        description="Whether nothing is missing; null when that cannot be known.", examples=[False]
    )
    start_ns: MaybeNanoseconds
    end_ns: MaybeNanoseconds
    streams: int = Field(description="Streams the answer comes from.", examples=[1])
    holes: int = Field(description="What is missing or not known in them.", examples=[1])
    quarantined: int = Field(
        description="Messages of this time that could not become events.", examples=[0]
    )


class Single(Answer, Generic[Item]):
    """An answer about one thing."""

    data: Item
    coverage: CoverageSummary
    as_of_ns: MaybeNanoseconds = Field(
        description="No row of these instruments that the store had when it was read is later: "
        "what came after that is not in the answer. A Parquet store knows it by file, so it may "
        "be the time of another instrument's row in the same file. Null without any row."
    )


class Page(Answer, Generic[Item]):
    """A page of a list."""

    data: list[Item]
    coverage: CoverageSummary
    as_of_ns: MaybeNanoseconds = Field(
        description="No row of these instruments that the store had when it was read is later: "
        "what came after that is not in the answer. A Parquet store knows it by file, so it may "
        "be the time of another instrument's row in the same file. Null without any row."
    )
    next_cursor: str | None = Field(
        description="Give it back as `cursor`, beside the same parameters, for the next page; "
        "null on the last one.",
        examples=[None],
    )


class Names(Answer):
    """Which instrument."""

    exchange: str = Field(examples=["binance"])
    market: str = Field(examples=["spot"])
    symbol: str = Field(description="Canonical.", examples=["BTC/USDT"])
    raw_symbol: str = Field(description="As the venue spells it.", examples=["BTCUSDT"])


class FieldFault(Answer):
    """What is wrong with one parameter."""

    name: str = Field(examples=["limit"])
    message: str = Field(examples=["input should be less than or equal to 10000"])


class Problem(Answer):
    """Why there is no answer (RFC 9457)."""

    type: str = Field(description="Names the kind of problem.", examples=["/problems/parameter"])
    title: str = Field(examples=["A parameter is wrong"])
    status: int = Field(examples=[422])
    detail: str = Field(
        description="What is wrong, and what to do next.",
        examples=["limit: input should be less than or equal to 10000"],
    )
    instance: str = Field(description="The path that was asked.", examples=["/api/trades"])
    request_id: str = Field(
        description="Names this request in the server's log.", examples=["5f0c2a9be61d4c03"]
    )
    errors: list[FieldFault] | None = Field(
        default=None, description="The parameters that are wrong."
    )
    stale_since: str | None = Field(
        default=None,
        description="Of 503: since when no store has answered, UTC.",
        examples=[EXAMPLE_TIME],
    )
    retry_after_s: int | None = Field(
        default=None, description="Of 429 and 503: try again after so many seconds.", examples=[1]
    )
