"""Synthetic messages of the Binance markets, spelled as recorded frames of 2024 to 2026 are."""

from collections.abc import Mapping
from typing import Any, NamedTuple

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

_NUMBERED = ("gap", "duplicate", "late", "malformed")
_SPOT_TYPES = {
    "trade": _NUMBERED,
    "aggtrade": _NUMBERED,
    "l1": ("duplicate", "malformed", "crossed"),
    "l2": (*_NUMBERED, "crossed"),
}
_FUTURES_TYPES = {
    **_SPOT_TYPES,
    "funding": ("duplicate", "malformed"),
    "liquidation": ("duplicate", "malformed"),
}


class MarketForm(NamedTuple):
    """What differs between the markets: hosts, keys and grids.

    USD-M has no documented ``trade``: its trades are spelled ``aggTrade``.
    """

    name: str
    socket: str
    rest: str
    default_symbols: str
    trade_event: str = "trade"

    @property
    def is_futures(self) -> bool:
        """Say whether it has funding and ``pu``."""
        return self.name != "spot"


SPOT = MarketForm(
    "spot",
    "wss://stream.binance.com:9443/stream",
    "https://api.binance.com/api/v3/depth",
    "BTC/USDT,ETH/USDT",
)
USDM = MarketForm(
    "usdm",
    "wss://fstream.binance.com/{route}/stream",
    "https://fapi.binance.com/fapi/v1/depth",
    "BTC/USDT:USDT,ETH/USDT:USDT",
    "aggTrade",
)
COINM = MarketForm(
    "coinm",
    "wss://dstream.binance.com/stream",
    "https://dapi.binance.com/dapi/v1/depth",
    "BTC/USD:BTC,ETH/USD:ETH",
)


class BinanceSpeller:
    """Spells for one Binance market."""

    def __init__(self, form: MarketForm) -> None:
        self._form = form

    @property
    def types(self) -> Mapping[str, tuple[str, ...]]:
        """Return the types of data the market has, each with the anomalies planted in it."""
        types = _FUTURES_TYPES if self._form.is_futures else _SPOT_TYPES
        if self._form.trade_event == "trade":
            return types
        return {name: kinds for name, kinds in types.items() if name != "aggtrade"}

    @property
    def default_symbols(self) -> str:
        """Return symbols to make if none are named."""
        return self._form.default_symbols

    def instrument(self, symbol: str) -> Instrument:
        """Return the perpetual or spot pair of a symbol."""
        base, quote = split(symbol)
        grid = grid_of(base)
        is_coinm = self._form.name == "coinm"
        if is_coinm and quote != "USD":
            raise ArgumentError(f"COIN-M symbols are quoted in USD, was {symbol!r}")
        lot_digits = 0 if is_coinm else grid.lot_digits
        shown = 0 if self._form.is_futures else 8
        raw = f"{base}{quote}{'_PERP' if is_coinm else ''}"
        return Instrument(base, quote, raw, grid.price_ticks, grid.tick_digits, lot_digits, shown)

    def trade(self, instrument: Instrument, event: Trade, *, is_aggregate: bool) -> Spelled:
        """Spell ``trade``, or ``aggTrade`` of one trade."""
        at = event.time_ms
        price, quantity = instrument.price(event.price), instrument.quantity(event.quantity)
        what = {"p": price, "q": quantity}
        if is_aggregate or self._form.trade_event == "aggTrade":
            data = {"e": "aggTrade", "E": at, "s": instrument.raw_symbol, "a": event.id, **what}
            if self._form.name == "usdm":
                data["nq"] = quantity
            data |= {"f": event.id * 2, "l": event.id * 2, "T": at, "m": event.is_sell}
            data |= {"st": 1} if self._form.name == "usdm" else {}
            data |= {} if self._form.is_futures else {"M": True}
            return self._wrapped(instrument, "aggTrade", data, (event.id, event.id))
        data = {"e": "trade", "E": at, "s": instrument.raw_symbol, "t": event.id, **what, "T": at}
        data |= {"X": "MARKET"} if self._form.is_futures else {}
        data |= {"m": event.is_sell} | ({} if self._form.is_futures else {"M": True})
        return self._wrapped(instrument, "trade", data, (event.id, event.id))

    def top(self, instrument: Instrument, event: Top) -> Spelled:
        """Spell ``bookTicker``; on spot it has neither type nor time."""
        data: dict[str, Any] = {"e": "bookTicker"} if self._form.is_futures else {}
        data |= {"u": event.id, "s": instrument.raw_symbol, **self._pair(instrument)}
        data |= {"b": instrument.price(event.bid[0]), "B": instrument.quantity(event.bid[1])}
        data |= {"a": instrument.price(event.ask[0]), "A": instrument.quantity(event.ask[1])}
        if self._form.is_futures:
            data |= {"T": event.time_ms, "E": event.time_ms, **self._status()}
        return self._wrapped(instrument, "bookTicker", data, (event.id, event.id))

    def delta(self, instrument: Instrument, event: Delta) -> Spelled:
        """Spell ``depthUpdate``."""
        data: dict[str, Any] = {"e": "depthUpdate", "E": event.time_ms}
        if self._form.is_futures:
            data["T"] = event.time_ms
        data |= {"s": instrument.raw_symbol, **self._pair(instrument)}
        data |= {"U": event.first_id, "u": event.last_id}
        first = event.first_id
        if self._form.is_futures:
            data["pu"] = event.previous_id
            first = event.previous_id + 1
        data |= {"b": instrument.levels(event.bids), "a": instrument.levels(event.asks)}
        data |= self._status()
        return self._wrapped(instrument, "depth@100ms", data, (first, event.last_id))

    def snapshot(self, instrument: Instrument, event: Snapshot) -> Spelled:
        """Spell the reply of the depth endpoint."""
        body: dict[str, Any] = {"lastUpdateId": event.id}
        if self._form.is_futures:
            body |= {"E": event.time_ms, "T": event.time_ms}
        if self._form.name == "coinm":
            body |= {"symbol": instrument.raw_symbol, **self._pair(instrument, key="pair")}
        body |= {"bids": instrument.levels(event.bids), "asks": instrument.levels(event.asks)}
        stream = f"{instrument.raw_symbol.lower()}@depth@100ms"
        url = f"{self._form.rest}?symbol={instrument.raw_symbol}&limit=1000"
        return Spelled(url, stream, body, (event.id, event.id), "http")

    def funding(self, instrument: Instrument, event: Funding) -> Spelled:
        """Spell ``markPriceUpdate``."""
        mark, index = _prices(instrument, event)
        rate = f"{'-' if event.rate < 0 else ''}0.{abs(event.rate):08d}"
        data: dict[str, Any] = {
            "e": "markPriceUpdate",
            "E": event.time_ms,
            "s": instrument.raw_symbol,
        }
        data |= {"p": mark, "ap": mark, "P": mark, "i": index, "r": rate, "T": event.next_ms}
        return self._wrapped(instrument, "markPrice@1s", data | self._status(), None)

    def liquidation(self, instrument: Instrument, event: Liquidation) -> Spelled:
        """Spell ``forceOrder``: `S` is the side of the closing order."""
        quantity = instrument.quantity(event.quantity)
        order: dict[str, Any] = {"s": instrument.raw_symbol, **self._pair(instrument)}
        order |= {"S": "SELL" if event.is_sell else "BUY", "o": "LIMIT", "f": "IOC", "q": quantity}
        order |= {"p": instrument.price(event.price), "ap": instrument.price(event.average)}
        order |= {"X": "FILLED", "l": quantity, "z": quantity, "T": event.time_ms}
        data = {"e": "forceOrder", "E": event.time_ms, "o": order | self._status()}
        return self._wrapped(instrument, "forceOrder", data, None)

    def _pair(self, instrument: Instrument, key: str = "ps") -> dict[str, str]:
        """Return the futures markets' name of the pair: COIN-M without the delivery date."""
        if not self._form.is_futures:
            return {}
        return {key: instrument.raw_symbol.partition("_")[0]}

    def _status(self) -> dict[str, int]:
        return {"st": 1} if self._form.name == "usdm" else {}

    def _wrapped(
        self,
        instrument: Instrument,
        kind: str,
        data: object,
        ids: tuple[int, int] | None,
    ) -> Spelled:
        stream = f"{instrument.raw_symbol.lower()}@{kind}"
        is_public = kind.startswith(("depth", "bookTicker"))
        url = self._form.socket.format(route="public" if is_public else "market")
        return Spelled(url, stream, {"stream": stream, "data": data}, ids)


def _prices(instrument: Instrument, event: Funding) -> tuple[str, str]:
    """Return mark and index price."""
    return instrument.price(event.mark_price), instrument.price(event.index_price)
