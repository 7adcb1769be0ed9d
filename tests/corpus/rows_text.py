"""Rows about bytes, encodings and JSON text: J01 to J06, J21, J22, J28, J29, J31 to J35, J39."""

from __future__ import annotations

import zlib

from tests.corpus.building import (
    AGGREGATE,
    COMBINED,
    COMBINED_AGGREGATE,
    TRADE,
    bend,
    control,
    event,
    frame,
    prefixes,
    quarantine,
    recipe,
    unsupported,
    with_price,
    with_symbol,
)

MARK = b"\xef\xbb\xbf"
LENGTH = len(TRADE)
PRICE_AT = TRADE.index('"61837')
SYMBOL_AT = TRADE.index("BTCUSDT")
UNICODE = bend(with_symbol('"币安人生USDT"'), '"M":true', '"M":"\\ud83d\\ude00\\u00e9\\n"')
PADDED = TRADE[:-1] + ',"x":"'


def encoding(offset: int) -> dict[str, object]:
    """Expect an encoding fault."""
    return quarantine("encoding", 1, "$", offset)


def not_json(offset: int) -> dict[str, object]:
    """Expect a fault of the JSON grammar."""
    return quarantine("not_json", 1, "$", offset)


def trailing(offset: int) -> dict[str, object]:
    """Expect something after the value."""
    return quarantine("trailing", 1, "$", offset)


def broken_symbol(insert: bytes) -> bytes:
    """Return the trade with bytes put before its symbol."""
    return TRADE[:SYMBOL_AT].encode() + insert + TRADE[SYMBOL_AT:].encode()


EMPTY = quarantine("empty", 1, "$")
TYPE = quarantine("type", 1, "$")
TOO_LARGE = quarantine("frame_too_large", 1, "$")
BINARY = bytes.fromhex("12001027010000000054555344")
MEBIBYTE = 1_048_576

CASES = [
    frame("J01", b"", EMPTY),
    frame("J01", b" \t\r\n ", EMPTY),
    frame("J01", MARK, EMPTY, "a byte order mark and nothing else"),
    frame("J01", MARK + b"\n", EMPTY),
    prefixes("J02", TRADE),
    prefixes("J02", AGGREGATE),
    prefixes("J02", COMBINED),
    prefixes("J02", COMBINED_AGGREGATE),
    prefixes("J02", UNICODE, "also cut inside characters and inside a surrogate pair"),
    frame("J03", TRADE + "x", trailing(LENGTH)),
    frame("J03", TRADE + TRADE, trailing(LENGTH)),
    frame("J03", TRADE + "\n" + TRADE, trailing(LENGTH + 1)),
    frame("J03", TRADE + "}", trailing(LENGTH)),
    frame("J03", TRADE + ",", trailing(LENGTH)),
    frame("J03", "01", trailing(1), "a number ends where its grammar ends"),
    frame("J03", " " + TRADE + "\r\n", event(), "whitespace around the value is no garbage"),
    frame("J04", MARK + TRADE.encode(), event("byte_order_mark")),
    frame("J04", MARK + COMBINED.encode(), event("byte_order_mark")),
    frame("J04", MARK + b'{"result":null,"id":1}', control("ack")),
    frame("J04", MARK + MARK + TRADE.encode(), not_json(3), "only one is skipped"),
    frame("J04", b"{" + MARK + TRADE[1:].encode(), not_json(1)),
    frame("J04", MARK + TRADE.encode() + b"x", trailing(3 + LENGTH), "offsets count the mark"),
    frame("J05", broken_symbol(b"\xff"), encoding(SYMBOL_AT)),
    frame("J05", broken_symbol(b"\xc3\x28"), encoding(SYMBOL_AT)),
    frame("J05", broken_symbol(b"\xc0\x80"), encoding(SYMBOL_AT), "overlong"),
    frame("J05", broken_symbol(b"\xed\xa0\x80"), encoding(SYMBOL_AT), "a surrogate in UTF-8"),
    frame("J05", broken_symbol(b"\xf5\x80\x80\x80"), encoding(SYMBOL_AT), "above U+10FFFF"),
    frame("J05", broken_symbol(b"\xe5\xb8"), encoding(SYMBOL_AT), "a cut character inside"),
    frame("J05", TRADE.encode() + b"\xe5\xb8", quarantine("truncated", 1, "$", LENGTH + 2)),
    frame("J05", TRADE.encode() + b"\xff", encoding(LENGTH)),
    frame("J05", broken_symbol(b"\x00"), encoding(SYMBOL_AT), "a NUL byte"),
    frame("J05", TRADE.encode("utf-16"), encoding(0), "UTF-16 with its mark"),
    frame("J05", TRADE.encode("utf-16-le"), encoding(1), "valid UTF-8, but every second NUL"),
    frame("J05", TRADE.encode("utf-16-be"), encoding(0)),
    frame("J05", broken_symbol(rb"\ud800"), encoding(SYMBOL_AT), "a lone high surrogate"),
    frame("J05", broken_symbol(rb"\udc00"), encoding(SYMBOL_AT), "a lone low surrogate"),
    frame("J05", broken_symbol(rb"\ud800\u0041"), encoding(SYMBOL_AT)),
    frame("J05", broken_symbol(rb"\ud800\ud800"), encoding(SYMBOL_AT)),
    frame("J05", broken_symbol(rb"\uD83D\uDE00"), quarantine("unknown_symbol", 3, "s"), "a pair"),
    frame("J05", broken_symbol(rb"\ud8zz"), not_json(SYMBOL_AT + 4), "no hexadecimal digits"),
    frame("J06", with_price("NaN"), not_json(PRICE_AT)),
    frame("J06", with_price("Infinity"), not_json(PRICE_AT)),
    frame("J06", with_price("-Infinity"), not_json(PRICE_AT + 1)),
    frame("J06", with_price("nan"), not_json(PRICE_AT + 1), "n may be null, na may not"),
    frame("J06", with_price("+1"), not_json(PRICE_AT)),
    frame("J06", with_price("01"), not_json(PRICE_AT + 1)),
    frame("J06", with_price(".5"), not_json(PRICE_AT)),
    frame("J06", with_price("5."), not_json(PRICE_AT + 2)),
    frame("J21", '{"p":"1","p":"2"}', quarantine("duplicate_key", 1, "p")),
    frame(
        "J21",
        bend(TRADE, '"q":', '"p":"61837.63000000","q":'),
        quarantine("duplicate_key", 1, "p"),
        "also with equal values",
    ),
    frame(
        "J21", bend(COMBINED, '"m":true', '"m":true,"m":false'), quarantine("duplicate_key", 1, "m")
    ),
    frame("J21", COMBINED[:-1] + ',"data":{}}', quarantine("duplicate_key", 1, "data")),
    frame(
        "J21",
        bend(TRADE, '"M":true', '"M":true,"M":false'),
        event(),
        "a key that nobody reads may repeat",
    ),
    frame(
        "J22",
        bend(TRADE, '"q":', '"\\u0070":"61837.63000000","q":'),
        quarantine("duplicate_key", 1, "p"),
    ),
    frame("J22", bend(TRADE, '"p":', '"\\u0070":'), event(), "an escaped key alone is the key"),
    recipe("J28", [("[", 100_000)], quarantine("depth", 1, "$", 128)),
    recipe("J28", [("[", 1_100), ("]", 1_100)], quarantine("depth", 1, "$", 128)),
    recipe(
        "J28",
        [(TRADE[:-1] + ',"x":', 1), ("[", 200), ("]", 200), ("}", 1)],
        quarantine("depth", 1, "$", LENGTH - 1 + 5 + 127),
        "in a field nobody reads",
    ),
    recipe(
        "J28",
        [(TRADE[:-1] + ',"x":', 1), ('{"a":', 200), ("1", 1), ("}", 201)],
        quarantine("depth", 1, "$", LENGTH - 1 + 5 + 127 * 5),
    ),
    recipe(
        "J28",
        [(TRADE[:-1] + ',"x":', 1), ("[", 127), ("]", 127), ("}", 1)],
        event(),
        "128 levels are allowed",
    ),
    recipe(
        "J29",
        [(PADDED, 1), ("x", 10_000_000), ('"}', 1)],
        TOO_LARGE,
        "the connection's part of the row is tested with the collector",
    ),
    recipe(
        "J29",
        [(PADDED, 1), ("x", MEBIBYTE + 1 - LENGTH - 7), ('"}', 1)],
        event(),
        "1 MiB + 1 is below this venue's limit",
    ),
    recipe(
        "J29",
        [(PADDED, 1), ("x", 4 * MEBIBYTE - LENGTH - 7), ('"}', 1)],
        event(),
        "exactly the limit",
    ),
    recipe("J29", [(PADDED, 1), ("x", 4 * MEBIBYTE + 1 - LENGTH - 7), ('"}', 1)], TOO_LARGE),
    frame("J31", "[]", TYPE),
    frame("J31", "{}", quarantine("unknown_message", 1, "$")),
    frame("J31", '"text"', TYPE),
    frame("J31", "12", TYPE),
    frame("J31", "null", TYPE),
    frame("J31", "true", TYPE),
    frame("J31", f"[{TRADE}]", TYPE, "trades do not come in arrays"),
    frame("J31", '[{"e":"24hrTicker","s":"BTCUSDT"}]', unsupported("24hrTicker[]")),
    frame("J31", '{"stream":"btcusdt@trade","data":[]}', quarantine("type", 1, "data")),
    frame(
        "J32",
        zlib.compress(b" " * MEBIBYTE, 9),
        encoding(1),
        "a bomb that reaches us unopened; the socket's cut is tested with the collector",
    ),
    recipe("J32", [(" ", 16 * MEBIBYTE)], TOO_LARGE, "a bomb that was opened"),
    frame("J33", "ping", control("heartbeat")),
    frame("J33", "pong", control("heartbeat")),
    frame("J33", " pong\n", control("heartbeat")),
    frame("J33", MARK + b"pong", control("heartbeat")),
    frame("J33", "PONG", not_json(0), "exactly these two words"),
    frame("J33", "pongs", not_json(0)),
    frame("J33", '"pong"', TYPE),
    frame(
        "J33",
        '{"success":true,"ret_msg":"pong","conn_id":"x","op":"ping"}',
        quarantine("unknown_message", 1, "$"),
        "Bybit spot: heartbeat in its own adapter",
    ),
    frame(
        "J33",
        '{"req_id":"x","op":"pong","args":["1789299655643"],"conn_id":"x"}',
        quarantine("unknown_message", 1, "$"),
        "Bybit option: likewise",
    ),
    frame("J33", '{"op":"pong"}', quarantine("unknown_message", 1, "$"), "Bybit: likewise"),
    frame("J34", BINARY, encoding(1), "an SBE header: its second byte is NUL"),
    frame("J34", b"\x1f\x8b\x08" + BINARY, encoding(1), "gzip"),
    frame("J35", TRADE, event(), "what the socket joins of fragments; pings are the socket's"),
    frame("J35", TRADE[60:], trailing(3), "a fragment that was not joined: a text, then a colon"),
    frame("J35", "", EMPTY, "a continuation of no length"),
    frame("J39", "<html><head><title>403 Forbidden</title></head></html>", not_json(0)),
    frame("J39", "\n<!DOCTYPE html>\n<html></html>\n", not_json(1)),
    frame("J39", "error code: 1015", not_json(0)),
    frame("J39", "not found", not_json(1), "n may be null, no may not"),
    frame("J39", "Service Unavailable", not_json(0)),
]
