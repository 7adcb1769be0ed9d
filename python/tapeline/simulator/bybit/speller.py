"""Synthetic messages of Bybit, spelled as recorded frames of 2026 are."""

import uuid
from collections.abc import Mapping
from typing import Any

from tapeline.errors import ArgumentError
from tapeline.simulator.synthetic.events import (
    Delta,
    Funding,
    Instrument,
    Liquidation,
    Snapshot,
    Spelled,
    Top,
    Trade,
)
from tapeline.simulator.synthetic.grid import grid_of, split

#: Trade ids of perpetuals are UUIDs: neither a gap nor a late one shows.
_SPOT_TYPES = {
    "trade": ("duplicate", "malformed"),
    "l1": ("malformed", "crossed"),
    "l2": ("gap", "duplicate", "late", "malformed", "crossed"),
}
_TYPES = {
    **_SPOT_TYPES,
    "funding": ("malformed",),
    "liquidation": ("duplicate", "malformed"),
}
_NAMESPACE = uuid.UUID("6f1ccf3c-3bd4-4c1b-9d0f-3c8f3a2f5e10")


class BybitSpeller:
    """Spells for one category."""

    def __init__(self, category: str) -> None:
        self._category = category

    @property
    def types(self) -> Mapping[str, tuple[str, ...]]:
        """Return the types of data the market has, each with the anomalies planted in it."""
        return _SPOT_TYPES if self._category == "spot" else _TYPES

    @property
    def default_symbols(self) -> str:
        """Return symbols to make if none are named."""
        return {
            "spot": "BTC/USDT,ETH/USDT",
            "linear": "BTC/USDT:USDT,ETH/USDT:USDT",
            "inverse": "BTC/USD:BTC,ETH/USD:ETH",
        }[self._category]

    def instrument(self, symbol: str) -> Instrument:
        """Return the pair or perpetual of a symbol; inverse counts whole dollars."""
        base, quote = split(symbol)
        if (quote == "USD") is not (self._category == "inverse"):
            raise ArgumentError(f"{self._category} has no symbol {symbol!r}")
        grid = grid_of(base)
        lot_digits = 0 if self._category == "inverse" else grid.lot_digits
        return Instrument(
            base, quote, f"{base}{quote}", grid.price_ticks, grid.tick_digits, lot_digits
        )

    def trade(self, instrument: Instrument, event: Trade, *, is_aggregate: bool) -> Spelled:
        """Spell ``publicTrade``, one trade a message."""
        is_spot = self._category == "spot"
        name = f"{instrument.raw_symbol}{event.id}"
        identity = str(event.id) if is_spot else str(uuid.uuid5(_NAMESPACE, name))
        item: dict[str, Any] = {"T": event.time_ms, "s": instrument.raw_symbol}
        item |= {"S": "Sell" if event.is_sell else "Buy"}
        item |= {"v": instrument.quantity(event.quantity), "p": instrument.price(event.price)}
        item |= {} if is_spot else {"L": "MinusTick" if event.is_sell else "PlusTick"}
        item |= {"i": identity, "BT": False, "RPI": False, "seq": event.id * 3}
        ids = (event.id, event.id) if is_spot else None
        return self._message("publicTrade", instrument, "snapshot", [item], event.time_ms, ids)

    def top(self, instrument: Instrument, event: Top) -> Spelled:
        """Spell ``orderbook.1``: always the whole; its ``seq`` is that of the book's change."""
        data: dict[str, Any] = {"s": instrument.raw_symbol, "b": instrument.levels([event.bid])}
        data |= {"a": instrument.levels([event.ask]), "u": event.number, "seq": event.id}
        ids = (event.number, event.number)
        return self._book("orderbook.1", instrument, "snapshot", data, event.time_ms, ids)

    def delta(self, instrument: Instrument, event: Delta) -> Spelled:
        """Spell a delta of ``orderbook.50``."""
        ids = (event.number, event.number)
        data = self._data(instrument, event)
        return self._book("orderbook.50", instrument, "delta", data, event.time_ms, ids)

    def snapshot(self, instrument: Instrument, event: Snapshot) -> Spelled:
        """Spell a snapshot of ``orderbook.50``."""
        ids = (event.number, event.number)
        data = self._data(instrument, event)
        return self._book("orderbook.50", instrument, "snapshot", data, event.time_ms, ids)

    def funding(self, instrument: Instrument, event: Funding) -> Spelled:
        """Spell ``tickers``: a snapshot first, then what has changed."""
        rate = f"{'-' if event.rate < 0 else ''}0.{abs(event.rate):08d}"
        mark, index = _prices(instrument, event)
        data: dict[str, Any] = {
            "symbol": instrument.raw_symbol,
            "markPrice": mark,
            "indexPrice": index,
        }
        is_first = event.number == 1
        if is_first or event.number % 5 == 0:
            data["fundingRate"] = rate
        if is_first:
            data |= {"lastPrice": mark, "nextFundingTime": str(event.next_ms)}
            data |= {"fundingIntervalHour": "8", "fundingCap": "0.005"}
            data |= {"openInterest": "51000.123", "bid1Price": mark, "ask1Price": mark}
        kind = "snapshot" if is_first else "delta"
        topic = f"tickers.{instrument.raw_symbol}"
        message: dict[str, Any] = {"topic": topic, "type": kind, "data": data}
        message |= {"cs": event.number, "ts": event.time_ms}
        return Spelled(self._url(), topic, message)

    def liquidation(self, instrument: Instrument, event: Liquidation) -> Spelled:
        """Spell ``allLiquidation``: `S` is the side of the position."""
        item: dict[str, Any] = {"T": event.time_ms, "s": instrument.raw_symbol}
        item |= {"S": "Buy" if event.is_sell else "Sell"}
        item |= {"v": instrument.quantity(event.quantity), "p": instrument.price(event.price)}
        return self._message("allLiquidation", instrument, "snapshot", [item], event.time_ms, None)

    def _data(self, instrument: Instrument, event: Delta | Snapshot) -> dict[str, Any]:
        last_id = event.last_id if isinstance(event, Delta) else event.id
        sides = [
            [[price, "0" if not float(size) else size] for price, size in instrument.levels(side)]
            for side in (event.bids, event.asks)
        ]
        data: dict[str, Any] = {"s": instrument.raw_symbol, "b": sides[0], "a": sides[1]}
        return data | {"u": event.number, "seq": last_id}

    def _book(
        self,
        topic: str,
        instrument: Instrument,
        kind: str,
        data: object,
        time_ms: int,
        ids: tuple[int, int],
    ) -> Spelled:
        spelled = self._message(topic, instrument, kind, data, time_ms, ids)
        return spelled._replace(message=spelled.message | {"cts": time_ms})

    def _message(
        self,
        name: str,
        instrument: Instrument,
        kind: str,
        data: object,
        time_ms: int,
        ids: tuple[int, int] | None,
    ) -> Spelled:
        """Return a message; spot has ``ts`` before ``type``."""
        topic = f"{name}.{instrument.raw_symbol}"
        times: dict[str, Any] = {"type": kind, "ts": time_ms}
        if self._category == "spot":
            times = {"ts": time_ms, "type": kind}
        return Spelled(self._url(), topic, {"topic": topic, **times, "data": data}, ids)

    def _url(self) -> str:
        return f"wss://stream.bybit.com/v5/public/{self._category}"


def _prices(instrument: Instrument, event: Funding) -> tuple[str, str]:
    """Return mark and index price."""
    return instrument.price(event.mark_price), instrument.price(event.index_price)
