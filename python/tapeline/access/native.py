"""The façade over Rust: the book engine for stored messages, and rows that repeat one."""

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

__all__ = ["ABSENT", "COLUMNS", "BookReplay", "Side", "repeats", "rule_of", "take", "take_each"]
