"""Synthetic tapes of Binance spot trades: the same arguments give the same bytes."""

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any, Literal

from tapeline.errors import ArgumentError
from tapeline.simulator.binance.spot.anomalies import (
    DAMAGES,
    DELAY_MAX,
    Anomaly,
    Damage,
    expected,
    places,
)
from tapeline.simulator.binance.spot.market import Arrivals, Latencies, Walk, pair_of
from tapeline.simulator.binance.spot.synthetic import Delayed, Fill, Order, PairStream, escaped
from tapeline.simulator.ledger import LEDGER_VERSION, merged
from tapeline.simulator.synthetic.tape import MarketSettings

#: Where a synthetic tape says its frames came from; never a real connection's URL.
SYNTHETIC_URL = "synthetic:wss://stream.binance.com:9443/stream"

Channel = Literal["trade", "aggTrade"]
_CHANNELS: dict[str, Channel] = {"trade": "trade", "aggtrade": "aggTrade"}

_MS_NS = 1_000_000
#: Frames of one segment are read so far apart.
_BETWEEN_FRAMES_NS = 900
_LINE_HEAD = f',"url":"{SYNTHETIC_URL}","kind":"ws","raw":"'


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorSettings:
    """What a synthetic tape holds.

    Attributes
    ----------
    symbols
        Pairs, ``BASE/QUOTE``; earlier ones trade more.
    channels
        ``trade``, ``aggTrade`` or both.
    frames
        Frames on the tape, over all pairs and channels, planted ones included.
    seed
        Seed of everything.
    start_ns
        Time of the start, Unix nanoseconds.
    rate_per_s
        Mean trades a second over all pairs.
    has_anomalies
        Plant anomalies.
    """

    symbols: Sequence[str] = ("BTC/USDT", "ETH/USDT")
    channels: Sequence[Channel] = ("trade",)
    frames: int = 100_000
    seed: int = 0
    start_ns: int = 1_767_614_400_000_000_000
    rate_per_s: float = 500.0
    has_anomalies: bool = True

    def __post_init__(self) -> None:
        if self.frames < 1 or not self.rate_per_s > 0:
            raise ArgumentError("frames and rate must be above 0")
        if not self.symbols or len(set(self.symbols)) != len(self.symbols):
            raise ArgumentError("symbols must be given, each once")
        for symbol in self.symbols:
            base, slash, quote = symbol.partition("/")
            if not (slash and base.isalnum() and quote.isalnum() and symbol.isascii()):
                raise ArgumentError(f"a symbol must be BASE/QUOTE, was {symbol!r}")
        if not self.channels or not set(self.channels) <= {"trade", "aggTrade"}:
            raise ArgumentError(f"types must be trade, aggTrade or both, was {self.channels!r}")


class TapeGenerator:
    """Makes a synthetic tape line by line; use it once.

    Parameters
    ----------
    settings
        What it holds.

    Attributes
    ----------
    ledger
        One object an anomaly, in the order of the tape, then the summary; complete after
        `lines` has ended.
    """

    def __init__(self, settings: GeneratorSettings) -> None:
        self.ledger: list[dict[str, Any]] = []
        self._settings = settings
        self._chooser = random.Random(settings.seed)  # noqa: S311  (must repeat)
        self._has_trades = "trade" in settings.channels
        self._has_aggregates = "aggTrade" in settings.channels
        weights = [1 / (rank + 1) for rank in range(len(settings.symbols))]
        self._streams = [
            self._stream(symbol, int(settings.frames * weight / sum(weights)))
            for symbol, weight in zip(settings.symbols, weights, strict=True)
        ]
        self._chances = [chance / sum(weights) for chance in accumulate(weights)]
        self._line = 0
        self._recv_ns = 0
        self._held_back = 0
        self._damages = 0

    def lines(self) -> Iterator[bytes]:
        """Yield the tape's lines, each with its line feed."""
        settings, chooser = self._settings, self._chooser
        arrivals = Arrivals(settings.rate_per_s, settings.start_ns, chooser)
        latencies = Latencies(chooser)
        while self._room() > 0:
            choice = bisect_right(self._chances, chooser.random())
            stream = self._streams[min(choice, len(self._streams) - 1)]
            fills = stream.walk.order()
            time_ms = arrivals.next() // _MS_NS
            delay_ms, network_ns = latencies.draw()
            event_ms = stream.event_ms = max(stream.event_ms, time_ms + delay_ms)
            self._recv_ns = max(self._recv_ns, event_ms * _MS_NS + network_ns)
            yield from self._order(stream, fills, time_ms, event_ms)
            while stream.delayed and stream.delayed[0].due <= stream.count:
                yield self._late_line(stream, stream.delayed.pop(0))
        for stream in self._streams:
            for delayed in stream.delayed:
                yield self._late_line(stream, delayed)
        self.ledger.append(self._summary())

    def _order(
        self, stream: PairStream, fills: int, time_ms: int, event_ms: int
    ) -> Iterator[bytes]:
        """Yield one order's frames: its trades, then the aggregates they make."""
        order = stream.order(time_ms, event_ms)
        trades: list[Fill] = []
        for _ in range(min(fills, self._room())):
            price, quantity = stream.walk.fill()
            kind = stream.planted.get(stream.count)
            stream.count += 1
            if kind is not None and self._has_trades and self._room() > 1:
                yield from self._plant(kind, stream, order, price, quantity)
            elif self._has_trades:
                yield self._stamped(stream.trade(order, price, quantity))
            trades.append(Fill(price, quantity, stream.walk.next_id))
            stream.walk.next_id += 1
        if self._has_aggregates:
            for text in islice(stream.aggregates(order, trades), self._room()):
                stream.aggregates_count += 1
                yield self._stamped(text)

    def _room(self) -> int:
        """Return how many more frames the tape takes, those that are held back counted."""
        return self._settings.frames - self._line - self._held_back

    def _stamped(self, text: str) -> bytes:
        """Return the tape line of an escaped frame, received a moment after the last one."""
        self._line += 1
        self._recv_ns += _BETWEEN_FRAMES_NS
        return f'{{"recv_ns":{self._recv_ns}{_LINE_HEAD}{text}"}}\n'.encode()

    # Anomalies.

    def _plant(
        self, kind: Anomaly, stream: PairStream, order: Order, price: int, quantity: int
    ) -> Iterator[bytes]:
        chooser, walk = self._chooser, stream.walk
        damage: Damage | None = None
        missing: tuple[int, int] | None = None
        match kind:
            case Anomaly.PRICE_SPIKE:
                price = price * chooser.choice((70, 80, 90, 110, 120, 140)) // 100
            case Anomaly.QUANTITY_SPIKE:
                quantity = walk.quantity_mean * chooser.randrange(40, 200)
            case Anomaly.FUTURE_TIME:
                order = order.moved(chooser.randrange(10_000, 60_000))
            case Anomaly.STALE_TIME:
                order = order.moved(-chooser.randrange(120_000, 600_000))
            case Anomaly.ID_GAP:
                missing = (walk.next_id, walk.next_id + chooser.randrange(50))
                walk.next_id = missing[1] + 1
            case Anomaly.MALFORMED:
                damage = DAMAGES[self._damages % len(DAMAGES)]
                self._damages += 1
                missing = (walk.next_id, walk.next_id)
        text = stream.trade(order, price, quantity)
        if damage is not None:
            text = text.replace(escaped(damage.find), escaped(damage.put), 1)
        note = self._note(kind, stream, damage, missing)
        if kind in (Anomaly.DUPLICATE, Anomaly.LATE):
            due = stream.count + chooser.randrange(1, DELAY_MAX)
            stream.delayed.append(Delayed(due, text, note))
            self._held_back += 1
        else:
            self.ledger.append({**note, "line": self._line + 1})
        if kind is not Anomaly.LATE:
            yield self._stamped(text)

    def _note(
        self,
        kind: Anomaly,
        stream: PairStream,
        damage: Damage | None,
        missing: tuple[int, int] | None,
    ) -> dict[str, Any]:
        note: dict[str, Any] = {
            "type": "anomaly",
            "kind": kind.value,
            "line": 0,
            "stream": stream.name,
            "first_id": stream.walk.next_id,
            "last_id": stream.walk.next_id,
            "expected": expected(kind, damage),
        }
        if missing is not None:
            note["missing"] = list(missing)
            stream.missing.append(missing)
        return note

    def _late_line(self, stream: PairStream, delayed: Delayed) -> bytes:
        """Return the line of a frame that was held back, and note what it has become.

        A frame held back at the end of the tape, with no later trade before it, is late to
        nothing: it is not noted.
        """
        self._held_back -= 1
        is_late = delayed.note["last_id"] < stream.walk.next_id - 1
        if is_late or delayed.note["kind"] == Anomaly.DUPLICATE:
            stream.held_back += delayed.note["kind"] == Anomaly.DUPLICATE
            self.ledger.append({**delayed.note, "line": self._line + 1})
        return self._stamped(delayed.text)

    def _stream(self, symbol: str, trades: int) -> PairStream:
        walk = Walk(pair_of(symbol), self._chooser)
        is_planted = self._settings.has_anomalies and self._has_trades
        return PairStream(walk, places(trades, self._chooser) if is_planted else {})

    def _summary(self) -> dict[str, Any]:
        kinds = Counter(line["kind"] for line in self.ledger)
        streams = []
        for stream in self._streams:
            if self._has_trades:
                frames = stream.count + stream.held_back
                gaps = merged(stream.missing)
                streams.append({"stream": stream.name, "tape_frames": frames, "gaps": gaps})
            if self._has_aggregates:
                frames = stream.aggregates_count
                streams.append({"stream": stream.aggregate_name, "tape_frames": frames, "gaps": []})
        return {
            "type": "summary",
            "ledger_version": LEDGER_VERSION,
            "seed": self._settings.seed,
            "tape_frames": self._line,
            "anomalies": dict(sorted(kinds.items())),
            "streams": streams,
        }


def trade_tape(settings: MarketSettings) -> TapeGenerator:
    """Return the generator of a tape that holds trades and aggregates alone."""
    return TapeGenerator(
        GeneratorSettings(
            symbols=settings.symbols,
            channels=[_CHANNELS[name] for name in settings.types],
            frames=settings.frames,
            seed=settings.seed,
            start_ns=settings.start_ns,
            rate_per_s=settings.rate_per_s,
            has_anomalies=settings.has_anomalies,
        )
    )
