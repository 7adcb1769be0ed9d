"""A recording into blocks."""

import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

import orjson
import zstandard

from tapeline.storage.rawframes.blocks import Numbered, pack
from tapeline.storage.rawframes.channels import channel_of
from tapeline.storage.rawframes.dictionaries import Dictionaries
from tapeline.storage.rawframes.layout import (
    BLOCK_BYTES,
    END,
    LEVEL,
    MAGIC,
    UNKNOWN_MONTH,
    BlockPlace,
)
from tapeline.tape import TapeFrame

_SAMPLE_BYTES: Final = 1 << 21
_SAMPLE_FRAMES: Final = 8192
_LOOK_FRAMES: Final = 400_000

Key = tuple[str, str]
"""Channel and month."""


@dataclass(slots=True)
class Written:
    """What went into a recording."""

    frames: int = 0
    raw_bytes: int = 0
    blocks: list[BlockPlace] = field(default_factory=list)
    dictionaries: set[int] = field(default_factory=set)

    @property
    def first_ns(self) -> int | None:
        """The earliest receive time."""
        return min(
            (each.first_ns for each in self.blocks if each.first_ns is not None), default=None
        )

    @property
    def last_ns(self) -> int | None:
        """The latest receive time."""
        return max((each.last_ns for each in self.blocks if each.last_ns is not None), default=None)


@dataclass(slots=True)
class _Heap:
    frames: list[Numbered] = field(default_factory=list)
    bytes: int = 0


def month_of(frame: TapeFrame) -> str:
    """Return the UTC month a frame was received in, ``202408``."""
    if frame.recv_ns is None:
        return UNKNOWN_MONTH
    return f"{datetime.fromtimestamp(frame.recv_ns // 1_000_000_000, UTC):%Y%m}"


def train_missing(exchange: str, frames: Iterable[TapeFrame], dictionaries: Dictionaries) -> None:
    """Look at the beginning of a recording and train the dictionaries that are missing."""
    samples: dict[Key, list[bytes]] = {}
    sizes: dict[Key, int] = {}
    for place, frame in enumerate(frames):
        if place >= _LOOK_FRAMES:
            break
        key = channel_of(frame), month_of(frame)
        some = samples.setdefault(key, [])
        if sizes.get(key, 0) < _SAMPLE_BYTES and len(some) < _SAMPLE_FRAMES:
            some.append(frame.raw)
            sizes[key] = sizes.get(key, 0) + len(frame.raw)
    for (channel, month), some in samples.items():
        if not dictionaries.find(exchange, channel, month):
            dictionaries.train(exchange, channel, month, some)


class RecordingWriter:
    """Writes one recording; memory is a block a channel.

    Parameters
    ----------
    file
        Open for writing, empty.
    block_bytes
        Frames of one channel are packed together until they have so many bytes.
    """

    def __init__(
        self,
        file: BinaryIO,
        exchange: str,
        dictionaries: Dictionaries,
        *,
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self._file = file
        self._exchange = exchange
        self._dictionaries = dictionaries
        self._block_bytes = block_bytes
        self._heaps: dict[Key, _Heap] = {}
        self._offset = file.write(MAGIC)
        self.written = Written()

    def write(
        self, frames: Iterable[TapeFrame], advance: Callable[[int], None] = lambda _count: None
    ) -> Written:
        """Write all frames and the index.

        Raises
        ------
        OSError
            The disk does not take it.
        """
        for frame in frames:
            key = channel_of(frame), month_of(frame)
            heap = self._heaps.setdefault(key, _Heap())
            heap.frames.append(Numbered(self.written.frames, frame))
            heap.bytes += len(frame.raw)
            self.written.frames += 1
            self.written.raw_bytes += len(frame.raw)
            if heap.bytes >= self._block_bytes:
                self._flush(key)
                advance(len(heap.frames))
        for key in list(self._heaps):
            self._flush(key)
        self._write_index()
        return self.written

    def _flush(self, key: Key) -> None:
        heap = self._heaps.pop(key)
        id_ = self._dictionaries.find(self._exchange, *key)
        content = pack(heap.frames, self._dictionaries.load(id_))
        times = [each.frame.recv_ns for each in heap.frames if each.frame.recv_ns is not None]
        self.written.blocks.append(
            BlockPlace(
                self._offset,
                len(content),
                *key,
                len(heap.frames),
                heap.frames[0].sequence,
                min(times, default=None),
                max(times, default=None),
            )
        )
        if id_:
            self.written.dictionaries.add(id_)
        self._file.write(content)
        self._offset += len(content)

    def _write_index(self) -> None:
        document = {
            "blocks": [list(each) for each in self.written.blocks],
            "frames": self.written.frames,
            "raw_bytes": self.written.raw_bytes,
        }
        index = zstandard.ZstdCompressor(level=LEVEL).compress(orjson.dumps(document))
        self._file.write(index + struct.pack("<II", len(index), zlib.crc32(index)) + END)


def write_recording(
    path: Path,
    exchange: str,
    frames: Iterable[TapeFrame],
    dictionaries: Dictionaries,
    *,
    block_bytes: int = BLOCK_BYTES,
    advance: Callable[[int], None] = lambda _count: None,
) -> Written:
    """Write a recording into a new file; see :class:`RecordingWriter`."""
    with path.open("wb") as file:
        writer = RecordingWriter(file, exchange, dictionaries, block_bytes=block_bytes)
        return writer.write(frames, advance)
