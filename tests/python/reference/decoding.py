"""Messages of the bus as plain records, read with protobuf's own Python runtime."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from .crc32c import crc32c
from .records import (
    BookRecord,
    CoverageRecord,
    ExactLevel,
    FundingRecord,
    Instrument,
    LiquidationRecord,
    QuarantineRecord,
    TradeRecord,
)
from .schema import enum_names, message_class
from .symbols import symbol_token

MAX_BATCH_EVENTS: Final = 256
MAX_BATCH_BYTES: Final = 256 * 1024
_CRC_FIELD_BYTES: Final = 5
_CRC_TAG: Final = 15 << 3 | 5

Message: TypeAlias = Any  # of a class made at run time
Optional: TypeAlias = Any  # a field's value, or None
Record = (
    TradeRecord | BookRecord | FundingRecord | LiquidationRecord | QuarantineRecord | CoverageRecord
)


class Batch(NamedTuple):
    """One decoded message."""

    event_type: str
    exchange: str
    instrument: Instrument
    producer: str
    batch_id: int
    sent_ns: int
    records: list[Record]


def decode_message(topic: str, key: bytes, value: bytes) -> Batch:
    """Decode a message and check everything that holds for each one.

    The checks: checksum, version, count, size, that topic and key are those of the content, and
    that every event has the batch's type.
    """
    batch = message_class("MarketDataBatch").FromString(value)
    assert value[-_CRC_FIELD_BYTES] == _CRC_TAG, "the last field is no crc32c"
    assert batch.crc32c == int.from_bytes(value[-4:], "little")
    assert batch.crc32c == crc32c(value[:-_CRC_FIELD_BYTES])
    assert batch.schema_version == 1
    assert batch.event_count == len(batch.events)
    assert 1 <= len(batch.events) <= MAX_BATCH_EVENTS
    assert len(value) - batch.events[-1].ByteSize() <= MAX_BATCH_BYTES
    event_type = enum_names("EventType", "EVENT_TYPE_")[batch.event_type]
    place = batch.instrument
    token = symbol_token(place.raw_symbol)
    assert topic == f"{event_type}.{place.exchange}.{place.market}.{token}"
    assert key == token.encode()
    return Batch(
        event_type,
        place.exchange,
        Instrument(place.raw_symbol, place.symbol),
        batch.producer,
        batch.batch_id,
        batch.sent_ns,
        [_RECORD_MAKERS[event_type](event) for event in batch.events],
    )


def _optional(message: Message, field: str) -> Optional:
    return getattr(message, field) if message.HasField(field) else None


def _decimal(message: Message) -> tuple[int, int]:
    """Return (units, scale), after a look at the canonical form."""
    units, scale = message.units, message.scale
    if message.wide_units:
        assert units == 0
        assert len(message.wide_units) == 16
        units = int.from_bytes(message.wide_units, "big", signed=True)
        assert not -(2**63) <= units < 2**63, "wide without need"
    assert scale == 0 or units % 10 != 0, "a trailing zero in the fraction"
    return units, scale


def _optional_decimal(message: Message, field: str) -> tuple[int, int] | None:
    return _decimal(getattr(message, field)) if message.HasField(field) else None


def _head(event: Message, payload: str) -> dict[str, Any]:
    """Return what every event has, whatever its type."""
    assert event.WhichOneof("payload") == payload
    issue_names = enum_names("IssueCode", "ISSUE_CODE_")
    return {
        "event_id": event.event_id,
        "native_id": event.native_id,
        "timestamp_ns": _optional(event, "timestamp_ns"),
        "received_ns": _optional(event, "received_ns"),
        "published_ns": _optional(event, "published_ns"),
        "quality": enum_names("Quality", "QUALITY_")[event.quality],
        "issues": tuple(issue_names[code] for code in event.issues),
        "metadata": tuple(sorted(event.metadata.items())),
        "raw": event.raw,
    }


def _trade(event: Message) -> TradeRecord:
    trade = event.trade
    assert trade.HasField("price")
    assert trade.HasField("quantity")
    return TradeRecord(
        **_head(event, "trade"),
        price=_decimal(trade.price),
        quantity=_decimal(trade.quantity),
        side=enum_names("Side", "SIDE_")[trade.side],
    )


def _book(event: Message) -> BookRecord:
    book = event.orderbook
    return BookRecord(
        **_head(event, "orderbook"),
        depth=enum_names("BookDepth", "BOOK_DEPTH_")[book.depth],
        action=enum_names("BookAction", "BOOK_ACTION_")[book.action],
        origin=enum_names("BookOrigin", "BOOK_ORIGIN_")[book.origin],
        first_update_id=_optional(book, "first_update_id"),
        last_update_id=_optional(book, "last_update_id"),
        prev_update_id=_optional(book, "prev_update_id"),
        bids=tuple(map(_level, book.bids)),
        asks=tuple(map(_level, book.asks)),
    )


def _level(level: Message) -> ExactLevel:
    assert level.HasField("price")
    assert level.HasField("quantity")
    return _decimal(level.price), _decimal(level.quantity)


def _funding(event: Message) -> FundingRecord:
    funding = event.funding
    return FundingRecord(
        **_head(event, "funding"),
        rate=_optional_decimal(funding, "rate"),
        mark_price=_optional_decimal(funding, "mark_price"),
        index_price=_optional_decimal(funding, "index_price"),
        interval_ns=_optional(funding, "interval_ns"),
        next_funding_ns=_optional(funding, "next_funding_ns"),
    )


def _liquidation(event: Message) -> LiquidationRecord:
    forced = event.liquidation
    return LiquidationRecord(
        **_head(event, "liquidation"),
        side=enum_names("Side", "SIDE_")[forced.side],
        price=_decimal(forced.price),
        average_price=_optional_decimal(forced, "average_price"),
        quantity=_decimal(forced.quantity),
        status=forced.status,
    )


def _check_bare(event: Message, quality: str, issues: list[int]) -> None:
    """Coverage and quarantine records have no id, no exchange time and no metadata."""
    assert enum_names("Quality", "QUALITY_")[event.quality] == quality
    assert list(event.issues) == issues
    assert (event.event_id, event.native_id) == (b"", "")
    assert not event.HasField("timestamp_ns")
    assert not event.HasField("published_ns")
    assert len(event.metadata) == 0


def _quarantine(event: Message) -> QuarantineRecord:
    assert event.WhichOneof("payload") == "quarantine"
    record = event.quarantine
    _check_bare(event, "discarded", [record.reason])
    return QuarantineRecord(
        reason=enum_names("IssueCode", "ISSUE_CODE_")[record.reason],
        stage=record.stage,
        field=record.field,
        offset=_optional(record, "offset"),
        received_ns=_optional(event, "received_ns"),
        raw=event.raw,
        raw_length=record.raw_length,
    )


def _coverage(event: Message) -> CoverageRecord:
    assert event.WhichOneof("payload") == "coverage"
    _check_bare(event, "unspecified", [])
    assert event.raw == b""
    record = event.coverage
    return CoverageRecord(
        kind=enum_names("CoverageKind", "COVERAGE_KIND_")[record.kind],
        proof=enum_names("ProofLevel", "PROOF_LEVEL_")[record.proof],
        channel=record.channel,
        first_id=_optional(record, "first_id"),
        last_id=_optional(record, "last_id"),
        start_ns=_optional(record, "start_ns"),
        end_ns=_optional(record, "end_ns"),
        received_ns=_optional(event, "received_ns"),
        reason=record.reason,
    )


_RECORD_MAKERS: Final[dict[str, Callable[[Message], Record]]] = {
    "trade": _trade,
    "orderbook": _book,
    "funding": _funding,
    "liquidation": _liquidation,
    "quarantine": _quarantine,
    "coverage": _coverage,
}
