"""A client's connection as the live socket writes to it: whole messages, made once for all."""

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

LINE: Final = "tapeline.line"
"""Name of the ASGI extension that gives the connection, see :class:`Line`."""

Part = bytes | str
"""A frame, or a text: what a message is made of."""

_TEXT: Final = 0x81
_BINARY: Final = 0x82


class Line(Protocol):
    """Writes to a client and never waits for it."""

    @property
    def is_clear(self) -> bool:
        """Whether what is written goes out soon: little waits, and the line has not ended."""
        ...

    @property
    def blocked_since(self) -> float | None:
        """Time of the event loop from which on too much waits; None while it does not."""
        ...

    def when_clear(self, call: Callable[[], None]) -> None:
        """Name what is called when the line is clear again."""
        ...

    def write(self, envelope: bytes) -> None:
        """Send an envelope, behind what waits; nothing happens when the line has ended."""
        ...

    def cut(self, code: int, reason: str) -> None:
        """End it with a close code, without waiting for a client that does not read."""
        ...


def envelopes(parts: Iterable[Part], most_bytes: int) -> list[bytes]:
    """Return the WebSocket messages of some parts, as they go out.

    A server's messages are not masked (RFC 6455, 5.1): the same bytes are right for every client.

    Parameters
    ----------
    parts
        In order. A text is a message; frames that follow each other are one.
    most_bytes
        A message of frames has at most so many, or one frame that is longer.
    """
    found: list[bytes] = []
    frames: list[bytes] = []
    size = 0
    for part in parts:
        is_text = isinstance(part, str)
        if frames and (is_text or size + len(part) > most_bytes):
            found.append(_envelope(_BINARY, frames))
            frames, size = [], 0
        if isinstance(part, str):
            found.append(_envelope(_TEXT, [part.encode()]))
        else:
            frames.append(part)
            size += len(part)
    if frames:
        found.append(_envelope(_BINARY, frames))
    return found


def _envelope(first: int, contents: Sequence[bytes]) -> bytes:
    size = sum(map(len, contents))
    if size < 126:
        head = struct.pack(">BB", first, size)
    elif size < 65_536:
        head = struct.pack(">BBH", first, 126, size)
    else:
        head = struct.pack(">BBQ", first, 127, size)
    return b"".join((head, *contents))
