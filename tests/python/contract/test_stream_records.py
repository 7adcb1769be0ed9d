"""What is stated of streams: lost and restored line by line, started and stopped on purpose."""

from typing import Any, Literal

import polars as pl

import tapeline as tl
from tapeline.cleaning.native import PushResult

T_MS = 1_723_161_255_342
T_NS = T_MS * 1_000_000
DEPTH, TRADES = ("BTCUSDT", "depth"), ("BTCUSDT", "aggTrade")
State = Literal["lost", "restored", "started", "stopped"]


def normalizer() -> tl.Normalizer:
    return tl.Normalizer(exchange="binance", market="usdm")


def trade(number: int) -> bytes:
    return (
        f'{{"e":"aggTrade","E":{T_MS},"s":"BTCUSDT","a":{number},"p":"100.5","q":"2",'
        f'"f":{number},"l":{number},"T":{T_MS},"m":true}}'
    ).encode()


def depth(first: int, last: int, previous: int) -> bytes:
    return (
        f'{{"e":"depthUpdate","E":{T_MS},"T":{T_MS},"s":"BTCUSDT","U":{first},"u":{last},'
        f'"pu":{previous},"b":[["100.5","{last}"]],"a":[]}}'
    ).encode()


def snapshot(last: int) -> bytes:
    return (
        f'{{"lastUpdateId":{last},"E":{T_MS},"T":{T_MS},"bids":[["100","1"]],"asks":[["101","1"]]}}'
    ).encode()


URL = "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000"


def with_a_live_book() -> tl.Normalizer:
    pipeline = normalizer()
    pipeline.push([trade(7), depth(1, 10, 0)], T_NS)
    pipeline.push_reply(URL, snapshot(10), T_NS)
    assert state_of(pipeline) == "live"
    return pipeline


def state_of(pipeline: tl.Normalizer) -> str:
    (book,) = pipeline.books()
    return str(book["state"])


def said(result: PushResult) -> list[tuple[Any, ...]]:
    values = [value for topic, _, value in result if topic.startswith("coverage.")]
    if not values:
        return []
    rows = tl.decode(values).to_polars()
    names = "raw_symbol", "kind", "channel", "first_id", "last_id", "reason"
    return rows.select(pl.col(*names)).rows()


def change(
    pipeline: tl.Normalizer, state: State, *streams: tuple[str, str]
) -> list[tuple[Any, ...]]:
    return said(pipeline.connection(state, T_NS + 5, "the line", streams=streams or None))


def test_a_line_speaks_for_its_own_channels_only() -> None:
    pipeline = with_a_live_book()

    assert change(pipeline, "lost", TRADES) == [
        ("BTCUSDT", "connection_lost", "aggTrade", None, None, "the line")
    ]
    assert state_of(pipeline) == "live"

    assert change(pipeline, "lost", DEPTH) == [
        ("BTCUSDT", "connection_lost", "depth", None, None, "the line"),
        ("BTCUSDT", "book_unsynced", "depth", 10, 10, "connection lost"),
    ]
    assert state_of(pipeline) == "unsynced"
    shown = pipeline.book("BTCUSDT", "depth")
    assert shown is not None
    assert (shown["bids"], shown["asks"], shown["last_update_id"]) == ([], [], None)
    assert pipeline.book_requests() == [], "nothing would follow a snapshot"


def test_a_book_heals_with_the_next_delta_that_joins_and_no_request() -> None:
    pipeline = with_a_live_book()
    change(pipeline, "lost", DEPTH)
    assert change(pipeline, "restored", DEPTH) == [
        ("BTCUSDT", "connection_restored", "depth", None, None, "the line")
    ]
    assert pipeline.book_requests() == [("BTCUSDT", "depth", "rest")]

    joined = said(pipeline.push([depth(11, 20, 10)], T_NS))

    assert joined == [("BTCUSDT", "book_synced", "depth", 20, 20, "")]
    assert pipeline.book_requests() == []


def test_what_was_lost_is_the_gap_that_the_ids_tell_and_a_snapshot_ends_it() -> None:
    pipeline = with_a_live_book()
    change(pipeline, "lost")
    change(pipeline, "restored")

    told = said(pipeline.push([depth(31, 40, 30), trade(9)], T_NS))

    assert told == [
        ("BTCUSDT", "gap_opened", "depth", 11, 30, ""),
        ("BTCUSDT", "gap_opened", "aggTrade", 8, 8, ""),
    ]
    healed = said(pipeline.push_reply(URL, snapshot(35), T_NS))
    assert healed == [("BTCUSDT", "book_synced", "depth", 40, 40, "")]


def test_streams_without_data_are_spoken_of_when_they_are_named() -> None:
    pipeline = normalizer()

    assert change(pipeline, "lost") == []
    assert change(pipeline, "lost", ("BTCUSDT", "forceOrder"), ("NOPE", "depth")) == [
        ("BTCUSDT", "connection_lost", "forceOrder", None, None, "the line")
    ]
    pipeline.push([trade(1)], T_NS)
    assert change(pipeline, "lost", ("", "forceOrder")) == []
    assert change(pipeline, "lost", ("", "aggTrade"), TRADES) == [
        ("BTCUSDT", "connection_lost", "aggTrade", None, None, "the line")
    ], "once"


def test_an_absence_on_purpose_is_a_session_that_ended_and_another_one_and_no_gap() -> None:
    pipeline = with_a_live_book()
    pipeline.push([trade(9)], T_NS)

    assert change(pipeline, "stopped", TRADES, DEPTH, ("ETHUSDT", "depth")) == [
        ("BTCUSDT", "session_end", "aggTrade", 7, 9, "the line"),
        ("BTCUSDT", "session_end", "depth", 1, 10, "the line"),
        ("ETHUSDT", "session_end", "depth", None, None, "the line"),
    ]
    assert state_of(pipeline) == "buffering"
    assert pipeline.last_received() == {}
    assert change(pipeline, "started", TRADES) == [
        ("BTCUSDT", "session_start", "aggTrade", None, None, "the line")
    ]

    told = said(pipeline.push([trade(500), depth(801, 900, 800)], T_NS))

    assert told == [
        ("BTCUSDT", "session_start", "aggTrade", 500, 500, ""),
        ("BTCUSDT", "session_start", "depth", 801, 900, ""),
        ("BTCUSDT", "book_unsynced", "depth", None, None, "no snapshot"),
    ]
    missing = [(gap["channel"], gap["first_missing"]) for gap in pipeline.gaps()]
    assert missing == [("aggTrade", 8)], "what was missing before stays so"
    ends = {row[2:5] for row in said(pipeline.finish(T_NS)) if row[1] == "session_end"}
    assert ends == {("aggTrade", 500, 500), ("depth", 801, 900)}
