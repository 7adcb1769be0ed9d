"""Every row of the corpus gets its verdict from the Rust pipeline."""

import pytest

from tests.python.property.native import NativePipeline
from tests.python.reference.comparing import compare
from tests.python.reference.corpus import (
    BINANCE_SPOT,
    Case,
    cases,
    check_case,
    check_neighbours,
    has_event,
    instruments,
)
from tests.python.reference.pipeline import Reference

EVERY_MARKET = cases()
CASES = {name: case for name, case in EVERY_MARKET.items() if case.market == BINANCE_SPOT}


def native(case: Case) -> NativePipeline:
    return NativePipeline(instruments(case.market), market=case.market, time_unit=case.time_unit)


@pytest.mark.parametrize("name", EVERY_MARKET)
def test_the_pipeline_gives_every_case_its_verdict(name: str) -> None:
    check_case(EVERY_MARKET[name], native(EVERY_MARKET[name]))


@pytest.mark.parametrize("name", CASES)
def test_the_frames_beside_a_case_come_out_perfect(name: str) -> None:
    check_neighbours(CASES[name], native(CASES[name]), "ETHUSDT")


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not has_event(case)])
def test_the_same_stream_goes_on_perfect_around_a_bad_frame(name: str) -> None:
    check_neighbours(CASES[name], native(CASES[name]), "BTCUSDT")


@pytest.mark.parametrize("name", CASES)
def test_pipeline_and_reference_say_the_same_of_a_case(name: str) -> None:
    case = CASES[name]
    pipeline, reference = native(case), Reference(instruments(), time_unit=case.time_unit)
    found = pipeline.push(case.frames, case.received_ns)
    compare(found, reference.push(case.frames, case.received_ns))
    assert pipeline.counters() == reference.counters()
    assert pipeline.gaps() == reference.gaps()
    compare(pipeline.finish(None), reference.finish(None))
