"""Anomalies planted in a synthetic tape, each with the verdict that a collector must come to."""

import random
from enum import StrEnum
from typing import Any, NamedTuple


class Anomaly(StrEnum):
    """What is planted."""

    PRICE_SPIKE = "price_spike"
    QUANTITY_SPIKE = "quantity_spike"
    FUTURE_TIME = "future_time"
    STALE_TIME = "stale_time"
    ID_GAP = "id_gap"
    DUPLICATE = "duplicate"
    LATE = "late"
    MALFORMED = "malformed"


#: The issue code, or verdict, of docs/cleaning.md that each must get.
EXPECTED = {
    Anomaly.PRICE_SPIKE: "price_band",
    Anomaly.QUANTITY_SPIKE: "quantity_spike",
    Anomaly.FUTURE_TIME: "future_timestamp",
    Anomaly.STALE_TIME: "stale_timestamp",
    Anomaly.ID_GAP: "sequence_gap",
    Anomaly.DUPLICATE: "duplicate",
    Anomaly.LATE: "out_of_order",
}

#: No pair has an anomaly among its first trades: averages need 31 prices, 64 quantities to start.
WARM_UP = 200
#: Trades between two anomalies of a pair, so that each can be told from the others.
SPACING = 40
#: How many frames a duplicate or a late frame comes behind its place.
DELAY_MAX = 12
#: One anomaly of every kind in so many trades.
_TRADES_PER_KIND = 2_500


class Damage(NamedTuple):
    """A way to spoil a trade frame: text to replace, and the quarantine reason it must give."""

    find: str
    put: str
    reason: str


#: Each applies to a frame built by ``frames.trade_frame``; ``find`` occurs in every one.
DAMAGES = (
    Damage('"M":true}}', '"M":tr', "truncated"),
    Damage('"p":"', '"p":"-', "range"),
    Damage('"p":"', '"p":"abc', "decimal_syntax"),
    Damage('"q":"', '"q":"1,', "decimal_syntax"),
    Damage('"T":', '"Z":', "missing"),
    Damage('"m":', '"m":1,"n":', "side"),
    Damage('"t":', '"t":-', "id"),
    Damage('"s":"', '"s":"X', "unexpected_symbol"),
    Damage('"data":{', '"data":{{', "not_json"),
    Damage('"M":true}}', '"M":true}},', "trailing"),
)


def places(trades: int, chooser: random.Random) -> dict[int, Anomaly]:
    """Choose which of one pair's trades get an anomaly.

    Parameters
    ----------
    trades
        The pair's trades, about.
    chooser
        Seeded source of randomness.

    Returns
    -------
    dict
        Ordinal of the trade (from 0) -> what is planted; at least `SPACING` apart, after `WARM_UP`.
        Too few trades give fewer anomalies, never closer ones.
    """
    slots = list(range(WARM_UP, trades - SPACING, SPACING))
    chooser.shuffle(slots)
    each = max(1, trades // _TRADES_PER_KIND)
    kinds = [kind for _ in range(each) for kind in Anomaly]
    return dict(zip(slots, kinds, strict=False))


def expected(kind: Anomaly, damage: Damage | None) -> dict[str, Any]:
    """Return the verdict of a planted anomaly as the ledger names it."""
    if damage is not None:
        return {"verdict": "quarantine", "reason": damage.reason}
    if kind is Anomaly.DUPLICATE:
        return {"verdict": "duplicate"}
    return {"verdict": "event", "issue": EXPECTED[kind]}
