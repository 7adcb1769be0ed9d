# mypy: ignore-errors
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIDE_UNSPECIFIED: _ClassVar[Side]
    SIDE_BUY: _ClassVar[Side]
    SIDE_SELL: _ClassVar[Side]
SIDE_UNSPECIFIED: Side
SIDE_BUY: Side
SIDE_SELL: Side

class Decimal(_message.Message):
    __slots__ = ("units", "scale", "wide_units")
    UNITS_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    WIDE_UNITS_FIELD_NUMBER: _ClassVar[int]
    units: int
    scale: int
    wide_units: bytes
    def __init__(self, units: _Optional[int] = ..., scale: _Optional[int] = ..., wide_units: _Optional[bytes] = ...) -> None: ...

class Instrument(_message.Message):
    __slots__ = ("exchange", "market", "symbol", "raw_symbol")
    EXCHANGE_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    RAW_SYMBOL_FIELD_NUMBER: _ClassVar[int]
    exchange: str
    market: str
    symbol: str
    raw_symbol: str
    def __init__(self, exchange: _Optional[str] = ..., market: _Optional[str] = ..., symbol: _Optional[str] = ..., raw_symbol: _Optional[str] = ...) -> None: ...
