"""Hostile and odd batches: ``python -m tests.corpus.wire_rows`` writes them and their manifest.

Rows P01 to P15. Each case says what a reader must do: ``ok``, or ``error`` with words of the
message. Values above 64 KiB are made when a test needs them and have no file.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tapeline.wire.generated.tapeline.market.v1 import common_pb2, envelope_pb2, funding_pb2
from tests.fixtures.wire.samples import Batch, Decimal, batch_of, event, seal, trades, value_of

FOLDER: Final = Path(__file__).parent
MANIFEST: Final = FOLDER / "wire_manifest.json"
LARGEST_FILE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Case:
    """One value: its row, what must happen and the words of the error (empty: ok)."""

    row: str
    note: str
    value: bytes
    error: str = ""


def varint(value: int) -> bytes:
    """Encode a base-128 varint."""
    head = b""
    while value > 0x7F:
        head, value = head + bytes([value & 0x7F | 0x80]), value >> 7
    return head + bytes([value])


def field(number: int, content: bytes) -> bytes:
    """Encode a length-delimited field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def simple(count: int = 1) -> Batch:
    """Make a batch of plain trades."""
    batch = batch_of(envelope_pb2.EVENT_TYPE_TRADE)
    for number in range(count):
        one = batch.events.add()
        one.CopyFrom(event(number % 256))
        one.trade.price.CopyFrom(Decimal(units=6_183_763, scale=2))
        one.trade.quantity.CopyFrom(Decimal(units=1, scale=3))
        one.trade.side = common_pb2.SIDE_BUY
    return batch


def changed(change: Callable[[Batch], object], count: int = 1) -> bytes:
    """Encode a batch of plain trades after a change."""
    batch = simple(count)
    change(batch)
    return value_of(batch)


def versioned(version: int) -> bytes:
    """Encode a batch of one plain trade with this schema version."""
    batch = simple()
    batch.schema_version = version
    return value_of(batch)


def body(batch: Batch | None = None) -> bytes:
    """Encode a batch without its checksum."""
    return value_of(batch or simple())[:-5]


def with_event(content: bytes) -> bytes:
    """Encode a batch whose only event has these bytes."""
    batch = simple(0)
    batch.event_count = 1
    return seal(batch.SerializeToString(deterministic=True) + field(8, content))


def with_trade(content: bytes) -> bytes:
    """Encode a batch whose only event has a trade of these bytes."""
    return with_event(event(1).SerializeToString(deterministic=True) + field(10, content))


def with_price(content: bytes) -> bytes:
    """Encode a batch of one trade whose price has these bytes."""
    return with_trade(field(1, content) + field(2, b"\x08\x02"))


def frames() -> Iterator[Case]:
    """Rows P01 to P05: the frame of a batch."""
    whole = value_of(trades())
    yield Case("P01", "no bytes", b"", "empty batch")
    yield Case("P01", "one zero byte", b"\0", "does not end with its crc32c")
    yield Case("P01", "a checksum of nothing", seal(b""), "schema_version")
    yield Case("P02", "half of a batch", whole[: len(whole) // 2], "crc32c")
    yield Case(
        "P02",
        "an event left out, checksum made anew",
        seal(body(simple(2))[: len(body())]),
        "event_count",
    )
    yield Case("P03", "a batch twice", whole + whole, "crc32c")
    yield Case(
        "P03", "a batch twice, checksum made anew", seal(whole[:-5] * 2), "occurs more than once"
    )
    yield Case(
        "P03", "a batch inside a batch", seal(whole + b"\x40\x01"), "crc32c occurs more than once"
    )
    yield Case("P04", "one bit flipped", bytes([whole[0] ^ 1]) + whole[1:], "crc32c must be")
    yield Case(
        "P05", "version 0", changed(lambda b: b.ClearField("schema_version")), "schema_version"
    )
    for version in (2, 2**31, 2**32 - 1):
        yield Case(
            "P05",
            f"version {version}",
            versioned(version),
        )


def contents() -> Iterator[Case]:
    """Rows P06 to P09: fields, enum values and payloads."""
    extra = b"\xc0\x3e\x05" + field(1001, b"new") + b"\xcd\x3e1234\xc9\x3e12345678"
    plain = event(1).SerializeToString(deterministic=True)
    trade = field(1, b"\x08\x02") + field(2, b"\x08\x02")
    yield Case("P06", "unknown fields in the batch", seal(body() + extra))
    yield Case(
        "P06", "unknown fields in the event", with_event(plain + extra + field(10, trade + extra))
    )
    yield Case(
        "P06",
        "unknown quality 9",
        with_event(plain.replace(b"\x30\x01", b"\x30\x09") + field(10, trade)),
    )
    yield Case(
        "P06",
        "unknown side 7 and issue 99",
        with_event(plain + b"\x38\x63" + field(10, trade + b"\x18\x07")),
    )
    yield Case("P06", "unknown payload", with_event(plain + field(16, trade)), "payload is missing")
    yield Case(
        "P06", "unknown event type", changed(lambda b: setattr(b, "event_type", 77), 0), "type 77"
    )
    yield Case(
        "P06",
        "event type not set",
        changed(lambda b: b.ClearField("event_type"), 0),
        "type unspecified",
    )
    rate = field(12, funding_pb2.Funding(rate=Decimal(units=1)).SerializeToString())
    yield Case(
        "P07",
        "a funding state among trades",
        with_event(plain + rate),
        "must be trade, was funding",
    )
    yield Case(
        "P07", "trade, then funding", with_event(plain + field(10, trade) + rate), "two payloads"
    )
    yield Case("P07", "trade twice", with_event(plain + field(10, trade) * 2), "two payloads")
    yield Case(
        "P08",
        "price as a varint",
        with_trade(b"\x08\x05" + field(2, b"")),
        "price has the wrong wire type",
    )
    yield Case(
        "P08",
        "timestamp as a varint",
        with_event(b"\x18\x05" + field(10, trade)),
        "timestamp_ns has the wrong",
    )
    yield Case(
        "P08",
        "events as a varint",
        seal(body(simple(0)) + b"\x40\x05"),
        "events has the wrong wire type",
    )
    yield Case("P08", "a group", seal(body() + b"\xc3\x3e\xc4\x3e"), "a group")
    yield Case("P08", "field number 0", seal(body() + b"\x00\x01"), "field number 0")
    yield Case("P09", "no price", with_trade(field(2, b"\x08\x02")), "price is missing")
    yield Case("P09", "no quantity", with_trade(field(1, b"\x08\x02")), "quantity is missing")
    yield Case("P09", "price 0", with_price(b""))
    yield Case(
        "P09",
        "no time",
        changed(lambda b: b.events[0].ClearField("timestamp_ns")),
        "timestamp_ns is missing",
    )
    yield Case(
        "P09",
        "no event id",
        changed(lambda b: b.events[0].ClearField("event_id")),
        "event_id has a length of 0",
    )
    yield Case(
        "P09",
        "no instrument",
        changed(lambda b: b.ClearField("instrument")),
        "instrument is missing",
    )
    yield Case(
        "P09",
        "no symbol",
        changed(lambda b: b.instrument.ClearField("symbol")),
        "symbol is missing",
    )
    yield Case(
        "P09",
        "price twice",
        with_trade(trade + field(1, b"\x08\x04")),
        "price occurs more than once",
    )


def numbers() -> Iterator[Case]:
    """Rows P10 to P12: lengths, varints, texts and decimals."""
    nested = b""
    for _ in range(101):
        nested = field(2000, nested)
    yield Case("P10", "101 levels of an unknown message", seal(body() + nested))
    yield Case("P10", "length 2^31", seal(body() + b"\x42" + varint(2**31)), "beyond the end")
    yield Case("P10", "length 2^63", seal(body() + b"\x42" + varint(2**63)), "beyond the end")
    yield Case(
        "P10", "length 2^63 in an event", with_event(b"\x52" + varint(2**63)), "beyond the end"
    )
    yield Case(
        "P10",
        "varint of 11 bytes",
        seal(body() + b"\xc0\x3e" + b"\x80" * 10 + b"\0"),
        "varint beyond",
    )
    yield Case(
        "P10",
        "varint above 64 bits",
        seal(body() + b"\xc0\x3e" + b"\xff" * 9 + b"\x02"),
        "varint beyond",
    )
    yield Case("P10", "padded varint", seal(body() + b"\xc0\x3e\x85\x80\x00"))
    yield Case(
        "P10", "tag above 32 bits", seal(body() + b"\x80\x80\x80\x80\x10\x00"), "a tag beyond"
    )
    yield Case(
        "P10",
        "event_count above 32 bits",
        seal(b"\x20" + varint(2**32) + b"\x08\x01"),
        "event_count is out",
    )
    yield Case(
        "P11",
        "symbol not UTF-8",
        seal(b"\x08\x01" + field(6, field(1, b"\xff"))),
        "exchange is not UTF-8",
    )
    yield Case(
        "P11",
        "native id not UTF-8",
        with_event(field(2, b"\xed\xa0\x80")),
        "native_id is not UTF-8",
    )
    yield Case(
        "P11",
        "native id of 65,537 bytes",
        with_event(field(2, b"x" * 65_537)),
        "native_id has a length",
    )
    yield Case(
        "P11", "text of 10 MB", seal(body() + field(2, b"x" * 10_000_000)), "at most 8388608 bytes"
    )
    yield Case(
        "P11",
        "symbol of 257 bytes",
        changed(lambda b: setattr(b.instrument, "symbol", "x" * 257)),
        "symbol has",
    )
    yield Case("P12", "scale 200", with_price(b"\x08\x02\x10\xc8\x01"), "scale is above 38")
    yield Case(
        "P12", "scale -5", with_price(b"\x08\x02\x10" + varint(2**64 - 5)), "price is out of range"
    )
    yield Case(
        "P12", "19 digits after the point", with_price(b"\x08\x02\x10\x13"), "more than 18 digits"
    )
    yield Case("P12", "trailing zeros beyond 18 digits", with_price(b"\x08\x14\x10\x13"))
    yield Case("P12", "10^20", with_price(field(3, (10**20).to_bytes(16, "big"))), "too large")
    yield Case("P12", "10^20 - 1", with_price(field(3, (10**20 - 1).to_bytes(16, "big"))))
    yield Case(
        "P12", "-2^127", with_price(field(3, b"\x80" + bytes(15)) + b"\x10\x12"), "too large"
    )
    yield Case(
        "P12", "wide units of 15 bytes", with_price(field(3, bytes(15))), "must have 16 bytes"
    )
    yield Case(
        "P12",
        "both kinds of units",
        with_price(b"\x08\x02" + field(3, bytes(16))),
        "both units and wide_units",
    )


def batches() -> Iterator[Case]:
    """Rows P13 to P15: instruments, sizes and noise."""
    other = field(6, field(1, b"okx") + field(2, b"spot") + field(3, b"A/B") + field(4, b"AB"))
    yield Case("P13", "two instruments", seal(body() + other), "instrument occurs more than once")
    yield Case("P14", "no events", changed(lambda _: None, 0))
    yield Case("P14", "sent before its events", changed(lambda b: setattr(b, "sent_ns", 1)))
    yield Case(
        "P14", "10^6 empty events", seal(b"\x08\x01" + b"\x42\x00" * 10**6), "at most 65536 events"
    )
    yield Case(
        "P14",
        "65,537 events",
        seal(b"\x08\x01\x20\x81\x80\x04" + b"\x42\x00" * 65_537),
        "at most 65536",
    )
    count_off = simple(2)
    count_off.event_count = 3
    yield Case(
        "P14", "one event too few", seal(count_off.SerializeToString()), "event_count is 3, found 2"
    )
    noise = random.Random(15)
    yield Case("P15", "10^6 random bytes", noise.randbytes(10**6), "crc32c")
    yield Case("P15", "10^6 random bytes, sealed", seal(noise.randbytes(10**6)), " ")
    for length in (4, 5, 6, 30, 200, 2_000):
        yield Case("P15", f"{length} random bytes", noise.randbytes(length), "crc32c")
        yield Case("P15", f"{length} random bytes, sealed", seal(noise.randbytes(length)), " ")


def with_payload(event_type: int, number: int, content: bytes) -> bytes:
    """Encode a batch of one event of a type, whose payload (field `number`) has these bytes."""
    batch = batch_of(event_type)
    batch.event_count = 1
    plain = event(1).SerializeToString(deterministic=True) + field(number, content)
    return seal(batch.SerializeToString(deterministic=True) + field(8, plain))


def with_book(content: bytes) -> bytes:
    """Encode a batch whose only event has an order book of these bytes."""
    return with_payload(envelope_pb2.EVENT_TYPE_ORDERBOOK, 11, content)


def with_funding(content: bytes) -> bytes:
    """Encode a batch whose only event has a funding state of these bytes."""
    return with_payload(envelope_pb2.EVENT_TYPE_FUNDING, 12, content)


def with_liquidation(content: bytes) -> bytes:
    """Encode a batch whose only event has a forced order of these bytes."""
    return with_payload(envelope_pb2.EVENT_TYPE_LIQUIDATION, 13, content)


def books() -> Iterator[Case]:
    """Rows P06 to P12 for order books."""
    one = b"\x08\x02"
    level = field(1, one) + field(2, one)
    yield Case("P06", "unknown depth, action and origin", with_book(b"\x08\x07\x10\x08\x18\x09"))
    yield Case("P06", "a book with nothing in it", with_book(b""))
    yield Case("P06", "unknown fields in a level", with_book(field(7, level + b"\xc0\x3e\x05")))
    yield Case(
        "P07",
        "a trade among books",
        with_payload(envelope_pb2.EVENT_TYPE_ORDERBOOK, 10, level),
        "must be orderbook, was trade",
    )
    yield Case("P08", "a level as a varint", with_book(b"\x38\x05"), "bids has the wrong wire type")
    yield Case(
        "P08",
        "a price of a level as a varint",
        with_book(field(8, b"\x08\x05" + field(2, one))),
        "price has the wrong wire type",
    )
    yield Case(
        "P08",
        "an update id of fixed length",
        with_book(b"\x21" + bytes(8)),
        "first_update_id has the wrong wire type",
    )
    yield Case("P09", "an empty level", with_book(field(7, b"")), "price is missing")
    yield Case(
        "P09", "no quantity in a level", with_book(field(8, field(1, one))), "quantity is missing"
    )
    yield Case("P09", "a level of zeros", with_book(field(7, field(1, b"") + field(2, b""))))
    yield Case(
        "P09",
        "price twice in a level",
        with_book(field(7, level + field(1, one))),
        "price occurs more than once",
    )
    yield Case("P09", "depth twice", with_book(b"\x08\x01\x08\x01"), "depth occurs more than once")
    yield Case("P10", "100,000 levels of zeros", with_book(b"\x3a\x04\x0a\x00\x12\x00" * 100_000))
    yield Case(
        "P10", "a level of length 2^31", with_book(b"\x3a" + varint(2**31)), "beyond the end"
    )
    yield Case("P10", "update id -2^63", with_book(b"\x28" + varint(2**63)))
    yield Case(
        "P12",
        "a level of 19 digits after the point",
        with_book(field(7, field(1, b"\x08\x02\x10\x13") + field(2, one))),
        "price is no decimal",
    )
    yield Case(
        "P12",
        "a level of 10^20",
        with_book(field(7, field(1, one) + field(2, field(3, (10**20).to_bytes(16, "big"))))),
        "quantity is no decimal",
    )


def derivatives() -> Iterator[Case]:
    """Rows P06 to P12 for funding states and forced orders."""
    one = b"\x08\x02"
    order = field(2, one) + field(4, one)
    yield Case("P06", "unknown side of a forced order", with_liquidation(b"\x08\x07" + order))
    yield Case(
        "P07",
        "a forced order among funding states",
        with_payload(envelope_pb2.EVENT_TYPE_FUNDING, 13, order),
        "must be funding, was liquidation",
    )
    yield Case(
        "P08", "a rate as a varint", with_funding(b"\x08\x05"), "rate has the wrong wire type"
    )
    yield Case(
        "P08",
        "an interval as a varint",
        with_funding(b"\x20\x05"),
        "interval_ns has the wrong wire type",
    )
    yield Case("P09", "a funding state with nothing in it", with_funding(b""))
    yield Case("P09", "a rate of zero", with_funding(field(1, b"")))
    yield Case("P09", "rate twice", with_funding(field(1, one) * 2), "rate occurs more than once")
    yield Case("P09", "a forced order without price", with_liquidation(field(4, one)), "price is")
    yield Case(
        "P09", "a forced order without quantity", with_liquidation(field(2, one)), "quantity is"
    )
    yield Case("P09", "a forced order without side and status", with_liquidation(order))
    yield Case(
        "P11",
        "a status that is not UTF-8",
        with_liquidation(order + field(5, b"\xff")),
        "status is not UTF-8",
    )
    yield Case("P12", "a rate of scale 39", with_funding(field(1, b"\x08\x02\x10\x27")), "above 38")
    yield Case(
        "P12",
        "an average price of 10^20",
        with_liquidation(order + field(3, field(3, (10**20).to_bytes(16, "big")))),
        "average_price is no decimal",
    )


@cache
def named_cases() -> dict[str, Case]:
    """Return every case by its name, ``P<row>_<number>``."""
    named: dict[str, Case] = {}
    numbering: dict[str, int] = {}
    for part in (frames, contents, numbers, batches, books, derivatives):
        for case in part():
            numbering[case.row] = numbering.get(case.row, 0) + 1
            named[f"{case.row}_{numbering[case.row]}"] = case
    return named


def manifest() -> list[dict[str, object]]:
    """Describe every case; ``file`` is null for those that are made when needed."""
    return [
        {
            "name": name,
            "file": f"{name}.bin" if len(case.value) <= LARGEST_FILE else None,
            "expect": "error" if case.error else "ok",
            "error": case.error.strip(),
            "note": case.note,
        }
        for name, case in named_cases().items()
    ]


def main() -> None:
    """Write the files and the manifest."""
    for name, case in named_cases().items():
        if len(case.value) <= LARGEST_FILE:
            (FOLDER / f"{name}.bin").write_bytes(case.value)
    MANIFEST.write_text(json.dumps(manifest(), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
