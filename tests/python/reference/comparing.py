"""Holds the messages of the real pipeline against what the reference says."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from .decoding import Record, decode_message
from .output import Output
from .records import CoverageRecord, Instrument

Message = tuple[str, bytes, bytes]


class Comparer:
    """Compares push after push; remembers the batch numbers of each topic.

    Parameters
    ----------
    producer : str
        The name every batch must have.
    """

    def __init__(self, producer: str = "tapeline") -> None:
        self._producer = producer
        self._last_batch: dict[str, int] = defaultdict(int)

    def compare(self, messages: Iterable[Message], expected: Output, sent_ns: int) -> None:
        """Assert that the messages of one push say what the reference says.

        Records are compared in order within an instrument and type; coverage within a channel.
        """
        found: dict[tuple[str, Instrument], list[Record]] = defaultdict(list)
        for topic, key, value in messages:
            batch = decode_message(topic, key, value)
            self._last_batch[topic] += 1
            assert batch.batch_id == self._last_batch[topic], topic
            assert batch.producer == self._producer
            assert batch.sent_ns == sent_ns
            found[batch.event_type, batch.instrument] += batch.records
        self._compare_records(found, expected)

    def _compare_records(
        self, found: dict[tuple[str, Instrument], list[Record]], expected: Output
    ) -> None:
        wanted: dict[tuple[str, Instrument], list[Any]] = {}
        for event_type in _TYPES:
            for instrument, records in getattr(expected, _TYPES[event_type]).items():
                wanted[event_type, instrument] = records
        assert set(found) == set(wanted)
        for (event_type, instrument), records in wanted.items():
            real = found[event_type, instrument]
            if event_type == "coverage":
                assert by_channel(real) == by_channel(records), instrument
            elif real != records:
                raise AssertionError(_first_difference(instrument, real, records))


_TYPES: Final = {"trade": "trades", "quarantine": "quarantine", "coverage": "coverage"}


def by_channel(records: Iterable[Any]) -> list[CoverageRecord]:
    """Return coverage records stream by stream, each in its own order."""
    return sorted(records, key=lambda record: str(record.channel))


def _first_difference(instrument: Instrument, real: list[Record], wanted: list[Any]) -> str:
    for index, (left, right) in enumerate(zip(real, wanted, strict=False)):
        if left != right:
            place = f"record {index} of {instrument.raw_symbol}"
            return f"{place}:\n  pipeline  {left}\n  reference {right}"
    return f"{instrument.raw_symbol}: {len(real)} records, the reference has {len(wanted)}"
