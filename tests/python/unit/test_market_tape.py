"""Synthetic tapes of every market: books add up, tops agree, anomalies are what the ledger says."""

import json
import random
import statistics
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import tapeline as tl
from tapeline.errors import ArgumentError
from tapeline.simulator.reel import Reel
from tapeline.simulator.registry import VENUES, speller, venue
from tapeline.simulator.synthetic.book import SyntheticBook
from tapeline.simulator.synthetic.tape import MarketSettings, MarketTape
from tapeline.simulator.timeline import Timeline
from tapeline.tape import TapeFrame, parse_line

MARKETS = list(VENUES)
SECOND = 1_000_000_000
#: Those whose books `top_of` and `book_tops` can read.
READ_HERE = [of for of in MARKETS if of[0] in ("binance", "okx", "bybit")]
Tops = tuple[list[str], list[str]]


def made(
    of: tuple[str, str],
    *,
    frames: int = 2_000,
    **settings: Any,  # noqa: ANN401
) -> tuple[MarketTape, list[bytes]]:
    spelled = speller(*of)
    chosen = {
        "symbols": spelled.default_symbols.split(","),
        "types": list(spelled.types),
        **settings,
    }
    tape = MarketTape(MarketSettings(frames=frames, **chosen), spelled)
    return tape, list(tape.lines())


def test_a_book_does_not_widen_for_ever() -> None:
    book = SyntheticBook(840_000, 1, random.Random(1))
    spreads = []
    for _ in range(20_000):
        book.change()
        (bid, _), (ask, _) = book.best()
        spreads.append(ask - bid)
    first, last = spreads[:10_000], spreads[10_000:]
    assert min(spreads) == 1
    assert statistics.mean(last) < 2 * statistics.mean(first)


def test_anomalies_can_be_made_rare() -> None:
    of = MARKETS[0]
    usual, rare = (made(of, frames=20_000, anomalies_every=every)[0] for every in (1, 10))
    planted = [sum(line["type"] == "anomaly" for line in tape.ledger) for tape in (usual, rare)]
    assert 0 < planted[1] < planted[0] / 4


def top_of(message: dict[str, Any]) -> tuple[int, Tops] | None:
    """Return the shared id and the best levels of a top-of-book message."""
    data = message["data"]
    if message.get("arg", {}).get("channel") == "bbo-tbt":
        (element,) = data
        return element["seqId"], (element["bids"][0][:2], element["asks"][0][:2])
    if str(message.get("topic", "")).startswith("orderbook.1."):
        return data["seq"], (data["b"][0], data["a"][0])
    if "@bookTicker" in message.get("stream", ""):
        return data["u"], ([data["b"], data["B"]], [data["a"], data["A"]])
    return None


def book_tops(of: tuple[str, str], lines: list[bytes]) -> Iterator[tuple[str, int, Tops]]:
    """Yield symbol, shared id and best levels after every book message, by the plain book."""
    market = venue(*of)
    reel = Reel(market)
    reel.append([parse_line(line) for line in lines])
    timeline = Timeline(reel, market)
    for index, number in enumerate(reel.stream_of):
        stream = reel.streams[number]
        if not stream.startswith(("books:", "orderbook.50.")) and "@depth" not in stream:
            continue
        timeline.position = index + 1
        state: Any = timeline.state(stream)
        if of[0] == "binance":
            levels, shared = state.snapshot(1), state.last_id
            yield stream, shared, (levels["bids"][0], levels["asks"][0])
        elif of[0] == "okx":
            levels, shared = state.levels(1), state.last["seqId"]
            yield stream, shared, (levels["bids"][0][:2], levels["asks"][0][:2])
        else:
            levels, shared = state.levels(1), state.last["data"]["seq"]
            yield stream, shared, (levels["b"][0], levels["a"][0])


@pytest.mark.parametrize("of", MARKETS, ids=" ".join)
def test_the_same_arguments_make_the_same_bytes(of: tuple[str, str]) -> None:
    one, two, other = made(of, frames=600), made(of, frames=600), made(of, frames=600, seed=1)
    assert one[1] == two[1]
    assert one[0].ledger == two[0].ledger
    assert one[1] != other[1]


@pytest.mark.parametrize("of", READ_HERE, ids=" ".join)
def test_tops_agree_with_the_book_at_every_shared_id(of: tuple[str, str]) -> None:
    _, lines = made(of, has_anomalies=False)
    tops = {}
    for line in lines:
        message = json.loads(parse_line(line).raw)
        found = top_of(message) if "data" in message else None
        if found is not None:
            tops[found[0]] = found[1]
    compared = 0
    for _, shared, best in book_tops(of, lines):
        assert float(best[0][0]) < float(best[1][0])
        if shared in tops:
            assert tops[shared] == best
            compared += 1
    assert compared > 50


@pytest.mark.parametrize("of", MARKETS, ids=" ".join)
def test_every_type_of_the_market_is_there_and_labelled_synthetic(of: tuple[str, str]) -> None:
    tape, lines = made(of)
    frames = [parse_line(line) for line in lines]
    assert all(frame.url.startswith("synthetic:") for frame in frames)
    market = venue(*of)
    streams = Counter(market.stream(frame) for frame in frames if frame.kind == "ws")
    assert len([name for name in streams if name]) >= len(speller(*of).types)
    times = [frame.recv_ns or 0 for frame in frames]
    assert times == sorted(set(times))
    summary = tape.ledger[-1]
    assert summary["tape_frames"] == len(lines)


@pytest.mark.parametrize("of", MARKETS, ids=" ".join)
def test_the_ledger_names_what_was_planted(of: tuple[str, str]) -> None:
    tape, lines = made(of, frames=5_000)
    frames: list[TapeFrame] = [parse_line(line) for line in lines]
    notes = [note for note in tape.ledger if note["type"] == "anomaly"]
    kinds = {kind for planted in speller(*of).types.values() for kind in planted}
    assert {"gap", "duplicate", "malformed"} <= kinds == {note["kind"] for note in notes}
    market = venue(*of)
    written = {(market.stream(frame), market.native_ids(frame.raw)) for frame in frames}
    for note in notes:
        frame = frames[note["line"] - 1] if note["line"] <= len(frames) else None
        if note["kind"] == "malformed":
            assert frame is not None
            with pytest.raises(json.JSONDecodeError):
                json.loads(frame.raw)
            assert note["expected"] == {"verdict": "quarantine", "reason": "truncated"}
        if note["kind"] == "duplicate":
            assert frame is not None
            assert frames[note["line"] - 2].raw == frame.raw
        if note["kind"] == "late":
            assert frame is not None
            assert market.native_ids(frame.raw) == (note["first_id"], note["last_id"])
            before = market.native_ids(frames[note["line"] - 2].raw)
            assert before is not None
            assert before[1] > note["last_id"]
        if note["kind"] == "gap":
            assert (note["stream"], (note["first_id"], note["last_id"])) not in written


def test_a_type_the_market_does_not_have_is_refused() -> None:
    with pytest.raises(ArgumentError, match="types must be among"):
        made(("binance", "spot"), types=["funding"])
    with pytest.raises(ArgumentError, match="no symbol"):
        made(("bybit", "linear"), symbols=["BTC/USD:BTC"])
    with pytest.raises(ArgumentError, match="quoted in USD"):
        made(("binance", "coinm"), symbols=["BTC/USDT"])


@pytest.mark.parametrize("of", MARKETS, ids=" ".join)
def test_a_tape_goes_on_where_the_one_before_ended(of: tuple[str, str]) -> None:
    first, lines = made(of, frames=600, has_anomalies=False)
    second = first.following(600, first.now_ns + 5 * SECOND)
    assert second.start_ns == first.now_ns + 5 * SECOND
    frames = [parse_line(line) for line in (*lines, *second.lines())]
    times = [frame.recv_ns or 0 for frame in frames]
    assert times == sorted(set(times))
    assert times[len(lines)] - times[len(lines) - 1] > 4 * SECOND
    # Together they are one feed, without a gap and without anything twice.
    pipeline = tl.Normalizer(exchange=of[0], market=of[1])
    for frame in frames:
        if frame.kind == "ws":
            pipeline.push([frame.raw], frame.recv_ns or 0)
    counters = pipeline.counters()
    assert sum(counters["events"].values()) > 1_000
    assert (counters["duplicates"], pipeline.gaps()) == (0, [])


def test_a_tape_never_goes_back_in_time() -> None:
    first, _ = made(MARKETS[0], frames=100)
    assert first.following(100, 0).start_ns == first.now_ns
