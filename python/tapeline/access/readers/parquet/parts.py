"""A data file, read in parts, from a disk or a bucket alike."""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tapeline.access.readers.parquet.decoding import read_groups
from tapeline.errors import StoreFormatError
from tapeline.storage.parquet.datafiles import read_part
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.manifest import FileFact
from tapeline.storage.parquet.sealing import (
    END_BYTES,
    SEAL_BYTES,
    checksums_of,
    range_of,
    seal_length,
)

_TAIL: Final = 65_536
"""The end of a file is fetched in one piece: footers of usual files are shorter."""

_HOLE: Final = 16_384
"""Pieces that are no further apart are fetched as one: asking again takes longer."""

_PIECE: Final = 8 * 1024 * 1024
"""A file that is compared with its commit is read in such pieces."""


class FileGoneError(Exception):
    """A file of the snapshot is not there any more: the log names others by now."""


_TEXTS: Final = frozenset(
    {
        *("exchange", "market", "symbol", "raw_symbol", "side", "quality", "action", "origin"),
        *("channel", "kind", "proof", "reason", "rule", "stage"),
    }
)
"""Few different texts: read as dictionaries, an order moves numbers, and texts are made once."""
_NO_DICTIONARY: Final = frozenset({"DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"})
"""Texts in these encodings Arrow reads as texts alone."""


class ReadMeter:
    """Counts what was fetched, by several threads."""

    def __init__(self) -> None:
        self.bytes = 0
        self.files = 0
        self.row_groups = 0
        self._lock = Lock()

    def add(self, *, size: int = 0, files: int = 0, row_groups: int = 0) -> None:
        """Count more."""
        with self._lock:
            self.bytes += size
            self.files += files
            self.row_groups += row_groups


class DataFile:
    """An open data file.

    With ``is_checked`` it is compared with the hash its commit has before anything is read of it.
    What Arrow is to read is fetched before, into memory of its own: its threads outlive a query,
    and must hold nothing of Python's when the process ends.

    Raises
    ------
    FileGoneError
        It was deleted since the snapshot was taken; any method may find that out.
    StoreFormatError
        It is no Parquet file, or damaged.
    StoreUnavailableError
        It cannot be read now.
    """

    def __init__(
        self, folder: Folder, fact: FileFact, meter: ReadMeter, *, is_checked: bool = False
    ) -> None:
        self._folder = folder
        self._fact = fact
        self._meter = meter
        meter.add(files=1)
        if is_checked:
            self._check()
        self._tail_from = max(fact.bytes - _TAIL, 0)
        self._tail = self._part(self._tail_from, fact.bytes)
        footer = int.from_bytes(self._tail[-END_BYTES : -END_BYTES // 2], "little") + END_BYTES
        self._reach(footer + SEAL_BYTES)
        self._reach(footer + seal_length(self._tail, footer))
        try:
            self._checksums = checksums_of(self._tail, footer)
            self.metadata = pq.read_metadata(pa.BufferReader(self._tail))
            """The footer."""
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._damaged(error) from error

    def read(
        self, groups: Sequence[int], columns: Sequence[str], *, with_keys: bool = False
    ) -> pa.Table:
        """Read row groups; the columns are those of the file that have these names.

        Texts of which there are few are dictionaries, and decimals may be ``with_keys``.
        """
        self._meter.add(row_groups=len(groups))
        chunks = _chunks(self.metadata, groups, columns)
        content = self._fetched(list(chunks.values()))
        self._compare(content, chunks)
        try:
            dictionaries = _dictionaries(self.metadata, groups, columns)
            return _with_dictionaries(
                read_groups(
                    content, self.metadata, groups, columns, dictionaries, with_keys=with_keys
                )
            )
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error

    def _compare(
        self, content: pa.Buffer, chunks: Mapping[tuple[int, int], tuple[int, int]]
    ) -> None:
        """Compare column chunks with what was written, headers of pages included."""
        if self._checksums is None:
            return
        stored = memoryview(content)
        for (group, place), (begin, end) in chunks.items():
            found = zlib.crc32(stored[begin:end])
            if found != self._checksums[group * self.metadata.num_columns + place]:
                name = self.metadata.schema.column(place).path
                raise self._damaged(f"{name} has another checksum than it was written with")

    def _reach(self, size: int) -> None:
        """Have so many bytes of the file's end, where it has them."""
        begin = self._fact.bytes - size
        if 0 <= begin < self._tail_from:
            self._tail = self._part(begin, self._tail_from) + self._tail
            self._tail_from = begin

    def _fetched(self, ranges: Sequence[tuple[int, int]]) -> pa.Buffer:
        """Return the file with these ranges in their places; the rest of it is never touched."""
        content = pa.allocate_buffer(
            max((end for _, end in ranges), default=0), memory_pool=pa.system_memory_pool()
        )
        place = memoryview(content).cast("B")
        for begin, end in _joined(ranges):
            if begin >= self._tail_from:
                place[begin:end] = self._tail[begin - self._tail_from : end - self._tail_from]
                continue
            middle = min(end, self._tail_from)
            place[begin:middle] = self._part(begin, middle)
            place[middle:end] = self._tail[: end - middle]
        return content

    def _part(self, begin: int, end: int) -> bytes:
        content = read_part(self._folder, self._fact.path, begin, end - begin)
        if content is None:
            raise FileGoneError(f"{self._folder.shown}/{self._fact.path}")
        self._meter.add(size=len(content))
        if len(content) != end - begin:
            raise self._damaged("it is shorter than the log says")
        return content

    def _check(self) -> None:
        """Read all of it once, and compare with what its commit says."""
        digest = hashlib.sha256()
        for begin in range(0, self._fact.bytes, _PIECE):
            digest.update(self._part(begin, min(begin + _PIECE, self._fact.bytes)))
        if digest.hexdigest() != self._fact.sha256:
            raise self._damaged("it is not the file its commit names")

    def _damaged(self, reason: object) -> StoreFormatError:
        return StoreFormatError(
            f"{self._folder.shown}/{self._fact.path} is damaged ({reason}); restore it from a copy,"
            " see docs/storage.md"
        )


def _dictionaries(
    footer: pq.FileMetaData, groups: Sequence[int], columns: Sequence[str]
) -> list[str]:
    """Return which columns can be read as dictionaries."""
    paths = {footer.schema.column(place).path: place for place in range(footer.num_columns)}
    return [
        name
        for name in columns
        if name in _TEXTS
        and name in paths
        and all(
            _NO_DICTIONARY.isdisjoint(footer.row_group(number).column(paths[name]).encodings)
            for number in groups
        )
    ]


def _with_dictionaries(table: pa.Table) -> pa.Table:
    """Make the same columns dictionaries, however they lie in the file."""
    for place, field in enumerate(table.schema):
        if field.name in _TEXTS and pa.types.is_string(field.type):
            coded = table[field.name].dictionary_encode()
            table = table.set_column(place, field.with_type(coded.type), coded)
    return table


def _joined(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ranges that are fetched as one where little lies between them."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted(ranges):
        if found and begin - found[-1][1] <= _HOLE:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def _chunks(
    footer: pq.FileMetaData, groups: Sequence[int], columns: Sequence[str]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Return where columns of row groups lie, begin and end, by the numbers of group and column."""
    names = set(columns)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for number in groups:
        group = footer.row_group(number)
        found |= {
            (number, place): range_of(group.column(place))
            for place in range(footer.num_columns)
            if footer.schema.column(place).path.partition(".")[0] in names
        }
    return found
