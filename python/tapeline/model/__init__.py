"""Typed values shared by every layer."""

from tapeline.model.enums import (
    CoverageKind,
    EventType,
    IssueCode,
    ProofLevel,
    Quality,
    Side,
    Stage,
)
from tapeline.model.instrument import Instrument

__all__ = [
    "CoverageKind",
    "EventType",
    "Instrument",
    "IssueCode",
    "ProofLevel",
    "Quality",
    "Side",
    "Stage",
]
