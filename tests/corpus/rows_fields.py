"""Rows about single fields: J07 to J20, J23, J27, J40 to J45, J54 to J57."""

from __future__ import annotations

from typing import Any

from tests.corpus.building import (
    AGGREGATE,
    COMBINED,
    RECEIVED_NS,
    TIME_NS,
    TRADE,
    bend,
    event,
    frame,
    quarantine,
    recipe,
    with_id,
    with_price,
    with_quantity,
    with_side,
    with_symbol,
    with_time,
    without,
)


def bad_price(reason: str, stage: int) -> dict[str, Any]:
    """Expect a fault of the price."""
    return quarantine(reason, stage, "p")


def bad_time(stage: int) -> dict[str, Any]:
    """Expect a fault of the time."""
    return quarantine("timestamp", stage, "T")


SYNTAX = bad_price("decimal_syntax", 2)
RANGE = bad_price("range", 2)
TOO_LARGE = bad_price("range", 4)
SCALE = bad_price("scale_overflow", 4)
PRECISION = bad_price("precision", 4)
UNKNOWN = quarantine("unknown_symbol", 3, "s")
UNEXPECTED = quarantine("unexpected_symbol", 3, "s")
SIDE = quarantine("side", 1, "m")
BAD_ID = quarantine("id", 2, "t")
BEFORE_PRICE, _, AFTER_PRICE = TRADE.partition("61837.63000000")
LONG_PRICE = "1" * 17 + "." + "1" * 18
LONG_QUANTITY = "12345678901234567890.123456789012345678"

DECIMALS = [
    *[
        frame("J07", with_price(f'"{text}"'), SYNTAX)
        for text in [
            "NaN",
            "inf",
            "",
            " 1 ",
            "1,5",
            "0x10",
            "١٢",
            "1_000",
            "+1",
            "Infinity",
            "1e",
            "1e+",
            "--1",
            "1.2.3",
            "1\\u0000",
            "1\\n",
            "\uff11",
            "½",
            "null",
            "$1",
        ]
    ],
    *[
        frame("J07", with_quantity(f'"{text}"'), quarantine("decimal_syntax", 2, "q"))
        for text in ["NaN", "", " 1", "1,5", "+1"]
    ],
    frame("J08", with_price('"1e3"'), event("exponent_notation", price="1000")),
    frame("J08", with_price('"1E-8"'), event("exponent_notation", price="0.00000001")),
    frame("J08", with_price('"1.5e+2"'), event("exponent_notation", price="150")),
    frame("J08", with_price('"6183763e-2"'), event("exponent_notation", price="61837.63")),
    frame("J08", with_price('"1e00000000000000000003"'), event("exponent_notation", price="1000")),
    frame("J08", with_quantity('"2e-2"'), event("exponent_notation")),
    frame("J09", with_price('"1e999999999"'), TOO_LARGE),
    frame("J09", with_price('"1e-999999999"'), SCALE),
    frame("J09", with_price('"1e' + "9" * 400 + '"'), TOO_LARGE),
    frame("J09", with_price('"1e-' + "9" * 400 + '"'), SCALE),
    frame("J09", with_price('"0e999999999"'), RANGE, "zero with any exponent is zero"),
    recipe(
        "J09",
        [(BEFORE_PRICE + "0.", 1), ("0", 1_200_000), ("1e1200001", 1), (AFTER_PRICE, 1)],
        event("exponent_notation", price="1"),
        "a long way to 1",
    ),
    frame("J10", with_price('"0.' + "1" * 40 + '"'), PRECISION, "40 digits"),
    frame("J10", with_price('"' + "1" * 10_000 + '"'), PRECISION, "10,000 digits"),
    frame("J10", with_price('"1' + "0" * 39 + '"'), TOO_LARGE, "one significant digit"),
    frame(
        "J10",
        bend(with_price('"1"'), "0.02000000", LONG_QUANTITY),
        event(price="1", quantity=LONG_QUANTITY),
        "38 digits are kept",
    ),
    frame("J11", with_price('"1.10000000"'), event(price="1.1")),
    frame("J11", with_price('"100.00"'), event(price="100")),
    frame("J11", with_price('"-0"'), RANGE),
    frame("J11", with_price('"-0.0"'), RANGE),
    *[
        frame("J11", with_price(f'"{text}"'), SYNTAX, "refused, not guessed")
        for text in ["00.5", ".5", "5."]
    ],
    frame("J12", with_price("0.1"), event("unexpected_json_type", price="0.1")),
    frame("J12", with_price("1e400"), TOO_LARGE),
    frame(
        "J12",
        with_price("123456789.123456789"),
        event("unexpected_json_type", price="123456789.123456789"),
    ),
    frame(
        "J12", with_price("1e2"), event("unexpected_json_type", "exponent_notation", price="100")
    ),
    frame("J12", with_quantity("0.02"), event("unexpected_json_type")),
    *[
        frame("J13", with_price(text), bad_price("type", 1))
        for text in ["null", "true", "[]", "{}", '["1"]']
    ],
    *[
        frame("J13", with_quantity(text), quarantine("type", 1, "q"))
        for text in ["null", "false", "[]", "{}"]
    ],
    *[
        frame("J14", with_price(text), RANGE)
        for text in ['"0"', "0", '"0.00000000"', '"-1"', "-61837.63", '"0e5"']
    ],
    *[
        frame("J15", with_quantity(text), quarantine("range", 2, "q"))
        for text in ['"0"', '"0.00"', '"-0.5"', "-1"]
    ],
    frame("J16", with_price('"0.123456789"'), event(price="0.123456789"), "wide enough"),
    frame("J16", with_price('"0.123456789012345678"'), event(price="0.123456789012345678")),
    frame("J16", with_price('"0.1234567890123456789"'), SCALE, "19 decimals"),
    frame(
        "J16",
        with_price('"0.1234567890123456780"'),
        event(price="0.123456789012345678"),
        "a trailing zero is no digit",
    ),
    frame("J16", with_quantity('"1e-19"'), quarantine("scale_overflow", 4, "q")),
    frame("J17", with_price('"100000000000000000"'), TOO_LARGE),
    frame("J17", with_price(f'"{LONG_PRICE}"'), event(price=LONG_PRICE)),
    frame(
        "J17",
        bend(with_price(f'"{LONG_PRICE}"'), "0.02000000", "12345678.9"),
        quarantine("range", 4, "notional"),
    ),
    frame("J17", with_quantity('"100000000000000000000"'), quarantine("range", 4, "q")),
    frame("J17", with_quantity('"99999999999999999999"'), event(quantity="99999999999999999999")),
]

IDS = [
    *[
        frame("J18", with_id(text), event(native_id=text))
        for text in ["9223372036854775808", "18446744073709551615", "0"]
    ],
    *[
        frame("J18", with_id(text), BAD_ID)
        for text in ["18446744073709551616", "-1", '"12a"', "1.0", "1e3", '"007"', '""', '" 1"']
    ],
    *[frame("J18", with_id(text), quarantine("type", 1, "t")) for text in ["null", "true", "[1]"]],
    frame("J19", with_id("1" * 400), BAD_ID),
    frame("J19", with_id("1" * 5_000), BAD_ID),
    frame("J20", with_id('"3735683259"'), event("unexpected_json_type")),
    frame("J20", with_time('"1723161255342"'), event("unexpected_json_type")),
    frame(
        "J20", bend(with_id('"3735683259"'), '"0.02000000"', "0.02"), event("unexpected_json_type")
    ),
    frame(
        "J20",
        bend(TRADE, "1723161255343", '"1723161255343"'),
        event(),
        "the published time as text is taken without remark",
    ),
    frame("J20", bend(TRADE, "1723161255343", '"soon"'), event("published_time_dropped")),
    frame("J20", bend(TRADE, "1723161255343", "0"), event("published_time_dropped")),
    frame("J20", bend(TRADE, "1723161255343", "null"), event("published_time_dropped")),
    frame("J23", without('"s":"BTCUSDT",'), quarantine("missing", 1, "s")),
    frame("J23", without('"t":3735683259,'), quarantine("missing", 1, "t")),
    frame("J23", without('"p":"61837.63000000",'), quarantine("missing", 1, "p")),
    frame("J23", without('"q":"0.02000000",'), quarantine("missing", 1, "q")),
    frame("J23", without('"T":1723161255342,'), quarantine("missing", 1, "T")),
    frame("J23", without('"m":true,'), quarantine("missing", 1, "m")),
    frame("J23", bend(AGGREGATE, '"a":3735683259,', ""), quarantine("missing", 1, "a")),
    frame("J23", without('"E":1723161255343,'), event(), "the published time is not needed"),
    frame("J23", without('"e":"trade",'), quarantine("unknown_message", 1, "$")),
    frame("J23", bend(AGGREGATE, '"f":5,', ""), event(metadata={}), "one of f and l is none"),
    frame("J23", '{"e":"trade"}', quarantine("missing", 1, "s"), "the first one decides"),
    frame("J27", bend(bend(TRADE, '"e":', '"x":'), '"E":', '"e":'), quarantine("type", 1, "e")),
    frame(
        "J27",
        bend(bend(bend(TRADE, '"T":', '"x":'), '"t":', '"T":'), '"x":', '"t":'),
        bad_time(2),
        "the id is no time",
    ),
    frame("J27", bend(TRADE, '"s":', '"S":'), quarantine("missing", 1, "s")),
    frame("J27", bend(TRADE, '"m":', '"mm":'), quarantine("missing", 1, "m")),
]

CRAFTED = [
    "'; DROP TABLE trades;--",
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "<script>",
    "BTC\\nUSDT",
    "\\u001b[31mBTCUSDT",
    "BTCUSDT\\r\\n",
]
HOMOGLYPHS = [
    "\u0412\u0422\u0421USDT",
    "BTCUSDT\u200b",
    "\u202eBTCUSDT",
    "BTCUSDT\u0301",
    "BTCUSD\u0422",
    "币安人生usdt",
    "币安人生ＵＳＤＴ",
]

SYMBOLS = [
    *[
        frame("J40", with_symbol(f'"{text}"'), UNKNOWN)
        for text in ["", "B" * 300, "BTCUSDT\\u0000", "BTC/USDT", "btcusdt", " BTCUSDT", "BTCUSDT "]
    ],
    *[frame("J40", with_symbol(text), quarantine("type", 1, "s")) for text in ["null", "1", "[]"]],
    frame("J41", with_symbol('"币安人生USDT"'), event(raw_symbol="币安人生USDT")),
    frame(
        "J41",
        with_symbol('"\\u5e01\\u5b89\\u4eba\\u751fUSDT"'),
        event(raw_symbol="币安人生USDT"),
        "the same code points, escaped",
    ),
    *[frame("J41", with_symbol(f'"{text}"'), UNKNOWN) for text in HOMOGLYPHS],
    *[frame("J42", with_symbol(f'"{text}"'), UNKNOWN) for text in CRAFTED],
    frame(
        "J42",
        with_symbol('"BTC\nUSDT"'),
        quarantine("not_json", 1, "$", TRADE.index("BTCUSDT") + 3),
        "a bare line feed",
    ),
    frame("J43", bend(COMBINED, "btcusdt@", "ethusdt@"), UNEXPECTED),
    frame("J43", bend(COMBINED, "btcusdt@", "@"), UNEXPECTED),
    frame("J43", bend(COMBINED, "btcusdt@", "BtcUsdt@"), event(), "ASCII case does not matter"),
    frame("J44", with_symbol('"BTCUSDTUSDC"'), UNKNOWN),
    frame("J44", with_symbol('"1000SHIBUSDT"'), event(raw_symbol="1000SHIBUSDT")),
    frame("J44", with_symbol('"USDCUSDT"'), event(raw_symbol="USDCUSDT")),
    frame("J44", with_symbol('"BTCXYZ"'), UNKNOWN, "a quote in no table"),
    *[
        frame("J45", with_side(text), SIDE)
        for text in ['"Buy"', '"BUY"', '"b"', '""', '"unknown"', '"true"', "1", "0", "null", "[]"]
    ],
    frame("J45", with_side("false"), event(side="buy")),
]

MICROSECONDS = {"time_unit": "us"}
SECOND_NS = 10**9
DAY_MS = 86_400_000


def at(time_ms: int, *issues: str) -> dict[str, Any]:
    """Return a case of a trade at a time, which is kept with these issues."""
    row = "J57" if "edge" in issues else "J56"
    names = [issue for issue in issues if issue != "edge"]
    return frame(row, with_time(str(time_ms)), event(*names, timestamp_ns=time_ms * 1_000_000))


TIMES = [
    {
        **frame(
            "J54",
            with_time("1723161255"),
            event("timestamp_unit", "stale_timestamp", timestamp_ns=1723161255 * SECOND_NS),
            "seconds, a day before: just near enough",
        ),
        "received_ns": 1723161255 * SECOND_NS + DAY_MS * 1_000_000,
    },
    {
        **frame("J54", with_time("1723161255"), bad_time(2), "a nanosecond more than a day"),
        "received_ns": 1723161255 * SECOND_NS + DAY_MS * 1_000_000 + 1,
    },
    frame("J54", with_time("1723161255342"), event(), "milliseconds, as declared"),
    frame(
        "J54",
        with_time("1723161255"),
        event("timestamp_unit", timestamp_ns=1723161255 * SECOND_NS),
        "seconds",
    ),
    frame("J54", with_time("1723161255342000"), event("timestamp_unit"), "microseconds"),
    frame("J54", with_time("1723161255342000000"), bad_time(2), "nanoseconds: not 1,000 times"),
    frame("J54", with_time("1723000000"), bad_time(2), "seconds, but of two days before"),
    {**frame("J54", with_time("1723161255342000"), event()), **MICROSECONDS},
    {**frame("J54", with_time("1723161255342"), event("timestamp_unit")), **MICROSECONDS},
    {**frame("J54", with_time("1723161255342000000"), event("timestamp_unit")), **MICROSECONDS},
    {**frame("J54", with_time("1723161255"), bad_time(2)), **MICROSECONDS},
    {**frame("J54", with_time("1723161255342"), event("no_receive_time")), "received_ns": None},
    {
        **frame(
            "J54", with_time("1723161255"), bad_time(2), "nothing to compare with, so no guess"
        ),
        "received_ns": None,
    },
    *[
        frame("J55", with_time(text), bad_time(2))
        for text in [
            "0",
            "-1",
            "1e20",
            "100000000000000000000",
            '"1719"',
            "253402300800000",
            "1.5",
            '""',
            '"01723161255342"',
        ]
    ],
    *[frame("J55", with_time(text), bad_time(1)) for text in ["null", "true", "[]", "{}"]],
    at(1723161265400, "future_timestamp"),
    at(1723161255400 + DAY_MS, "future_timestamp"),
    at(1723161260400),
    at(1723161260401, "future_timestamp"),
    at(1723161195400),
    at(1723161195399, "stale_timestamp"),
    at(1723161255400 - 3_600_000, "stale_timestamp"),
    at(1407628455400, "stale_timestamp"),
    frame(
        "J56",
        bend(TRADE, "1723161255343", "1723161255341"),
        event("time_reversed"),
        "published before it traded",
    ),
    at(1483228800000, "stale_timestamp", "edge"),
    at(9223372036854, "future_timestamp", "edge"),
    frame("J57", with_time("9223372036855"), bad_time(2), "one past 2262-04-11"),
    at(1230768000000, "stale_timestamp", "edge"),
    frame("J57", with_time("1230767999999"), bad_time(2), "one before 2009"),
    frame("J57", with_time("1"), bad_time(2), "1970"),
]
assert TIME_NS < RECEIVED_NS

CASES = DECIMALS + IDS + SYMBOLS + TIMES
