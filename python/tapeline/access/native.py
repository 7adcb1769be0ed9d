"""The façade over the Rust book engine, for stored messages."""

from tapeline.storage.native import ABSENT, COLUMNS, BookReplay, Side, rule_of, take, take_each

__all__ = ["ABSENT", "COLUMNS", "BookReplay", "Side", "rule_of", "take", "take_each"]
