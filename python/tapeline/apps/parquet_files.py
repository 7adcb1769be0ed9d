"""A set of Parquet files that appear together, complete, or not at all."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

#: A row group is written when its rows reach either limit. 65,536 rows compress well; the bytes
#: bound memory when the rows are long (a quarantined frame may hold 200,000 bytes).
ROWS_PER_GROUP = 65_536
BYTES_PER_GROUP = 32 * 1024 * 1024


class ArrowStream(Protocol):
    """Anything that exports record batches through the Arrow C stream interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a PyCapsule named ``arrow_array_stream``."""
        ...


class ParquetFiles:
    """Write ``folder/<type>.parquet`` for several event types; rename them all at the end.

    Use it as a context manager: leaving it without :meth:`commit` removes what was written and
    leaves the files of an earlier run as they were.

    Parameters
    ----------
    folder
        Made when it is not there.
    examples
        Types whose file is written even without a row; their streams give the schemas.
    optional
        Types whose file is written when there is a row. Without one, a file of an earlier run is
        removed with the commit: it would pass for this run's.
    """

    def __init__(
        self, folder: Path, examples: Mapping[str, ArrowStream], optional: Collection[str] = ()
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._optional = tuple(optional)
        self._files: dict[str, _File] = {}
        for kind, stream in examples.items():
            self._open(kind, pa.RecordBatchReader.from_stream(stream).schema)

    @property
    def paths(self) -> dict[str, Path]:
        """Where each type with a file is, or will be."""
        return {kind: self._path(kind) for kind in self._files}

    def __enter__(self) -> Self:
        """Return the set itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close everything; remove temporary files that were not renamed."""
        for file in self._files.values():
            file.discard()

    def write(self, kind: str, stream: ArrowStream) -> None:
        """Append the rows of ``stream`` to the file of ``kind``."""
        reader = pa.RecordBatchReader.from_stream(stream)
        file = self._files.get(kind) or self._open(kind, reader.schema)
        file.append(reader)

    def commit(self) -> dict[str, int]:
        """Finish the files, make them durable, give them their names; return rows by type."""
        for file in self._files.values():
            file.close()
        for kind, file in self._files.items():
            file.temporary.replace(self._path(kind))
        for kind in self._optional:
            if kind not in self._files:
                self._path(kind).unlink(missing_ok=True)
        return {kind: file.rows for kind, file in self._files.items()}

    def _open(self, kind: str, schema: pa.Schema) -> "_File":
        file = self._files[kind] = _File(
            self._folder / f".{kind}.parquet.{os.getpid()}.tmp", schema
        )
        return file

    def _path(self, kind: str) -> Path:
        return self._folder / f"{kind}.parquet"


class _File:
    """One Parquet file that is being written under a temporary name."""

    def __init__(self, temporary: Path, schema: pa.Schema) -> None:
        self.temporary = temporary
        self.rows = 0
        self._schema = schema
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._pending_bytes = 0
        self._writer: Any = pq.ParquetWriter(temporary, schema, compression="zstd")

    def append(self, reader: pa.RecordBatchReader) -> None:
        for batch in reader:
            self._pending.append(batch)
            self._pending_rows += batch.num_rows
            self._pending_bytes += batch.nbytes
        if self._pending_rows >= ROWS_PER_GROUP or self._pending_bytes >= BYTES_PER_GROUP:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()
        with self.temporary.open("rb") as file:
            os.fsync(file.fileno())

    def discard(self) -> None:
        self._writer.close()
        self.temporary.unlink(missing_ok=True)

    def _flush(self) -> None:
        if self._pending_rows:
            self._writer.write_table(pa.Table.from_batches(self._pending, self._schema))
        self.rows += self._pending_rows
        self._pending, self._pending_rows, self._pending_bytes = [], 0, 0
