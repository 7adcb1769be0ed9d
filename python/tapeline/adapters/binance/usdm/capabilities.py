"""What the channels of Binance USDⓈ-M futures can prove."""

from tapeline.adapters.capability import Capability

_DOCUMENT = "Binance futures API documentation, WebSocket market streams"

CAPABILITIES = (
    Capability(
        channel="aggTrade",
        type="trade",
        ids="a, one more for each aggregate of a symbol; f and l may jump",
        loss="proven",
        recovery="",
        quantity="base",
        time="T",
        evidence=_DOCUMENT,
    ),
    Capability(
        channel="trade",
        type="trade",
        ids="t, one more for each trade of a symbol",
        loss="inferred",
        recovery="",
        quantity="base",
        time="T",
        evidence="not documented; recordings of 2024-08 without a hole",
    ),
    Capability(
        channel="bookTicker",
        type="l1",
        ids="u, the update id of the book; grows, with holes",
        loss="unverifiable",
        recovery="the next message is whole",
        quantity="base",
        time="T",
        evidence=f"{_DOCUMENT}; recordings of 2021 to 2026",
    ),
    Capability(
        channel="depth",
        type="l2",
        ids="U to u; pu is the u of the message before",
        loss="proven",
        recovery="GET /fapi/v1/depth",
        quantity="base",
        time="T",
        evidence=f"{_DOCUMENT}; 6,551 updates of 2024-08 joined",
    ),
    Capability(
        channel="partialDepth",
        type="l2",
        ids="u, the update id of the book; grows, with holes",
        loss="unverifiable",
        recovery="the next message is whole",
        quantity="base",
        time="T",
        evidence="recorded messages of 2022",
    ),
    Capability(
        channel="markPrice",
        type="funding",
        ids="none",
        loss="unverifiable",
        recovery="the next message is whole",
        quantity="",
        time="E",
        evidence=f"{_DOCUMENT}; recordings of 2026-09",
    ),
    Capability(
        channel="forceOrder",
        type="liquidation",
        ids="none; at most the latest order of a symbol in a second, so a sample",
        loss="unverifiable",
        recovery="",
        quantity="base",
        time="T of the order",
        evidence=f"{_DOCUMENT}; recordings of 2026",
    ),
)
