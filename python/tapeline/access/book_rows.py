"""The book after each of its messages, for a range of time.

The engine that makes the live book goes over the stored messages once. A book whose state is not
``live`` has no levels. The range is begun with nothing known, so the first rows have none until a
snapshot has come.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.access.frames import Frame
from tapeline.access.native import COLUMNS, BookReplay, Side, rule_of, take_each

_WITHOUT_DELTAS: Final = 16
"""After so many batches without a delta a channel is taken for one of whole books."""


class BookRows(NamedTuple):
    """Messages, and the book after each."""

    rows: pa.Table
    """The messages: ``timestamp_ns``, ``received_ns``, ``quality`` and more."""
    bids: Side
    asks: Side


def book_rows(frame: Frame, levels: int) -> Iterator[BookRows]:
    """Yield the messages of an instrument's book in order, and the book after each.

    Where several channels tell of the book, the one that goes deepest is followed: by price level
    before best bid and ask, and of those the one with most messages at the beginning. Snapshots
    that the live book gave are left out, since the messages of the venue make the same book.

    Parameters
    ----------
    frame
        Order-book rows of one instrument.
    levels
        So many a side, at most.
    """
    chosen: bytes | None = None
    replay: BookReplay | None = None
    waiting: list[pa.Table] = []
    for batch in frame.batches([*COLUMNS, "quality"]):
        table = pa.Table.from_batches([batch])
        table = table.filter(pc.not_equal(table["origin"], "book"))
        if chosen is None and table.num_rows:
            chosen = _deepest(table)
        rows = table.filter(pc.equal(_channels(table), chosen)) if chosen else table
        if not rows.num_rows:
            continue
        if replay is None:
            waiting.append(rows)
            has_delta = pc.any(pc.equal(rows["action"], "delta")).as_py()
            if has_delta or len(waiting) == _WITHOUT_DELTAS:
                replay = _begun(waiting)
                yield from (_followed(replay, each, levels) for each in waiting)
            continue
        yield _followed(replay, rows, levels)
    if replay is None and waiting:
        replay = _begun(waiting)
        yield from (_followed(replay, each, levels) for each in waiting)


def _begun(waiting: list[pa.Table]) -> BookReplay:
    rows = pa.concat_tables(waiting)
    return BookReplay(rule=rule_of(rows), depth=1 if rows["depth"][0].as_py() == 1 else 2)


def _followed(replay: BookReplay, rows: pa.Table, levels: int) -> BookRows:
    bids, asks = take_each(replay, rows.combine_chunks(), levels)
    return BookRows(rows, bids, asks)


def _deepest(table: pa.Table) -> bytes:
    """Return the channel to follow."""
    known = pa.table({"channel": _channels(table), "depth": table["depth"]})
    counts = known.group_by(["depth", "channel"]).aggregate([([], "count_all")])
    order = [("depth", "descending"), ("count_all", "descending"), ("channel", "ascending")]
    found: bytes = counts.sort_by(order)["channel"][0].as_py()
    return found


def _channels(table: pa.Table) -> pa.ChunkedArray:
    """Return the part of the event ids that all events of a channel share."""
    return pc.binary_slice(table["event_id"].cast(pa.binary()), 0, 7)
