"""WebSocket frames of a server, written whole and unmasked."""

import struct
from collections.abc import Sequence


def encode_frames(payloads: Sequence[bytes]) -> bytes:
    """Return whole, unmasked frames, one a payload: text, or binary where it is not UTF-8."""
    parts: list[bytes] = []
    for payload in payloads:
        parts.append(_header(payload))
        parts.append(payload)
    return b"".join(parts)


def _header(payload: bytes) -> bytes:
    size = len(payload)
    if payload.isascii():
        if size < 126:
            return _SHORT_HEADERS[size]
        if size < 4_096:
            return _MEDIUM_HEADERS[size]
        first = 0x81
    else:
        first = 0x81 if _is_utf8(payload) else 0x82
    if size < 126:
        return bytes((first, size))
    if size < 65_536:
        return struct.pack("!BBH", first, 126, size)
    return struct.pack("!BBQ", first, 127, size)


_SHORT_HEADERS = [bytes((0x81, size)) for size in range(126)]
_MEDIUM_HEADERS = [struct.pack("!BBH", 0x81, 126, size) for size in range(4_096)]


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
