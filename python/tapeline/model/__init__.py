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
from tapeline.model.instrument import Instrument, InstrumentKind, normalised_symbol

__all__ = [
    "CoverageKind",
    "EventType",
    "Instrument",
    "InstrumentKind",
    "IssueCode",
    "ProofLevel",
    "Quality",
    "Side",
    "Stage",
    "normalised_symbol",
]
