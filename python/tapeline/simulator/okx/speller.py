"""Synthetic messages of OKX, spelled as recorded frames of 2026 are."""

from collections.abc import Mapping, Sequence
from typing import Any

from tapeline.simulator.okx.frames import stream_of_arg
from tapeline.simulator.synthetic.events import (
    Change,
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

_URL = "wss://ws.okx.com:8443/ws/v5/public"
_NUMBERED = ("gap", "duplicate", "late", "malformed")
_SPOT_TYPES = {
    "trade": _NUMBERED,
    "l1": ("duplicate", "malformed", "crossed"),
    "l2": (*_NUMBERED, "crossed"),
}
_SWAP_TYPES = {
    **_SPOT_TYPES,
    "funding": ("duplicate", "malformed"),
    "liquidation": ("duplicate", "malformed"),
}


class OkxSpeller:
    """Spells for OKX spot or swaps."""

    def __init__(self, *, is_swap: bool) -> None:
        self._is_swap = is_swap

    @property
    def types(self) -> Mapping[str, tuple[str, ...]]:
        """Return the types of data the market has, each with the anomalies planted in it."""
        return _SWAP_TYPES if self._is_swap else _SPOT_TYPES

    @property
    def default_symbols(self) -> str:
        """Return symbols to make if none are named."""
        return "BTC/USDT:USDT,ETH/USDT:USDT" if self._is_swap else "BTC/USDT,ETH/USDT"

    def instrument(self, symbol: str) -> Instrument:
        """Return the pair or perpetual of a symbol; swaps count hundredths of a contract."""
        base, quote = split(symbol)
        grid = grid_of(base)
        raw = f"{base}-{quote}{'-SWAP' if self._is_swap else ''}"
        lot_digits = 2 if self._is_swap else grid.lot_digits
        return Instrument(base, quote, raw, grid.price_ticks, grid.tick_digits, lot_digits)

    def trade(self, instrument: Instrument, event: Trade, *, is_aggregate: bool) -> Spelled:
        """Spell ``trades``; each message is one fill here."""
        element = {"instId": instrument.raw_symbol, "tradeId": str(event.id)}
        element |= {"px": instrument.price(event.price), "sz": instrument.quantity(event.quantity)}
        element |= {"side": "sell" if event.is_sell else "buy", "ts": str(event.time_ms)}
        numbers = {"count": "1", "source": "0", "seqId": event.id * 3}
        return _pushed(_arg("trades", instrument), element | numbers, (event.id, event.id))

    def top(self, instrument: Instrument, event: Top) -> Spelled:
        """Spell ``bbo-tbt``."""
        element: dict[str, Any] = {"asks": _levels(instrument, [event.ask])}
        element |= {"bids": _levels(instrument, [event.bid]), "ts": str(event.time_ms)}
        ids = (event.id, event.id)
        return _pushed(_arg("bbo-tbt", instrument), element | {"seqId": event.id}, ids)

    def delta(self, instrument: Instrument, event: Delta) -> Spelled:
        """Spell an update of ``books``."""
        element = _book(instrument, event.bids, event.asks, event.time_ms)
        element |= {"seqId": event.last_id, "prevSeqId": event.previous_id}
        ids = (event.previous_id + 1, event.last_id)
        return _pushed(_arg("books", instrument), element, ids, "update")

    def snapshot(self, instrument: Instrument, event: Snapshot) -> Spelled:
        """Spell the snapshot of ``books``."""
        element = _book(instrument, event.bids, event.asks, event.time_ms)
        element |= {"seqId": event.id, "prevSeqId": -1}
        return _pushed(_arg("books", instrument), element, (event.id, event.id), "snapshot")

    def funding(self, instrument: Instrument, event: Funding) -> Spelled:
        """Spell ``funding-rate``."""
        rate = f"{'-' if event.rate < 0 else ''}0.{abs(event.rate):08d}"
        eight_hours_ms = 28_800_000
        element = {
            "formulaType": "withRate",
            "fundingRate": rate,
            "fundingTime": str(event.next_ms),
            "impactValue": "20000.0000000000000000",
            "instId": instrument.raw_symbol,
            "instType": "SWAP",
            "interestRate": "0.0001000000000000",
            "maxFundingRate": "0.00375",
            "method": "current_period",
            "minFundingRate": "-0.00375",
            "nextFundingRate": "",
            "nextFundingTime": str(event.next_ms + eight_hours_ms),
            "premium": "-0.0005333853474351",
            "prevFundingTime": str(event.next_ms - eight_hours_ms),
            "settFundingRate": rate,
            "settState": "settled",
            "ts": str(event.time_ms),
        }
        return _pushed(_arg("funding-rate", instrument), element)

    def liquidation(self, instrument: Instrument, event: Liquidation) -> Spelled:
        """Spell ``liquidation-orders``: `side` is that of the closing order."""
        details = {"bkLoss": "0", "bkPx": instrument.price(event.price), "ccy": ""}
        details |= {"posSide": "long" if event.is_sell else "short"}
        details |= {"side": "sell" if event.is_sell else "buy"}
        details |= {"sz": instrument.quantity(event.quantity), "ts": str(event.time_ms)}
        family = f"{instrument.base}-{instrument.quote}"
        element = {"details": [details], "instFamily": family, "instId": instrument.raw_symbol}
        element |= {"instType": "SWAP", "uly": family}
        return _pushed({"channel": "liquidation-orders", "instType": "SWAP"}, element)


def _arg(channel: str, instrument: Instrument) -> dict[str, str]:
    return {"channel": channel, "instId": instrument.raw_symbol}


def _levels(instrument: Instrument, changes: Sequence[Change]) -> list[list[str]]:
    """Return levels with the unused third text and a number of orders; zero is spelled ``0``."""
    return [
        [instrument.price(price), instrument.quantity(lots) if lots else "0", "0", _orders(lots)]
        for price, lots in changes
    ]


def _orders(lots: int) -> str:
    return str(1 + lots // 300) if lots else "0"


def _book(
    instrument: Instrument, bids: Sequence[Change], asks: Sequence[Change], time_ms: int
) -> dict[str, Any]:
    sides = {"asks": _levels(instrument, asks), "bids": _levels(instrument, bids)}
    return {**sides, "ts": str(time_ms), "checksum": 0}


def _pushed(
    arg: dict[str, str], element: object, ids: tuple[int, int] | None = None, action: str = ""
) -> Spelled:
    head: dict[str, Any] = {"arg": arg} | ({"action": action} if action else {})
    return Spelled(_URL, stream_of_arg(arg), head | {"data": [element]}, ids)
