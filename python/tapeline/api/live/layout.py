"""The binary layout of the live socket; docs/live-socket.md describes it for other languages.

A frame is a header of 32 bytes and columns, one after the other, each padded to 8 bytes. All
numbers are little-endian.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final

MAGIC: Final = 0x54
VERSION: Final = 1
HEADER_BYTES: Final = 32

NONE: Final = -(2**63)
"""Stands for an absent number or time."""

_HEADER: Final = struct.Struct("<BBBBIIIIbbHq")


class Kind(IntEnum):
    """What the rows of a frame are."""

    TRADES = 1
    BOOK_SNAPSHOT = 2
    BOOK_UPDATE = 3
    BBO = 4
    FUNDING = 5
    LIQUIDATION = 6
    COVERAGE = 7


class Flag(IntFlag):
    """Bits of a header."""

    NOT_LIVE = 1
    """The book behind this frame is not known to be right; the frame has no rows."""


@dataclass(frozen=True, slots=True)
class Body:
    """The columns of a frame, before a channel and a sequence number make it one."""

    kind: Kind
    rows: int
    columns: bytes
    """Its length is a multiple of 8."""
    as_of_ns: int
    """When the newest of it was received, or made: Unix UTC nanoseconds."""
    price_scale: int = 0
    """Digits after the point of prices."""
    quantity_scale: int = 0
    """Digits after the point of quantities and of funding rates."""
    flags: int = 0
    """Bits of :class:`Flag`."""

    def frame(self, channel: int, sequence: int) -> bytes:
        """Return the whole frame.

        Parameters
        ----------
        channel
            The number that the server gave the topic.
        sequence
            Of the frame in its channel; the lowest 32 bits are written.
        """
        header = _HEADER.pack(
            MAGIC,
            VERSION,
            self.kind,
            self.flags,
            HEADER_BYTES + len(self.columns),
            channel,
            sequence & 0xFFFF_FFFF,
            self.rows,
            self.price_scale,
            self.quantity_scale,
            0,
            self.as_of_ns,
        )
        return header + self.columns


def padded(column: bytes) -> bytes:
    """Return a column with zeros up to a multiple of 8 bytes."""
    return column + bytes(-len(column) % 8)
