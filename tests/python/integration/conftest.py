"""A real Kafka broker, emptied before each test."""

import time
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AdminClient

from tapeline.storage.consumer.dead_letter import TOPIC
from tests.services.kafka import KafkaBroker, broker_or_skip


@pytest.fixture(scope="package")
def running_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    broker = broker_or_skip(tmp_path_factory.mktemp("kafka-end-to-end"))
    yield broker
    broker.stop()


@pytest.fixture
def broker(running_broker: KafkaBroker) -> KafkaBroker:
    """The broker, without a topic of an earlier test."""
    deleted(running_broker)
    return running_broker


def deleted(broker: KafkaBroker) -> None:
    """Delete all topics of ours and the dead letters, and wait until they are gone."""
    admin = AdminClient({"bootstrap.servers": broker.servers, "log_level": 0})
    if names := ours(admin):
        for done in admin.delete_topics(names).values():
            done.result(timeout=60)
    end = time.monotonic() + 60
    while ours(admin):
        assert time.monotonic() < end, "the broker still lists topics that were deleted"
        time.sleep(0.05)


def ours(admin: AdminClient) -> list[str]:
    topics = admin.list_topics(timeout=60).topics
    return [name for name in topics if name.count(".") == 3 or name == TOPIC]
