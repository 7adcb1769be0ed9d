"""Books subscribed to anew at any place of a damaged stream: gap records are exact. No clock."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest

from tapeline.access.plain_rows import rows_of
from tapeline.apps.normalizer import Normalizer
from tapeline.simulator.faults import parse_fault
from tapeline.simulator.ledger import Ledger
from tapeline.simulator.plan import draw_plan
from tapeline.simulator.reel import Reel
from tapeline.simulator.registry import venue
from tapeline.simulator.timeline import Timeline
from tapeline.wire.native import decode
from tests.python.integration.venue_chain import (
    BYBIT,
    OKX,
    Found,
    Market,
    assert_gaps_are_exact,
)

FRAMES = 400
#: Frames for which nobody is subscribed; 0 is a second subscription on top of the first.
OUTAGES = (0, 1, 2, 3, 5, 10, 40)
#: The stream that is hurt and begun anew; the other instrument is left alone.
STREAMS = {OKX: "books:BTC-USDT-SWAP", BYBIT: "orderbook.50.BTCUSDT"}
FAULTS = ("gap=3@120", "duplicate=4%", "reorder=6%")
START_NS = 1_800_000_000_000_000_000


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> dict[Market, Path]:
    folder = tmp_path_factory.mktemp("tapes")
    return {market: replace(market, types="l2").tape(folder, FRAMES) for market in STREAMS}


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """At which slots of the tape a stream is unsubscribed from, and subscribed to anew."""

    off: frozenset[int]
    on: frozenset[int]

    @classmethod
    def drawn(cls, chooser: random.Random, length: int) -> "Subscriptions":
        """Draw some, the last of them maybe as late as the end of the tape."""
        begins = chooser.sample(range(1, length), 3)
        late = [length - chooser.choice(OUTAGES)] if chooser.random() < 0.5 else []
        ends = [min(place + chooser.choice(OUTAGES), length) for place in begins]
        return cls(frozenset(begins + late), frozenset([*ends, length]))


class Session:
    """One client's session, played without a socket: what is sent, booked and normalised."""

    def __init__(self, market: Market, tape: Path, seed: int) -> None:
        self.market = market
        self._venue = venue(*market.of)
        self.reel = Reel.load([tape], self._venue)
        self.ledger = Ledger(self.reel, self._venue, seed)
        self._timeline = Timeline(self.reel, self._venue)
        self._stream = STREAMS[market]
        self._number = self.reel.streams.index(self._stream)
        wanted = bytes([1] * len(self.reel.streams))
        faults = [parse_fault(f"{fault} on {self._stream}") for fault in FAULTS]
        by_stream = self.reel.numbers_by_stream()
        self._plan = draw_plan(self.reel.streams, by_stream, wanted, faults, seed)

    def sent(self, asked: Subscriptions) -> Iterator[bytes]:
        """Yield what the client is sent, and enter it in the ledger."""
        is_on = True
        for slot in range(len(self.reel) + 1):
            self._timeline.position = slot
            is_on = is_on and slot not in asked.off
            if slot in asked.on:
                is_on = True
                yield from self._greeting(slot)
            if slot < len(self.reel):
                yield from self._slot(slot, is_on=is_on)

    def _greeting(self, slot: int) -> Iterator[bytes]:
        state = self._timeline.state(self._stream)
        greeting = state.greeting() if state is not None else None
        if greeting is not None:
            self.ledger.greeted(self._stream, slot)
            yield greeting

    def _slot(self, slot: int, *, is_on: bool) -> Iterator[bytes]:
        stream_of = self.reel.stream_of
        for note in self._plan.notes.get(slot, ()):
            if is_on:
                self.ledger.fault(note)
        for index in self._plan.sends.get(slot, [slot]):
            if is_on or stream_of[index] != self._number:
                self.ledger.sent(1, [index])
                yield self.reel.frames[index]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("market", STREAMS, ids=lambda market: market.name)
def test_gaps_are_exact_wherever_a_book_is_begun_anew(
    market: Market, seed: int, tapes: dict[Market, Path]
) -> None:
    session = Session(market, tapes[market], seed)
    asked = Subscriptions.drawn(random.Random(seed), len(session.reel))
    normalizer = Normalizer(exchange=market.exchange, market=market.market)
    messages = [
        message
        for number, frame in enumerate(session.sent(asked))
        for message in normalizer.push([frame], [START_NS + number])
    ]
    assert_gaps_are_exact(market, found_in(messages), [session.ledger.summary()])


def found_in(messages: list[tuple[str, bytes, bytes]]) -> Found:
    """Return the rows of the books and of the records about them."""
    found = Found()
    for kind in ("orderbook", "coverage"):
        values = [value for topic, _, value in messages if topic.startswith(f"{kind}.")]
        found.rows[kind] = list(rows_of(pa.table(decode(values, event_type=kind))))
    return found
