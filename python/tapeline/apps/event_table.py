"""Events as rows of a table for people."""

from collections.abc import Mapping
from typing import Final

from tapeline.apps.exact_text import iso

TABLE_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "trade": (
        "exchange",
        "symbol",
        "native_id",
        "side",
        "price",
        "quantity",
        "timestamp_ns",
        "quality",
    ),
    "orderbook": (
        "exchange",
        "symbol",
        "depth",
        "action",
        "last_update_id",
        "bids",
        "asks",
        "timestamp_ns",
        "quality",
    ),
    "funding": (
        "exchange",
        "symbol",
        "rate",
        "mark_price",
        "index_price",
        "next_funding_ns",
        "timestamp_ns",
        "quality",
    ),
    "liquidation": (
        "exchange",
        "symbol",
        "side",
        "price",
        "quantity",
        "status",
        "timestamp_ns",
        "quality",
    ),
    "coverage": ("exchange", "symbol", "channel", "kind", "proof", "first_id", "last_id", "reason"),
    "quarantine": ("exchange", "symbol", "reason", "stage", "field", "raw_length", "received_ns"),
}
"""What of each type is shown: what fits a line."""


def heading(column: str) -> str:
    """Return what stands above a column: a time is shown as text, not in nanoseconds."""
    return column.removesuffix("_ns")


def cell(column: str, value: object) -> str:
    """Show a value.

    A time is ISO text with all nine digits; of the side of a book it is the best level, and how
    many there are.
    """
    if isinstance(value, int) and column.endswith("_ns"):
        return iso(value) or ""
    if isinstance(value, list):
        best = " x ".join(value[0]) if value else "-"
        return best if len(value) < 2 else f"{best} ({len(value):,} levels)"
    return "" if value is None else str(value)
