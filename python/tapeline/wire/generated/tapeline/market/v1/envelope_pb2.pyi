# mypy: ignore-errors
from tapeline.wire.generated.tapeline.market.v1 import common_pb2 as _common_pb2
from tapeline.wire.generated.tapeline.market.v1 import coverage_pb2 as _coverage_pb2
from tapeline.wire.generated.tapeline.market.v1 import funding_pb2 as _funding_pb2
from tapeline.wire.generated.tapeline.market.v1 import liquidation_pb2 as _liquidation_pb2
from tapeline.wire.generated.tapeline.market.v1 import orderbook_pb2 as _orderbook_pb2
from tapeline.wire.generated.tapeline.market.v1 import quality_pb2 as _quality_pb2
from tapeline.wire.generated.tapeline.market.v1 import quarantine_pb2 as _quarantine_pb2
from tapeline.wire.generated.tapeline.market.v1 import trade_pb2 as _trade_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EventType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_TYPE_UNSPECIFIED: _ClassVar[EventType]
    EVENT_TYPE_TRADE: _ClassVar[EventType]
    EVENT_TYPE_ORDERBOOK: _ClassVar[EventType]
    EVENT_TYPE_FUNDING: _ClassVar[EventType]
    EVENT_TYPE_LIQUIDATION: _ClassVar[EventType]
    EVENT_TYPE_COVERAGE: _ClassVar[EventType]
    EVENT_TYPE_QUARANTINE: _ClassVar[EventType]
EVENT_TYPE_UNSPECIFIED: EventType
EVENT_TYPE_TRADE: EventType
EVENT_TYPE_ORDERBOOK: EventType
EVENT_TYPE_FUNDING: EventType
EVENT_TYPE_LIQUIDATION: EventType
EVENT_TYPE_COVERAGE: EventType
EVENT_TYPE_QUARANTINE: EventType

class MarketEvent(_message.Message):
    __slots__ = ("event_id", "native_id", "timestamp_ns", "received_ns", "published_ns", "quality", "issues", "metadata", "raw", "trade", "orderbook", "funding", "liquidation", "coverage", "quarantine")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    NATIVE_ID_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_NS_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_NS_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_NS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    ISSUES_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    TRADE_FIELD_NUMBER: _ClassVar[int]
    ORDERBOOK_FIELD_NUMBER: _ClassVar[int]
    FUNDING_FIELD_NUMBER: _ClassVar[int]
    LIQUIDATION_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_FIELD_NUMBER: _ClassVar[int]
    QUARANTINE_FIELD_NUMBER: _ClassVar[int]
    event_id: bytes
    native_id: str
    timestamp_ns: int
    received_ns: int
    published_ns: int
    quality: _quality_pb2.Quality
    issues: _containers.RepeatedScalarFieldContainer[_quality_pb2.IssueCode]
    metadata: _containers.ScalarMap[str, str]
    raw: bytes
    trade: _trade_pb2.Trade
    orderbook: _orderbook_pb2.OrderBook
    funding: _funding_pb2.Funding
    liquidation: _liquidation_pb2.Liquidation
    coverage: _coverage_pb2.Coverage
    quarantine: _quarantine_pb2.Quarantine
    def __init__(self, event_id: _Optional[bytes] = ..., native_id: _Optional[str] = ..., timestamp_ns: _Optional[int] = ..., received_ns: _Optional[int] = ..., published_ns: _Optional[int] = ..., quality: _Optional[_Union[_quality_pb2.Quality, str]] = ..., issues: _Optional[_Iterable[_Union[_quality_pb2.IssueCode, str]]] = ..., metadata: _Optional[_Mapping[str, str]] = ..., raw: _Optional[bytes] = ..., trade: _Optional[_Union[_trade_pb2.Trade, _Mapping]] = ..., orderbook: _Optional[_Union[_orderbook_pb2.OrderBook, _Mapping]] = ..., funding: _Optional[_Union[_funding_pb2.Funding, _Mapping]] = ..., liquidation: _Optional[_Union[_liquidation_pb2.Liquidation, _Mapping]] = ..., coverage: _Optional[_Union[_coverage_pb2.Coverage, _Mapping]] = ..., quarantine: _Optional[_Union[_quarantine_pb2.Quarantine, _Mapping]] = ...) -> None: ...

class MarketDataBatch(_message.Message):
    __slots__ = ("schema_version", "producer", "batch_id", "event_count", "sent_ns", "instrument", "event_type", "events", "crc32c")
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    SENT_NS_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    CRC32C_FIELD_NUMBER: _ClassVar[int]
    schema_version: int
    producer: str
    batch_id: int
    event_count: int
    sent_ns: int
    instrument: _common_pb2.Instrument
    event_type: EventType
    events: _containers.RepeatedCompositeFieldContainer[MarketEvent]
    crc32c: int
    def __init__(self, schema_version: _Optional[int] = ..., producer: _Optional[str] = ..., batch_id: _Optional[int] = ..., event_count: _Optional[int] = ..., sent_ns: _Optional[int] = ..., instrument: _Optional[_Union[_common_pb2.Instrument, _Mapping]] = ..., event_type: _Optional[_Union[EventType, str]] = ..., events: _Optional[_Iterable[_Union[MarketEvent, _Mapping]]] = ..., crc32c: _Optional[int] = ...) -> None: ...
