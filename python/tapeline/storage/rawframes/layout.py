"""What lies where in an archive of raw frames.

::

    PATH/raw.json                                                the manifest
    PATH/raw/binance/202408/btcusdt-9f2c61ab.tlraw               one recording
    PATH/raw/dictionaries/binance-depth-202408-1b2c3d4e.zdict    never changed

A recording is ``TLRAW001``, then blocks, then an index, then the index's length (uint32), its CRC32
(uint32) and ``TLRAWEND``. All numbers are little-endian. A block is a header of 36 bytes::

    "TLBK"  packed length  plain length  CRC32 of the packed bytes  dictionary id  frames   (uint32)
    first sequence number  reserved (uint32)                         and 4 bytes for later

followed by a zstd frame of level 10, about 256 KiB when unpacked, with frames of one channel and
month. Unpacked it is: the number of addresses, each with its length, then the records. A record is
its length, the step of the sequence number (one sequence for all frames of a recording, from 0),
the step of the receive time (zigzag; the first counts from 0), the address's place times four plus
2 for a REST reply plus 1 where there is no receive time, and the frame's bytes. These numbers are
unsigned LEB128, and the length is of what follows it.

The index is zstd of a JSON object ``{"blocks": [[offset, packed length, channel, month, frames,
first sequence, first_ns, last_ns], ...], "frames": n, "raw_bytes": n}``. It can be made again
from the blocks: nothing is in the index alone but what speeds up reading.

A dictionary belongs to an exchange, a channel and a month; a block with id 0 has none. **A lost
dictionary is lost data**: it is written before the first block that needs it, under a name with its
id, by an operation that fails when the name is taken.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

import orjson

from tapeline.errors import StoreFormatError

FORMAT: Final = 1
MANIFEST: Final = "raw.json"
SUFFIX: Final = ".tlraw"
MAGIC: Final = b"TLRAW001"
END: Final = b"TLRAWEND"
LEVEL: Final = 10
BLOCK_BYTES: Final = 256 * 1024
DICTIONARY_BYTES: Final = 16 * 1024
UNKNOWN_MONTH: Final = "000000"


class BlockPlace(NamedTuple):
    """A block of a recording, as the index names it."""

    offset: int
    packed: int
    """Bytes, the header included."""
    channel: str
    month: str
    frames: int
    first_sequence: int
    first_ns: int | None
    last_ns: int | None


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of the archive."""

    path: str
    exchange: str
    month: str
    capture: str
    """Name of the file it was made from."""
    capture_sha256: str
    frames: int
    raw_bytes: int
    """The frames alone."""
    bytes: int
    sha256: str
    first_ns: int | None
    last_ns: int | None
    dictionaries: Sequence[int]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A trained dictionary beside the data."""

    id: int
    exchange: str
    channel: str
    month: str
    path: str
    sha256: str


@dataclass(slots=True)
class RawManifest:
    """What an archive of raw frames holds."""

    recordings: dict[str, Recording] = field(default_factory=dict)
    """By path."""
    dictionaries: dict[int, Dictionary] = field(default_factory=dict)
    """By id."""

    def to_json(self) -> bytes:
        """Return the bytes of ``raw.json``."""
        document = {
            "format": FORMAT,
            "recordings": [asdict(self.recordings[path]) for path in sorted(self.recordings)],
            "dictionaries": [asdict(self.dictionaries[id_]) for id_ in sorted(self.dictionaries)],
        }
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def raw_manifest_of(shown: str, content: bytes | None) -> RawManifest:
    """Read a manifest; an empty one when there is none.

    Raises
    ------
    StoreFormatError
        It is damaged, or of a newer format.
    """
    if content is None:
        return RawManifest()
    try:
        document: dict[str, Any] = orjson.loads(content)
        if document["format"] > FORMAT:
            raise StoreFormatError(f"{shown} has format {document['format']}: use a newer tapeline")
        recordings = [Recording(**each) for each in document["recordings"]]
        dictionaries = [Dictionary(**each) for each in document["dictionaries"]]
    except (ValueError, TypeError, KeyError) as error:
        raise StoreFormatError(f"{shown} is damaged: {error}; restore it from a copy") from error
    return RawManifest(
        {each.path: each for each in recordings}, {each.id: each for each in dictionaries}
    )


def recording_path(exchange: str, month: str, capture: str, sha256: str) -> str:
    """Return where a recording lies; another capture of the same name lies elsewhere."""
    stem = _plain(re.sub(r"(\.jsonl)?(\.gz)?$", "", capture))
    return f"raw/{_plain(exchange)}/{month}/{stem}-{sha256[:8]}{SUFFIX}"


def dictionary_path(exchange: str, channel: str, month: str, id_: int) -> str:
    """Return where a dictionary lies."""
    return f"raw/dictionaries/{_plain(exchange)}-{_plain(channel)}-{month}-{id_:08x}.zdict"


def _plain(text: str) -> str:
    """Leave nothing in a name that could be a path."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", text).lstrip(".") or "_"
