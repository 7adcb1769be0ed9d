"""What the pipeline says: plain values, the same for the reference and for decoded messages."""

from typing import NamedTuple


class Instrument(NamedTuple):
    """An instrument; both symbols are empty where a frame named no known one."""

    raw_symbol: str
    symbol: str


UNKNOWN = Instrument("", "")


class TradeRecord(NamedTuple):
    """A trade. Times are Unix UTC nanoseconds; price and quantity are (units, scale)."""

    event_id: bytes
    native_id: str
    timestamp_ns: int
    received_ns: int | None
    published_ns: int | None
    price: tuple[int, int]
    quantity: tuple[int, int]
    side: str
    quality: str
    issues: tuple[str, ...]
    metadata: tuple[tuple[str, str], ...]
    raw: bytes


ExactLevel = tuple[tuple[int, int], tuple[int, int]]


class BookRecord(NamedTuple):
    """An order-book message. Times are Unix UTC nanoseconds; numbers are (units, scale)."""

    event_id: bytes
    native_id: str
    timestamp_ns: int | None
    received_ns: int | None
    published_ns: int | None
    depth: str
    action: str
    origin: str
    first_update_id: int | None
    last_update_id: int | None
    prev_update_id: int | None
    bids: tuple[ExactLevel, ...]
    asks: tuple[ExactLevel, ...]
    quality: str
    issues: tuple[str, ...]
    metadata: tuple[tuple[str, str], ...]
    raw: bytes


class FundingRecord(NamedTuple):
    """A funding state. Times are Unix UTC nanoseconds; numbers are (units, scale)."""

    event_id: bytes
    native_id: str
    timestamp_ns: int | None
    received_ns: int | None
    published_ns: int | None
    rate: tuple[int, int] | None
    mark_price: tuple[int, int] | None
    index_price: tuple[int, int] | None
    interval_ns: int | None
    next_funding_ns: int | None
    quality: str
    issues: tuple[str, ...]
    metadata: tuple[tuple[str, str], ...]
    raw: bytes


class LiquidationRecord(NamedTuple):
    """A forced order. Times are Unix UTC nanoseconds; numbers are (units, scale)."""

    event_id: bytes
    native_id: str
    timestamp_ns: int | None
    received_ns: int | None
    published_ns: int | None
    side: str
    price: tuple[int, int]
    average_price: tuple[int, int] | None
    quantity: tuple[int, int]
    status: str
    quality: str
    issues: tuple[str, ...]
    metadata: tuple[tuple[str, str], ...]
    raw: bytes


class QuarantineRecord(NamedTuple):
    """A frame that could not become an event."""

    reason: str
    stage: int
    field: str
    offset: int | None
    received_ns: int | None
    raw: bytes
    raw_length: int


class CoverageRecord(NamedTuple):
    """A statement about a stream's completeness."""

    kind: str
    proof: str
    channel: str
    first_id: int | None
    last_id: int | None
    start_ns: int | None
    end_ns: int | None
    received_ns: int | None
    reason: str


class Control(NamedTuple):
    """A control frame, by its place in the push."""

    frame_index: int
    kind: str


class Gap(NamedTuple):
    """Ids that are missing now."""

    symbol: str
    raw_symbol: str
    channel: str
    first_missing: int
    last_missing: int
