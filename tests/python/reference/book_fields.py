"""Stages 1, 2 and 4 of an order-book message."""

from typing import Final, NamedTuple

from .book_reading import BookMessage, Levels
from .decimals import PRICE_BOUND, QUANTITY_BOUND, check_syntax, has_exponent, is_zero, to_exact
from .faults import FaultError
from .fields import UNIT_NS, is_id, read_published, read_time
from .records import ExactLevel
from .values import Number, is_text

MAX_LEVELS: Final = 10_000
_TIME: Final = "E"


class BookFields(NamedTuple):
    """The values of an order-book message; times in nanoseconds, levels still as text."""

    symbol: str
    first_id: int | None
    last_id: int | None
    timestamp_ns: int | None
    published_ns: int | None
    bids: Levels
    asks: Levels


def check_structure(book: BookMessage, issues: list[str]) -> None:
    """Stage 1: what must be there is there, and has a JSON type that can be right.

    Raises
    ------
    FaultError
        ``missing``, ``type``, ``timestamp`` or ``frame_too_large``.
    """
    keys, fields = book.keys, book.fields
    needed = (keys.symbol, keys.first_id, keys.last_id) if book.needs_ids else (keys.symbol,)
    for key in needed:
        if key not in fields:
            raise FaultError("missing", key)
    if not is_text(fields[keys.symbol]):
        raise FaultError("type", keys.symbol)
    reasons = {keys.first_id: "type", keys.last_id: "type", _TIME: "timestamp"}
    for key, reason in reasons.items():
        if key not in fields:
            continue
        if not isinstance(fields[key], str):
            raise FaultError(reason, key)
        if not isinstance(fields[key], Number):
            issues.append("unexpected_json_type")
    if len(book.bids) + len(book.asks) > MAX_LEVELS:
        raise FaultError("frame_too_large", keys.bids)
    if book.has_byte_order_mark:
        issues.append("byte_order_mark")


def check_fields(
    book: BookMessage, time_unit: str, received_ns: int | None, issues: list[str]
) -> BookFields:
    """Stage 2: each field by its own rule.

    Raises
    ------
    FaultError
        ``id``, ``timestamp``, ``decimal_syntax`` or ``range``.
    """
    keys, fields = book.keys, book.fields
    first_id, last_id = (_read_id(book, key) for key in (keys.first_id, keys.last_id))
    if first_id is not None and last_id is not None and first_id > last_id:
        raise FaultError("id", keys.first_id, stage=2)
    unit_ns = UNIT_NS[time_unit]
    timestamp_ns = published_ns = None
    if _TIME in fields:
        timestamp_ns = read_time(fields[_TIME], unit_ns, received_ns, issues, _TIME)
        published_ns = read_published(fields[_TIME], unit_ns)
        if published_ns is None:
            issues.append("published_time_dropped")
    return BookFields(
        fields[keys.symbol],
        first_id,
        last_id,
        timestamp_ns,
        published_ns,
        _check_levels(book.bids, keys.bids),
        _check_levels(book.asks, keys.asks),
    )


def to_levels(levels: Levels, key: str) -> tuple[ExactLevel, ...]:
    """Stage 4: exact prices and quantities.

    Raises
    ------
    FaultError
        ``precision``, ``range`` or ``scale_overflow``.
    """
    exact = []
    for price, quantity in levels:
        exact_price = to_exact(price, key, PRICE_BOUND)
        exact_quantity = (0, 0) if is_zero(quantity) else to_exact(quantity, key, QUANTITY_BOUND)
        exact.append((exact_price, exact_quantity))
    return tuple(exact)


def has_exponents(fields: BookFields) -> bool:
    """Whether a number that is not zero is written with an exponent."""
    texts = [text for level in fields.bids + fields.asks for text in level]
    return any(has_exponent(text) and not is_zero(text) for text in texts)


def _read_id(book: BookMessage, key: str) -> int | None:
    text = book.fields.get(key)
    if text is None:
        return None
    if not is_id(text) or int(text) >= 2**63:
        raise FaultError("id", key, stage=2)
    return int(text)


def _check_levels(levels: Levels, key: str) -> Levels:
    """Check every number; leave out the level that says that the side is empty."""
    kept = []
    for price, quantity in levels:
        for text in (price, quantity):
            check_syntax(text, key, is_zero_allowed=True)
        if not is_zero(price):
            kept.append((price, quantity))
        elif not is_zero(quantity):
            raise FaultError("range", key, stage=2)
    return kept
