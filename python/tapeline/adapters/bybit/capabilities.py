"""What the topics of Bybit can prove."""

from tapeline.adapters.capability import Capability, Proof

_DOCUMENT = "Bybit API v5 documentation, public topics"
_WHOLE = "the next message is whole"
_RESUBSCRIBE = "unsubscribe and subscribe: a snapshot comes first"


def trades(quantity: str, ids: str, evidence: str) -> Capability:
    """Return what ``publicTrade`` can prove."""
    return Capability(
        channel="publicTrade",
        type="trade",
        ids=ids,
        loss="unverifiable",
        recovery="",
        quantity=quantity,
        time="T",
        evidence=evidence,
    )


def books(quantity: str) -> tuple[Capability, ...]:
    """Return what the ``orderbook`` topics can prove."""
    growing = "u is one more than before; a snapshot may come at any time"
    deltas: Proof = "inferred"
    evidence = {
        "orderbook.50": "recordings of 2026 joined; not promised",
        "orderbook.200": f"{_DOCUMENT}; no recording",
        "orderbook.500": "30 messages of the archive of 2024 joined; not offered any more",
        "orderbook.1000": f"{_DOCUMENT}; no recording",
    }
    best = Capability(
        channel="orderbook.1",
        type="l1",
        ids="u; repeated after 3 s without a change",
        loss="unverifiable",
        recovery=_WHOLE,
        quantity=quantity,
        time="cts",
        evidence=f"{_DOCUMENT}; recordings of 2026",
    )
    return (
        best,
        *(
            Capability(
                channel=channel,
                type="l2",
                ids=growing,
                loss=deltas,
                recovery=_RESUBSCRIBE,
                quantity=quantity,
                time="cts",
                evidence=said,
            )
            for channel, said in evidence.items()
        ),
    )


def contracts(quantity: str) -> tuple[Capability, ...]:
    """Return what the topics of contracts alone can prove."""
    return (
        Capability(
            channel="tickers",
            type="funding",
            ids="cs grows; a delta has what changed alone, so what a lost one changed stays unseen",
            loss="unverifiable",
            recovery="unsubscribe and subscribe: a snapshot comes first",
            quantity="",
            time="ts",
            evidence="a recording of 2026: 1 snapshot, 434 deltas",
        ),
        Capability(
            channel="allLiquidation",
            type="liquidation",
            ids="none",
            loss="unverifiable",
            recovery="",
            quantity=quantity,
            time="T",
            evidence=f"{_DOCUMENT}; a recorded message of 2026",
        ),
    )
