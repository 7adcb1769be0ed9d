"""Of rows that are one event, the first."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.access.merging import Run, flat, run_of
from tapeline.access.native import repeats
from tapeline.access.ports import Query
from tapeline.storage.schema import HAS_EVENT_ID, TIME_COLUMNS

Read = Callable[[str, Query, Sequence[str]], Iterator[pa.RecordBatch]]
"""Reads columns of a type."""


class Unique:
    """Leaves out rows whose event id and time an earlier row has.

    An event that was stored twice has the same id, because ids are made from what the venue says,
    and the same time. So rows that are one event are near each other in an answer, and nothing but
    the ids of one time must be remembered.
    """

    def __init__(self, event_type: str) -> None:
        self._event_type = event_type
        self._has_ids = event_type in HAS_EVENT_ID
        self._last_ns: int | None = None
        self._last_ids: set[bytes] = set()

    def filter(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the batches without repeats; they are in the order of an answer."""
        for batch in batches:
            kept = self.kept(run_of(self._event_type, pa.Table.from_batches([batch])))
            yield from kept.to_batches()

    def kept(self, run: Run) -> pa.Table:
        """Return rows without repeats; they come after those of the call before."""
        if not self._has_ids or run.is_distinct or not len(run):
            return run.table
        ids = flat(run.table["event_id"])
        places = repeats(pa.table({"time": run.times, "id": ids}))
        if run.first == self._last_ns:
            places += self._known(run.times, ids)
        self._remember(run.times, ids)
        if not places:
            return run.table
        left = pc.is_in(pa.array(range(len(run))), value_set=pa.array(places, pa.int64()))
        return run.table.filter(pc.invert(left))

    def _known(self, times: pa.Array, ids: pa.Array) -> list[int]:
        """Return the places of what the rows before had at the same time."""
        known = []
        for place in range(len(times)):
            if times[place].as_py() != self._last_ns:
                break
            if ids[place].as_py() in self._last_ids:
                known.append(place)
        return known

    def _remember(self, times: pa.Array, ids: pa.Array) -> None:
        last = times[-1].as_py()
        if last != self._last_ns:
            self._last_ids.clear()
            self._last_ns = last
        for place in range(len(times) - 1, -1, -1):
            if times[place].as_py() != last:
                break
            self._last_ids.add(ids[place].as_py())


def each_once(
    read: Read, event_type: str, query: Query, columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Yield columns of what is read, each event once.

    Parameters
    ----------
    read
        Gives rows in the order of an answer, an event possibly more than once.
    """
    if event_type not in HAS_EVENT_ID:
        yield from read(event_type, query, columns)
        return
    needed = list(dict.fromkeys([*columns, *TIME_COLUMNS[event_type], "event_id"]))
    for batch in Unique(event_type).filter(read(event_type, query, needed)):
        yield batch.select(list(columns))
