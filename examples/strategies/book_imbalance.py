"""Follow the heavier side of the book.

    tapeline backtest book_imbalance --data parquet:tape --symbols BTC/USDT --latency-ms 5

When far more is bid than offered near the best price, the price tends to go up next, and down when
far more is offered. The position is kept until the book leans clearly the other way, because each
turn costs fees.
"""

import numpy as np

# Every change of the book is a row; trades say at which prices orders can be filled.
TYPES = ("orderbook", "trade")


class strategy:
    """Remembers its position from one block of rows to the next."""

    def __init__(self, *, levels=5, enter=0.6, leave=0.1, size=0.1):
        self.levels = levels
        self.enter = enter
        self.leave = leave
        self.size = size
        self.position = 0.0

    def on_chunk(self, data):
        """Return the position wanted after each change of the book, in coins."""
        bids = np.nansum(data.orderbook["bid_quantity"][:, : self.levels], axis=1)
        asks = np.nansum(data.orderbook["ask_quantity"][:, : self.levels], axis=1)
        both = bids + asks
        # From -1, only offers, to +1, only bids. An empty book leans to no side.
        lean = np.divide(bids - asks, both, out=np.zeros_like(both), where=both > 0)
        wanted = np.select(
            [lean > self.enter, lean < -self.enter, np.abs(lean) < self.leave],
            [self.size, -self.size, 0.0],
            default=np.nan,
        )
        # In between nothing new is wanted: the last row that wanted something counts.
        rows = np.where(np.isnan(wanted), -1, np.arange(data.rows))
        last = np.maximum.accumulate(rows)
        targets = np.where(last < 0, self.position, wanted[last])
        if data.rows:
            self.position = targets[-1]
        return targets
