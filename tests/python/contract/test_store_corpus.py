"""The K rows of the bad-input corpus through the consumer: one verdict each, nothing raises."""

import json
from pathlib import Path
from typing import Any

import pytest

from tapeline.errors import ArgumentError, DecodeError
from tapeline.storage.consumer.batches import REASONS, examine
from tapeline.storage.consumer.decoding import decode_batches
from tapeline.storage.ports import Message
from tapeline.storage.schema import EVENT_TYPES
from tapeline.wire.native import inspect, topic
from tests.corpus.wire_rows import named_cases
from tests.python.storing import SYMBOLS, as_read, decoded, ids, make_messages

CORPUS = Path(__file__).parents[2] / "corpus"
CASES = json.loads((CORPUS / "bus_manifest.json").read_text())["cases"]


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case["id"]) for case in CASES if case["kind"] == "message"],
)
def test_a_message_is_stored_or_dead_lettered_by_reason(case: dict[str, Any]) -> None:
    message = Message(
        case["topic"],
        0,
        5,
        None if case["key"] is None else case["key"].encode(),
        None if case["file"] is None else (CORPUS / case["file"]).read_bytes(),
        tuple((name, None if text is None else text.encode()) for name, text in case["headers"]),
    )
    batches, rejected = examine([message])
    if case["expected"] != "batch":
        assert batches == []
        (found,) = rejected
        assert (found.reason, found.message) == (case["expected"], message)
        assert found.reason in REASONS
        assert found.detail
        return
    assert rejected == []
    (batch,) = batches
    table, bad, good = decode_batches(batch.event_type, batches)
    assert (bad, good) == ([], batches)
    assert table["log_offset"].to_pylist() == [5, 5, 5]
    assert table["log_index"].to_pylist() == [0, 1, 2]


def test_hostile_batches_cost_themselves_alone() -> None:
    cases = named_cases()
    good = make_messages(30)
    messages = []
    for place, case in enumerate(cases.values()):
        try:
            info = inspect(case.value)
            routing_key = topic(info.event_type, info.exchange, info.market, info.raw_symbol)
        except (DecodeError, ArgumentError):
            routing_key = good[0][0]
        messages.append(Message(routing_key, 0, place, b"", case.value))
    messages += as_read(good)
    batches, rejected = examine(messages)
    assert len(batches) + len(rejected) == len(messages)
    stored_rows = 0
    for event_type in EVENT_TYPES:
        some = [batch for batch in batches if batch.event_type == event_type]
        table, bad, decoded_ones = decode_batches(event_type, some)
        assert len(bad) + len(decoded_ones) == len(some)
        assert table.num_rows == sum(batch.event_count for batch in decoded_ones)
        stored_rows += table.num_rows
        if event_type == "trade":
            own = {trade for trade in ids(table) if trade[0] in SYMBOLS}
            assert set(ids(decoded(good))) <= own
    assert stored_rows > len(good)
    # Not all of the hostile ones are told by their envelope.
    assert rejected
