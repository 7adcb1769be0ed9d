"""The state of the server, its stores and its live feed."""

from typing import Literal

from pydantic import Field

from tapeline.api.schemas.common import Answer, IsoTime, MaybeNanoseconds, Nanoseconds

Status = Literal["ok", "degraded", "down"]


class Check(Answer):
    """One thing that must work."""

    name: str = Field(examples=["store"])
    status: Status
    detail: str = Field(description="What is wrong; empty when nothing is.", examples=[""])
    since_ns: MaybeNanoseconds = Field(description="Since when it is so.")


class Health(Answer):
    """Whether the server can do its work."""

    status: Status = Field(description="The worst of the checks.")
    checks: list[Check]
    version: str = Field(examples=["0.1.0"])
    time_ns: Nanoseconds
    time: IsoTime


class StageLag(Answer):
    """What sampled events took, in nanoseconds; below zero where the clocks of two machines differ.

    About one event a second of each stream is looked at.
    """

    samples: int = Field(examples=[58])
    p50_ns: int = Field(examples=[2_100_000])
    p99_ns: int = Field(examples=[9_400_000])
    max_ns: int = Field(examples=[12_000_000])


class Stage(Answer):
    """A stage of the way of events."""

    name: Literal["received", "sent", "read", "served"] = Field(
        description="`received`: from the venue's time to the collector. `sent`: from there to the "
        "bus, with cleaning. `read`: from there to this server. `served`: from there to the "
        "queues of the live socket."
    )
    lag: StageLag | None = Field(
        description="Over the last minute; null where nothing came, or the venue says no time."
    )


class Subscription(Answer):
    """A stream of the live feed."""

    type: str = Field(examples=["trade"])
    exchange: str = Field(examples=["binance"])
    market: str = Field(examples=["spot"])
    symbol: str = Field(examples=["BTC/USDT"])
    state: Literal["live", "stale", "waiting"] = Field(
        description="`stale` when nothing has come for longer than it may, `waiting` before the "
        "first event."
    )
    rows: int = Field(description="Rows since the start.", examples=[12_000])
    last_sent_ns: MaybeNanoseconds = Field(
        description="When the collector sent its newest batch, by the collector's clock."
    )
    age_ns: int | None = Field(
        description="Since then; nothing is younger than when it reached this server.",
        examples=[120_000],
    )
    rows_per_s: float | None = Field(
        description="Rows sent a second, over the last minute; null in the first second.",
        examples=[24.5],
    )
    stages: list[Stage] = Field(description="In the order of the way; `served` is not by stream.")


class Load(Answer):
    """How busy the server is."""

    queries_running: int = Field(examples=[1])
    queries_waiting: int = Field(examples=[0])
    queries_at_most: int = Field(description="More are refused with 503.", examples=[24])
    answered: int = Field(description="Queries since the start.", examples=[4021])
    refused: int = Field(description="Refused with 503 since the start.", examples=[0])


class Live(Answer):
    """The live feed."""

    is_connected: bool
    clients: int = Field(description="WebSocket clients.", examples=[3])
    stages: list[Stage] = Field(description="Of all streams together, in the order of the way.")
    subscriptions: list[Subscription]


class System(Answer):
    """The server."""

    version: str = Field(examples=["0.1.0"])
    started_ns: Nanoseconds
    time_ns: Nanoseconds
    time: IsoTime
    stores: str = Field(description="What is open, without passwords.", examples=["parquet:data"])
    load: Load
    live: Live | None = Field(description="Null when the server was started without a transport.")
