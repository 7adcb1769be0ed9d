"""Typed values shared by every layer."""

from tapeline.model.enums import (
    BookAction,
    BookDepth,
    BookOrigin,
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
    "BookAction",
    "BookDepth",
    "BookOrigin",
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
