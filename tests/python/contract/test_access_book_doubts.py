"""A book is live at a moment only when it is known then; otherwise it says why it is not."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

import tapeline as tl
from tests.python.markets import SECOND, START, Row, book, gap, session, stored, trade
from tests.python.serving import serving


def at(second: float) -> int:
    return START + int(second * SECOND)


def own_id(place: int, channel: str) -> bytes:
    names = "\0".join(("binance", "spot", channel, "BTCUSDT"))
    return hashlib.sha256(names.encode()).digest()[:6] + b"\x80" + place.to_bytes(9, "big")


def books(*seconds: float, channel: str = "depth", price: int = 99) -> list[Row]:
    return [
        book(at(second), [(str(price), "1")], [("101", "1")])
        | {"event_id": own_id(place, channel), "received_ns": at(second) + 5_000_000}
        for place, second in enumerate(seconds)
    ]


def said(kind: str, second: float, channel: str = "depth", **more: object) -> Row:
    return {
        "channel": channel,
        "kind": kind,
        "proof": "inferred",
        "received_ns": at(second),
        **more,
    }


def ended(second: float, channel: str = "depth", reason: str = "") -> Row:
    times = {"start_ns": at(0), "end_ns": at(second)}
    return said("session_end", second, channel, reason=reason, **times)


TRADES = [trade(at(second), "100") for second in range(60)]
BOOKS = books(*range(10), *range(20, 30))
BEGUN = [session(at(0), name) | {"first_id": 1, "last_id": 1} for name in ("depth", "trade")]
LOST = [said("connection_lost", 9.5, reason="reset by peer"), said("connection_restored", 19)]
AGAIN = [ended(9), ended(9, "trade"), session(at(20), "depth"), session(at(19), "trade")]


@pytest.mark.parametrize(
    ("stated", "second", "state", "reason"),
    [
        # The market is quiet, the line is there.
        (BEGUN, 15, "live", ""),
        (BEGUN, 59, "live", ""),
        (BEGUN, 59.5, "stale", "nothing was recorded after 2026-01-05T12:00:59Z"),
        (BEGUN, 1e9, "stale", "nothing was recorded after 2026-01-05T12:00:59Z"),
        (BEGUN, -1, "unknown", "no message of it was stored until then"),
        ([*BEGUN, *LOST], 9.4, "live", ""),
        ([*BEGUN, *LOST], 15, "stale", r"no line to the venue \(reset by peer\) from .*09.5Z to"),
        ([*BEGUN, *LOST], 19.5, "live", ""),
        ([*BEGUN, LOST[0]], 40, "live", ""),
        ([*BEGUN, said("connection_lost", 30)], 40, "stale", "no line to the venue from"),
        ([*BEGUN, gap("depth", at(9), at(20), 7, 8)], 15, "stale", "messages are missing from"),
        ([*BEGUN, gap("depth", at(9), at(20), 7, 8)], 20, "live", ""),
        # Of the trades alone.
        ([*BEGUN, gap("trade", at(9), at(20), 7, 8)], 15, "live", ""),
        ([*BEGUN, said("book_unsynced", 9, reason="checksum")], 25, "unsynced", "checksum"),
        (
            [*BEGUN, said("book_unsynced", 9), said("book_synced", 20)],
            21,
            "live",
            "",
        ),
        ([*BEGUN, *AGAIN], 8.5, "live", ""),
        ([*BEGUN, *AGAIN], 15, "stale", "nobody collected"),
        ([*BEGUN, *AGAIN], 19.5, "stale", "nobody collected"),
        ([*BEGUN, *AGAIN], 25.5, "live", ""),
        # The collector was killed and begun anew, and says nothing of when it ended.
        ([*BEGUN, session(at(20), "depth"), session(at(19), "trade")], 15, "stale", "begun anew"),
        ([*BEGUN, session(at(20), "depth"), session(at(19), "trade")], 5.5, "live", ""),
        # It was begun anew, but for the book.
        ([*BEGUN, ended(29), ended(29, "trade"), session(at(40), "trade")], 50, "stale", "anew"),
        ([*BEGUN, ended(29, reason="unsubscribed")], 50, "stale", r"until .*29Z \(unsubscribed\)"),
        # Others were recorded later, by another collector.
        ([BEGUN[0], ended(29), session(at(40), "trade")], 50, "stale", "recorded until"),
    ],
)
def test_a_book_is_live_only_where_it_is_known(
    stated: Sequence[Row], second: float, state: str, reason: str, tmp_path: Path
) -> None:
    rows = {"trade": TRADES, "orderbook": BOOKS, "coverage": list(stated)}
    with tl.open(stored(tmp_path, rows)) as data:
        found = data.book_at("BTC/USDT", at(second))
    assert (found.state, found.is_live) == (state, state == "live")
    assert_reason(reason, found.reason)
    assert bool(found.trusted_depth[0]) is (state == "live")
    assert (found.best_bid is not None) is (state in {"live", "stale"})
    last = max((each for each in (*range(10), *range(20, 30)) if each <= second), default=None)
    if last is None:
        assert (found.last_message_ns, found.age_ns) == (None, None)
    else:
        assert (found.last_message_ns, found.age_ns) == (at(last), at(second) - at(last))


def assert_reason(pattern: str, reason: str) -> None:
    if not pattern:
        assert reason == ""
        return
    with pytest.raises(ValueError, match=pattern):
        raise ValueError(reason)


def test_without_a_time_it_is_the_latest_book(tmp_path: Path) -> None:
    rows = {"trade": TRADES, "orderbook": BOOKS, "coverage": [*BEGUN, said("connection_lost", 30)]}
    with tl.open(stored(tmp_path, rows)) as data:
        found = data.book_at("BTC/USDT")
    assert (found.time_ns, found.state, found.age_ns) == (at(29), "live", 0)
    assert found.best_bid is not None


def test_a_channel_that_is_known_goes_before_one_that_is_not(tmp_path: Path) -> None:
    deep = book(at(5), [("99", "1"), ("98", "1")], [("101", "1"), ("102", "1")])
    deep |= {"event_id": own_id(77, "depth")}
    flat = books(*range(60), channel="partialDepth", price=97)
    stated = [*BEGUN, session(at(0), "partialDepth"), said("connection_lost", 9)]
    rows = {"trade": TRADES, "orderbook": [deep, *flat], "coverage": stated}
    with tl.open(stored(tmp_path, rows)) as data:
        before, after = data.book_at("BTC/USDT", at(8)), data.book_at("BTC/USDT", at(50))
    assert before.trusted_depth == (2, 2)
    assert (after.state, after.trusted_depth) == ("live", (1, 1))


def test_the_api_says_the_same(tmp_path: Path) -> None:
    rows = {"trade": TRADES, "orderbook": BOOKS, "coverage": BEGUN}
    with serving([stored(tmp_path, rows)]) as server:
        names = {"symbol": "BTC/USDT"}
        newest = server.get("/api/orderbook", names).json["data"]
        quiet = server.get("/api/orderbook", names, time=at(15)).json["data"]
        after = server.get("/api/orderbook", names, time=at(600)).json
    assert (newest["state"], newest["time_ns"], newest["reason"]) == ("live", at(29), "")
    assert (quiet["state"], quiet["last_message_ns"], quiet["age_ns"]) == (
        "live",
        at(9),
        6 * SECOND,
    )
    assert (after["data"]["state"], after["data"]["bids"]) == ("stale", newest["bids"])
    assert after["data"]["reason"] == "nothing was recorded after 2026-01-05T12:00:59Z"
    assert after["data"]["last_message_ns"] == at(29)
    assert after["coverage"]["is_complete"] is not True
