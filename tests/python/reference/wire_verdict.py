"""Is a value a batch? Written from the proto files' rules, slowly and without the Rust decoder.

First the checksum, then every message is walked field by field along its descriptor (protobuf's
own parser forgives what must not be forgiven: repeated fields, truncated integers), then the
rules that no descriptor can say.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from google.protobuf.descriptor import FieldDescriptor

from tapeline.wire.generated.tapeline.market.v1 import common_pb2, envelope_pb2
from tests.python.reference.crc32c import crc32c

READABLE: Final = {
    1: "trade",
    2: "orderbook",
    3: "funding",
    4: "liquidation",
    5: "coverage",
    6: "quarantine",
}
WITHOUT_ID: Final = ("coverage", "quarantine")
DECIMALS: Final = {
    "trade": ("price", "quantity"),
    "funding": ("rate", "mark_price", "index_price"),
    "liquidation": ("price", "average_price", "quantity"),
}
WIRE_TYPES: Final = {
    FieldDescriptor.TYPE_UINT32: 0,
    FieldDescriptor.TYPE_UINT64: 0,
    FieldDescriptor.TYPE_INT64: 0,
    FieldDescriptor.TYPE_SINT64: 0,
    FieldDescriptor.TYPE_ENUM: 0,
    FieldDescriptor.TYPE_SFIXED64: 1,
    FieldDescriptor.TYPE_STRING: 2,
    FieldDescriptor.TYPE_BYTES: 2,
    FieldDescriptor.TYPE_MESSAGE: 2,
    FieldDescriptor.TYPE_FIXED32: 5,
}


MessageType: TypeAlias = Any  # a descriptor: upb's class or the pure-Python one


class NotABatchError(Exception):
    """The value is refused; the text says why."""


def require(condition: bool, why: str) -> None:
    """Refuse the value unless the condition holds."""
    if not condition:
        raise NotABatchError(why)


def fault_of(value: bytes) -> str:
    """Return why a value is no readable batch, or the empty text."""
    try:
        check(value)
    except NotABatchError as error:
        return str(error) or "refused"
    return ""


def check(value: bytes) -> None:
    """Refuse what is no readable batch."""
    require(0 < len(value) <= 8 * 2**20, "size")
    require(len(value) >= 5 and value[-5] == 0x7D, "trailer")
    body = value[:-5]
    require(crc32c(body) == int.from_bytes(value[-4:], "little"), "checksum")
    # Events are walked one by one only when the frame is fine; until then they are mere bytes.
    top = list(fields(body))
    require(sum(number == 8 for number, _, _ in top) <= 65_536, "too many events")
    require(all(number != 15 for number, _, _ in top), "checksum inside")
    walk(envelope_pb2.MarketDataBatch.DESCRIPTOR, body)
    batch = envelope_pb2.MarketDataBatch.FromString(body)
    require(batch.schema_version >= 1, "version")
    require(batch.event_count == len(batch.events), "event count")
    require(batch.HasField("instrument"), "instrument")
    require(batch.event_type in READABLE, "event type")
    check_instrument(batch.instrument, batch.event_type)
    for event in batch.events:
        check_event(event, READABLE[batch.event_type])


def check_instrument(instrument: common_pb2.Instrument, event_type: int) -> None:
    """Check the instrument's texts."""
    texts = [instrument.exchange, instrument.market, instrument.symbol, instrument.raw_symbol]
    require(all(len(text.encode()) <= 256 for text in texts), "instrument text")
    require(all(texts[:2] if event_type == 6 else texts), "instrument part missing")


def check_event(event: envelope_pb2.MarketEvent, payload: str) -> None:
    """Check one event of the batch."""
    require(event.WhichOneof("payload") == payload, "payload")
    require(len(event.issues) <= 256 and len(event.metadata) <= 256, "entries")
    if payload == "quarantine":
        require(event.quarantine.stage < 2**31, "stage")
    require(payload in WITHOUT_ID or len(event.event_id) == 16, "event id")
    require(payload != "trade" or event.HasField("timestamp_ns"), "time")
    if payload == "orderbook":
        for level in [*event.orderbook.bids, *event.orderbook.asks]:
            check_decimals(level, ("price", "quantity"), ("price", "quantity"))
    elif payload not in WITHOUT_ID:
        needed = () if payload == "funding" else ("price", "quantity")
        check_decimals(getattr(event, payload), DECIMALS[payload], needed)


def check_decimals(message: Any, names: Iterable[str], needed: Iterable[str]) -> None:  # noqa: ANN401 - any message
    """Check the decimals of a message, and that those needed are there."""
    require(all(message.HasField(name) for name in needed), "a decimal is missing")
    for name in names:
        check_decimal(getattr(message, name))


def check_decimal(decimal: common_pb2.Decimal) -> None:
    """Check that the number is one of 20 digits before and 18 after the point."""
    require(decimal.scale <= 38, "scale")
    require(len(decimal.wide_units) in (0, 16), "wide units")
    require(not (decimal.wide_units and decimal.units), "both units")
    units = int.from_bytes(decimal.wide_units, "big", signed=True) or decimal.units
    scaled, rest = divmod(units * 10**18, 10**decimal.scale)
    require(rest == 0, "too fine")
    require(abs(scaled) < 10**38, "too large")


def walk(message: MessageType, data: bytes) -> None:
    """Check a message's bytes along its descriptor."""
    seen: set[str] = set()
    for number, wire_type, value in fields(data):
        field = message.fields_by_number.get(number)
        if field is None:
            continue
        packed = field.is_repeated and field.type == FieldDescriptor.TYPE_ENUM and wire_type == 2
        require(packed or wire_type == WIRE_TYPES[field.type], f"wire type of {field.name}")
        oneof = field.containing_oneof
        name = oneof.name if oneof and len(oneof.fields) > 1 else field.name
        require(field.is_repeated or name not in seen, f"{name} twice")
        seen.add(name)
        for part in varints(bytes(value)) if packed and isinstance(value, bytes) else [value]:
            check_value(field, part)


def check_value(field: FieldDescriptor, value: int | bytes) -> None:
    """Check one value of a known field."""
    if isinstance(value, int):
        if field.type == FieldDescriptor.TYPE_UINT32:
            require(value < 2**32, f"{field.name} out of range")
        if field.type == FieldDescriptor.TYPE_ENUM:
            require(value < 2**31 or value >= 2**64 - 2**31, f"{field.name} out of range")
    elif field.type == FieldDescriptor.TYPE_MESSAGE:
        assert field.message_type is not None
        walk(field.message_type, value)
    elif field.type == FieldDescriptor.TYPE_STRING:
        require(len(value) <= 65_536, f"{field.name} too long")
        try:
            value.decode()
        except UnicodeDecodeError as error:
            raise NotABatchError(f"{field.name} not UTF-8") from error


def fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Split a message into field number, wire type and value."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        require(tag < 2**32 and tag >> 3 > 0, "tag")
        wire_type = tag & 7
        require(wire_type in (0, 1, 2, 5), "group")
        value: int | bytes
        if wire_type == 0:
            value, at = varint(data, at)
        else:
            length = {1: 8, 5: 4}.get(wire_type, 0)
            if wire_type == 2:
                length, at = varint(data, at)
            require(at + length <= len(data), "length")
            value, at = data[at : at + length], at + length
        yield tag >> 3, wire_type, value


def varints(data: bytes) -> Iterator[int]:
    """Split packed varints."""
    at = 0
    while at < len(data):
        value, at = varint(data, at)
        yield value


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a varint of at most ten bytes and 64 bits; return it and where it ends."""
    value = 0
    for index, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            require(value < 2**64, "varint above 64 bits")
            return value, at + index + 1
    raise NotABatchError("varint")
