"""A data file, read in parts, from a disk or a bucket alike."""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tapeline.errors import StoreFormatError
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.manifest import FileFact

_TAIL: Final = 65_536
"""The end of a file is fetched in one piece: footers of usual files are shorter."""


class FileGoneError(Exception):
    """A file of the snapshot is not there any more: the log names others by now."""


class ReadMeter:
    """Counts what was fetched."""

    def __init__(self) -> None:
        self.bytes = 0
        self.files = 0
        self.row_groups = 0


class _Parts:
    """A readable, seekable file for Arrow; every read fetches exactly what was asked for."""

    closed = False

    def __init__(self, folder: Folder, fact: FileFact, meter: ReadMeter) -> None:
        self._folder = folder
        self._fact = fact
        self._meter = meter
        self._place = 0
        self._tail_from = max(fact.bytes - _TAIL, 0)
        self._tail: bytes | None = None
        self.is_gone = False

    def read(self, length: int = -1) -> bytes:
        """Return the next ``length`` bytes, fewer at the end."""
        rest = self._fact.bytes - self._place
        length = rest if length < 0 else min(length, rest)
        if length <= 0:
            return b""
        content = self._fetched(self._place, length)
        self._place += len(content)
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go somewhere, as files do."""
        self._place = offset + (0, self._place, self._fact.bytes)[whence]
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def size(self) -> int:
        """Return the length in bytes."""
        return self._fact.bytes

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def writable(self) -> bool:
        """Return false."""
        return False

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Forget what was fetched."""
        self._tail = None

    def _fetched(self, offset: int, length: int) -> bytes:
        if self._tail is None:
            self._tail = self._part(self._tail_from, self._fact.bytes - self._tail_from)
        if offset >= self._tail_from:
            begin = offset - self._tail_from
            return self._tail[begin : begin + length]
        return self._part(offset, length)

    def _part(self, offset: int, length: int) -> bytes:
        content = self._folder.read_part(self._fact.path, offset, length)
        if content is None:
            self.is_gone = True
            raise FileGoneError(self._fact.path)
        self._meter.bytes += len(content)
        return content


class DataFile:
    """An open data file.

    Raises
    ------
    FileGoneError
        It was deleted since the snapshot was taken; any method may find that out.
    StoreFormatError
        It is no Parquet file, or damaged.
    StoreUnavailableError
        It cannot be read now.
    """

    def __init__(self, folder: Folder, fact: FileFact, meter: ReadMeter) -> None:
        self.fact = fact
        self._shown = f"{folder.shown}/{fact.path}"
        self._parts = _Parts(folder, fact, meter)
        self._meter = meter
        meter.files += 1
        try:
            self._file = pq.ParquetFile(self._parts, pre_buffer=True)
        except (pa.ArrowException, OSError, FileGoneError) as error:
            raise self._explained(error) from error

    @property
    def metadata(self) -> pq.FileMetaData:
        """The footer."""
        return self._file.metadata

    def read(self, groups: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Read row groups; the columns are those of the file that have these names."""
        self._meter.row_groups += len(groups)
        try:
            return self._file.read_row_groups(list(groups), columns=list(columns))
        except (pa.ArrowException, OSError, FileGoneError) as error:
            raise self._explained(error) from error

    def close(self) -> None:
        """Let go of it."""
        self._file.close()
        self._parts.close()

    def _explained(self, error: Exception) -> Exception:
        if self._parts.is_gone:
            return FileGoneError(self._shown)
        return StoreFormatError(
            f"{self._shown} is damaged ({error}); restore it from a copy, see docs/storage.md"
        )
