"""The small parts of the reference against values known from elsewhere."""

import uuid

import pytest

from tests.python.reference.continuity import IdRanges
from tests.python.reference.crc32c import crc32c
from tests.python.reference.issues import CODES, grade, ordered
from tests.python.reference.schema import enum_names
from tests.python.reference.symbols import event_id, stream_prefix, symbol_token


def test_crc32c_has_the_check_value_of_its_definition() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4
    assert crc32c(b"") == 0


def test_the_issue_codes_are_those_of_the_schema() -> None:
    names = enum_names("IssueCode", "ISSUE_CODE_")
    assert {name: number for number, name in names.items() if number} == CODES


def test_an_event_id_is_a_uuid_of_version_8_and_sorts_by_native_id() -> None:
    prefix = stream_prefix("binance", "spot", "trade", "BTCUSDT")
    numbers = [0, 1, 2**61, 2**62, 2**64 - 1]
    ids = [event_id(prefix, number) for number in numbers]
    assert ids == sorted(ids)
    assert {uuid.UUID(bytes=one).version for one in ids} == {8}
    assert {uuid.UUID(bytes=one).variant for one in ids} == {uuid.RFC_4122}


@pytest.mark.parametrize(
    ("raw_symbol", "token"),
    [
        ("BTCUSDT", "btcusdt"),
        ("1000SHIBUSDT", "1000shibusdt"),
        ("btc", "X62X74X63"),
        ("BTC-USDT_X.", "btc-usdt_xX2e"),
        ("币", "Xe5Xb8X81"),
        ("", "Xunknown"),
    ],
)
def test_symbol_tokens(raw_symbol: str, token: str) -> None:
    assert symbol_token(raw_symbol) == token


def test_a_number_taken_out_splits_its_range() -> None:
    ranges = IdRanges()
    ranges.add(5, 9)
    ranges.add(20, 20)
    assert ranges.remove(7)
    assert ranges.remove(5)
    assert ranges.remove(20)
    assert not ranges.remove(7)
    assert not ranges.remove(10)
    assert ranges.ranges == [(6, 6), (8, 9)]


def test_grades_and_order_of_issues() -> None:
    assert grade([]) == "perfect"
    assert grade(["byte_order_mark"]) == "repaired"
    assert grade(["byte_order_mark", "price_band"]) == "suspicious"
    assert ordered(["price_band", "byte_order_mark", "price_band"]) == (
        "byte_order_mark",
        "price_band",
    )
