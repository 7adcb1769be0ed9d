"""A topic deleted and made anew, a log cut before it was read: on a real Kafka, and told."""

import json
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

import tapeline as tl
from tapeline.apps.audit import audit
from tapeline.storage.targets import parse_target
from tapeline.transport.ports import Message
from tests.python.integration.conftest import deleted
from tests.python.integration.test_store_kafka import (
    assert_each_once,
    command,
    send,
    started,
    store_all,
    wait_for_rows,
)
from tests.python.storing import decoded, ids, make_messages, stored
from tests.services.kafka import KafkaBroker

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

_BTC = "trade.binance.spot.btcusdt"


def statements(root: Path) -> list[dict[str, Any]]:
    """Return what the store's writer stated itself."""
    rows = stored(root, "coverage").to_pylist()
    return [row for row in rows if row["channel"].startswith("bus.")]


def bus_holes(root: Path, symbol: str, end: int | None = None) -> list[dict[str, Any]]:
    coverage = tl.open(f"parquet:{root}").load(symbol, types="trade", end=end).coverage
    return [row for row in coverage.holes.to_arrow().to_pylist() if row["kind"] == "bus"]


def test_topic_made_anew_beyond_the_stores_offset_is_read_from_its_beginning(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    old = make_messages(600, per_push=30)
    send(broker, tmp_path, old)
    root = tmp_path / "store"
    assert store_all(broker, root)["made_anew"] == 0
    deleted(broker)
    # More messages than before, so that the store's offsets are offsets of the new topics.
    new = make_messages(1500, producer="test-2", per_push=30, first_id=1001)
    send(broker, tmp_path, new)
    summary = store_all(broker, root)
    topics = {topic for topic, _, _ in new}
    assert summary["made_anew"] == len(topics)
    assert (summary["residual"], summary["messages"]) == (0, len(new))
    assert_each_once(root, [*old, *new])
    told = statements(root)
    assert {row["channel"] for row in told} == {"bus.trade", "bus.coverage"}
    assert len(told) == len(topics)
    (hole,) = bus_holes(root, "BTC/USDT")
    assert (hole["proof"], hole["last_id"]) == ("unverifiable", None)
    assert "made anew" in hole["reason"]
    report = audit([parse_target(f"parquet:{root}")], [], f"kafka://{broker.servers}", ["trade"])
    assert report.is_good
    # From then on it is the log that the store knows.
    assert (store_all(broker, root)["made_anew"], len(statements(root))) == (0, len(topics))


@pytest.mark.parametrize("trades", [150, 1500], ids=["shorter", "longer"])
def test_topic_made_anew_while_it_is_read_is_read_from_its_beginning(
    broker: KafkaBroker, tmp_path: Path, trades: int
) -> None:
    old = make_messages(600, per_push=30)
    send(broker, tmp_path, old)
    root = tmp_path / "store"
    # New topics are looked for every 10 s, and ours are gone for a moment, longer when it is busy.
    with started(command(broker, root, "--idle", "35")) as process:
        wait_for_rows(root, 600)
        deleted(broker)
        new = make_messages(trades, producer="test-2", per_push=30, first_id=1001)
        send(broker, tmp_path, new)
        out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    (summary,) = json.loads(out)["targets"]
    topics = {topic for topic, _, _ in new}
    assert (summary["made_anew"], summary["jumped"]) == (len(topics), 0)
    # What came of the new topics before it was known that they are new comes once more.
    assert summary["residual"] == 0
    assert summary["messages"] - summary["redelivered"] == len(old) + len(new)
    assert_each_once(root, [*old, *new])
    assert stored(root, "coverage").num_rows == len(decoded([*old, *new], "coverage")) + len(topics)
    assert len(statements(root)) == len(topics)
    assert {row["proof"] for row in statements(root)} == {"unverifiable"}


def test_topic_that_stays_is_never_taken_for_another(broker: KafkaBroker, tmp_path: Path) -> None:
    messages: list[Message] = []
    root = tmp_path / "store"
    for round_ in range(2):
        more = make_messages(300, producer=f"run-{round_}", per_push=30, first_id=1 + 100 * round_)
        # The last message of a topic is no batch: it says nothing of which log it is.
        send(broker, tmp_path, [*more, (_BTC, b"btcusdt", b"no batch")])
        summary = store_all(broker, root)
        assert (summary["made_anew"], summary["residual"]) == (0, 0)
        assert summary["dead_letters"] == {"undecodable": 1}
        messages += more
    assert_each_once(root, messages)
    assert statements(root) == []


def test_messages_cut_before_they_were_read_are_stated_once(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    messages = make_messages(900, per_push=30)
    first, second = messages[: len(messages) // 3], messages[len(messages) // 3 :]
    root = tmp_path / "store"
    send(broker, tmp_path, first)
    store_all(broker, root)
    send(broker, tmp_path, second)
    known = sum(topic == _BTC for topic, _, _ in first)
    admin = AdminClient({"bootstrap.servers": broker.servers, "log_level": 0})
    cut = TopicPartition(_BTC, 0, known + 5)
    for done in admin.delete_records([cut]).values():
        done.result(timeout=30)
    summary = store_all(broker, root)
    assert (summary["jumped"], summary["residual"]) == (5, 0)
    lost = [m for m in second if m[0] == _BTC][:5]
    left = [message for message in messages if message not in lost]
    assert_each_once(root, left)
    (told,) = statements(root)
    assert (told["symbol"], told["channel"]) == ("BTC/USDT", "bus.trade")
    assert (told["first_id"], told["last_id"]) == (known, known + 4)
    (hole,) = bus_holes(root, "BTC/USDT")
    gone = decoded(lost)["timestamp_ns"].to_pylist()
    assert hole["proof"] == "proven_gap"
    assert hole["start_ns"] <= min(gone)
    assert hole["end_ns"] >= max(gone)
    # An answer that ends inside of the hole says so, one before it and one of another do not.
    assert bus_holes(root, "BTC/USDT", end=min(gone) + 1)
    assert bus_holes(root, "BTC/USDT", end=hole["start_ns"]) == []
    assert bus_holes(root, "ETH/USDT") == []
    assert tl.open(f"parquet:{root}").load("BTC/USDT").coverage.is_complete is False
    report = audit(
        [parse_target(f"parquet:{root}")], [], f"kafka://{broker.servers}", ["trade", "coverage"]
    )
    assert report.targets[0].gone_messages == 5
    assert report.is_good, "what is on the bus is stored; what is not, is known"
    assert store_all(broker, root)["messages"] == 0
    assert len(statements(root)) == 1
    assert len(ids(stored(root))) == 900 - len(gone)
