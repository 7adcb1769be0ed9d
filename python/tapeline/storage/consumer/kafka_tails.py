"""Read what lies before some offsets on Kafka, with a consumer that belongs to no group."""

from collections.abc import Mapping
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as KafkaMessage

from tapeline.errors import TransportError
from tapeline.storage.consumer.kafka_message import message_of
from tapeline.storage.ports import Message, Offsets, Partition, Tail
from tapeline.telemetry.clock import Clock

_WITHIN_S: Final = 20.0
_POLL_S: Final = 0.5
_GONE: Final = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
    }
)


def read_tails(
    servers: str, offsets: Offsets, messages_max: int, clock: Clock
) -> Mapping[Partition, Tail]:
    """Return the last messages before these offsets.

    Raises
    ------
    TransportError
        The brokers do not answer in time.
    """
    wanted = {each: offset for each, offset in offsets.items() if offset > 0}
    if not wanted:
        return {}
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            # A name is asked for; nothing is ever committed under it.
            "group.id": "tapeline-store-look-back",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "check.crcs": True,
            "enable.metrics.push": False,
            "log_level": 0,
        }
    )
    try:
        consumer.assign(
            [
                TopicPartition(*each, max(0, offset - messages_max))
                for each, offset in wanted.items()
            ]
        )
        return _Reading(wanted, messages_max).run(consumer, clock)
    except KafkaException as error:
        raise TransportError(f"cannot read Kafka at {servers}: {error}") from error
    finally:
        consumer.close()


class _Reading:
    """Collects until every partition has shown what is before its offset."""

    def __init__(self, wanted: Offsets, messages_max: int) -> None:
        self._wanted = wanted
        self._messages_max = messages_max
        self._found: dict[Partition, list[Message]] = {each: [] for each in wanted}
        self._short: set[Partition] = set()
        self._open = set(wanted)

    def run(self, consumer: Consumer, clock: Clock) -> Mapping[Partition, Tail]:
        end_ns = clock.monotonic_ns() + int(_WITHIN_S * 1e9)
        while self._open:
            if clock.monotonic_ns() > end_ns:
                raise TransportError(
                    f"Kafka has not shown what lies before {len(self._open)} offsets in time"
                )
            for raw in consumer.consume(500, _POLL_S):
                self._take(raw)
        return {each: Tail(found, each in self._short) for each, found in self._found.items()}

    def _take(self, raw: KafkaMessage) -> None:
        partition = raw.topic() or "", raw.partition() or 0
        if partition not in self._open:
            return
        offset, error = raw.offset() or 0, raw.error()
        wanted = self._wanted[partition]
        if error is not None:
            self._end(partition, error, offset)
            return
        if offset < wanted:
            self._found[partition].append(message_of(raw))
            # Asked for what is not there, the broker gives the beginning: it ends before.
            if offset < wanted - self._messages_max:
                self._short.add(partition)
        is_all = len(self._found[partition]) >= self._messages_max
        if offset >= wanted - 1 or is_all:
            self._open.discard(partition)

    def _end(self, partition: Partition, error: KafkaError, offset: int) -> None:
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
            if offset < self._wanted[partition]:
                self._short.add(partition)
            self._open.discard(partition)
        elif error.code() in _GONE:
            # Deleted just now: the group will take it away.
            self._open.discard(partition)
        elif error.fatal():
            raise TransportError(error.str())
