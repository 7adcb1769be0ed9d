"""Files of a store into new ones with the same rows, or some of them, proved before they count."""

import hashlib
import io
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tapeline.errors import StoreFormatError
from tapeline.storage.fingerprint import Fingerprint
from tapeline.storage.parquet import datafiles
from tapeline.storage.parquet.distinct import Distinct
from tapeline.storage.parquet.encoding import file_writer
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.layout import ROWS_PER_GROUP, data_path
from tapeline.storage.parquet.manifest import FileFact
from tapeline.storage.parquet.merging import SortedRows, merge
from tapeline.storage.parquet.sealing import seal
from tapeline.storage.parquet.sorting import (
    Instrument,
    Span,
    joined,
    sorted_spans,
    spans_of,
    times_of,
)
from tapeline.storage.schema import stored_schema_of

GROUP_BYTES: Final = 32 * 1024 * 1024
"""A row group of long rows (books) ends here, in Arrow's bytes: it is what a reader must hold."""


def rows_of(
    folder: Folder, fact: FileFact, seen: Callable[[pa.Table], None] = lambda _table: None
) -> Iterator[pa.Table]:
    """Read a data file, a row group at a time.

    Parameters
    ----------
    seen
        Called with each table.

    Raises
    ------
    StoreFormatError
        The file has gone or is not the one its commit names.
    StoreUnavailableError
        It cannot be read now.
    """
    content = datafiles.read(folder, fact.path)
    if content is None:
        raise StoreFormatError(f"{folder.shown}/{fact.path} is missing, and a commit names it")
    if len(content) != fact.bytes or hashlib.sha256(content).hexdigest() != fact.sha256:
        raise StoreFormatError(f"{folder.shown}/{fact.path} is not the file its commit names")
    yield from tables_of(fact.type, pa.BufferReader(content), seen)


def tables_of(
    event_type: str,
    source: pa.NativeFile | Path,
    seen: Callable[[pa.Table], None] = lambda _table: None,
) -> Iterator[pa.Table]:
    """Read a Parquet file in the columns of a store, a row group at a time.

    Checksums of pages are compared where the file has them.
    """
    schema = stored_schema_of(event_type)
    with pq.ParquetFile(source, page_checksum_verification=True) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, use_threads=False)
            table = table if table.schema.equals(schema) else table.cast(schema)
            seen(table)
            yield table


def merged_rows(
    folder: Folder, facts: Iterable[FileFact], seen: Callable[[pa.Table], None]
) -> Iterator[pa.Table]:
    """Read several files of one type as one, in the order of an answer."""
    facts = list(facts)
    sources = [SortedRows(fact.time_min_ns, rows_of(folder, fact, seen)) for fact in facts]
    yield from merge(facts[0].type, sources)


def grouped(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Cut a stream of tables into row groups."""
    held: list[pa.Table] = []
    rows = size = 0
    for table in tables:
        held.append(table)
        rows, size = rows + table.num_rows, size + table.nbytes
        while rows and (rows >= ROWS_PER_GROUP or size >= GROUP_BYTES):
            whole = pa.concat_tables(held)
            length = min(ROWS_PER_GROUP, max(1, rows * GROUP_BYTES // max(size, GROUP_BYTES)))
            yield whole.slice(0, length)
            held = [whole.slice(length)]
            rows, size = held[0].num_rows, held[0].nbytes
    if rows:
        yield pa.concat_tables(held)


def write_files(
    folder: Folder,
    event_type: str,
    date: str,
    groups: Iterator[pa.Table],
    *,
    commit: int,
    level: int,
    bytes_max: int,
    written: list[FileFact],
) -> Fingerprint:
    """Write sorted row groups into as many files as it takes, and read each back.

    Parameters
    ----------
    written
        Gets every file that may be there, also when this raises.

    Returns
    -------
    Fingerprint
        Of the rows as the new files hold them.
    """
    found = Fingerprint()
    unique = uuid.uuid4().hex[:8]
    group = next(groups, None)
    while group is not None:
        sink = io.BytesIO()
        spans: dict[Instrument, Span] = {}
        distinct = Distinct(event_type)
        rows = 0
        with file_writer(event_type, sink, group.schema, level=level) as writer:
            while group is not None and sink.tell() < bytes_max:
                writer.write_table(group, row_group_size=ROWS_PER_GROUP)
                rows += group.num_rows
                for instrument, span in spans_of(group, times_of(event_type, group)).items():
                    spans[instrument] = joined(spans.get(instrument), span)
                distinct.add(group)
                group = next(groups, None)
        seal(sink)
        content = sink.getbuffer()
        path = data_path(event_type, date, commit, len(written), unique)
        spans = sorted_spans(spans)
        first_ns, last_ns = reduce(joined, spans.values())
        fact = FileFact(
            event_type,
            date,
            path,
            rows,
            content.nbytes,
            hashlib.sha256(content).hexdigest(),
            first_ns,
            last_ns,
            list(spans),
            distinct.is_distinct,
            list(spans.values()),
        )
        for table in tables_of(event_type, pa.BufferReader(content)):
            found.add(table.schema, table)
        written.append(fact)
        datafiles.put(folder, path, content)
    return found
