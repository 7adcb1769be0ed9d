"""The façade over Rust: the book engine for stored messages, and rows that repeat one."""

from tapeline.storage.native import ABSENT, COLUMNS, BookReplay, repeats, rule_of, take

__all__ = ["ABSENT", "COLUMNS", "BookReplay", "repeats", "rule_of", "take"]
