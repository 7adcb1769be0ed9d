"""Values of a report as text."""

import math
from typing import Final

from tapeline.access.times import to_text

MISSING: Final = "\u2013"
"""What stands where a figure has no value."""

_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def percent(fraction: float | None, *, signed: bool = True) -> str:
    """Return ``+1.23 %`` of 0.0123; very large ones as powers of ten."""
    if fraction is None:
        return MISSING
    value = fraction * 100.0
    sign = "+" if signed else ""
    return f"{value:{sign}.3g} %" if abs(value) >= 1e6 else f"{value:{sign},.2f} %"


def ratio(value: float | None) -> str:
    """Return a number without a unit."""
    if value is None:
        return MISSING
    return f"{value:.3g}" if abs(value) >= 1e6 else f"{value:,.2f}"


def amount(value: float | None, currency: str = "", *, signed: bool = False) -> str:
    """Return an amount of money: two decimals, more for small ones."""
    if value is None:
        return MISSING
    size = abs(value)
    decimals = 2 if size >= 1 or size == 0 else min(10, 3 - math.floor(math.log10(size)))
    text = f"{value:{'+' if signed else ''},.{decimals}f}"
    return f"{text} {currency}".rstrip()


def number(value: float | None) -> str:
    """Return a price or a quantity with up to ten digits."""
    if value is None:
        return MISSING
    text = f"{value:,.10g}"
    return text if "e" not in text else f"{value:.6g}"


def duration(span_ns: int | None) -> str:
    """Return the two largest units of a time: ``3 d 4 h``."""
    if span_ns is None:
        return MISSING
    left = span_ns // 1_000_000_000
    if not left:
        return f"{span_ns / 1e6:g} ms" if span_ns else "0 s"
    parts: list[str] = []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count or parts:
            parts.append(f"{count} {unit}")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if not part.startswith("0 ") or len(parts) == 1)


def moment(time_ns: int | None, *, missing: str = MISSING) -> str:
    """Return a time in UTC, to the millisecond where it has a fraction."""
    return missing if time_ns is None else to_text(time_ns)


def plain(value: object) -> str:
    """Return a setting as a person reads it."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case dict():
            return (
                ", ".join(f"{name}: {plain(each)}" for name, each in sorted(value.items()))
                or "none"
            )
        case list() | tuple():
            return ", ".join(plain(each) for each in value) or "none"
        case float():
            return f"{value:.12g}"
        case _:
            return str(value)
