"""Rows about kinds of messages, other venues included.

J24 to J26, J30, J36 to J38, J52, J53, J59, J60.
"""

from __future__ import annotations

from tests.corpus.building import (
    AGGREGATE,
    COMBINED,
    COMBINED_AGGREGATE,
    TRADE,
    bend,
    control,
    event,
    frame,
    quarantine,
    recipe,
    unsupported,
)

STRANGE = quarantine("unknown_message", 1, "$")
STRANGE_STREAM = quarantine("unknown_message", 1, "stream")
OKX = "of OKX, see rows_markets"
BYBIT = "of Bybit, see rows_markets"
FUTURES = "of Binance's futures, see rows_markets"


def okx_book(sequence: str, action: str = "update") -> str:
    """Return an OKX book message."""
    return (
        '{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"' + action + '",'
        '"data":[{"asks":[],"bids":[["84093.4","1","0","8"]],"ts":"1790439595500",'
        f'"checksum":0,{sequence}}}]}}'
    )


def bybit_book(kind: str, update: int, depth_: int = 50) -> str:
    """Return a Bybit book message."""
    return (
        f'{{"topic":"orderbook.{depth_}.BTCUSDT","type":"{kind}","ts":1773386409407,"data":'
        f'{{"s":"BTCUSDT","b":[["71419.80","1"]],"a":[],"u":{update},"seq":5}}}}'
    )


def mark_price(rate: str, next_time: str = "1790553600000") -> str:
    """Return a mark price update."""
    return (
        '{"e":"markPriceUpdate","E":1790526539000,"s":"BTCUSDT","p":"84551.10762319",'
        f'"P":"84559.09","i":"84590.87","r":{rate},"T":{next_time}}}'
    )


NESTED = '{"a":[{"b":[{"c":[1,2,{"d":null}]}]}]}'
BYBIT_TRADE = '{"T":1791457528911,"s":"BTCUSDT","S":"Buy","v":"0.011","p":"1","i":"5"},'

CASES = [
    frame("J24", bend(TRADE, '"M":true', f'"M":true,"new":{NESTED},"X":"MARKET"'), event()),
    frame(
        "J24",
        bend(TRADE, '{"e"', f'{{"new":{NESTED},"b":5,"a":6,"e"'),
        event(),
        "a and b of earlier years",
    ),
    frame("J24", bend(COMBINED, '{"stream"', '{"id":1,"stream"'), event()),
    frame("J25", '{"e":"newThing","E":1723161255343,"s":"BTCUSDT"}', unsupported("newThing")),
    frame("J25", '{"stream":"btcusdt@newThing","data":{"e":"newThing"}}', unsupported("newThing")),
    frame("J25", '{"e":"' + "n" * 100 + '"}', unsupported("n" * 64), "the name is cut"),
    frame("J25", '{"e":""}', unsupported("")),
    frame("J25", '{"e":null}', quarantine("type", 1, "e")),
    frame(
        "J26",
        '{"M":true,"m":true,"T":1723161255342,"q":"0.02000000","p":"61837.63000000",'
        '"t":3735683259,"s":"BTCUSDT","E":1723161255343,"e":"trade"}',
        event(),
    ),
    frame("J26", '{"data":' + TRADE + ',"stream":"btcusdt@trade"}', event()),
    frame("J26", TRADE.replace(":", " : ").replace(",", " ,\n\t"), event(), "spaces"),
    frame("J26", COMBINED, event()),
    frame("J26", AGGREGATE, event(metadata={"first_trade_id": "5", "last_trade_id": "9"})),
    frame("J26", COMBINED_AGGREGATE, event(metadata={"first_trade_id": "5", "last_trade_id": "9"})),
    recipe(
        "J30",
        [
            ('{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1,"data":[', 1),
            (BYBIT_TRADE, 1_023),
            ('{"T":1,"p":"NaN"}]}', 1),
        ],
        STRANGE,
        BYBIT,
    ),
    frame("J36", '{"result":null,"id":1}', control("ack")),
    frame("J36", '{"result":["btcusdt@trade"],"id":3}', control("list_subscriptions")),
    frame("J36", '{"code":2,"msg":"Invalid request: unknown variant"}', control("error")),
    frame("J36", '{"error":{"code":2,"msg":"Invalid request"},"id":1}', control("error")),
    frame("J36", '{"error":null,"result":null,"id":1}', control("error"), "error comes first"),
    frame("J36", '{"code":2}', STRANGE, "a code alone says nothing"),
    frame(
        "J36",
        '{"success":false,"ret_msg":"handler not found","conn_id":"x","op":"subscribe"}',
        STRANGE,
        BYBIT,
    ),
    frame(
        "J36",
        '{"event":"error","code":"60012","msg":"Illegal request","connId":"x"}',
        control("error"),
        OKX,
    ),
    frame("J37", '{"e":"serverShutdown","E":1770123456789}', control("server_shutdown")),
    frame(
        "J37",
        '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}',
        control("server_shutdown"),
    ),
    frame(
        "J37",
        '{"event":"notice","code":"64008","msg":"The connection will soon be closed","connId":"x"}',
        control("error"),
        OKX,
    ),
    frame("J38", '{"stream":"btcusdt@newThing","data":{"x":1}}', STRANGE_STREAM),
    frame("J38", bend(COMBINED, "@trade", "@newThing"), STRANGE_STREAM),
    frame("J38", bend(COMBINED, "@trade", "@aggTrade"), STRANGE_STREAM, "the other kind of trade"),
    frame("J38", bend(COMBINED, "btcusdt@trade", "btcusdt"), STRANGE_STREAM),
    frame("J38", '{"stream":"btcusdt@trade"}', quarantine("missing", 1, "data")),
    frame("J38", '{"stream":"btcusdt@trade","data":null}', quarantine("type", 1, "data")),
    frame("J38", '{"stream":"btcusdt@trade","data":"x"}', quarantine("type", 1, "data")),
    frame("J38", '{"stream":1,"data":{}}', quarantine("type", 1, "stream")),
    frame("J38", '{"stream":null,"data":{}}', quarantine("type", 1, "stream")),
    frame("J38", '{"stream":"btcusdt@trade","data":{}}', STRANGE_STREAM),
    frame(
        "J38", '{"stream":"!ticker@arr","data":[{"e":"24hrTicker"}]}', unsupported("24hrTicker[]")
    ),
    frame("J38", '{"stream":"!ticker@arr","data":[]}', unsupported("!ticker@arr")),
    frame(
        "J38",
        '{"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT"}}',
        quarantine("missing", 1, "b"),
    ),
    frame("J52", okx_book('"seqId":3,"prevSeqId":9'), STRANGE, OKX),
    frame("J52", okx_book('"seqId":9,"prevSeqId":9'), STRANGE, OKX),
    frame("J52", okx_book('"seqId":9,"prevSeqId":-1', "snapshot"), STRANGE, OKX),
    frame("J53", bybit_book("delta", 1), STRANGE, BYBIT),
    frame("J53", bybit_book("snapshot", 77), STRANGE, BYBIT),
    frame("J53", bybit_book("snapshot", 77, 1), STRANGE, BYBIT),
    *[
        frame("J59", mark_price(rate), unsupported("markPriceUpdate"), FUTURES)
        for rate in ['""', "null", "0", '"-0.00375"']
    ],
    frame("J59", mark_price('"0.0001"', "0"), unsupported("markPriceUpdate"), FUTURES),
    frame(
        "J60",
        '{"e":"forceOrder","E":1791565603055,"o":{}}',
        unsupported("forceOrder"),
        FUTURES,
    ),
    frame("J60", '{"e":"forceOrder","E":1791565603055}', unsupported("forceOrder"), FUTURES),
    frame(
        "J60",
        '{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[]}',
        STRANGE,
        OKX,
    ),
    frame(
        "J60",
        '{"arg":{"channel":"liquidation-orders","instType":"SWAP"},'
        '"data":[{"instId":"BTC-USDT-SWAP"}]}',
        STRANGE,
        OKX,
    ),
    frame(
        "J60",
        '{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1,"data":[]}',
        STRANGE,
        BYBIT,
    ),
]
