"""What the pipeline says of a connection, and when a session ends."""

from typing import Literal

import pytest

from tests.python.property.generating import SYMBOLS, Market
from tests.python.property.native import NativePipeline
from tests.python.reference.records import CoverageRecord, Instrument

State = Literal["lost", "restored"]
PLACES = {Instrument(raw_symbol, symbol) for raw_symbol, symbol in SYMBOLS.items()}


@pytest.mark.parametrize("state", ["lost", "restored"])
def test_each_instrument_with_data_gets_one_record_of_the_connection(state: State) -> None:
    pipeline = NativePipeline(SYMBOLS)
    assert pipeline.connection(state, 5, "nothing yet").coverage == {}
    for part in Market(1).pushes(3_000):
        pipeline.push([frame.raw for frame in part], [frame.received_ns for frame in part])
    output = pipeline.connection(state, 7, "the peer went away")
    record = CoverageRecord(
        f"connection_{state}", "unverifiable", "", None, None, None, None, 7, "the peer went away"
    )
    assert output.coverage == {place: [record] for place in PLACES}
    assert not output.trades
    assert not output.quarantine


def test_nothing_ends_where_nothing_began() -> None:
    pipeline = NativePipeline(SYMBOLS)
    assert pipeline.finish(None).coverage == {}
