"""Rows about other markets than Binance spot, read by their own adapters."""

from __future__ import annotations

from typing import Any

from tests.corpus.building import Verdict, book, control, elsewhere, event, quarantine
from tests.corpus.rows_messages import bybit_book, mark_price, okx_book

USDM, OKX, BYBIT = "binance usdm", "okx swap", "bybit linear"
INSTRUMENTS = {
    USDM: {"BTCUSDT": "BTC/USDT:USDT"},
    OKX: {"BTC-USDT-SWAP": "BTC/USDT:USDT"},
    BYBIT: {"BTCUSDT": "BTC/USDT:USDT"},
}
MARK_MS, OKX_MS, BYBIT_MS, TRADE_MS = 1790526539000, 1790439595500, 1773386409407, 1791457528911
OKX_CHECKED = '"seqId":9,"prevSeqId":3'


def at(time_ms: int) -> dict[str, Any]:
    """Receive a frame at its exchange time."""
    return {"received_ns": time_ms * 1_000_000}


def okx(*issues: str, **other: object) -> Verdict:
    """Expect OKX's book message."""
    usual: Verdict = {"raw_symbol": "BTC-USDT-SWAP", "first_update_id": None, "last_update_id": 9}
    times: Verdict = {"bids": [["84093.4", "1"]], "timestamp_ns": OKX_MS * 1_000_000}
    return book(*issues, **{**usual, **times, **other})


def bybit(update: int, **other: object) -> Verdict:
    """Expect Bybit's book message."""
    ids: Verdict = {"first_update_id": None, "last_update_id": update}
    rest: Verdict = {"bids": [["71419.8", "1"]], "timestamp_ns": BYBIT_MS * 1_000_000}
    return book(**{**ids, **rest, "metadata": {"seq": "5"}, **other})


def funding(rate: str | None, *issues: str, **other: object) -> Verdict:
    """Expect the mark price."""
    return {
        "verdict": "event",
        "type": "funding",
        "quality": "repaired" if issues else "perfect",
        "issues": list(issues),
        "raw_symbol": "BTCUSDT",
        "rate": rate,
        "mark_price": "84551.10762319",
        "index_price": "84590.87",
        "next_funding_ns": 1790553600000 * 1_000_000,
        "timestamp_ns": MARK_MS * 1_000_000,
        "metadata": {"estimated_settle_price": "84559.09"},
        **other,
    }


def bybit_trades(*elements: str) -> str:
    """Return a message of Bybit trades."""
    return (
        f'{{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":{TRADE_MS},'
        f'"data":[{",".join(elements)}]}}'
    )


FIRST = len(bybit_trades()) - len("]}")


def bybit_trade(number: str, price: str = '"1"') -> str:
    """Return one of them."""
    return (
        f'{{"T":{TRADE_MS},"s":"BTCUSDT","S":"Buy","v":"0.011","p":{price},'
        f'"i":"{number}","BT":false}}'
    )


def bybit_kept(number: str) -> Verdict:
    """Expect one of them."""
    time_ns = TRADE_MS * 1_000_000
    return event(native_id=number, price="1", quantity="0.011", side="buy", timestamp_ns=time_ns)


def okx_forced(data: str) -> str:
    """Return an OKX message of forced orders."""
    return f'{{"arg":{{"channel":"liquidation-orders","instType":"SWAP"}},"data":{data}}}'


def forced(order: str) -> str:
    """Return a forced order of Binance's futures."""
    return f'{{"e":"forceOrder","E":1791565603055{order}}}'


LISTS = [
    elsewhere("J30", BYBIT, bybit_trades(bybit_trade("a"), bybit_trade("b", '"NaN"'),
              bybit_trade("c")),
              bybit_kept("a"), quarantine("decimal_syntax", 2, "p"), bybit_kept("c"),
              **at(TRADE_MS), note="one bad value: the others are kept"),
    elsewhere("J30", BYBIT, bybit_trades(bybit_trade("a"), "5"),
              bybit_kept("a"), quarantine("type", 1, "data", FIRST + len(bybit_trade("a")) + 1),
              **at(TRADE_MS), note="an element that is no message costs itself alone"),
    elsewhere("J30", BYBIT, bybit_trades("5", bybit_trade("a"), '{"p":"1","p":"2"}'),
              bybit_kept("a"), quarantine("type", 1, "data", FIRST),
              quarantine("duplicate_key", 1, "p", FIRST + len(bybit_trade("a")) + 3),
              **at(TRADE_MS), note="the place of each is its first byte"),
    elsewhere("J30", BYBIT, bybit_trades("5", "[]"), quarantine("type", 1, "data"),
              note="nothing of it can be read"),
    elsewhere("J60", OKX, okx_forced("[]"), quarantine("missing", 1, "data")),
    elsewhere("J60", OKX, okx_forced('[{"instId":"BTC-USDT-SWAP"}]'),
              quarantine("missing", 1, "details")),
    elsewhere("J60", OKX, okx_forced('[{"instId":"BTC-USDT-SWAP","details":[]}]'),
              quarantine("missing", 1, "details")),
    elsewhere("J60", BYBIT, '{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1,"data":[]}',
              quarantine("missing", 1, "data")),
    elsewhere("J60", USDM, forced(',"o":{}'), quarantine("missing", 1, "s")),
    elsewhere("J60", USDM, forced(""), quarantine("missing", 1, "o")),
]  # fmt: skip

CONTROLS = [
    elsewhere("J33", OKX, "pong", control("heartbeat")),
    elsewhere("J33", BYBIT, '{"success":true,"ret_msg":"pong","conn_id":"x","op":"ping"}',
              control("heartbeat")),
    elsewhere("J33", BYBIT, '{"op":"pong","args":["1672916271846"],"conn_id":"x"}',
              control("heartbeat")),
    elsewhere("J33", BYBIT, '{"success":true,"ret_msg":"pong","conn_id":"x",'
              '"request":{"op":"ping","args":null}}', control("heartbeat")),
    elsewhere("J36", BYBIT, '{"success":false,"ret_msg":"no handler","conn_id":"x",'
              '"op":"subscribe"}', control("error")),
    elsewhere("J36", BYBIT, '{"success":true,"ret_msg":"","conn_id":"x","op":"subscribe"}',
              control("ack")),
    elsewhere("J36", OKX, '{"event":"error","code":"60012","msg":"Illegal request","connId":"x"}',
              control("error")),
    elsewhere("J37", OKX, '{"event":"notice","code":"64008","msg":"soon closed","connId":"x"}',
              control("server_shutdown")),
    elsewhere("J37", OKX, '{"event":"notice","code":"1","msg":"news","connId":"x"}',
              control("notice")),
]  # fmt: skip

BOOKS = [
    elsewhere("J46", OKX, okx_book(OKX_CHECKED).replace(',"0","8"', ""),
              quarantine("type", 1, "bids"), note="levels of OKX have four elements"),
    elsewhere("J52", OKX, okx_book('"seqId":3,"prevSeqId":9'),
              okx(last_update_id=3, prev_update_id=9), **at(OKX_MS)),
    elsewhere("J52", OKX, okx_book('"seqId":9,"prevSeqId":9'), okx(prev_update_id=9), **at(OKX_MS),
              note="a checksum of 0 is none"),
    elsewhere("J52", OKX, okx_book('"seqId":9,"prevSeqId":-1', "snapshot"),
              okx(action="snapshot"), **at(OKX_MS)),
    elsewhere("J52", OKX, okx_book('"seqId":9,"prevSeqId":3,"checksum":5'),
              quarantine("duplicate_key", 1, "checksum")),
    elsewhere("J53", BYBIT, bybit_book("delta", 1), bybit(1), **at(BYBIT_MS)),
    elsewhere("J53", BYBIT, bybit_book("snapshot", 77), bybit(77, action="snapshot"),
              **at(BYBIT_MS)),
    elsewhere("J53", BYBIT, bybit_book("snapshot", 77, 1),
              bybit(77, action="snapshot", depth="l1"), **at(BYBIT_MS)),
]  # fmt: skip

FUNDINGS = [
    elsewhere("J59", USDM, mark_price('""'), funding(None), **at(MARK_MS)),
    elsewhere("J59", USDM, mark_price("null"), quarantine("type", 1, "r"), **at(MARK_MS)),
    elsewhere("J59", USDM, mark_price("0"), funding("0", "unexpected_json_type"), **at(MARK_MS)),
    elsewhere("J59", USDM, mark_price('"0"'), funding("0"), **at(MARK_MS)),
    elsewhere("J59", USDM, mark_price('"-0.00375"'), funding("-0.00375"), **at(MARK_MS)),
    elsewhere("J59", USDM, mark_price('"0.0001"', "0"), funding("0.0001", next_funding_ns=None),
              **at(MARK_MS)),
]  # fmt: skip

CASES = LISTS + CONTROLS + BOOKS + FUNDINGS
