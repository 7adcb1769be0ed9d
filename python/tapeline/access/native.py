"""The façade over Rust: the book engine, rows that repeat one, decimals of Parquet files."""

from tapeline._core import decode_decimals
from tapeline.storage.native import (
    ABSENT,
    COLUMNS,
    BookReplay,
    Side,
    repeats,
    rule_of,
    take,
    take_each,
)

__all__ = [
    "ABSENT",
    "COLUMNS",
    "BookReplay",
    "Side",
    "decode_decimals",
    "repeats",
    "rule_of",
    "take",
    "take_each",
]
