"""CRC32C (Castagnoli), from its definition; two bytes a step, because tests check megabytes."""

from typing import Final

_POLYNOMIAL: Final = 0x82F63B78  # 0x1EDC6F41, bits reversed


def _entry(value: int) -> int:
    for _ in range(16):
        value = value >> 1 ^ _POLYNOMIAL if value & 1 else value >> 1
    return value


_TABLE: Final = [_entry(value) for value in range(1 << 16)]


def crc32c(data: bytes) -> int:
    """Return the checksum of the bytes."""
    crc = 0xFFFFFFFF
    even = len(data) & ~1
    for low, high in zip(data[:even:2], data[1:even:2], strict=True):
        crc = _TABLE[(crc ^ (low | high << 8)) & 0xFFFF] ^ crc >> 16
    for byte in data[even:]:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ _POLYNOMIAL if crc & 1 else crc >> 1
    return crc ^ 0xFFFFFFFF
