"""Reads the frames of the live socket, written from docs/live-socket.md alone."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

NONE: Final = -(2**63)
_SIDES: Final = {0: None, 1: "buy", 2: "sell"}
_GRADES: Final = {0: None, 1: "perfect", 2: "repaired", 3: "suspicious"}
_WIDTHS: Final = {"id": 16, "side": 1, "grade": 1, "book_side": 1}
_TIMES: Final = ("time_ns", "received_ns")
_EVENT: Final = (("event_id", "id"), ("side", "side"), ("quality", "grade"))
COLUMNS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "trades": (
        *((name, "number") for name in _TIMES),
        ("price", "price"),
        ("quantity", "quantity"),
        *_EVENT,
    ),
    "book_snapshot": (("price", "price"), ("quantity", "quantity"), ("book_side", "book_side")),
    "book_update": (("price", "price"), ("quantity", "quantity"), ("book_side", "book_side")),
    "bbo": (
        ("time_ns", "number"),
        ("bid_price", "price"),
        ("bid_quantity", "quantity"),
        ("ask_price", "price"),
        ("ask_quantity", "quantity"),
    ),
    "funding": (
        *((name, "number") for name in _TIMES),
        ("rate", "quantity"),
        ("mark_price", "price"),
        ("index_price", "price"),
        ("interval_ns", "number"),
        ("next_funding_ns", "number"),
    ),
    "liquidation": (
        *((name, "number") for name in _TIMES),
        ("price", "price"),
        ("average_price", "price"),
        ("quantity", "quantity"),
        *_EVENT,
    ),
}
KINDS: Final = {1: "trades", 2: "book_snapshot", 3: "book_update"}
KINDS.update({4: "bbo", 5: "funding", 6: "liquidation"})


class FrameError(Exception):
    """These bytes are no frames."""


@dataclass(slots=True)
class Frame:
    kind: str
    flags: int
    length: int
    channel: int
    sequence: int
    rows: int
    price_scale: int
    quantity_scale: int
    as_of_ns: int
    head: dict[str, int | None] = field(default_factory=dict)
    columns: dict[str, list[Any]] = field(default_factory=dict)


def frames(message: bytes) -> Iterator[Frame]:
    """Yield the frames of a binary message."""
    at = 0
    while at < len(message):
        frame = _frame(message, at)
        yield frame
        at += frame.length


def _frame(message: bytes, at: int) -> Frame:
    if len(message) - at < 32:
        raise FrameError("short_header")
    magic, version, kind, flags, length = struct.unpack_from("<BBBBI", message, at)
    channel, sequence, rows, price_scale, quantity_scale, _, as_of_ns = struct.unpack_from(
        "<IIIbbHq", message, at + 8
    )
    if magic != 0x54:
        raise FrameError("bad_magic")
    if version != 1:
        raise FrameError("bad_version")
    if kind not in KINDS:
        raise FrameError("unknown_kind")
    if length < 32 or length % 8 or at + length > len(message):
        raise FrameError("bad_length")
    frame = Frame(
        KINDS[kind],
        flags,
        length,
        channel,
        sequence,
        rows,
        price_scale,
        quantity_scale,
        as_of_ns,
    )
    _read_columns(frame, message[at + 32 : at + length])
    return frame


def _read_columns(frame: Frame, content: bytes) -> None:
    widths = [_WIDTHS.get(kind, 8) * frame.rows for _, kind in COLUMNS[frame.kind]]
    is_book = frame.kind.startswith("book")
    at = 16 if is_book else 0
    if len(content) != at + sum(width + -width % 8 for width in widths):
        raise FrameError("bad_length")
    if is_book:
        names = ("last_update_id", "time_ns")
        numbers = struct.unpack_from("<2q", content)
        frame.head = {name: _or_none(value) for name, value in zip(names, numbers, strict=True)}
    for (name, kind), width in zip(COLUMNS[frame.kind], widths, strict=True):
        frame.columns[name] = _column(kind, content[at : at + width], frame)
        at += width + -width % 8


def _column(kind: str, content: bytes, frame: Frame) -> list[Any]:
    if kind == "id":
        return [content[at : at + 16].hex() for at in range(0, len(content), 16)]
    if kind == "side":
        return [_SIDES[each] for each in content]
    if kind == "grade":
        return [_GRADES[each] for each in content]
    if kind == "book_side":
        return [{1: "bid", 2: "ask"}[each] for each in content]
    numbers = struct.unpack(f"<{len(content) // 8}q", content)
    if kind == "number":
        return [_or_none(each) for each in numbers]
    scale = frame.price_scale if kind == "price" else frame.quantity_scale
    return [None if each == NONE else plain(each, scale) for each in numbers]


def plain(mantissa: int, scale: int) -> str:
    """Write ``mantissa / 10**scale`` with all its digits and no zeros at the end."""
    digits = str(abs(mantissa)).rjust(scale + 1, "0")
    whole, part = digits[: len(digits) - scale], digits[len(digits) - scale :].rstrip("0")
    return ("-" if mantissa < 0 else "") + whole + ("." + part if part else "")


def _or_none(number: int) -> int | None:
    return None if number == NONE else number
