"""The books of a cache's instruments, kept by the engine that makes every other one."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.native import COLUMNS, BookReplay, rule_of, take

_INSTRUMENT: Final = ("exchange", "market", "raw_symbol")
_CHANNEL_BYTES: Final = 7
"""The first bytes of an event id are those of its channel."""

_Key: TypeAlias = tuple[str, str, str, bytes]


class Books:
    """Books by instrument and channel; the one that changed longest ago gives way.

    Parameters
    ----------
    books_max
        How many are kept.
    levels_max
        Levels of a side in an answer.
    """

    def __init__(self, books_max: int, levels_max: int) -> None:
        self._books_max = books_max
        self._levels_max = levels_max
        self._books: OrderedDict[_Key, _Book] = OrderedDict()

    def forget(self) -> None:
        """Know nothing: what follows is not what came last."""
        self._books.clear()

    def take(self, orders: pa.Table) -> Iterator[dict[str, Any]]:
        """Apply messages by price level; yield the book of each instrument that changed."""
        keys = [*_INSTRUMENT, pl.col("event_id").bin.slice(0, _CHANNEL_BYTES)]
        frame = pl.DataFrame(pl.from_arrow(orders.select([*_INSTRUMENT, "event_id"])))
        groups = frame.with_row_index("place").group_by(keys, maintain_order=True).agg("place")
        for *key, places in groups.iter_rows():
            exchange, market, raw_symbol, channel = key
            rows = orders.take(pa.array(places))
            name = (exchange, market, raw_symbol, channel)
            book = self._books.setdefault(name, _Book())
            self._books.move_to_end(name)
            book.take(rows)
            yield book.described(rows.slice(rows.num_rows - 1), self._levels_max)
        while len(self._books) > self._books_max:
            self._books.popitem(last=False)


class _Book:
    """One channel's book."""

    def __init__(self) -> None:
        self._replay: BookReplay | None = None
        self._waiting: pa.Table | None = None

    def take(self, rows: pa.Table) -> None:
        rows = rows.select(COLUMNS)
        if self._replay is not None and self._waiting is None:
            take(self._replay, rows)
            return
        # How messages follow each other, the first delta tells: until then the last snapshot is
        # kept, to begin with.
        waiting = rows if self._waiting is None else pa.concat_tables([self._waiting, rows])
        waiting = _from_last_snapshot(waiting)
        rule = rule_of(waiting)
        self._replay = BookReplay(rule=rule, depth=2)
        take(self._replay, waiting)
        self._waiting = waiting if rule == "snapshots" else None

    def described(self, last: pa.Table, levels_max: int) -> dict[str, Any]:
        """Return the book after its last message."""
        replay = self._replay
        assert replay is not None  # noqa: S101 - for the type checker: take() comes first
        is_live = replay.state == "live"
        (row,) = last.select([*_INSTRUMENT, "symbol", "timestamp_ns", "received_ns"]).to_pylist()
        return {
            **row,
            "state": replay.state,
            "last_update_id": replay.last_update_id,
            "bids": replay.bids()[:levels_max] if is_live else [],
            "asks": replay.asks()[:levels_max] if is_live else [],
        }


def _from_last_snapshot(rows: pa.Table) -> pa.Table:
    places = pc.indices_nonzero(pc.equal(rows["action"], "snapshot"))
    return rows.slice(places[-1].as_py()) if len(places) else rows
