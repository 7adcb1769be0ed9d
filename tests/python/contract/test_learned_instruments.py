"""Instruments that the venue lists while a normaliser is running."""

import polars as pl
import pytest

import tapeline as tl
from tapeline.errors import ArgumentError
from tapeline.model import Instrument

T_NS = 1_723_161_255_342_000_000


def trade(symbol: str, number: int) -> bytes:
    return (
        f'{{"e":"trade","E":1723161255343,"s":"{symbol}","t":{number},"p":"61837.63",'
        f'"q":"0.02","T":1723161255342,"m":true,"M":true}}'
    ).encode()


def spot(raw_symbol: str, symbol: str) -> Instrument:
    return Instrument("binance", "spot", symbol, raw_symbol)


BTC, NEW = spot("BTCUSDT", "BTC/USDT"), spot("NEWUSDT", "NEW/USDT")


def normalizer() -> tl.Normalizer:
    return tl.Normalizer(exchange="binance", market="spot", instruments=[BTC])


def test_an_instrument_is_unknown_until_it_is_learnt() -> None:
    pipeline = normalizer()
    first = pipeline.push([trade("BTCUSDT", 1), trade("NEWUSDT", 1)], T_NS)
    assert (first.events, first.quarantined) == (1, 1)
    assert pipeline.learn_instruments([BTC, NEW]) == 1
    assert pipeline.learn_instruments([NEW]) == 0
    second = pipeline.push([trade("NEWUSDT", 2), trade("BTCUSDT", 2), trade("XUSDT", 1)], T_NS)
    assert (second.events, second.quarantined) == (2, 1)
    by_topic = {topic: value for topic, _, value in second}
    assert "trade.binance.spot.newusdt" in by_topic
    # The topic of what is unknown is the same before and after.
    (before,) = [topic for topic, _, _ in first if topic.startswith("quarantine.")]
    (after,) = [topic for topic in by_topic if topic.startswith("quarantine.")]
    assert before == after
    rows = pl.DataFrame(tl.decode([by_topic["trade.binance.spot.newusdt"]]))
    assert rows["symbol"].to_list() == ["NEW/USDT"]


def test_what_contradicts_the_list_is_refused_whole() -> None:
    pipeline = normalizer()
    with pytest.raises(ArgumentError, match="BTC/USDT"):
        pipeline.learn_instruments([NEW, spot("XBTUSDT", "BTC/USDT")])
    assert pipeline.push([trade("NEWUSDT", 1)], T_NS).quarantined == 1


URL = "https://api.binance.com/api/v3/depth?symbol=BTCUSDT"


def depth(number: int, bids: str, asks: str) -> bytes:
    return (
        f'{{"e":"depthUpdate","E":1723161255343,"s":"BTCUSDT","U":{number},"u":{number},'
        f'"b":{bids},"a":{asks}}}'
    ).encode()


@pytest.mark.parametrize(
    ("query", "is_whole"),
    [("&limit=1000", True), ("&limit=3", True), ("&limit=2", False), ("", False)],
)
def test_a_reply_with_fewer_levels_than_asked_for_is_the_whole_book(
    query: str, is_whole: bool
) -> None:
    pipeline = normalizer()
    pipeline.push([depth(10, "[]", "[]")], T_NS)
    body = b'{"lastUpdateId":10,"bids":[["99","1"],["98","1"]],"asks":[["101","1"],["102","1"]]}'
    pipeline.push_reply(URL + query, body, T_NS)
    assert pipeline.book_requests() == []
    # The market moves through everything that the reply had.
    pipeline.push([depth(11, '[["99","0"],["98","0"],["97","5"]]', "[]")], T_NS)
    assert (pipeline.book_requests() == []) is is_whole
    book = pipeline.book("BTCUSDT")
    assert book is not None
    assert book["state"] == "live"
