"""Books made of live messages by the engine that makes them everywhere else."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.access.native import COLUMNS, BookReplay, rule_of, take, take_each
from tapeline.access.native import Side as Levels
from tapeline.api.live.book_frames import ShownBook, Side, unknown_book
from tapeline.api.live.exact import mantissas
from tapeline.api.live.frames import newest_ns

_WITHOUT_DELTAS: Final = 16
"""After so many rows without a delta a channel is taken for one of whole books."""
_MOST_WAITING: Final = 10_000
"""Rows kept while nothing says how a channel's messages follow each other."""


class ChannelBook:
    """The book of one channel of an instrument."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        """1 for a channel of the best bid and ask, 2 for one by price level."""
        self.has_deltas = False
        self._replay: BookReplay | None = None
        self._waiting: list[pa.Table] = []
        self._scales = (0, 0)

    def take(self, rows: pa.Table, levels: int, before: ShownBook) -> ShownBook:
        """Take messages in their order; return the book after them.

        Parameters
        ----------
        levels
            So many a side are shown.
        before
            What was shown last; kept where the rows change nothing.
        """
        own = pc.equal(rows["origin"], "book")
        if pc.any(own).as_py():
            rows = self._from_own(rows, own)
        if not rows.num_rows:
            return before
        if self._replay is None:
            rows = self._begun(rows)
            if self._replay is None:
                return unknown_book(newest_ns(rows))
        last = rows.slice(rows.num_rows - 1).combine_chunks()
        take(self._replay, rows.slice(0, rows.num_rows - 1))
        bids, asks = take_each(self._replay, last, levels)
        return self._shown(bids, asks, newest_ns(rows))

    def _from_own(self, rows: pa.Table, own: pa.ChunkedArray) -> pa.Table:
        """Begin at a snapshot that the live book gave, if nothing better is known; drop others."""
        is_needed = self._replay is None or self._replay.state != "live"
        if not is_needed:
            return rows.filter(pc.invert(own))
        first = pc.index(own, True).as_py()
        begun = rows.slice(first, 1)
        self._replay, self._waiting = None, []
        after = rows.slice(first + 1)
        return pa.concat_tables([begun, after.filter(pc.invert(own.slice(first + 1)))])

    def _begun(self, rows: pa.Table) -> pa.Table:
        """Make the engine when it can be known how messages follow; return what it has to take."""
        self._waiting.append(rows)
        waiting = pa.concat_tables(self._waiting)
        self.has_deltas = bool(pc.any(pc.equal(waiting["action"], "delta")).as_py())
        if self.has_deltas or waiting.num_rows >= _WITHOUT_DELTAS or self.depth == 1:
            rule = rule_of(waiting)
            self._replay = BookReplay(rule=rule, depth=1 if self.depth == 1 else 2)
            self._waiting = []
        elif waiting.num_rows > _MOST_WAITING:
            self._waiting = [rows]
        return waiting

    def _shown(self, bids: Levels, asks: Levels, as_of_ns: int) -> ShownBook:
        replay = self._replay
        if replay is None or replay.state != "live":
            return unknown_book(as_of_ns)
        prices = mantissas([bids.prices, asks.prices], self._scales[0])
        quantities = mantissas([bids.quantities, asks.quantities], self._scales[1])
        if prices is None or quantities is None:
            # Beyond 63 bits at one scale: nothing a client could show.
            return unknown_book(as_of_ns)
        self._scales = (prices.scale, quantities.scale)
        return ShownBook(
            True,
            Side(prices.values[0], quantities.values[0]),
            Side(prices.values[1], quantities.values[1]),
            prices.scale,
            quantities.scale,
            replay.last_update_id,
            replay.last_time_ns,
            as_of_ns,
        )


class InstrumentBook:
    """The books of all channels of an instrument; the best of them is shown."""

    def __init__(self, levels: int) -> None:
        self._levels = levels
        self._channels: dict[tuple[int, bytes], ChannelBook] = {}
        self._shown: dict[tuple[int, bytes], ShownBook] = {}
        self._chosen: tuple[int, bytes] | None = None

    def take(self, table: pa.Table) -> None:
        """Take order-book rows of the instrument, in order of arrival."""
        rows = table.select([*COLUMNS])
        channels = pc.binary_slice(rows["event_id"].cast(pa.binary()), 0, 7)
        for channel in pc.unique(channels).to_pylist():
            own = rows.filter(pc.equal(channels, channel))
            for depth in pc.unique(own["depth"]).to_pylist():
                self._take(own.filter(pc.equal(own["depth"], depth)), (depth, channel))

    def book(self) -> ShownBook | None:
        """Return the book by price level; None when there is no such channel."""
        chosen = self._best(2)
        if chosen is not None:
            self._chosen = chosen
        return None if chosen is None else self._shown[chosen]

    def best(self) -> ShownBook | None:
        """Return a book whose first levels are the best bid and ask; None when there is none."""
        top = self._best(1)
        if top is not None and self._shown[top].is_live:
            return self._shown[top]
        return self.book()

    def _take(self, rows: pa.Table, key: tuple[int, bytes]) -> None:
        depth, _ = key
        channel = self._channels.setdefault(key, ChannelBook(depth))
        before = self._shown.get(key, unknown_book(0))
        levels = 1 if depth == 1 else self._levels
        self._shown[key] = channel.take(rows, levels, before)

    def _best(self, depth: int) -> tuple[int, bytes] | None:
        """Return the channel to show: live before not, by changes before whole, else the same."""
        known = [key for key in self._shown if (key[0] == 1) == (depth == 1)]
        return max(
            known,
            key=lambda key: (
                self._shown[key].is_live,
                self._channels[key].has_deltas,
                key == self._chosen,
            ),
            default=None,
        )
