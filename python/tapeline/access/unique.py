"""Of rows that are one event, the first."""

from collections.abc import Iterable, Iterator

import polars as pl
import pyarrow as pa

from tapeline.access.merging import times_of
from tapeline.storage.schema import HAS_EVENT_ID

_NEAR = 16
"""Rows of one time are compared with so many before them; where more share a time, all are."""


class Unique:
    """Leaves out rows whose event id and time an earlier row has.

    An event that was stored twice has the same id, because ids are made from what the venue says,
    and the same time. So rows that are one event are near each other in an answer, and nothing but
    the ids of one time must be remembered.
    """

    def __init__(self, event_type: str) -> None:
        self._event_type = event_type
        self._last_ns: int | None = None
        self._last_ids: set[bytes] = set()

    def filter(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the batches without repeats; they are in the order of an answer."""
        if self._event_type not in HAS_EVENT_ID:
            yield from batches
            return
        for batch in batches:
            kept = self._kept(batch)
            if kept.num_rows:
                yield kept

    def _kept(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        if not batch.num_rows:
            return batch
        times = times_of(self._event_type, pa.Table.from_batches([batch]))
        ids = batch.column("event_id")
        mask = _first_ones(times, ids)
        if self._last_ns is not None and times[0].as_py() == self._last_ns:
            mask = self._without_known(times, ids, mask)
        self._remember(times, ids)
        return batch if mask is None else batch.filter(mask)

    def _without_known(
        self, times: pa.Array, ids: pa.Array, mask: pa.Array | None
    ) -> pa.Array | None:
        """Leave out what the batch before had at the same time."""
        known = []
        for place in range(len(times)):
            if times[place].as_py() != self._last_ns:
                break
            if ids[place].as_py() in self._last_ids:
                known.append(place)
        if not known:
            return mask
        keep = [True] * len(times) if mask is None else mask.to_pylist()
        for place in known:
            keep[place] = False
        return pa.array(keep)

    def _remember(self, times: pa.Array, ids: pa.Array) -> None:
        last = times[-1].as_py()
        if last != self._last_ns:
            self._last_ids.clear()
            self._last_ns = last
        for place in range(len(times) - 1, -1, -1):
            if times[place].as_py() != last:
                break
            self._last_ids.add(ids[place].as_py())


def _first_ones(times: pa.Array, ids: pa.Array) -> pa.Array | None:
    """Mark the first of equal rows; None when no two are equal, which is told at little cost."""
    content = [None, ids.buffers()[1]]
    halves = pl.Series(pa.Array.from_buffers(pa.int64(), 2 * len(ids), content, 0, 2 * ids.offset))
    frame = pl.DataFrame(
        {
            "time": pl.Series(times),
            "high": halves.gather_every(2),
            "low": halves.gather_every(2, 1),
        }
    )
    if not _may_repeat(frame["time"], frame["low"]):
        return None
    first = frame.select(pl.struct("time", "high", "low").is_first_distinct()).to_series()
    return None if first.all() else first.to_arrow()


def _may_repeat(times: pl.Series, ids: pl.Series) -> bool:
    """Whether two rows of one time may have one id; no is certain."""
    for distance in range(1, min(_NEAR, len(times))):
        same_time = times.slice(distance) == times.slice(0, len(times) - distance)
        if not same_time.any():
            return False
        same_id = ids.slice(distance) == ids.slice(0, len(ids) - distance)
        if (same_time & same_id).any():
            return True
    return len(times) > 1
