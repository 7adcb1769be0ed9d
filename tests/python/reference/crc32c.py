"""CRC32C (Castagnoli), by the table, from its definition."""

from typing import Final

_POLYNOMIAL: Final = 0x82F63B78  # 0x1EDC6F41, bits reversed


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ _POLYNOMIAL if byte & 1 else byte >> 1
    return byte


_TABLE: Final = [_entry(byte) for byte in range(256)]


def crc32c(data: bytes) -> int:
    """Return the checksum of the bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF
