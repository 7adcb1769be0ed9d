"""The façade over the Rust book engine, for stored messages."""

from tapeline.storage.native import ABSENT, COLUMNS, BookReplay, rule_of, take

__all__ = ["ABSENT", "COLUMNS", "BookReplay", "rule_of", "take"]
