"""Synthetic tapes of any venue: books, their tops, trades, funding, liquidations."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tapeline.errors import ArgumentError
from tapeline.simulator.ledger import LEDGER_VERSION
from tapeline.simulator.synthetic.book import SyntheticBook
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
from tapeline.simulator.synthetic.planting import Line, Planter
from tapeline.simulator.synthetic.speller import Speller
from tapeline.tape import TapeFrame, format_line

_MS_NS = 1_000_000
_EIGHT_HOURS_MS = 28_800_000
_LATENCY_NS = 3_000_000
_BETWEEN_FRAMES_NS = 900
#: Shares of what happens next, where the type is asked for.
_WEIGHTS = {"l2": 50, "l1": 0, "trade": 30, "aggtrade": 15, "funding": 4, "liquidation": 3}
_CHANGES_MAX = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSettings:
    """What a synthetic tape holds.

    Attributes
    ----------
    symbols
        Symbols, ``BASE/QUOTE`` or ``BASE/QUOTE:SETTLE``.
    types
        ``trade``, ``aggtrade``, ``l1``, ``l2``, ``funding``, ``liquidation``.
    frames
        Lines on the tape, about: it ends with the event that reaches this number.
    seed
        Seed of everything.
    start_ns
        Time of the start, Unix nanoseconds.
    rate_per_s
        Mean events a second over all symbols.
    has_anomalies
        Plant anomalies.
    anomalies_every
        So many times the usual distance from one anomaly of a stream to the next.
    """

    symbols: Sequence[str]
    types: Sequence[str]
    frames: int = 100_000
    seed: int = 0
    start_ns: int = 1_767_614_400_000_000_000
    rate_per_s: float = 500.0
    has_anomalies: bool = True
    anomalies_every: int = 1


class _Market:
    """One instrument while its tape is made."""

    def __init__(self, instrument: Instrument, chooser: random.Random) -> None:
        self.instrument = instrument
        first_id = chooser.randrange(10**9, 5 * 10**9)
        self.book = SyntheticBook(instrument.price_ticks, first_id, chooser)
        self.trade_id = chooser.randrange(10**8, 9 * 10**8)
        self.aggregate_id = chooser.randrange(10**8, 9 * 10**8)
        self.previous_id = first_id
        self.numbers = Counter[str](l2=chooser.randrange(1_000, 9_000))
        self.rate = chooser.randrange(-5_000, 15_000)


class MarketTape:
    """Makes a synthetic tape line by line; use it once.

    Parameters
    ----------
    settings
        What it holds.
    speller
        How the venue spells it.

    Attributes
    ----------
    ledger
        One object an anomaly, then the summary; complete after `lines` has ended.

    Raises
    ------
    ArgumentError
        The market has no such type or symbol.
    """

    def __init__(self, settings: MarketSettings, speller: Speller) -> None:
        unknown = [name for name in settings.types if name not in speller.types]
        if unknown or not settings.types:
            known = ", ".join(speller.types)
            raise ArgumentError(f"types must be among {known}, was {', '.join(unknown) or 'empty'}")
        if not settings.symbols or len(set(settings.symbols)) != len(settings.symbols):
            raise ArgumentError("symbols must be given, each once")
        if settings.frames < 1 or not settings.rate_per_s > 0:
            raise ArgumentError("frames and rate must be above 0")
        self.ledger: list[dict[str, Any]] = []
        self._settings = settings
        self._speller = speller
        self._chooser = random.Random(settings.seed)  # noqa: S311  (must repeat)
        self._markets = [
            _Market(speller.instrument(symbol), self._chooser) for symbol in settings.symbols
        ]
        kinds = dict(speller.types) if settings.has_anomalies else {}
        self._planter = Planter(kinds, settings.anomalies_every)
        self._now_ns = settings.start_ns
        self._recv_ns = 0

    @property
    def start_ns(self) -> int:
        """Return the time of the start, Unix nanoseconds."""
        return self._settings.start_ns

    @property
    def now_ns(self) -> int:
        """Return the time of the newest event, Unix nanoseconds."""
        return self._now_ns

    def following(self, frames: int, start_ns: int) -> "MarketTape":
        """Return the tape of what happens next: ids, books and times go on.

        It begins with a snapshot of each book. Make it after the lines of this one have ended, and
        take no more of this one.

        Parameters
        ----------
        frames
            Lines on it, about.
        start_ns
            Time of its start, Unix nanoseconds; never before the newest event.
        """
        start_ns = max(start_ns, self._now_ns)
        settings = replace(self._settings, frames=frames, start_ns=start_ns)
        tape = MarketTape(settings, self._speller)
        tape._chooser, tape._markets = self._chooser, self._markets
        tape._recv_ns = self._recv_ns
        return tape

    def lines(self) -> Iterator[bytes]:
        """Yield the tape's lines, each with its line feed."""
        settings, chooser = self._settings, self._chooser
        kinds = [name for name in settings.types if name != "l1"] or ["l2"]
        weights = [_WEIGHTS[name] for name in kinds]
        if "l1" in settings.types and "l2" not in kinds:
            kinds, weights = [*kinds, "l2"], [*weights, _WEIGHTS["l2"]]
        for market in self._markets:
            if "l2" in settings.types:
                yield from self._out(self._snapshot(market))
        while self._planter.line < settings.frames:
            self._now_ns += 1 + int(chooser.expovariate(settings.rate_per_s) * 1e9)
            market = chooser.choice(self._markets)
            kind = chooser.choices(kinds, weights)[0]
            yield from self._out(self._event(kind, market, self._now_ns // _MS_NS))
        yield from self._out(self._planter.end())
        yield from self._out(self._last_snapshots())
        self.ledger.extend(self._planter.ledger)
        self.ledger.append(self._summary())

    def _event(self, kind: str, market: _Market, time_ms: int) -> Iterator[Line]:
        match kind:
            case "l2":
                return self._book(market, time_ms)
            case "funding":
                return self._funding(market, time_ms)
            case "liquidation":
                return self._liquidation(market, time_ms)
            case _:
                return self._trade(market, time_ms, is_aggregate=kind == "aggtrade")

    def _book(self, market: _Market, time_ms: int) -> Iterator[Line]:
        """Yield the tops that some changes make, then the changes as one update."""
        book, types = market.book, self._settings.types
        first_id = book.id + 1
        sides: tuple[dict[int, int], dict[int, int]] = ({}, {})
        for _ in range(self._chooser.randrange(1, _CHANGES_MAX)):
            before = book.best()
            is_bid, (price, quantity) = book.change()
            sides[0 if is_bid else 1][price] = quantity
            if "l1" in types and book.best() != before:
                yield from self._top(market, time_ms)
        if "l2" in types:
            bids, asks = (list(side.items()) for side in sides)
            yield from self._delta(market, first_id, bids, asks, time_ms)

    def _top(self, market: _Market, time_ms: int) -> Iterator[Line]:
        market.numbers["l1"] += 1
        (bid, ask), number = market.book.best(), market.numbers["l1"]
        event = Top(market.book.id, bid, ask, time_ms, number)
        crossed = event._replace(bid=(ask[0] + 3, bid[1]))
        spell = self._speller.top
        instrument = market.instrument
        return self._planter.write("l1", spell(instrument, event), spell(instrument, crossed))

    def _delta(
        self,
        market: _Market,
        first_id: int,
        bids: list[Change],
        asks: list[Change],
        time_ms: int,
    ) -> Iterator[Line]:
        book = market.book
        market.numbers["l2"] += 1
        event = Delta(
            first_id, book.id, market.previous_id, bids, asks, time_ms, market.numbers["l2"]
        )
        market.previous_id = book.id
        ask_price = book.best()[1][0]
        crossed = event._replace(bids=[*bids, (ask_price + 5, 7)])
        spelled = self._speller.delta(market.instrument, event)
        yield from self._planter.write(
            "l2", spelled, self._speller.delta(market.instrument, crossed)
        )
        if self._planter.heal(spelled.stream):
            yield from self._snapshot(market)

    def _snapshot(self, market: _Market) -> Iterator[Line]:
        return self._planter.plain(self._spelled_snapshot(market))

    def _spelled_snapshot(self, market: _Market) -> Spelled:
        bids, asks = market.book.levels()
        time_ms = self._now_ns // _MS_NS
        event = Snapshot(market.book.id, bids, asks, time_ms, market.numbers["l2"])
        return self._speller.snapshot(market.instrument, event)

    def _last_snapshots(self) -> Iterator[Line]:
        """Yield the snapshots of books that were damaged just before the end."""
        for market in self._markets:
            if self._planter.is_hurt(self._spelled_snapshot(market).stream):
                yield from self._snapshot(market)

    def _trade(self, market: _Market, time_ms: int, *, is_aggregate: bool) -> Iterator[Line]:
        is_sell = self._chooser.random() < 0.5
        bid, ask = market.book.best()
        price, size = bid if is_sell else ask
        if is_aggregate:
            market.aggregate_id += 1
        else:
            market.trade_id += 1
        number = market.aggregate_id if is_aggregate else market.trade_id
        quantity = self._chooser.randrange(1, size + 1)
        event = Trade(number, price, quantity, is_sell, time_ms)
        spelled = self._speller.trade(market.instrument, event, is_aggregate=is_aggregate)
        return self._planter.write("aggtrade" if is_aggregate else "trade", spelled)

    def _funding(self, market: _Market, time_ms: int) -> Iterator[Line]:
        market.numbers["funding"] += 1
        market.rate += self._chooser.randrange(-300, 301)
        bid, ask = market.book.best()
        next_ms = (time_ms // _EIGHT_HOURS_MS + 1) * _EIGHT_HOURS_MS
        index = bid[0] + self._chooser.randrange(-3, 4)
        number = market.numbers["funding"]
        event = Funding(market.rate, ask[0], index, next_ms, time_ms, number)
        return self._planter.write("funding", self._speller.funding(market.instrument, event))

    def _liquidation(self, market: _Market, time_ms: int) -> Iterator[Line]:
        bid, ask = market.book.best()
        is_sell = self._chooser.random() < 0.5
        price = ask[0] + 20 if is_sell else bid[0] - 20
        quantity = self._chooser.randrange(1, 5_000)
        event = Liquidation(price, bid[0] if is_sell else ask[0], quantity, is_sell, time_ms)
        spelled = self._speller.liquidation(market.instrument, event)
        return self._planter.write("liquidation", spelled)

    def _out(self, lines: Iterator[Line]) -> Iterator[bytes]:
        """Yield tape lines, each received a moment after the last one."""
        for spelled, raw in lines:
            self._recv_ns = max(self._recv_ns + _BETWEEN_FRAMES_NS, self._now_ns + _LATENCY_NS)
            url = f"synthetic:{spelled.url}"
            yield format_line(TapeFrame(self._recv_ns, url, spelled.kind, raw))

    def _summary(self) -> dict[str, Any]:
        kinds = Counter(line["kind"] for line in self.ledger)
        return {
            "type": "summary",
            "ledger_version": LEDGER_VERSION,
            "seed": self._settings.seed,
            "tape_frames": self._planter.line,
            "anomalies": dict(sorted(kinds.items())),
            "streams": self._planter.summary(),
        }
