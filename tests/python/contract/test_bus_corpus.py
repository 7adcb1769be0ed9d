"""The K rows of the bad-input corpus: what may lie on a bus, in a topic name or in a spool file."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tapeline.apps.batch_reader import BatchReader
from tapeline.apps.bus_reader import open_bus
from tapeline.errors import ArgumentError
from tapeline.storage.ports import Message
from tapeline.transport.local_file import BusFileError
from tapeline.transport.spool import Spool
from tapeline.transport.topics import parse_routing_key
from tests.corpus.wire_rows import named_cases
from tests.python.storing import make_messages
from tests.services.kafka import KafkaBroker

CORPUS = Path(__file__).parents[2] / "corpus"
CASES = json.loads((CORPUS / "bus_manifest.json").read_text())["cases"]


def cases(kind: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["kind"] == kind]


def message_of(case: dict[str, Any]) -> Message:
    return Message(
        topic=case["topic"],
        partition=0,
        offset=0,
        key=None if case["key"] is None else case["key"].encode(),
        value=None if case["file"] is None else (CORPUS / case["file"]).read_bytes(),
        headers=tuple(
            (name, None if text is None else text.encode()) for name, text in case["headers"]
        ),
    )


@pytest.mark.parametrize("case", cases("message"))
def test_a_message_is_passed_or_counted_by_reason(case: dict[str, Any]) -> None:
    reader = BatchReader()
    batches = reader.batches([message_of(case)])
    if case["expected"] == "batch":
        assert [batch.event_count for batch in batches] == [3]
        assert not reader.counts.rejected
        return
    assert batches == []
    assert reader.counts.rejected == Counter([case["expected"]])
    assert reader.last_rejected is not None
    assert case["topic"] in reader.last_rejected


@pytest.mark.parametrize("name", named_cases())
def test_a_hostile_batch_never_ends_the_reader(name: str) -> None:
    value = named_cases()[name].value
    reader = BatchReader()
    reader.batches([Message("trade.binance.spot.btcusdt", 0, 0, b"btcusdt", value)])
    assert reader.counts.batches + reader.counts.rejected.total() == 1


def test_a_batch_delivered_twice_is_passed_once_unless_asked_for() -> None:
    case = next(case for case in CASES if case["id"] == "K00_1")
    twice = [message_of(case), message_of(case)]
    reader = BatchReader()
    assert len(reader.batches(twice)) == 1
    assert (reader.counts.messages, reader.counts.redelivered) == (2, 1)
    assert len(BatchReader(all_deliveries=True).batches(twice)) == 2


def test_what_is_remembered_of_a_topic_is_bounded_however_often_its_producer_changes() -> None:
    sent = [
        Message(topic, 0, 0, key, value)
        for name in ("first", "second", "third")
        for topic, key, value in make_messages(9, producer=name, per_push=3)
        if topic == "trade.binance.spot.btcusdt"
    ]
    assert len(sent) == 9
    reader = BatchReader(remembered=4)
    assert len(reader.batches(sent)) == len(sent)
    assert len(reader.batches(sent[-4:])) == 0
    assert len(reader.batches(sent[:1])) == 1


@pytest.mark.integration
def test_a_real_broker_full_of_rubbish_stops_no_reader(own_broker: KafkaBroker) -> None:
    """Every message case on one broker at once, a headerless topic between, and a name of ours."""
    wanted = [case for case in CASES if case["kind"] == "message"]
    topics = sorted({case["topic"] for case in wanted})
    admin = AdminClient({"bootstrap.servers": own_broker.servers, "log_level": 0})
    for made in admin.create_topics([NewTopic(name, 1, 1) for name in topics]).values():
        made.result(60)
    producer = Producer({"bootstrap.servers": own_broker.servers, "log_level": 0})
    for case in wanted:
        message = message_of(case)
        producer.produce(message.topic, message.value, message.key, headers=list(message.headers))
    assert producer.flush(60) == 0

    reader = BatchReader()
    bus = open_bus(f"kafka://{own_broker.servers}", exchange="binance")
    passed = 0
    try:
        end = time.monotonic() + 60
        while reader.counts.messages < len(wanted) and time.monotonic() < end:
            passed += len(reader.batches(bus.read(0.2)))
    finally:
        bus.close()
    expected = Counter(case["expected"] for case in wanted)
    assert passed == expected.pop("batch")
    assert reader.counts.rejected == expected


@pytest.mark.parametrize("case", cases("routing_key"))
def test_a_routing_key_is_refused_before_it_reaches_a_bus(case: dict[str, Any]) -> None:
    if case["expected"] is None:
        assert str(parse_routing_key(case["text"])) == case["text"]
        return
    with pytest.raises(ArgumentError) as refused:
        parse_routing_key(case["text"])
    assert case["expected"] in str(refused.value)


@pytest.fixture
def spool_file(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


@pytest.mark.parametrize("case", cases("spool"))
def test_a_spool_file_gives_what_can_be_read_and_is_never_deleted(
    case: dict[str, Any], spool_file: Path
) -> None:
    original = (CORPUS / case["file"]).read_bytes()
    spool_file.write_bytes(original)
    if case["error"] is not None:
        with pytest.raises(BusFileError, match=case["error"]):
            Spool(spool_file)
        assert spool_file.read_bytes() == original
        return
    spool = Spool(spool_file)
    try:
        assert spool.recovered == case["recovered"]
        rows = spool.take(1000, 10_000_000, lambda _: True)
        assert spool.damaged == len(case["damaged"])
    finally:
        spool.close()
    numbers = [int(row.value[8:12]) for row in rows]
    assert numbers == case["numbers"]
    values = [b"message-%04d-" % number + b"x" * 400 for number in numbers]
    assert [row.value for row in rows] == values
    aside = spool_file.with_name("spool.db.damaged-1")
    assert aside.exists() == case["set_aside"]
    if case["set_aside"]:
        assert aside.read_bytes()[4096:] == original[4096:]
    assert spool_file.with_name("spool.db.dead").exists() == bool(case["damaged"])
