"""Rows of several types cut into blocks of one order of time.

The order is that of the access layer: by time, and at one time trades, books, funding states,
liquidations. A block is the next so many rows of it, whatever batches a store gave them in.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from tapeline.compute.backtest.feed import Arrays, Rows
from tapeline.compute.backtest.strategy import Array


class Lane:
    """The rows of one type that come next.

    Parameters
    ----------
    batches
        Rows in order of time, none of them without one.
    seen
        Told of every batch when it is read.
    empty
        The columns, without rows.
    """

    def __init__(
        self, batches: Iterator[Rows], seen: Callable[[Rows], None], empty: Arrays
    ) -> None:
        self._batches = batches
        self._seen = seen
        self._parts: list[Arrays] = []
        self._empty = empty
        self.rows = 0
        self.is_open = True

    def fill(self, rows: int) -> None:
        """Read until so many rows are there, or all."""
        while self.is_open and self.rows < rows:
            batch = next(self._batches, None)
            if batch is None:
                self.is_open = False
                return
            self._seen(batch)
            count = len(batch.arrays["time_ns"])
            if count:
                self._parts.append(batch.arrays)
                self.rows += count

    @property
    def first_rows(self) -> int:
        """How many of the rows lie in one piece with the next one."""
        return len(self._parts[0]["time_ns"]) if self._parts else 0

    @property
    def times(self) -> Array:
        """Times of the rows that are there."""
        if not self._parts:
            return np.empty(0, np.int64)
        return np.concatenate([part["time_ns"] for part in self._parts])

    def cut(self, rows: int) -> Arrays:
        """Take rows off."""
        taken: list[Arrays] = []
        left = rows
        while left:
            part = self._parts[0]
            count = len(part["time_ns"])
            if count <= left:
                taken.append(self._parts.pop(0))
            else:
                taken.append({name: each[:left] for name, each in part.items()})
                self._parts[0] = {name: each[left:] for name, each in part.items()}
            left -= min(left, count)
        self.rows -= rows
        if len(taken) == 1:
            return taken[0]
        return {
            name: np.concatenate([part[name] for part in taken]) if taken else empty
            for name, empty in self._empty.items()
        }


def blocks(lanes: Mapping[str, Lane], rows: int) -> Iterator[dict[str, Arrays]]:
    """Yield blocks of so many rows, of all types together.

    The last one may have fewer, and so may those of one type alone: they are cut where batches end,
    so that little is copied.

    Parameters
    ----------
    lanes
        By type, in the order that decides at equal times.
    """
    while True:
        for lane in lanes.values():
            lane.fill(rows)
        total = sum(lane.rows for lane in lanes.values())
        if not total:
            return
        counts = (
            {name: lane.rows for name, lane in lanes.items()}
            if total <= rows
            else _counts(lanes, rows)
        )
        yield {name: lane.cut(counts[name]) for name, lane in lanes.items()}


def _counts(lanes: Mapping[str, Lane], rows: int) -> dict[str, int]:
    """Return how many rows of each type are among the next so many."""
    if len(lanes) == 1:
        (lane,) = lanes.values()
        return dict.fromkeys(lanes, _even_part(lane.first_rows, rows))
    times = {name: lane.times for name, lane in lanes.items()}
    every = np.concatenate(list(times.values()))
    last = np.partition(every, rows - 1)[rows - 1]
    counts = {name: int(np.searchsorted(each, last, side="left")) for name, each in times.items()}
    left = rows - sum(counts.values())
    for name, each in times.items():
        same = int(np.searchsorted(each, last, side="right")) - counts[name]
        counts[name] += min(same, left)
        left -= min(same, left)
    return counts


def _even_part(there: int, rows: int) -> int:
    """Return how much of a batch to take, so that blocks of it are even and none is too large.

    Batches of less than half a block are put together.
    """
    return rows if 2 * there < rows else -(-there // -(-there // rows))
