"""What the channels of Binance spot can prove."""

from tapeline.adapters.capability import Capability

_DOCUMENT = "Binance spot API documentation, WebSocket streams"

CAPABILITIES = (
    Capability(
        channel="trade",
        type="trade",
        ids="t, one more for each trade of a symbol",
        loss="inferred",
        recovery="",
        quantity="base",
        time="T",
        evidence="recordings of 2024-08: 19,904 trades without a hole",
    ),
    Capability(
        channel="aggTrade",
        type="trade",
        ids="a, one more for each aggregate of a symbol; f to l are the trades in it",
        loss="proven",
        recovery="",
        quantity="base",
        time="T",
        evidence=_DOCUMENT,
    ),
    Capability(
        channel="bookTicker",
        type="l1",
        ids="u, the update id of the book; grows, with holes",
        loss="unverifiable",
        recovery="the next message is whole",
        quantity="base",
        time="",
        evidence=f"{_DOCUMENT}; recordings of 2021 and 2024",
    ),
    Capability(
        channel="depth",
        type="l2",
        ids="U to u; U is the u before it + 1",
        loss="proven",
        recovery="GET /api/v3/depth",
        quantity="base",
        time="E",
        evidence=f"{_DOCUMENT}; 6,495 updates of 2024-08 without a hole",
    ),
    Capability(
        channel="partialDepth",
        type="l2",
        ids="lastUpdateId; grows, with holes",
        loss="unverifiable",
        recovery="the next message is whole",
        quantity="base",
        time="",
        evidence="a recorded message of 2022",
    ),
)
