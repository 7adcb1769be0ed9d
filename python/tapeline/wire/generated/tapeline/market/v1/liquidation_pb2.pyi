# mypy: ignore-errors
from tapeline.wire.generated.tapeline.market.v1 import common_pb2 as _common_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Liquidation(_message.Message):
    __slots__ = ("side", "price", "average_price", "quantity", "status")
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    side: _common_pb2.Side
    price: _common_pb2.Decimal
    average_price: _common_pb2.Decimal
    quantity: _common_pb2.Decimal
    status: str
    def __init__(self, side: _Optional[_Union[_common_pb2.Side, str]] = ..., price: _Optional[_Union[_common_pb2.Decimal, _Mapping]] = ..., average_price: _Optional[_Union[_common_pb2.Decimal, _Mapping]] = ..., quantity: _Optional[_Union[_common_pb2.Decimal, _Mapping]] = ..., status: _Optional[str] = ...) -> None: ...
