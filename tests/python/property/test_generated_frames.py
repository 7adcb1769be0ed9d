"""The pipeline and the reference agree on generated frames, one after the other."""

from typing import Literal

import pytest

from tests.python.property.agreeing import Pair
from tests.python.property.generating import SYMBOLS, Market, Shares
from tests.python.reference.anomalies import Limits

FAST_FRAMES = 3_500
SLOW_FRAMES = 50_000
SLOW_SEEDS = range(100, 120)
Unit = Literal["ms", "us"]


def run(seed: int, frames: int, time_unit: Unit, shares: Shares | None = None) -> Pair:
    """Push a market's frames to both and compare everything; return both for more questions."""
    print(f"seed {seed}, {time_unit}, {shares}")  # noqa: T201 - shown when the test fails
    pair = Pair(SYMBOLS, time_unit=time_unit)
    for part in Market(seed, time_unit, shares).pushes(frames):
        pair.push([frame.raw for frame in part], [frame.received_ns for frame in part])
    pair.end()
    return pair


@pytest.mark.parametrize("time_unit", ["ms", "us"])
@pytest.mark.parametrize("seed", [1, 2])
def test_both_agree_on_a_market_that_goes_wrong(seed: int, time_unit: Unit) -> None:
    counters = run(seed, FAST_FRAMES, time_unit).reference.counters()
    assert min(counters["quality"].values()) > 0
    assert len(counters["quarantined"]) >= 15, "the generator has lost its faults"
    assert counters["duplicates"] > 0


def test_both_agree_on_a_market_where_all_is_well() -> None:
    well = Shares(sequence_faults=0, frame_faults=0, other_messages=0)
    counters = run(3, FAST_FRAMES, "ms", well).native.counters()
    assert counters["quarantined"] == {}
    assert counters["quality"]["perfect"] > 0.9 * FAST_FRAMES


def test_both_agree_when_every_second_trade_is_out_of_line() -> None:
    counters = run(4, FAST_FRAMES, "ms", Shares(sequence_faults=0.5, frame_faults=0)).native
    assert counters.counters()["gaps_opened"] > 0


def test_both_agree_with_other_settings() -> None:
    limits = Limits(future_after_ns=0, stale_after_ns=0)
    pair = Pair(SYMBOLS, limits=limits, max_frame_bytes=200, keep_raw="all")
    for part in Market(5).pushes(FAST_FRAMES):
        pair.push([frame.raw for frame in part], [frame.received_ns for frame in part])
    assert pair.native.counters()["quarantined"]["frame_too_large"] > 0
    pair.end()


def test_one_receive_time_holds_for_the_whole_push() -> None:
    frames = [frame.raw for frame in Market(6).frames(500)]
    for received_ns in (None, 1_723_161_255_000_000_000):
        pair = Pair(SYMBOLS)
        pair.push(frames, received_ns)
        pair.end(received_ns)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SLOW_SEEDS)
def test_both_agree_on_a_million_frames(seed: int) -> None:
    run(seed, SLOW_FRAMES, "us" if seed % 4 == 0 else "ms")
