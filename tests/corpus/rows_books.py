"""Rows about the order books of Binance spot: J46, J47, J51, fields and sequences."""

from __future__ import annotations

from typing import Any

from tests.corpus.building import (
    DUPLICATE,
    PUBLISHED_MS,
    RECEIVED_NS,
    Verdict,
    bend,
    book,
    depth,
    frame,
    quarantine,
    sequence,
    unsupported,
    whole,
)

TICKER = '{"u":5,"s":"BTCUSDT","b":"1","B":"3","a":"2","A":"4"}'
BEST = {"depth": "l1", "bids": [["1", "3"]], "asks": [["2", "4"]]}
LEVEL = [["1", "2"]]


def partial(bids: str, asks: str = "[]", stream: str = "btcusdt@depth5@100ms") -> str:
    """Return a partial book in its wrapper."""
    data = f'{{"lastUpdateId":5,"bids":{bids},"asks":{asks}}}'
    return f'{{"stream":"{stream}","data":{data}}}'


def wrapped(stream: str, data: str) -> str:
    """Return a combined-stream frame."""
    return f'{{"stream":"{stream}","data":{data}}}'


def update(first: int, last: int, later_ms: int = 0) -> tuple[str, int]:
    """Return a depth update and its receive time."""
    time = f'"E":{PUBLISHED_MS + later_ms},'
    frame_ = depth("[]", ids=f'"U":{first},"u":{last}', time=time)
    return frame_, RECEIVED_NS + later_ms * 1_000_000


def kept(first: int, last: int, *issues: str, later_ms: int = 0) -> Verdict:
    """Expect that depth update."""
    time_ns = (PUBLISHED_MS + later_ms) * 1_000_000
    return book(*issues, first_update_id=first, last_update_id=last, timestamp_ns=time_ns)


def start(first: int, last: int) -> list[list[Any]]:
    """Expect the first two records of a book that has no snapshot."""
    return [["session_start", first, last], ["book_unsynced", None, None]]


SHAPES = [
    frame("J46", depth(levels), quarantine("type", 1, "b"))
    for levels in (
        '[["1"]]', '[["1","2","3"]]', '[["1","2","3","4"]]', '[{"p":"1","q":"2"}]', "[[]]",
        '[["1","2"],"3"]', '"1"', "{}", "null", '[[1,"2"]]', '[["1",2]]',
    )
]  # fmt: skip

WHOLE = [
    frame("J47", partial("[]"), whole()),
    frame("J47", partial('[["1","1"],["2","1"]]', '[["3","1"]]'),
          whole(bids=[["1", "1"], ["2", "1"]], asks=[["3", "1"]]), "unsorted"),
    frame("J47", partial('[["1","1"],["4","1"]]', '[["3","1"]]'),
          whole("crossed_book", bids=[["1", "1"], ["4", "1"]], asks=[["3", "1"]]),
          "crossed, but not at the first level"),
    frame("J47", partial('[["2","1"]]', '[["1","1"]]'),
          whole("crossed_book", bids=[["2", "1"]], asks=[["1", "1"]]), "crossed"),
    frame("J47", partial('[["1","1"]]', '[["1","1"]]'),
          whole("crossed_book", bids=[["1", "1"]], asks=[["1", "1"]]), "locked"),
    frame("J47", partial('[["1","1"],["1","2"]]'), whole(bids=[["1", "1"], ["1", "2"]]),
          "a level twice: the last one counts"),
    frame("J47", '{"lastUpdateId":5,"bids":[["1","1"],["2","1"]],"asks":[]}',
          unsupported("partialDepth"), "without its stream's name it has no symbol"),
    frame("J47", depth('[["2","1"]]', '[["1","1"]]'),
          book(bids=[["2", "1"]], asks=[["1", "1"]]), "changes say nothing of the whole book"),
    frame("J47", depth('[["1","1"],["1","2"]]'), book(bids=[["1", "1"], ["1", "2"]])),
    frame("J47", TICKER, whole(**BEST)),
    frame("J47", wrapped("btcusdt@bookTicker", TICKER), whole(**BEST)),
    frame("J47", wrapped("!bookTicker", TICKER), whole(**BEST)),
    frame("J47", bend(TICKER, '"b":"1"', '"b":"2"'),
          whole("crossed_book", **{**BEST, "bids": [["2", "3"]]}), "locked"),
    frame("J47", bend(TICKER, '{"u"', '{"e":"bookTicker","u"'), whole(**BEST)),
]  # fmt: skip

FIELDS = [
    frame("J04", b"\xef\xbb\xbf" + depth("[]").encode(), book("byte_order_mark")),
    frame("J07", depth('[["NaN","1"]]'), quarantine("decimal_syntax", 2, "b")),
    frame("J07", depth("[]", '[["1","1,5"]]'), quarantine("decimal_syntax", 2, "a")),
    frame("J08", depth('[["1e3","2E-8"]]'),
          book("exponent_notation", bids=[["1000", "0.00000002"]])),
    frame("J09", depth("[]", '[["1e999999999","1"]]'), quarantine("range", 4, "a")),
    frame("J10", depth(f'[["1.{"1" * 39}","1"]]'), quarantine("precision", 4, "b")),
    frame("J13", bend(TICKER, '"B":"3"', '"B":3'), quarantine("type", 1, "B")),
    frame("J14", depth('[["0","1"]]'), quarantine("range", 2, "b")),
    frame("J14", depth('[["-1","1"]]'), quarantine("range", 2, "b")),
    frame("J14", depth('[["0.00","0.00"],["1","2"]]'), book(bids=LEVEL), "an empty side"),
    frame("J15", depth('[["1","0.00000000"]]'), book(bids=[["1", "0"]]), "removes the level"),
    frame("J15", depth('[["1","-0"]]'), book(bids=[["1", "0"]]), "zero, whatever its sign"),
    frame("J15", depth('[["1","-2"]]'), quarantine("range", 2, "b")),
    frame("J16", depth('[["0.0000000000000000001","1"]]'), quarantine("scale_overflow", 4, "b")),
    frame("J17", depth('[["100000000000000000","1"]]'), quarantine("range", 4, "b")),
    frame("J18", depth("[]", ids='"U":5,"u":9223372036854775808'), quarantine("id", 2, "u")),
    frame("J18", depth("[]", ids='"U":-1,"u":9'), quarantine("id", 2, "U")),
    frame("J18", depth("[]", ids='"U":5.0,"u":9'), quarantine("id", 2, "U")),
    frame("J18", depth("[]", ids='"U":5,"u":9223372036854775807'),
          book(last_update_id=2**63 - 1)),
    frame("J20", depth("[]", ids='"U":"5","u":9'), book("unexpected_json_type")),
    frame("J21", depth("[]", ids='"U":5,"U":5,"u":9'), quarantine("duplicate_key", 1, "U")),
    frame("J21", bend(depth("[]"), '"a":[]', '"a":[],"b":[]'),
          quarantine("duplicate_key", 1, "b")),
    frame("J22", bend(depth("[]"), '"a":[]', '"a":[],"\\u0062":[]'),
          quarantine("duplicate_key", 1, "b")),
    *[frame("J23", bend(depth("[]"), member, ""), quarantine("missing", 1, key))
      for member, key in [('"s":"BTCUSDT",', "s"), ('"U":5,', "U"), ('"u":9,', "u"),
                          ('"b":[],', "b"), (',"a":[]', "a")]],
    frame("J23", bend(depth("[]"), f'"E":{PUBLISHED_MS},', ""), book(timestamp_ns=None),
          "a book needs no time"),
    frame("J26", '{"a":[["2","1"]],"b":[["1","2"]],"u":9,"U":5,"s":"BTCUSDT",'
          f'"E":{PUBLISHED_MS},"e":"depthUpdate"}}', book(bids=LEVEL, asks=[["2", "1"]])),
    frame("J38", wrapped("btcusdt@depth5", depth("[]")),
          quarantine("unknown_message", 1, "stream"), "a partial book has no `e` on spot"),
    frame("J38", wrapped("btcusdt@depth", TICKER), quarantine("missing", 1, "bids")),
    frame("J40", partial("[]", stream="nopeusdt@depth5"),
          quarantine("unknown_symbol", 3, "stream")),
    frame("J43", wrapped("ethusdt@depth@100ms", depth("[]")),
          quarantine("unexpected_symbol", 3, "s")),
    frame("J54", depth("[]", time='"E":1723161255,'),
          book("timestamp_unit", "published_time_dropped", timestamp_ns=1723161255 * 10**9)),
    frame("J55", depth("[]", time='"E":0,'), quarantine("timestamp", 2, "E")),
    frame("J55", depth("[]", time='"E":null,'), quarantine("timestamp", 1, "E")),
    frame("J56", depth("[]", time='"E":1723161265400,'),
          book("future_timestamp", timestamp_ns=1723161265400 * 10**6)),
]  # fmt: skip

SEQUENCES = [
    frame("J51", depth("[]", ids='"U":10,"u":9'), quarantine("id", 2, "U")),
    frame("J51", depth("[]", ids='"U":9,"u":9'), book(first_update_id=9)),
    frame("J51", depth("[]", ids='"U":10,"u":12,"pu":8'),
          book(first_update_id=10, last_update_id=12), "spot has no previous id"),
    sequence("J48", [update(5, 9), update(5, 9)], [kept(5, 9), DUPLICATE], coverage=start(5, 9)),
    sequence("J49", [update(5, 9), update(12, 14), update(10, 11)],
             [kept(5, 9), kept(12, 14, "sequence_gap"), kept(10, 11, "out_of_order")],
             coverage=[*start(5, 9), ["gap_opened", 10, 11], ["gap_filled", 10, 11]]),
    sequence("J49", [update(5, 9), update(20, 24), update(12, 13)],
             [kept(5, 9), kept(20, 24, "sequence_gap"), kept(12, 13, "out_of_order")],
             coverage=[*start(5, 9), ["gap_opened", 10, 19], ["gap_filled", 12, 13]],
             gaps=[[10, 11], [14, 19]]),
    sequence("J49", [update(5, 9), update(8, 12)], [kept(5, 9), kept(8, 12)],
             coverage=start(5, 9), note="overlaps: new from the tenth on"),
    sequence("J50", [update(100, 109), update(1, 2, 5), update(3, 4, 6)],
             [kept(100, 109), kept(1, 2, "sequence_jump", later_ms=5),
              kept(3, 4, "sequence_jump", later_ms=6)],
             coverage=[*start(100, 109), ["sequence_reset", 4, 4]],
             note="the numbering starts again; the second message shows it"),
    sequence("J50", [update(5, 9), update(10**13, 10**13 + 1)],
             [kept(5, 9), kept(10**13, 10**13 + 1, "sequence_jump")],
             coverage=start(5, 9), note="no gap of 10^13 ids"),
]  # fmt: skip

CASES = SHAPES + WHOLE + FIELDS + SEQUENCES
