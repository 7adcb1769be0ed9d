"""How small frames become in each way of packing them."""

import zlib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import zstandard

from tapeline.storage.rawframes.blocks import Numbered, pack, records_of
from tapeline.storage.rawframes.channels import channel_of
from tapeline.storage.rawframes.dictionaries import Dictionaries
from tapeline.storage.rawframes.layout import BLOCK_BYTES
from tapeline.storage.rawframes.writing import month_of
from tapeline.tape import TapeFrame

MEASURED_BYTES: Final = 16 * 1024 * 1024
SMALL_FRAMES: Final = 64


class Size(NamedTuple):
    """A way of packing and what it makes of the frames."""

    way: str
    bytes: int
    blocks: int


def measure(
    frames: Iterable[TapeFrame], exchange: str, dictionaries: Dictionaries
) -> tuple[int, list[Size]]:
    """Pack the first 16 MiB of frames in each way.

    Returns
    -------
    int
        Frames that were packed.
    list of Size
        The first is the frames alone; all others keep receive times and addresses too.
    """
    groups: dict[tuple[str, str], list[Numbered]] = {}
    count = raw = 0
    for frame in frames:
        groups.setdefault((channel_of(frame), month_of(frame)), []).append(Numbered(count, frame))
        count, raw = count + 1, raw + len(frame.raw)
        if raw >= MEASURED_BYTES:
            break
    large: list[tuple[int, list[Numbered]]] = []
    small: list[tuple[int, list[Numbered]]] = []
    for (channel, month), some in groups.items():
        id_ = dictionaries.find(exchange, channel, month)
        large += [(id_, part) for part in _cut(some)]
        small += [
            (id_, some[place : place + SMALL_FRAMES]) for place in range(0, len(some), SMALL_FRAMES)
        ]
    plain = b"".join(records_of(part) for _, part in large)
    sizes = [
        Size("frames alone", raw, 0),
        Size("with times and addresses", len(plain), 0),
        Size("gzip 6", len(zlib.compress(plain, 6)), 1),
        Size("zstd 3", len(zstandard.ZstdCompressor(level=3).compress(plain)), 1),
        Size("zstd 10", len(zstandard.ZstdCompressor(level=10).compress(plain)), 1),
        _packed("zstd 10, blocks", large, None),
        _packed("zstd 10, blocks, dictionary (archive)", large, dictionaries),
        _packed("zstd 10, blocks of 64 frames", small, None),
        _packed("zstd 10, blocks of 64 frames, dictionary", small, dictionaries),
    ]
    return count, sizes


def _packed(
    way: str, parts: Sequence[tuple[int, list[Numbered]]], dictionaries: Dictionaries | None
) -> Size:
    size = 0
    for id_, part in parts:
        size += len(pack(part, None if dictionaries is None else dictionaries.load(id_)))
    return Size(way, size, len(parts))


def _cut(frames: list[Numbered]) -> list[list[Numbered]]:
    parts: list[list[Numbered]] = [[]]
    size = 0
    for each in frames:
        parts[-1].append(each)
        size += len(each.frame.raw)
        if size >= BLOCK_BYTES:
            parts.append([])
            size = 0
    return [part for part in parts if part]
