# mypy: ignore-errors
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CoverageKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COVERAGE_KIND_UNSPECIFIED: _ClassVar[CoverageKind]
    COVERAGE_KIND_SESSION_START: _ClassVar[CoverageKind]
    COVERAGE_KIND_GAP_OPENED: _ClassVar[CoverageKind]
    COVERAGE_KIND_GAP_FILLED: _ClassVar[CoverageKind]
    COVERAGE_KIND_SEQUENCE_RESET: _ClassVar[CoverageKind]
    COVERAGE_KIND_SESSION_END: _ClassVar[CoverageKind]
    COVERAGE_KIND_CONNECTION_LOST: _ClassVar[CoverageKind]
    COVERAGE_KIND_CONNECTION_RESTORED: _ClassVar[CoverageKind]
    COVERAGE_KIND_BOOK_UNSYNCED: _ClassVar[CoverageKind]
    COVERAGE_KIND_BOOK_SYNCED: _ClassVar[CoverageKind]

class ProofLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROOF_LEVEL_UNSPECIFIED: _ClassVar[ProofLevel]
    PROOF_LEVEL_PROVEN_COMPLETE: _ClassVar[ProofLevel]
    PROOF_LEVEL_PROVEN_GAP: _ClassVar[ProofLevel]
    PROOF_LEVEL_UNVERIFIABLE: _ClassVar[ProofLevel]
    PROOF_LEVEL_INFERRED: _ClassVar[ProofLevel]
COVERAGE_KIND_UNSPECIFIED: CoverageKind
COVERAGE_KIND_SESSION_START: CoverageKind
COVERAGE_KIND_GAP_OPENED: CoverageKind
COVERAGE_KIND_GAP_FILLED: CoverageKind
COVERAGE_KIND_SEQUENCE_RESET: CoverageKind
COVERAGE_KIND_SESSION_END: CoverageKind
COVERAGE_KIND_CONNECTION_LOST: CoverageKind
COVERAGE_KIND_CONNECTION_RESTORED: CoverageKind
COVERAGE_KIND_BOOK_UNSYNCED: CoverageKind
COVERAGE_KIND_BOOK_SYNCED: CoverageKind
PROOF_LEVEL_UNSPECIFIED: ProofLevel
PROOF_LEVEL_PROVEN_COMPLETE: ProofLevel
PROOF_LEVEL_PROVEN_GAP: ProofLevel
PROOF_LEVEL_UNVERIFIABLE: ProofLevel
PROOF_LEVEL_INFERRED: ProofLevel

class Coverage(_message.Message):
    __slots__ = ("kind", "proof", "channel", "first_id", "last_id", "start_ns", "end_ns", "reason")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    FIRST_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_ID_FIELD_NUMBER: _ClassVar[int]
    START_NS_FIELD_NUMBER: _ClassVar[int]
    END_NS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    kind: CoverageKind
    proof: ProofLevel
    channel: str
    first_id: int
    last_id: int
    start_ns: int
    end_ns: int
    reason: str
    def __init__(self, kind: _Optional[_Union[CoverageKind, str]] = ..., proof: _Optional[_Union[ProofLevel, str]] = ..., channel: _Optional[str] = ..., first_id: _Optional[int] = ..., last_id: _Optional[int] = ..., start_ns: _Optional[int] = ..., end_ns: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...
