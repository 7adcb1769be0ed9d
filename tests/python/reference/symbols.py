"""Stage 3, and the names that symbols get on the bus."""

import hashlib
from collections.abc import Mapping

from .faults import FaultError

_LOWER = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_UPPER = {ord(upper.lower()): upper for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_KEPT = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"


def ascii_lower(text: str) -> str:
    """Return the text with A-Z in lower case and everything else as it is."""
    return text.translate(_LOWER)


def ascii_upper(text: str) -> str:
    """Return the text with a-z in upper case and everything else as it is."""
    return text.translate(_UPPER)


def check_symbol(
    symbol: str, stream_symbol: str | None, listed: Mapping[str, str], key: str = "s"
) -> None:
    """Stage 3: the symbol is the stream's and is listed.

    Raises
    ------
    FaultError
        ``unexpected_symbol`` or ``unknown_symbol``.
    """
    if stream_symbol is not None and ascii_lower(stream_symbol) != ascii_lower(symbol):
        raise FaultError("unexpected_symbol", key, stage=3)
    if symbol not in listed:
        raise FaultError("unknown_symbol", key, stage=3)


def symbol_token(raw_symbol: str) -> str:
    """Return the symbol's part of a topic name; ``Xunknown`` for no symbol."""
    if not raw_symbol:
        return "Xunknown"
    token = ""
    for byte in raw_symbol.encode():
        character = chr(byte)
        token += character.lower() if character in _KEPT else f"X{byte:02x}"
    return token


def stream_prefix(exchange: str, market: str, channel: str, raw_symbol: str) -> int:
    """Return the 58 bits that all event ids of a stream share."""
    name = "\0".join((exchange, market, channel, raw_symbol)).encode()
    return int.from_bytes(hashlib.sha256(name).digest(), "big") >> (256 - 58)


def event_id(prefix: int, native_id: int) -> bytes:
    """Return the UUIDv8 of an event: 48 bits of prefix, version, 10 more and 64 of the id."""
    bits = prefix >> 10
    bits = bits << 4 | 8
    bits = bits << 10 | prefix & 0x3FF
    bits = bits << 2 | native_id >> 62
    bits = bits << 2 | 0b10
    bits = bits << 62 | native_id & (2**62 - 1)
    return bits.to_bytes(16, "big")
