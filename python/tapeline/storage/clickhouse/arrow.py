"""Rows to what ClickHouse is sent: Arrow files, each with a name of its content."""

import zlib

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.clickhouse.tables import (
    DAILY,
    NANOS_PER_DAY,
    PARTITIONED_UNTIL_NS,
    PARTITIONS_PER_INSERT,
)
from tapeline.storage.schema import TIME_COLUMNS


def arrow_file(table: pa.Table) -> pa.Buffer:
    """Return rows as an Arrow file of one batch."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return sink.getvalue()


def token_of(attempt: str, table: pa.Table, content: pa.Buffer) -> str:
    """Return the deduplication token of an insert: of these rows, in this attempt.

    It is for a client that sends a request twice because the connection broke. Another attempt
    must have another one: the engine notes a token before the rows are there, and when it is killed
    in between, it drops the rows of that token from then on, without a word.
    """
    return f"{attempt}-{table.num_rows}-{content.size}-{zlib.crc32(content):08x}"


def pieces_of(event_type: str, table: pa.Table) -> list[pa.Table]:
    """Split rows so that no insert has more partitions than one may have."""
    if event_type not in DAILY or table.num_rows <= PARTITIONS_PER_INSERT:
        return [table]
    days = _days(event_type, table)
    distinct = pc.unique(days).sort()
    if len(distinct) <= PARTITIONS_PER_INSERT:
        return [table]
    groups = pc.divide(pc.index_in(days, distinct), PARTITIONS_PER_INSERT)
    return [table.filter(pc.equal(groups, each)) for each in pc.unique(groups)]


def _days(event_type: str, table: pa.Table) -> pa.ChunkedArray:
    times = pc.coalesce(
        *(table[name] for name in TIME_COLUMNS[event_type]), pa.scalar(PARTITIONED_UNTIL_NS)
    )
    bounded = pc.min_element_wise(pc.max_element_wise(times, 0), PARTITIONED_UNTIL_NS)
    return pc.divide(bounded, NANOS_PER_DAY)
