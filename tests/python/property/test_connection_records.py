"""What the pipeline says of a connection, and when a session ends."""

from typing import Literal

import pytest

from tests.python.property.generating import SYMBOLS, Market
from tests.python.property.native import NativePipeline
from tests.python.reference.records import CoverageRecord, Instrument

State = Literal["lost", "restored"]
PLACES = {Instrument(raw_symbol, symbol) for raw_symbol, symbol in SYMBOLS.items()}


@pytest.mark.parametrize("state", ["lost", "restored"])
def test_each_stream_with_data_gets_one_record_of_the_connection(state: State) -> None:
    pipeline = NativePipeline(SYMBOLS)
    assert pipeline.connection(state, 5, "nothing yet").coverage == {}
    for part in Market(1).pushes(3_000):
        pipeline.push([frame.raw for frame in part], [frame.received_ns for frame in part])
    streams = pipeline.normalizer.last_received()
    output = pipeline.connection(state, 7, "the peer went away")
    assert set(output.coverage) == PLACES
    for place, records in output.coverage.items():
        channels = {channel for symbol, channel in streams if symbol == place.raw_symbol}
        expected = {
            CoverageRecord(
                f"connection_{state}",
                "unverifiable",
                channel,
                None,
                None,
                None,
                None,
                7,
                "the peer went away",
            )
            for channel in channels
        }
        told = [record for record in records if record.kind == f"connection_{state}"]
        assert len(told) == len(expected)
        assert set(told) == expected
        books = [record for record in records if record not in told]
        assert {record.channel for record in books} <= {"bookTicker", "depth", "partialDepth"}
        assert all(record.kind == "book_unsynced" for record in books)
        assert not books or state == "lost"
    assert not output.trades
    assert not output.quarantine


def test_nothing_ends_where_nothing_began() -> None:
    pipeline = NativePipeline(SYMBOLS)
    assert pipeline.finish(None).coverage == {}
