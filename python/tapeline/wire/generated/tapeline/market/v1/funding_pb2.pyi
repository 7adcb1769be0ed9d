# mypy: ignore-errors
from tapeline.wire.generated.tapeline.market.v1 import common_pb2 as _common_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Funding(_message.Message):
    __slots__ = ("rate", "mark_price", "index_price", "interval_ns", "next_funding_ns")
    RATE_FIELD_NUMBER: _ClassVar[int]
    MARK_PRICE_FIELD_NUMBER: _ClassVar[int]
    INDEX_PRICE_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_NS_FIELD_NUMBER: _ClassVar[int]
    NEXT_FUNDING_NS_FIELD_NUMBER: _ClassVar[int]
    rate: _common_pb2.Decimal
    mark_price: _common_pb2.Decimal
    index_price: _common_pb2.Decimal
    interval_ns: int
    next_funding_ns: int
    def __init__(self, rate: _Optional[_Union[_common_pb2.Decimal, _Mapping]] = ..., mark_price: _Optional[_Union[_common_pb2.Decimal, _Mapping]] = ..., index_price: _Optional[_Union[_common_pb2.Decimal, _Mapping]] = ..., interval_ns: _Optional[int] = ..., next_funding_ns: _Optional[int] = ...) -> None: ...
