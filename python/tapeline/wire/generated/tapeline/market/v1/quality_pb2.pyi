# mypy: ignore-errors
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class Quality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUALITY_UNSPECIFIED: _ClassVar[Quality]
    QUALITY_PERFECT: _ClassVar[Quality]
    QUALITY_REPAIRED: _ClassVar[Quality]
    QUALITY_SUSPICIOUS: _ClassVar[Quality]
    QUALITY_DISCARDED: _ClassVar[Quality]

class IssueCode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ISSUE_CODE_UNSPECIFIED: _ClassVar[IssueCode]
    ISSUE_CODE_EMPTY: _ClassVar[IssueCode]
    ISSUE_CODE_TRUNCATED: _ClassVar[IssueCode]
    ISSUE_CODE_TRAILING: _ClassVar[IssueCode]
    ISSUE_CODE_ENCODING: _ClassVar[IssueCode]
    ISSUE_CODE_NOT_JSON: _ClassVar[IssueCode]
    ISSUE_CODE_DEPTH: _ClassVar[IssueCode]
    ISSUE_CODE_TYPE: _ClassVar[IssueCode]
    ISSUE_CODE_DUPLICATE_KEY: _ClassVar[IssueCode]
    ISSUE_CODE_MISSING: _ClassVar[IssueCode]
    ISSUE_CODE_UNKNOWN_MESSAGE: _ClassVar[IssueCode]
    ISSUE_CODE_DECIMAL_SYNTAX: _ClassVar[IssueCode]
    ISSUE_CODE_PRECISION: _ClassVar[IssueCode]
    ISSUE_CODE_SCALE_OVERFLOW: _ClassVar[IssueCode]
    ISSUE_CODE_RANGE: _ClassVar[IssueCode]
    ISSUE_CODE_ID: _ClassVar[IssueCode]
    ISSUE_CODE_TIMESTAMP: _ClassVar[IssueCode]
    ISSUE_CODE_SIDE: _ClassVar[IssueCode]
    ISSUE_CODE_UNKNOWN_SYMBOL: _ClassVar[IssueCode]
    ISSUE_CODE_UNEXPECTED_SYMBOL: _ClassVar[IssueCode]
    ISSUE_CODE_ID_CONFLICT: _ClassVar[IssueCode]
    ISSUE_CODE_FRAME_TOO_LARGE: _ClassVar[IssueCode]
    ISSUE_CODE_INTERNAL: _ClassVar[IssueCode]
    ISSUE_CODE_BYTE_ORDER_MARK: _ClassVar[IssueCode]
    ISSUE_CODE_UNEXPECTED_JSON_TYPE: _ClassVar[IssueCode]
    ISSUE_CODE_EXPONENT_NOTATION: _ClassVar[IssueCode]
    ISSUE_CODE_TIMESTAMP_UNIT: _ClassVar[IssueCode]
    ISSUE_CODE_PUBLISHED_TIME_DROPPED: _ClassVar[IssueCode]
    ISSUE_CODE_NO_RECEIVE_TIME: _ClassVar[IssueCode]
    ISSUE_CODE_PRICE_BAND: _ClassVar[IssueCode]
    ISSUE_CODE_QUANTITY_SPIKE: _ClassVar[IssueCode]
    ISSUE_CODE_FUTURE_TIMESTAMP: _ClassVar[IssueCode]
    ISSUE_CODE_STALE_TIMESTAMP: _ClassVar[IssueCode]
    ISSUE_CODE_TIME_REVERSED: _ClassVar[IssueCode]
    ISSUE_CODE_SEQUENCE_GAP: _ClassVar[IssueCode]
    ISSUE_CODE_OUT_OF_ORDER: _ClassVar[IssueCode]
    ISSUE_CODE_SEQUENCE_JUMP: _ClassVar[IssueCode]
    ISSUE_CODE_CROSSED_BOOK: _ClassVar[IssueCode]
    ISSUE_CODE_CHECKSUM_MISMATCH: _ClassVar[IssueCode]
QUALITY_UNSPECIFIED: Quality
QUALITY_PERFECT: Quality
QUALITY_REPAIRED: Quality
QUALITY_SUSPICIOUS: Quality
QUALITY_DISCARDED: Quality
ISSUE_CODE_UNSPECIFIED: IssueCode
ISSUE_CODE_EMPTY: IssueCode
ISSUE_CODE_TRUNCATED: IssueCode
ISSUE_CODE_TRAILING: IssueCode
ISSUE_CODE_ENCODING: IssueCode
ISSUE_CODE_NOT_JSON: IssueCode
ISSUE_CODE_DEPTH: IssueCode
ISSUE_CODE_TYPE: IssueCode
ISSUE_CODE_DUPLICATE_KEY: IssueCode
ISSUE_CODE_MISSING: IssueCode
ISSUE_CODE_UNKNOWN_MESSAGE: IssueCode
ISSUE_CODE_DECIMAL_SYNTAX: IssueCode
ISSUE_CODE_PRECISION: IssueCode
ISSUE_CODE_SCALE_OVERFLOW: IssueCode
ISSUE_CODE_RANGE: IssueCode
ISSUE_CODE_ID: IssueCode
ISSUE_CODE_TIMESTAMP: IssueCode
ISSUE_CODE_SIDE: IssueCode
ISSUE_CODE_UNKNOWN_SYMBOL: IssueCode
ISSUE_CODE_UNEXPECTED_SYMBOL: IssueCode
ISSUE_CODE_ID_CONFLICT: IssueCode
ISSUE_CODE_FRAME_TOO_LARGE: IssueCode
ISSUE_CODE_INTERNAL: IssueCode
ISSUE_CODE_BYTE_ORDER_MARK: IssueCode
ISSUE_CODE_UNEXPECTED_JSON_TYPE: IssueCode
ISSUE_CODE_EXPONENT_NOTATION: IssueCode
ISSUE_CODE_TIMESTAMP_UNIT: IssueCode
ISSUE_CODE_PUBLISHED_TIME_DROPPED: IssueCode
ISSUE_CODE_NO_RECEIVE_TIME: IssueCode
ISSUE_CODE_PRICE_BAND: IssueCode
ISSUE_CODE_QUANTITY_SPIKE: IssueCode
ISSUE_CODE_FUTURE_TIMESTAMP: IssueCode
ISSUE_CODE_STALE_TIMESTAMP: IssueCode
ISSUE_CODE_TIME_REVERSED: IssueCode
ISSUE_CODE_SEQUENCE_GAP: IssueCode
ISSUE_CODE_OUT_OF_ORDER: IssueCode
ISSUE_CODE_SEQUENCE_JUMP: IssueCode
ISSUE_CODE_CROSSED_BOOK: IssueCode
ISSUE_CODE_CHECKSUM_MISMATCH: IssueCode
