# mypy: ignore-errors
from tapeline.wire.generated.tapeline.market.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BookDepth(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BOOK_DEPTH_UNSPECIFIED: _ClassVar[BookDepth]
    BOOK_DEPTH_L1: _ClassVar[BookDepth]
    BOOK_DEPTH_L2: _ClassVar[BookDepth]

class BookAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BOOK_ACTION_UNSPECIFIED: _ClassVar[BookAction]
    BOOK_ACTION_SNAPSHOT: _ClassVar[BookAction]
    BOOK_ACTION_DELTA: _ClassVar[BookAction]

class BookOrigin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BOOK_ORIGIN_UNSPECIFIED: _ClassVar[BookOrigin]
    BOOK_ORIGIN_WIRE: _ClassVar[BookOrigin]
    BOOK_ORIGIN_REST: _ClassVar[BookOrigin]
    BOOK_ORIGIN_BOOK: _ClassVar[BookOrigin]
BOOK_DEPTH_UNSPECIFIED: BookDepth
BOOK_DEPTH_L1: BookDepth
BOOK_DEPTH_L2: BookDepth
BOOK_ACTION_UNSPECIFIED: BookAction
BOOK_ACTION_SNAPSHOT: BookAction
BOOK_ACTION_DELTA: BookAction
BOOK_ORIGIN_UNSPECIFIED: BookOrigin
BOOK_ORIGIN_WIRE: BookOrigin
BOOK_ORIGIN_REST: BookOrigin
BOOK_ORIGIN_BOOK: BookOrigin

class BookLevel(_message.Message):
    __slots__ = ("price", "quantity")
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    price: _common_pb2.Decimal
    quantity: _common_pb2.Decimal
    def __init__(self, price: _Optional[_Union[_common_pb2.Decimal, _Mapping]] = ..., quantity: _Optional[_Union[_common_pb2.Decimal, _Mapping]] = ...) -> None: ...

class OrderBook(_message.Message):
    __slots__ = ("depth", "action", "origin", "first_update_id", "last_update_id", "prev_update_id", "bids", "asks")
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    FIRST_UPDATE_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_UPDATE_ID_FIELD_NUMBER: _ClassVar[int]
    PREV_UPDATE_ID_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    depth: BookDepth
    action: BookAction
    origin: BookOrigin
    first_update_id: int
    last_update_id: int
    prev_update_id: int
    bids: _containers.RepeatedCompositeFieldContainer[BookLevel]
    asks: _containers.RepeatedCompositeFieldContainer[BookLevel]
    def __init__(self, depth: _Optional[_Union[BookDepth, str]] = ..., action: _Optional[_Union[BookAction, str]] = ..., origin: _Optional[_Union[BookOrigin, str]] = ..., first_update_id: _Optional[int] = ..., last_update_id: _Optional[int] = ..., prev_update_id: _Optional[int] = ..., bids: _Optional[_Iterable[_Union[BookLevel, _Mapping]]] = ..., asks: _Optional[_Iterable[_Union[BookLevel, _Mapping]]] = ...) -> None: ...
