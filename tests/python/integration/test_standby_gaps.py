"""Two lines of the same streams, one of which loses frames: what is a gap and what is not.

Played without sockets or a clock: which line is ahead, and by how much, is drawn.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pytest

from tapeline.access.plain_rows import rows_of
from tapeline.apps.normalizer import Normalizer
from tapeline.tape import TapeReader
from tapeline.wire.native import decode
from tests.python.integration.venue_chain import BYBIT, OKX, SPOT, Found, Market

MARKETS = (SPOT, OKX, BYBIT)
FRAMES = 600
PATIENCE_NS = 250_000_000
START_NS = 1_800_000_000_000_000_000
MS = 1_000_000

#: One push: which frames, and how long after the push before.
Push = tuple[Sequence[bytes], int]


@dataclass(frozen=True, slots=True)
class Pair:
    """What a line that loses nothing and one that loses some bring."""

    market: Market
    whole: list[bytes]
    thinned: list[bytes]


@pytest.fixture(scope="module", params=MARKETS, ids=lambda market: market.name)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    market: Market = replace(request.param, types="trade,l2", symbols=request.param.symbols[:1])
    path = market.tape(tmp_path_factory.mktemp("tape"), FRAMES)
    frames = [line.raw for line in TapeReader(path) if line.kind == "ws"]
    chooser = random.Random(5)
    return Pair(market, frames, [each for each in frames if chooser.random() > 0.05])


def played(market: Market, pushes: Iterator[Push]) -> Found:
    """Return what a normaliser makes of pushes."""
    normalizer = Normalizer(
        exchange=market.exchange,
        market=market.market,
        stale_after_ns=0,
        gap_patience_ns=PATIENCE_NS,
    )
    now_ns = START_NS
    messages: list[tuple[str, bytes, bytes]] = []
    for frames, after_ns in pushes:
        now_ns += after_ns
        messages += normalizer.push(frames, [now_ns] * len(frames))
    messages += normalizer.finish(now_ns)
    found = Found()
    for kind in ("trade", "orderbook", "coverage"):
        values = [value for topic, _, value in messages if topic.startswith(f"{kind}.")]
        found.rows[kind] = list(rows_of(pa.table(decode(values, event_type=kind))))
    return found


def in_turns(pair: Pair, chooser: random.Random, step_ns: int) -> Iterator[Push]:
    """Let either line be ahead, by up to 40 frames; the roles change all the time."""
    at = {"whole": 0, "thinned": 0}
    lines = {"whole": pair.whole, "thinned": pair.thinned}
    while any(at[name] < len(lines[name]) for name in lines):
        behind = min(at, key=lambda name: at[name] / len(lines[name]))
        is_far = abs(at["whole"] - at["thinned"]) > 20
        name = behind if is_far else chooser.choice(list(lines))
        start = at[name]
        at[name] = start + chooser.randrange(1, 20)
        yield lines[name][start : at[name]], step_ns


@pytest.mark.parametrize("seed", range(4))
def test_what_one_line_lost_and_the_other_brings_is_no_gap(pair: Pair, seed: int) -> None:
    found = played(pair.market, in_turns(pair, random.Random(seed), 5 * MS))
    assert found.harm() == []
    assert found.coverage("gap_filled") == []
    alone = played(pair.market, iter([(pair.whole, 0)]))
    assert found.events() == alone.events()


def test_a_process_that_slept_reads_both_lines_before_it_calls_anything_missing(pair: Pair) -> None:
    middle = len(pair.thinned) // 2
    pushes = [(pair.thinned[:middle], 0), (pair.thinned[middle:], 60_000 * MS), (pair.whole, 0)]
    found = played(pair.market, iter(pushes))
    assert found.harm() == []


def test_what_comes_after_the_patience_is_told_as_a_gap_and_as_filled(pair: Pair) -> None:
    raw = pair.market.raw_symbols[0]
    channels = [channel for channel, _ in pair.market.provable]
    lost = played(pair.market, late(pair, []))
    opened = lost.coverage("gap_opened")
    assert opened
    # Binance's book waits for a fetched snapshot: it was never right.
    kinds = {row["kind"] for row in lost.harm()}
    assert ("book_unsynced" in kinds) == (pair.market.exchange != "binance")
    missing = [lost.missing([channel], raw) for channel in channels]
    assert any(missing)

    healed = played(pair.market, late(pair, pair.whole))
    assert healed.coverage("gap_opened") == opened
    assert [healed.missing([channel], raw) for channel in channels] == [set() for _ in channels]
    assert healed.coverage("gap_filled")


def late(pair: Pair, other: list[bytes]) -> Iterator[Push]:
    """Bring one line, then nothing for longer than the patience, then the other line."""
    yield pair.thinned, 0
    for _ in range(PATIENCE_NS // (50 * MS) + 1):
        yield pair.thinned[-1:], 50 * MS
    yield other, 0
