"""Reads the messages of the real pipeline back and holds them against what the reference says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from .decoding import decode_message
from .output import Output
from .records import Control, CoverageRecord, Instrument

Message = tuple[str, bytes, bytes]

_TYPES: Final = {
    "trade": "trades",
    "orderbook": "books",
    "funding": "fundings",
    "liquidation": "liquidations",
    "quarantine": "quarantine",
    "coverage": "coverage",
}


class MessageReader:
    """Reads pushes of one producer; remembers the batch number of each topic.

    Parameters
    ----------
    exchange : str
        The exchange every batch must have.
    producer : str
        The name every batch must have.
    """

    def __init__(self, exchange: str = "binance", producer: str = "tapeline") -> None:
        self._exchange = exchange
        self._producer = producer
        self._last_batch: dict[str, int] = defaultdict(int)

    def read(self, messages: Iterable[Message], sent_ns: int, controls: list[Control]) -> Output:
        """Return the records of one push, after a check of everything that names a batch."""
        output = Output()
        output.controls = controls
        for topic, key, value in messages:
            batch = decode_message(topic, key, value)
            self._last_batch[topic] += 1
            assert batch.batch_id == self._last_batch[topic], topic
            assert batch.exchange == self._exchange
            assert batch.producer == self._producer
            assert batch.sent_ns == sent_ns
            getattr(output, _TYPES[batch.event_type])[batch.instrument].extend(batch.records)
        return output


def compare(found: Output, expected: Output) -> None:
    """Assert that two pushes say the same.

    Records are compared in order within an instrument; coverage within a channel of it.
    """
    assert found.controls == expected.controls
    _compare(found.trades, expected.trades)
    _compare(found.books, expected.books)
    _compare(found.quarantine, expected.quarantine)
    _compare(_by_channel(found.coverage), _by_channel(expected.coverage))


def _by_channel(
    coverage: Mapping[Instrument, list[CoverageRecord]],
) -> dict[Instrument, list[CoverageRecord]]:
    """Return the records stream by stream, each in its own order."""
    return {
        instrument: sorted(records, key=lambda record: record.channel)
        for instrument, records in coverage.items()
    }


def _compare(
    found: Mapping[Instrument, list[Any]], expected: Mapping[Instrument, list[Any]]
) -> None:
    if found == expected:
        return
    assert set(found) == set(expected)
    for instrument, records in expected.items():
        for index, (left, right) in enumerate(zip(found[instrument], records, strict=False)):
            assert left == right, f"record {index} of {instrument}"
        assert len(found[instrument]) == len(records), instrument
