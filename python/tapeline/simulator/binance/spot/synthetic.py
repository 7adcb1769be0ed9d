"""Synthetic frames of one pair, spelled byte for byte as the venue spells them.

Frames are built already escaped for the ``raw`` text of a tape line: escaping them afterwards
costs more than everything else.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from tapeline.simulator.binance.spot.anomalies import Anomaly
from tapeline.simulator.binance.spot.market import Walk

_DECIMALS = 8
_PRICES_KEPT = 50_000


class Order(NamedTuple):
    """What the fills of one order share.

    Attributes
    ----------
    time_ms, event_ms
        Trade time ``T`` and the venue's stamp ``E``, Unix milliseconds.
    tail
        The end of its trade frames, from ``T`` on.
    """

    time_ms: int
    event_ms: int
    tail: str

    def moved(self, by_ms: int) -> "Order":
        """Return the order with another trade time; the venue's stamp stays."""
        there = self.time_ms + by_ms
        return Order(there, self.event_ms, self.tail.replace(str(self.time_ms), str(there)))


class Fill(NamedTuple):
    """One trade of an order: price in ticks, quantity in lots, trade id."""

    price: int
    quantity: int
    id: int


class Delayed(NamedTuple):
    """A frame that is written later: once its pair has had `due` trades."""

    due: int
    text: str
    note: dict[str, Any]


class PairStream:
    """One pair while its tape is made.

    Attributes
    ----------
    name, aggregate_name
        Its streams.
    planted
        Ordinal of a trade -> anomaly.
    count
        Trades so far.
    event_ms
        The venue's latest stamp: it never goes back within a stream.
    delayed
        Frames held back.
    missing
        Ids that no good frame of the tape has.
    """

    def __init__(self, walk: Walk, planted: Mapping[int, Anomaly]) -> None:
        pair = walk.pair
        self.walk = walk
        self.planted = planted
        self.name = f"{pair.raw_symbol.lower()}@trade"
        self.aggregate_name = f"{pair.raw_symbol.lower()}@aggTrade"
        self.count = 0
        self.event_ms = 0
        self.aggregates_count = 0
        self.held_back = 0
        self.delayed: list[Delayed] = []
        self.missing: list[tuple[int, int]] = []
        self._head = escaped(f'{{"stream":"{self.name}","data":{{"e":"trade","E":')
        self._symbol = escaped(f',"s":"{pair.raw_symbol}","t":')
        self._prices: dict[int, str] = {}
        self._quantities: dict[int, str] = {}

    def order(self, time_ms: int, event_ms: int) -> Order:
        """Return what the fills of an order share."""
        maker = "true" if self.walk.is_buyer_maker else "false"
        return Order(time_ms, event_ms, f'\\",\\"T\\":{time_ms},\\"m\\":{maker},\\"M\\":true}}}}')

    def trade(self, order: Order, price: int, quantity: int) -> str:
        """Return a trade frame with the pair's next id, escaped."""
        return (
            f"{self._head}{order.event_ms}{self._symbol}{self.walk.next_id}"
            f',\\"p\\":\\"{self._price(price)}\\",\\"q\\":\\"{self._quantity(quantity)}{order.tail}'
        )

    def aggregates(self, order: Order, trades: Sequence[Fill]) -> Iterator[str]:
        """Yield an order's aggregate frames: one a price, as the venue merges them."""
        head = escaped(f'{{"stream":"{self.aggregate_name}","data":{{"e":"aggTrade","E":')
        for price, group in groupby(trades, key=lambda trade: trade.price):
            fills = list(group)
            quantity = sum(fill.quantity for fill in fills)
            yield (
                f'{head}{order.event_ms},\\"s\\":\\"{self.walk.pair.raw_symbol}\\",'
                f'\\"a\\":{self.walk.next_aggregate_id},\\"p\\":\\"{self._price(price)}\\",'
                f'\\"q\\":\\"{self._quantity(quantity)}\\",\\"f\\":{fills[0].id},\\"l\\":{fills[-1].id}'
                f"{order.tail[2:]}"
            )
            self.walk.next_aggregate_id += 1

    def _price(self, price: int) -> str:
        text = self._prices.get(price)
        if text is None:
            text = self._prices[price] = decimal_text(price, self.walk.pair.tick_exponent)
            if len(self._prices) > _PRICES_KEPT:
                self._prices.clear()
        return text

    def _quantity(self, quantity: int) -> str:
        text = self._quantities.get(quantity)
        if text is None:
            text = decimal_text(quantity, self.walk.pair.lot_exponent)
            self._quantities[quantity] = text
        return text


def decimal_text(units: int, exponent: int) -> str:
    """Return ``units`` x 10^-exponent with eight digits after the point, as the venue does."""
    whole, fraction = divmod(units * 10 ** (_DECIMALS - exponent), 10**_DECIMALS)
    return f"{whole}.{fraction:0{_DECIMALS}d}"


def escaped(text: str) -> str:
    """Return a frame's text as it stands inside a JSON string; it holds only quotes to escape."""
    return text.replace('"', '\\"')
