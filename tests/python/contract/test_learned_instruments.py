"""Instruments that the venue lists while a normaliser is running."""

import json
from collections.abc import Iterable
from decimal import Decimal

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


def swap(size: str) -> Instrument:
    return Instrument("okx", "swap", "BTC/USDT:USDT", "BTC-USDT-SWAP", contract_size=Decimal(size))


def okx_trade(number: int, contracts: str) -> bytes:
    return (
        '{"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP",'
        f'"tradeId":"{number}","px":"61837.6","sz":"{contracts}","side":"buy",'
        '"ts":"1723161255342","count":"1","source":"0","seqId":1}]}'
    ).encode()


def okx_book(action: str, previous: int, number: int, asks: list[list[str]]) -> bytes:
    book = {
        "asks": asks,
        "bids": [["61800", "3", "0", "1"]],
        "ts": "1723161255342",
        "checksum": 0,
        "seqId": number,
        "prevSeqId": previous,
    }
    where = {"channel": "books", "instId": "BTC-USDT-SWAP"}
    return json.dumps({"arg": where, "action": action, "data": [book]}).encode()


def table(pushed: Iterable[tuple[str, bytes, bytes]], event_type: str) -> pl.DataFrame:
    values = [value for topic, _, value in pushed if topic.startswith(f"{event_type}.")]
    return pl.DataFrame(tl.decode(values, event_type=event_type))


def test_a_contract_of_another_size_counts_from_when_it_is_learnt() -> None:
    pipeline = tl.Normalizer(exchange="okx", market="swap", instruments=[swap("0.01")])
    first = pipeline.push([okx_trade(1, "5")], T_NS)
    assert pipeline.learn_instruments([swap("0.1")]) == 0
    second = pipeline.push([okx_trade(2, "5")], T_NS)
    sizes = [table(pushed, "trade")["quantity"].to_list() for pushed in (first, second)]
    assert sizes == [[Decimal("0.05")], [Decimal("0.5")]]


def test_a_book_of_contracts_of_another_size_needs_a_snapshot() -> None:
    pipeline = tl.Normalizer(exchange="okx", market="swap", instruments=[swap("0.01")])
    levels = [["61900", "2", "0", "1"]]
    pipeline.push([okx_book("snapshot", -1, 10, levels)], T_NS)
    book = pipeline.book("BTC-USDT-SWAP")
    assert book is not None
    assert (book["state"], book["asks"][0][1]) == ("live", "0.02")
    # The same size again changes nothing.
    pipeline.learn_instruments([swap("0.01")])
    pipeline.push([okx_book("update", 10, 11, levels)], T_NS)
    assert pipeline.book("BTC-USDT-SWAP")["state"] == "live"  # type: ignore[index]
    pipeline.learn_instruments([swap("0.1")])
    told = pipeline.push([okx_book("update", 11, 12, [["61900", "3", "0", "1"]])], T_NS)
    statements = table(told, "coverage")
    assert statements["kind"].to_list() == ["book_unsynced"]
    assert statements["reason"].to_list() == ["contract size changed"]
    assert pipeline.book("BTC-USDT-SWAP")["state"] != "live"  # type: ignore[index]
    pipeline.push([okx_book("snapshot", -1, 13, levels)], T_NS)
    book = pipeline.book("BTC-USDT-SWAP")
    assert book is not None
    assert (book["state"], book["asks"][0][1]) == ("live", "0.2")


def usdm(hours: int | None) -> Instrument:
    interval_ns = None if hours is None else hours * 3_600_000_000_000
    return Instrument(
        "binance", "usdm", "BTC/USDT:USDT", "BTCUSDT", funding_interval_ns=interval_ns
    )


def test_a_listed_funding_interval_is_that_of_rates_that_come_without_one() -> None:
    pipeline = tl.Normalizer(exchange="binance", market="usdm", instruments=[usdm(None)])
    found = []
    for number, hours in enumerate((None, 8, 4)):
        pipeline.learn_instruments([usdm(hours)])
        frame = (
            f'{{"e":"markPriceUpdate","E":{1723161255342 + number},"s":"BTCUSDT","p":"61837.6",'
            '"i":"61840.1","P":"61839.0","r":"0.00010000","T":1723190400000}'
        ).encode()
        found += table(pipeline.push([frame], T_NS), "funding")["interval_ns"].to_list()
    assert found == [None, 28_800_000_000_000, 14_400_000_000_000]


def test_a_reply_cut_at_the_most_a_venue_gives_is_not_the_whole_book() -> None:
    pipeline = tl.Normalizer(exchange="binance", market="usdm", instruments=[usdm(8)])
    update = (
        '{"e":"depthUpdate","E":1723161255343,"T":1723161255342,"s":"BTCUSDT","U":%d,"u":%d,'
        '"pu":%d,"b":%s,"a":[]}'
    )
    pipeline.push([(update % (9, 10, 8, "[]")).encode()], T_NS)
    bids = [[str(60_000 - place), "1"] for place in range(1_000)]
    asks = [[str(60_001 + place), "1"] for place in range(1_000)]
    body = json.dumps(
        {"lastUpdateId": 10, "E": 1723161255343, "T": 1723161255342, "bids": bids, "asks": asks}
    ).encode()
    # The venue gives 1,000 levels, whoever asks for more.
    url = "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=5000"
    pipeline.push_reply(url, body, T_NS)
    assert pipeline.book_requests() == []
    # The market moves through everything that the reply had.
    gone = json.dumps([*([price, "0"] for price, _ in bids), ["58000", "5"]])
    pipeline.push([(update % (11, 12, 10, gone)).encode()], T_NS)
    assert pipeline.book_requests() != []
