"""What the channels of OKX can prove; they are alike in every market."""

from tapeline.adapters.capability import Capability

_DOCUMENT = "OKX API v5 documentation, public channels"
_CONTRACTS = "base; of derivatives a contract of ctVal x ctMult"
_WHOLE = "the next message is whole"

TRADES = (
    Capability(
        channel="trades",
        type="trade",
        ids="tradeId is the last of count fills; the fills of an instrument are counted",
        loss="inferred",
        recovery="",
        quantity=_CONTRACTS,
        time="ts",
        evidence="recordings of 2022, 2025 and 2026 without a hole",
    ),
    Capability(
        channel="trades-all",
        type="trade",
        ids="tradeId grows",
        loss="unverifiable",
        recovery="",
        quantity=_CONTRACTS,
        time="ts",
        evidence=f"{_DOCUMENT}; no recording",
    ),
)
BOOKS = (
    Capability(
        channel="bbo-tbt",
        type="l1",
        ids="seqId grows, with holes; none in 2022",
        loss="unverifiable",
        recovery=_WHOLE,
        quantity=_CONTRACTS,
        time="ts",
        evidence="recordings of 2022 and 2026",
    ),
    Capability(
        channel="books",
        type="l2",
        ids="prevSeqId is the seqId of the message before; in 2022 a checksum instead",
        loss="proven",
        recovery="unsubscribe and subscribe: a snapshot comes first",
        quantity=_CONTRACTS,
        time="ts",
        evidence=f"{_DOCUMENT}; 16 updates of 2026 joined, 191 checksums of 2022 right",
    ),
    Capability(
        channel="books-l2-tbt",
        type="l2",
        ids="as books",
        loss="proven",
        recovery="unsubscribe and subscribe: a snapshot comes first",
        quantity=_CONTRACTS,
        time="ts",
        evidence=f"{_DOCUMENT}; recorded messages of 2022",
    ),
    Capability(
        channel="books5",
        type="l2",
        ids="seqId grows, with holes; none in 2022",
        loss="unverifiable",
        recovery=_WHOLE,
        quantity=_CONTRACTS,
        time="ts",
        evidence="recorded messages of 2022",
    ),
)
DERIVATIVES = (
    Capability(
        channel="funding-rate",
        type="funding",
        ids="none",
        loss="unverifiable",
        recovery=_WHOLE,
        quantity="",
        time="ts; none in 2022",
        evidence="recordings of 2022 and 2026",
    ),
    Capability(
        channel="liquidation-orders",
        type="liquidation",
        ids="none; at most one order of a contract in a second, so a sample",
        loss="unverifiable",
        recovery="",
        quantity=_CONTRACTS,
        time="ts of the line",
        evidence=f"{_DOCUMENT}; recorded messages of 2026",
    ),
)
