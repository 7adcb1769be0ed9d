"""Whether a file says anything twice: found out once, when it is written."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.native import repeats
from tapeline.storage.parquet.sorting import Run, count_below, times_of
from tapeline.storage.schema import HAS_EVENT_ID

_LAST: Final = 2**63 - 1


class Distinct:
    """Looks through the rows of a file, in their order, for two with one time and one event id."""

    def __init__(self, event_type: str) -> None:
        self._event_type = event_type
        self.is_distinct = event_type in HAS_EVENT_ID
        """Whether none were found, and there are ids to find them by."""
        self._waiting: pa.Table | None = None

    def add(self, table: pa.Table) -> None:
        """Look through the next rows."""
        if not self.is_distinct or not table.num_rows:
            return
        times = times_of(self._event_type, table)
        rows = _rows(times, table["event_id"])
        if self._waiting is not None:
            rows = pa.concat_tables([self._waiting, rows]).combine_chunks()
        self.is_distinct = not repeats(rows)
        # Rows to come may have the last time too.
        times = rows["time"].chunk(0)
        self._waiting = rows.slice(count_below(times, times[-1].as_py()))


def is_distinct(event_type: str, run: Run) -> bool:
    """Whether no two rows have one time and one event id; False where there are no ids."""
    if event_type not in HAS_EVENT_ID:
        return False
    ids = run.source["event_id"]
    return not repeats(_rows(run.times, ids if run.places is None else ids.take(run.places)))


def _rows(times: pa.Array, ids: pa.ChunkedArray) -> pa.Table:
    """Return what repeats are told by, in one piece."""
    return pa.table({"time": pc.fill_null(times, _LAST), "id": ids}).combine_chunks()
