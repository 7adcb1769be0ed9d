"""Rows cut into inserts."""

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.clickhouse.tables import (
    DAILY,
    NANOS_PER_DAY,
    PARTITIONED_UNTIL_NS,
    PARTITIONS_PER_INSERT,
)
from tapeline.storage.schema import TIME_COLUMNS


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
