"""A block: frames of one channel as length-prefixed records, packed with zstd."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import zstandard

from tapeline.errors import StoreFormatError
from tapeline.storage.rawframes.layout import LEVEL
from tapeline.tape import Kind, TapeFrame

_HEADER: Final = struct.Struct("<4s7I4x")
HEADER_BYTES: Final = _HEADER.size
_MAGIC: Final = b"TLBK"
_PLAIN_BYTES_MAX: Final = 1 << 30


class Numbered(NamedTuple):
    """A frame and its place in the recording."""

    sequence: int
    frame: TapeFrame


class Header(NamedTuple):
    """The beginning of a block."""

    packed: int
    plain: int
    crc: int
    dictionary: int
    frames: int
    first_sequence: int


def pack(
    frames: list[Numbered],
    dictionary: zstandard.ZstdCompressionDict | None = None,
    *,
    level: int = LEVEL,
) -> bytes:
    """Return the block of some frames, at least one."""
    plain = records_of(frames)
    packed = zstandard.ZstdCompressor(level=level, dict_data=dictionary).compress(plain)
    id_ = 0 if dictionary is None else dictionary.dict_id()
    header = _HEADER.pack(
        _MAGIC,
        len(packed),
        len(plain),
        zlib.crc32(packed),
        id_,
        len(frames),
        frames[0].sequence,
        0,
    )
    return header + packed


def header_of(content: bytes) -> Header:
    """Read a block's header.

    Raises
    ------
    StoreFormatError
        There is none.
    """
    if len(content) < HEADER_BYTES:
        raise StoreFormatError("it is cut off")
    magic, packed, plain, crc, dictionary, frames, first, _ = _HEADER.unpack_from(content)
    if magic != _MAGIC or plain > _PLAIN_BYTES_MAX:
        raise StoreFormatError("it does not begin as a block does")
    return Header(packed, plain, crc, dictionary, frames, first)


def unpack(content: bytes, dictionary: zstandard.ZstdCompressionDict | None) -> list[Numbered]:
    """Return the frames of a block.

    Raises
    ------
    StoreFormatError
        It is damaged; the text says how.
    """
    header = header_of(content)
    packed = content[HEADER_BYTES : HEADER_BYTES + header.packed]
    if len(packed) != header.packed or zlib.crc32(packed) != header.crc:
        raise StoreFormatError("its checksum does not match")
    try:
        plain = zstandard.ZstdDecompressor(dict_data=dictionary).decompress(
            packed, max_output_size=header.plain
        )
        frames = list(_parsed(plain, header.first_sequence))
    except (zstandard.ZstdError, IndexError, UnicodeDecodeError) as error:
        raise StoreFormatError(f"it cannot be unpacked: {error}") from error
    if len(plain) != header.plain or len(frames) != header.frames:
        raise StoreFormatError(f"it has {len(frames)} frames instead of {header.frames}")
    return frames


def records_of(frames: Iterable[Numbered]) -> bytes:
    """Return frames as records, addresses first."""
    urls: dict[str, int] = {}
    records: list[bytes] = []
    sequence: int | None = None
    time_ns = 0
    for number, frame in frames:
        step = 0 if sequence is None else number - sequence
        sequence = number
        flags = urls.setdefault(frame.url, len(urls)) << 2 | (frame.kind == "http") << 1
        delta = 0
        if frame.recv_ns is None:
            flags |= 1
        else:
            delta, time_ns = frame.recv_ns - time_ns, frame.recv_ns
        head = _number(step) + _number(_zigzag(delta)) + _number(flags)
        records.append(_number(len(head) + len(frame.raw)) + head + frame.raw)
    names = [name.encode() for name in urls]
    addresses = b"".join(_number(len(name)) + name for name in names)
    return _number(len(names)) + addresses + b"".join(records)


def _parsed(plain: bytes, sequence: int) -> Iterator[Numbered]:
    count, place = _read(plain, 0)
    urls = []
    for _ in range(count):
        length, place = _read(plain, place)
        urls.append(plain[place : place + length].decode())
        place += length
    time_ns = 0
    while place < len(plain):
        length, place = _read(plain, place)
        end = place + length
        step, place = _read(plain, place)
        delta, place = _read(plain, place)
        flags, place = _read(plain, place)
        if not place <= end <= len(plain):
            raise IndexError("a record is longer than its block")
        sequence += step
        time_ns += _unzigzag(delta)
        received_ns = None if flags & 1 else time_ns
        kind: Kind = "http" if flags & 2 else "ws"
        frame = TapeFrame(received_ns, urls[flags >> 2], kind, plain[place:end])
        yield Numbered(sequence, frame)
        place = end


def _number(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _read(content: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _unzigzag(value: int) -> int:
    return value >> 1 if not value & 1 else -((value + 1) >> 1)
