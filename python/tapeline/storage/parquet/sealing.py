"""Checksums of a Parquet file, page headers and footer included.

The format has checksums of pages, and none of what says what they are and where they lie. So
between the last page and the footer, where readers of Parquet look for nothing, lie: the CRC32 of
each column chunk, row group after row group; how many these are; the CRC32 of all that and the
footer; and :data:`MARK`. Numbers have four bytes, little-endian. Files of earlier versions have
none of it.
"""

import os
import struct
import zlib
from collections.abc import Sequence
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

MARK: Final = b"TLFC"
SEAL_BYTES: Final = 8 + len(MARK)
"""What lies behind the checksums of the chunks."""
END_BYTES: Final = 8
"""At the end of a file lie the length of its footer and ``PAR1``."""


def seal(file: BinaryIO) -> None:
    """Put the checksums before the footer of a complete file, open for reading and writing."""
    file.seek(-END_BYTES, os.SEEK_END)
    length = int.from_bytes(file.read(END_BYTES // 2), "little")
    file.seek(-END_BYTES - length, os.SEEK_END)
    end = file.read()
    footer = pq.read_metadata(pa.BufferReader(end))
    found = b""
    for number in range(footer.num_row_groups):
        for place in range(footer.num_columns):
            first, behind = range_of(footer.row_group(number).column(place))
            file.seek(first)
            found += _bytes_of(zlib.crc32(file.read(behind - first)))
    found += _bytes_of(len(found) // 4)
    found += _bytes_of(zlib.crc32(end[:length], zlib.crc32(found))) + MARK
    file.seek(-len(end), os.SEEK_END)
    file.write(found + end)


def seal_length(tail: bytes, footer: int) -> int:
    """Return how many bytes before the footer are checksums; 0 where there are none.

    Parameters
    ----------
    tail
        The file's last bytes.
    footer
        How many of them are the footer, its length and ``PAR1``.
    """
    begin = len(tail) - footer
    found = tail[max(begin - SEAL_BYTES, 0) : max(begin, 0)]
    if len(found) < SEAL_BYTES or not found.endswith(MARK):
        return 0
    return SEAL_BYTES + 4 * int.from_bytes(found[:4], "little")


def checksums_of(tail: bytes, footer: int) -> Sequence[int] | None:
    """Return the checksums of the chunks; None for a file that has none.

    Raises
    ------
    ValueError
        They or the footer are not as they were written.
    """
    length = seal_length(tail, footer)
    if not length:
        return None
    end = len(tail) - footer
    found = tail[max(end - length, 0) : end]
    numbers = found[: -len(MARK) - 4]
    expected = _bytes_of(zlib.crc32(memoryview(tail)[end:-END_BYTES], zlib.crc32(numbers)))
    if len(found) != length or found[-len(MARK) - 4 : -len(MARK)] != expected:
        raise ValueError("its footer has another checksum than it was written with")
    return struct.unpack(f"<{len(numbers) // 4 - 1}I", numbers[:-4])


def range_of(chunk: pq.ColumnChunkMetaData) -> tuple[int, int]:
    """Return where a column of a row group lies: begin and end in the file."""
    begin = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset is not None:
        begin = min(begin, chunk.dictionary_page_offset)
    return begin, begin + chunk.total_compressed_size


def _bytes_of(number: int) -> bytes:
    return number.to_bytes(4, "little")
