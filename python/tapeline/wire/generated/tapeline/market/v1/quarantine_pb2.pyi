# mypy: ignore-errors
from tapeline.wire.generated.tapeline.market.v1 import quality_pb2 as _quality_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Quarantine(_message.Message):
    __slots__ = ("reason", "stage", "field", "offset", "raw_length")
    REASON_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    RAW_LENGTH_FIELD_NUMBER: _ClassVar[int]
    reason: _quality_pb2.IssueCode
    stage: int
    field: str
    offset: int
    raw_length: int
    def __init__(self, reason: _Optional[_Union[_quality_pb2.IssueCode, str]] = ..., stage: _Optional[int] = ..., field: _Optional[str] = ..., offset: _Optional[int] = ..., raw_length: _Optional[int] = ...) -> None: ...
