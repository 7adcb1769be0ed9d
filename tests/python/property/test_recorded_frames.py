"""The pipeline and the reference agree on recorded frames, whole and with faults planted."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random

import pytest

from tests.python.property import planting, recordings
from tests.python.property.agreeing import Pair
from tests.python.property.native import NativePipeline
from tests.python.property.planting import Planted
from tests.python.property.recordings import Frame
from tests.python.reference.corpus import plain_decimal

recordings.need_captures()

TRADES = {
    "binance_spot_btcusdt_20240808.jsonl.gz": 9_757,
    "binance_spot_btcusdt_20240809.jsonl.gz": 10_147,
}
OTHERS = sorted({path.name for path in recordings.FOLDER.glob("*.jsonl*")} - set(TRADES))
SHARE = 0.01
SMALL_FILE = 400_000


def pushes(frames: list[Frame], random: Random) -> Iterator[list[Frame]]:
    """Cut frames into pushes of random sizes."""
    at = 0
    while at < len(frames):
        size = random.choice([1, 2, 7, 255, 256, 257, 1_000, 5_000])
        yield frames[at : at + size]
        at += size


def push_all(pair: Pair, frames: list[Frame], seed: int) -> None:
    for part in pushes(frames, Random(seed)):
        pair.push([frame.raw for frame in part], [frame.received_ns for frame in part])


@pytest.mark.parametrize("name", TRADES)
def test_recorded_trades_come_out_whole_and_both_agree(name: str) -> None:
    pair = Pair(recordings.instruments())
    push_all(pair, recordings.frames(name), seed=1)
    counters = pair.native.counters()
    assert counters["events"]["trade"] == TRADES[name]
    assert (counters["duplicates"], counters["quarantined"]) == (0, {})
    assert pair.native.gaps() == []
    pair.end()


@pytest.mark.parametrize("plant", [planting.drop, planting.double, planting.swap, planting.mix])
@pytest.mark.parametrize("name", TRADES)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_gaps_and_duplicates_are_exactly_those_planted(
    name: str, seed: int, plant: Callable[[list[Frame], float, Random], Planted]
) -> None:
    trades = [frame for frame in recordings.frames(name) if b"@trade" in frame.raw]
    planted = plant(trades, SHARE, Random(seed))
    pair = Pair(recordings.instruments())
    push_all(pair, planted.frames, seed)
    found = [(gap.first_missing, gap.last_missing) for gap in pair.native.gaps()]
    assert found == planted.gaps
    assert pair.native.counters()["duplicates"] == planted.duplicates
    pair.end()


@pytest.mark.parametrize("name", TRADES)
def test_every_price_and_quantity_is_the_text_of_its_frame(name: str) -> None:
    trades = [frame for frame in recordings.frames(name) if b"@trade" in frame.raw]
    pipeline = NativePipeline(recordings.instruments())
    output = pipeline.push([frame.raw for frame in trades], [frame.received_ns for frame in trades])
    (records,) = output.trades.values()
    assert len(records) == TRADES[name]
    for record, frame in zip(records, trades, strict=True):
        data = json.loads(frame.raw)["data"]
        assert Decimal(plain_decimal(record.price)) == Decimal(data["p"])
        assert Decimal(plain_decimal(record.quantity)) == Decimal(data["q"])


def check_other(name: str) -> None:
    pair = Pair(recordings.instruments())
    push_all(pair, recordings.frames(name), seed=3)
    pair.end()


def is_small(name: str) -> bool:
    return (recordings.FOLDER / name).stat().st_size <= SMALL_FILE


@pytest.mark.parametrize("name", [name for name in OTHERS if is_small(name)])
def test_both_agree_on_other_recordings(name: str) -> None:
    check_other(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in OTHERS if not is_small(name)])
def test_both_agree_on_big_recordings_of_other_markets(name: str) -> None:
    check_other(name)
