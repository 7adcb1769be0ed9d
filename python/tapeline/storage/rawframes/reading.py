"""Frames out of a recording: all of them in their order, or those of a stretch of time."""

import heapq
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

import orjson
import zstandard

from tapeline.errors import StoreFormatError
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.rawframes.blocks import HEADER_BYTES, Numbered, header_of, unpack
from tapeline.storage.rawframes.dictionaries import Dictionaries
from tapeline.storage.rawframes.layout import END, MAGIC, BlockPlace
from tapeline.tape import TapeFrame

_TAIL: Final = struct.Struct("<II8s")
_INDEX_BYTES_MAX: Final = 1 << 28


class RecordingReader:
    """Reads one recording.

    Parameters
    ----------
    size
        Bytes of the file.
    on_damage
        Called with a sentence for every block that cannot be read; the others are.
    """

    def __init__(
        self,
        folder: Folder,
        path: str,
        size: int,
        dictionaries: Dictionaries,
        on_damage: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._path = path
        self._size = size
        self._dictionaries = dictionaries
        self._on_damage = on_damage

    @property
    def shown(self) -> str:
        """Where it is."""
        return f"{self._folder.shown}/{self._path}"

    def blocks(self) -> list[BlockPlace]:
        """Return the blocks: by the index, or by looking for them where that is damaged.

        Raises
        ------
        StoreFormatError
            It is no recording.
        """
        if self._read(0, len(MAGIC)) != MAGIC:
            raise StoreFormatError(f"{self.shown} is no recording of raw frames")
        try:
            return self._indexed()
        except StoreFormatError as error:
            self._on_damage(f"{self.shown}: the index is damaged ({error}); reading without it")
            return list(self._scanned())

    def frames(self, start_ns: int | None = None, end_ns: int | None = None) -> Iterator[TapeFrame]:
        """Yield frames in the order they were recorded.

        Parameters
        ----------
        start_ns, end_ns
            Receive times, from and before; None is without limit. Frames without a receive time are
            there only when both are None.
        """
        is_all = start_ns is None and end_ns is None
        blocks = [each for each in self.blocks() if is_all or _touches(each, start_ns, end_ns)]
        blocks.sort(key=lambda each: each.first_sequence)
        streams: list[tuple[Numbered, int, Iterator[Numbered]]] = []
        place = 0
        while streams or place < len(blocks):
            # A block is opened when the next frame may be its first.
            while place < len(blocks) and (
                not streams or blocks[place].first_sequence <= streams[0][0].sequence
            ):
                opened = iter(self._opened(blocks[place]))
                place += 1
                first = next(opened, None)
                if first is not None:
                    heapq.heappush(streams, (first, place, opened))
            if not streams:
                continue
            head, number, rest = heapq.heappop(streams)
            following = next(rest, None)
            if following is not None:
                heapq.heappush(streams, (following, number, rest))
            if is_all or _is_within(head.frame, start_ns, end_ns):
                yield head.frame

    def _opened(self, block: BlockPlace) -> list[Numbered]:
        try:
            content = self._read(block.offset, block.packed)
            id_ = header_of(content).dictionary
            return unpack(content, self._dictionaries.load(id_))
        except StoreFormatError as error:
            self._on_damage(
                f"{self.shown}: the block at byte {block.offset} ({block.channel}, {block.frames}"
                f" frames from number {block.first_sequence} on) is damaged: {error}"
            )
            return []

    def _indexed(self) -> list[BlockPlace]:
        tail = self._read(self._size - _TAIL.size, _TAIL.size)
        if len(tail) != _TAIL.size:
            raise StoreFormatError("the file is cut off")
        length, crc, end = _TAIL.unpack(tail)
        if end != END or length > min(self._size, _INDEX_BYTES_MAX):
            raise StoreFormatError("the file has no end mark")
        packed = self._read(self._size - _TAIL.size - length, length)
        if zlib.crc32(packed) != crc:
            raise StoreFormatError("its checksum does not match")
        plain = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_INDEX_BYTES_MAX)
        return [BlockPlace(*each) for each in orjson.loads(plain)["blocks"]]

    def _scanned(self) -> Iterator[BlockPlace]:
        """Go from block to block, without knowing their times."""
        offset = len(MAGIC)
        while offset + HEADER_BYTES <= self._size:
            try:
                header = header_of(self._read(offset, HEADER_BYTES))
            except StoreFormatError:
                return
            size = HEADER_BYTES + header.packed
            first = header.first_sequence
            yield BlockPlace(offset, size, "?", "", header.frames, first, None, None)
            offset += size

    def _read(self, offset: int, length: int) -> bytes:
        content = self._folder.read_part(self._path, max(offset, 0), length)
        if content is None:
            raise StoreFormatError(f"{self.shown} is missing")
        return content


def _touches(block: BlockPlace, start_ns: int | None, end_ns: int | None) -> bool:
    if block.first_ns is None or block.last_ns is None:
        # Without an index the times are not known.
        return block.channel == "?"
    return (end_ns is None or block.first_ns < end_ns) and (
        start_ns is None or block.last_ns >= start_ns
    )


def _is_within(frame: TapeFrame, start_ns: int | None, end_ns: int | None) -> bool:
    if frame.recv_ns is None:
        return False
    return (start_ns is None or frame.recv_ns >= start_ns) and (
        end_ns is None or frame.recv_ns < end_ns
    )
