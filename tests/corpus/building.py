"""Small words for writing corpus rows: frames on one side, verdicts on the other.

A verdict is data written by a person next to the frame. Nothing here asks an implementation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Verdict = dict[str, Any]

# One real trade in the venue's documented spelling; every row bends something of it.
ID = 3735683259
TIME_MS = 1723161255342
PUBLISHED_MS = 1723161255343
TIME_NS = TIME_MS * 1_000_000
RECEIVED_NS = 1_723_161_255_400_000_000

TRADE = (
    '{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000",'
    '"q":"0.02000000","T":1723161255342,"m":true,"M":true}'
)
AGGREGATE = (
    '{"e":"aggTrade","E":1723161255343,"s":"BTCUSDT","a":3735683259,"p":"61837.63000000",'
    '"q":"0.02000000","f":5,"l":9,"T":1723161255342,"m":true,"M":true}'
)
COMBINED = '{"stream":"btcusdt@trade","data":' + TRADE + "}"
COMBINED_AGGREGATE = '{"stream":"btcusdt@aggTrade","data":' + AGGREGATE + "}"


def bend(frame: str, old: str, new: str) -> str:
    """Return the frame with its one occurrence of a piece replaced."""
    assert frame.count(old) == 1, (frame, old)
    return frame.replace(old, new)


def with_price(value: str) -> str:
    """Return the trade with another price, given as JSON."""
    return bend(TRADE, '"61837.63000000"', value)


def with_quantity(value: str) -> str:
    """Return the trade with another quantity, given as JSON."""
    return bend(TRADE, '"0.02000000"', value)


def with_id(value: str) -> str:
    """Return the trade with another id, given as JSON."""
    return bend(TRADE, "3735683259", value)


def with_time(value: str) -> str:
    """Return the trade with another time and no published time."""
    return bend(bend(TRADE, '"E":1723161255343,', ""), "1723161255342", value)


def with_symbol(value: str) -> str:
    """Return the trade with another symbol, given as JSON."""
    return bend(TRADE, '"BTCUSDT"', value)


def with_side(value: str) -> str:
    """Return the trade with another ``m``, given as JSON."""
    return bend(TRADE, '"m":true', f'"m":{value}')


def without(member: str) -> str:
    """Return the trade without a member, given with its comma."""
    return bend(TRADE, member, "")


def trade_json(
    number: int, price: str, quantity: str, time_ms: int, symbol: str = "BTCUSDT"
) -> str:
    """Return a trade in the venue's spelling, published one millisecond later."""
    return (
        f'{{"e":"trade","E":{time_ms + 1},"s":"{symbol}","t":{number},"p":"{price}",'
        f'"q":"{quantity}","T":{time_ms},"m":true,"M":true}}'
    )


# -- verdicts ----------------------------------------------------------------------------------


def _quality(issues: tuple[str, ...]) -> str:
    suspicious = {"price_band", "quantity_spike", "future_timestamp", "stale_timestamp"}
    suspicious |= {"time_reversed", "sequence_gap", "out_of_order", "sequence_jump"}
    suspicious |= {"crossed_book", "checksum_mismatch"}
    return "suspicious" if suspicious & set(issues) else "repaired" if issues else "perfect"


def event(*issues: str, **other: object) -> Verdict:
    """Expect the trade above, but for what is said otherwise."""
    return {
        "verdict": "event",
        "quality": _quality(issues),
        "issues": list(issues),
        "raw_symbol": "BTCUSDT",
        "native_id": str(ID),
        "price": "61837.63",
        "quantity": "0.02",
        "side": "sell",
        "timestamp_ns": TIME_NS,
        **other,
    }


def quarantine(reason: str, stage: int, field: str, offset: int | None = None) -> Verdict:
    """Expect a quarantine record."""
    return {
        "verdict": "quarantine",
        "reason": reason,
        "stage": stage,
        "field": field,
        "offset": offset,
    }


def control(kind: str) -> Verdict:
    """Expect a control frame."""
    return {"verdict": "control", "kind": kind}


def unsupported(kind: str) -> Verdict:
    """Expect a well-formed message of a type that is not handled."""
    return {"verdict": "unsupported", "type": kind}


def book(*issues: str, **other: object) -> Verdict:
    """Expect the changed levels of `depth`, but for what is said otherwise."""
    return {
        "verdict": "event",
        "type": "orderbook",
        "quality": _quality(issues),
        "issues": list(issues),
        "raw_symbol": "BTCUSDT",
        "depth": "l2",
        "action": "delta",
        "first_update_id": 5,
        "last_update_id": 9,
        "prev_update_id": None,
        "bids": [],
        "asks": [],
        "timestamp_ns": PUBLISHED_MS * 1_000_000,
        **other,
    }


def whole(*issues: str, **other: object) -> Verdict:
    """Expect a whole book of Binance spot, which has neither a first id nor a time."""
    usual: Verdict = {"action": "snapshot", "first_update_id": None, "timestamp_ns": None}
    return book(*issues, **{**usual, "last_update_id": 5, **other})


DUPLICATE: Verdict = {"verdict": "duplicate"}


# -- cases -------------------------------------------------------------------------------------


def frame(row: str, content: str | bytes, expected: Verdict, note: str = "") -> dict[str, Any]:
    """Return a case of one frame that is a file of its own."""
    data = content.encode() if isinstance(content, str) else content
    return {"row": row, "content": data, "expected": [expected], "note": note}


def elsewhere(
    row: str,
    market: str,
    content: str,
    *expected: Verdict,
    received_ns: int = RECEIVED_NS,
    note: str = "",
) -> dict[str, Any]:
    """Return a case of one frame of another market, with a verdict for each element of a list."""
    return {
        "row": row,
        "market": market,
        "content": content.encode(),
        "received_ns": received_ns,
        "expected": list(expected),
        "note": note,
    }


def depth(bids: str, asks: str = "[]", ids: str = '"U":5,"u":9', time: str = "") -> str:
    """Return a depth update, levels and ids given as JSON."""
    time = time or f'"E":{PUBLISHED_MS},'
    return f'{{"e":"depthUpdate",{time}"s":"BTCUSDT",{ids},"b":{bids},"a":{asks}}}'


def recipe(
    row: str, parts: list[tuple[str, int]], expected: Verdict, note: str = ""
) -> dict[str, Any]:
    """Return a case of one frame that is too big for a file: texts and how often each."""
    pieces = [{"text": text, "times": times} for text, times in parts]
    return {"row": row, "recipe": pieces, "expected": [expected], "note": note}


def prefixes(row: str, content: str, note: str = "") -> dict[str, Any]:
    """Return a case of every proper prefix of a frame: each is truncated where it ends."""
    return {
        "row": row,
        "content": content.encode(),
        "generate": "every_prefix",
        "expected": [{"verdict": "quarantine", "reason": "truncated", "stage": 1, "field": "$"}],
        "note": note,
    }


def sequence(
    row: str,
    frames: Sequence[tuple[str, int | None]],
    expected: list[Verdict],
    *,
    coverage: list[list[Any]],
    gaps: list[list[Any]] | None = None,
    note: str = "",
) -> dict[str, Any]:
    """Return a case of several frames, each with its receive time.

    ``coverage`` has (kind, first_id, last_id), ``gaps`` (first_missing, last_missing).
    """
    assert len(frames) == len(expected)
    return {
        "row": row,
        "tape": frames,
        "expected": expected,
        "coverage": coverage,
        "gaps": gaps or [],
        "note": note,
    }
