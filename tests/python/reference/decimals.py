"""The grammar of decimal text, and exact decimals from it (stages 2 and 4)."""

import re
from typing import Final

from .faults import FaultError

MAX_DIGITS: Final = 38
MAX_FRACTION: Final = 18
PRICE_BOUND: Final = 17
QUANTITY_BOUND: Final = 20
MAX_NOTIONAL: Final = 2**127 - 1
# An exponent with more digits than this is out of every bound, whatever stands before it: a
# frame has at most 4 MiB of digits.
_MAX_EXPONENT_DIGITS: Final = 9

_GRAMMAR: Final = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?)([0-9]+))?")


def check_syntax(text: str, field: str, *, is_zero_allowed: bool = False) -> None:
    """Stage 2: the grammar of a JSON number, above zero or, where that is allowed, zero.

    Raises
    ------
    FaultError
        ``decimal_syntax`` or ``range``.
    """
    parts = _GRAMMAR.fullmatch(text)
    if parts is None:
        raise FaultError("decimal_syntax", field, stage=2)
    if is_zero(text):
        if not is_zero_allowed:
            raise FaultError("range", field, stage=2)
    elif parts.group(1):
        raise FaultError("range", field, stage=2)


def is_zero(text: str) -> bool:
    """Whether a text in the grammar is zero, of whatever sign and exponent."""
    parts = _GRAMMAR.fullmatch(text)
    assert parts is not None
    return not (parts.group(2) + (parts.group(3) or "")).strip("0")


def has_exponent(text: str) -> bool:
    """Whether the number is written with an exponent."""
    return "e" in text or "E" in text


def to_exact(text: str, field: str, bound: int) -> tuple[int, int]:
    """Stage 4: the canonical (units, scale) of a text that passed `check_syntax`.

    Parameters
    ----------
    text : str
        A positive number.
    field : str
        The venue's key, for the fault.
    bound : int
        Values of 10^bound and more are out of range.

    Raises
    ------
    FaultError
        ``precision``, ``range`` or ``scale_overflow``.
    """
    parts = _GRAMMAR.fullmatch(text)
    assert parts is not None
    integer, fraction = parts.group(2), parts.group(3) or ""
    digits = (integer + fraction).lstrip("0")
    significant = digits.rstrip("0")
    power = len(digits) - len(significant) - len(fraction) + _exponent(parts)
    # The value is `significant` x 10^power.
    if len(significant) > MAX_DIGITS:
        raise FaultError("precision", field, stage=4)
    if len(significant) + power > bound:
        raise FaultError("range", field, stage=4)
    if -power > MAX_FRACTION:
        raise FaultError("scale_overflow", field, stage=4)
    if power >= 0:
        units, scale = int(significant) * 10**power, 0
    else:
        units, scale = int(significant), -power
    return units, scale


def check_notional(price: tuple[int, int], quantity: tuple[int, int]) -> None:
    """Stage 4: the product of the canonical units fits 127 bits.

    Raises
    ------
    FaultError
        ``range`` of the field ``notional``.
    """
    if price[0] * quantity[0] > MAX_NOTIONAL:
        raise FaultError("range", "notional", stage=4)


def at_scale_18(value: tuple[int, int]) -> int:
    """Return the value times 10^18, exact."""
    units, scale = value
    factor: int = 10 ** (MAX_FRACTION - scale)
    return units * factor


def _exponent(parts: re.Match[str]) -> int:
    sign, digits = parts.group(4), parts.group(5)
    if digits is None:
        return 0
    digits = digits.lstrip("0") or "0"
    size = int(digits) if len(digits) <= _MAX_EXPONENT_DIGITS else 10**_MAX_EXPONENT_DIGITS
    return -size if sign == "-" else size
