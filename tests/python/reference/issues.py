"""The issue codes of quality.proto, by their lower-case names."""

from collections.abc import Iterable
from typing import Final

IRREPARABLE: Final = {
    "empty": 1,
    "truncated": 2,
    "trailing": 3,
    "encoding": 4,
    "not_json": 5,
    "depth": 6,
    "type": 7,
    "duplicate_key": 8,
    "missing": 9,
    "unknown_message": 10,
    "decimal_syntax": 11,
    "precision": 12,
    "scale_overflow": 13,
    "range": 14,
    "id": 15,
    "timestamp": 16,
    "side": 17,
    "unknown_symbol": 18,
    "unexpected_symbol": 19,
    "id_conflict": 20,
    "frame_too_large": 21,
    "internal": 22,
}
REPAIRABLE: Final = {
    "byte_order_mark": 40,
    "unexpected_json_type": 41,
    "exponent_notation": 42,
    "timestamp_unit": 43,
    "published_time_dropped": 44,
    "no_receive_time": 45,
}
SUSPICIOUS: Final = {
    "price_band": 60,
    "quantity_spike": 61,
    "future_timestamp": 62,
    "stale_timestamp": 63,
    "time_reversed": 64,
    "sequence_gap": 65,
    "out_of_order": 66,
    "sequence_jump": 67,
    "crossed_book": 68,
    "checksum_mismatch": 69,
}
CODES: Final = {**IRREPARABLE, **REPAIRABLE, **SUSPICIOUS}
NAMES: Final = {number: name for name, number in CODES.items()}


def grade(issues: Iterable[str]) -> str:
    """Return the quality of an event with these issues."""
    quality = "perfect"
    for issue in issues:
        if issue in SUSPICIOUS:
            return "suspicious"
        quality = "repaired"
    return quality


def ordered(issues: Iterable[str]) -> tuple[str, ...]:
    """Return the issues ascending by their number, without repeats."""
    return tuple(sorted(set(issues), key=CODES.__getitem__))
