"""Read a bus from its beginning: an operator's tool, not the storage consumer.

What comes out are messages as they lie there; :mod:`tapeline.apps.batch_reader` judges them.
"""

import re
import uuid
from collections.abc import Sequence
from time import sleep as pause
from typing import Any, Final, Protocol

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as KafkaMessage

from tapeline.apps.bus_reading import READ_MESSAGES, Back
from tapeline.errors import SettingsError, TransportError
from tapeline.storage.consumer.zeromq_source import ZmqSource
from tapeline.storage.ports import Message
from tapeline.telemetry.clock import Clock, SystemClock
from tapeline.transport.local_file import LocalFile
from tapeline.transport.uris import BusUri, KafkaUri, LocalUri, NatsUri, ZmqUri, parse_uri

_DISCOVER_NS: Final = 1_000_000_000
_TAIL: Final = -2000
"""Offset of librdkafka for the end of a partition; one less is a message earlier."""


class Bus(Protocol):
    """A bus opened for reading from the beginning."""

    def read(self, timeout_s: float) -> list[Message]:
        """Wait up to ``timeout_s`` seconds for messages; an empty list when there are none."""
        ...

    def has_more(self) -> bool:
        """Whether something lies there that was not given yet, as far as is known."""
        ...

    def fault(self) -> str:
        """Return why nothing can come now; an empty text while the bus answers.

        Raises
        ------
        TransportError
            Nothing will ever come: it has to be opened again.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def open_bus(
    uri: str,
    *,
    types: Sequence[str] = (),
    exchange: str | None = None,
    market: str | None = None,
    clock: Clock | None = None,
    back: Back | None = None,
) -> Bus:
    """Open the bus a transport address names.

    Parameters
    ----------
    uri
        As for :func:`tapeline.transport.open.open_sink`.
    types, exchange, market
        Read only topics of these; empty or None means all.
    clock
        The machine's by default.
    back
        Begin so many messages before the end of each topic that is there now; None begins at the
        first message.

    Raises
    ------
    SettingsError
        The address is not one of the allowed forms.
    TransportError
        There is no such file, or it is not ours. An absent broker shows in ``read``.
    """
    address = parse_uri(uri)
    pattern = _topic_pattern(types, exchange, market)
    time = clock if clock is not None else SystemClock()
    if isinstance(address, LocalUri):
        return LocalBus(address, pattern, time, back)
    if isinstance(address, NatsUri):
        from tapeline.apps.nats_bus import NatsBus

        return NatsBus(address, pattern, time, back)
    if isinstance(address, ZmqUri):
        return ZmqBus(address, pattern, time)
    return KafkaBus(address, pattern, time, back)


def message_counts(address: BusUri) -> dict[str, int]:
    """Count the messages of every topic that is there.

    Raises
    ------
    SettingsError
        The bus keeps nothing.
    TransportError
        The broker does not answer, or the file cannot be read.
    """
    if isinstance(address, LocalUri):
        file = LocalFile(address.path, mode="read")
        try:
            return file.counts()
        finally:
            file.close()
    if isinstance(address, NatsUri):
        from tapeline.storage.consumer.nats_source import message_counts as nats_counts

        return nats_counts(address)
    if isinstance(address, ZmqUri):
        raise SettingsError("a ZeroMQ publisher keeps no messages: there is nothing to count")
    consumer = Consumer(_consumer_config(address.servers))
    try:
        topics = consumer.list_topics(timeout=10).topics
        return {
            name: sum(_count(consumer, TopicPartition(name, each)) for each in topic.partitions)
            for name, topic in topics.items()
        }
    except KafkaException as error:
        raise TransportError(f"no answer from Kafka at {address.servers}: {error}") from error
    finally:
        consumer.close()


def _count(consumer: Consumer, partition: TopicPartition) -> int:
    low, high = consumer.get_watermark_offsets(partition, timeout=10)
    return int(high - low)


class LocalBus:
    """A local transport file, read in order of arrival over all topics."""

    def __init__(
        self,
        address: LocalUri,
        pattern: re.Pattern[str],
        clock: Clock,
        back: Back | None = None,
    ) -> None:
        self._file = LocalFile(address.path, mode="read")
        self._inode = address.path.stat().st_ino
        self._pattern = pattern
        self._clock = clock
        self._first: dict[str, int] = {}
        self._cursor = -(2**63)
        if back is not None:
            self._first = {
                topic: max(0, following - back(topic))
                for topic, following in self._file.following().items()
                if pattern.fullmatch(topic)
            }
            self._cursor = self._file.position(self._first)

    def read(self, timeout_s: float) -> list[Message]:
        """Read what follows; see :meth:`Bus.read`."""
        end = self._clock.monotonic_ns() + int(timeout_s * 1e9)
        while True:
            rows = self._file.read(self._cursor, READ_MESSAGES)
            if rows:
                self._cursor = rows[-1].sequence
            found = [
                # A message that changed on the disk is passed on without its value: it will be
                # counted.
                Message(row.topic, 0, row.offset, row.key, row.value if row.is_intact else b"\xff")
                for row in rows
                if self._pattern.fullmatch(row.topic)
                and row.offset >= self._first.get(row.topic, 0)
            ]
            if found or (not rows and not self._wait(end)):
                return found

    def _wait(self, end_ns: int) -> bool:
        left_ns = end_ns - self._clock.monotonic_ns()
        if left_ns <= 0:
            return False
        pause(min(left_ns / 1e9, 0.02))
        return True

    def has_more(self) -> bool:
        """Return False: a read that finds nothing has seen all; see :meth:`Bus.has_more`."""
        return False

    def fault(self) -> str:
        """Say whether the file is still the one that was opened; see :meth:`Bus.fault`."""
        try:
            is_there = self._file.path.stat().st_ino == self._inode
        except OSError:
            is_there = False
        if not is_there:
            raise TransportError(f"{self._file.path} was removed, or another took its place")
        return ""

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ZmqBus:
    """All matching topics of a publisher, from the moment of listening."""

    def __init__(self, address: ZmqUri, pattern: re.Pattern[str], clock: Clock) -> None:
        self._source = ZmqSource(address, lambda topic: pattern.fullmatch(topic) is not None, clock)

    def read(self, timeout_s: float) -> list[Message]:
        """Hear what comes; see :meth:`Bus.read`."""
        found = self._source.poll(READ_MESSAGES, timeout_s)
        gained = self._source.changes().gained
        if gained:
            self._source.start(dict.fromkeys(gained))
            found = [*found, *self._source.poll(READ_MESSAGES, 0.0)]
        return found

    def has_more(self) -> bool:
        """Return False: a publisher keeps nothing; see :meth:`Bus.has_more`."""
        return False

    def fault(self) -> str:
        """Return nothing: a silent publisher and an absent one are the same from here."""
        return ""

    def close(self) -> None:
        """Stop listening."""
        self._source.close()


class KafkaBus:
    """All partitions of all matching topics of a cluster, each from its first message.

    Partitions are assigned by hand: no consumer group, nothing committed, the cluster keeps no
    trace.
    """

    def __init__(
        self,
        address: KafkaUri,
        pattern: re.Pattern[str],
        clock: Clock,
        back: Back | None = None,
    ) -> None:
        self._servers = address.servers
        self._back = back
        self._fault = ""
        self._pattern = pattern
        self._clock = clock
        self._assigned: set[tuple[str, int]] = set()
        self._unread: set[tuple[str, int]] = set()
        self._discovered_ns: int | None = None
        try:
            self._consumer = Consumer(_consumer_config(address.servers))
        except KafkaException as error:
            raise TransportError(f"cannot read Kafka at {address.servers}: {error}") from error

    def read(self, timeout_s: float) -> list[Message]:
        """Read what follows; see :meth:`Bus.read`.

        Raises
        ------
        TransportError
            The broker did not answer the first request for its topics, or reports damaged data.
        """
        self._discover()
        if not self._assigned:
            pause(min(timeout_s, 0.1))
            return []
        messages = self._consumer.consume(READ_MESSAGES, timeout_s)
        return [_from_kafka(message) for message in messages if self._is_data(message)]

    def has_more(self) -> bool:
        """Whether a partition was not read to its end yet; see :meth:`Bus.has_more`."""
        return bool(self._unread)

    def fault(self) -> str:
        """Say whether the brokers answered the latest question; see :meth:`Bus.fault`."""
        return self._fault

    def close(self) -> None:
        """Leave the cluster."""
        self._consumer.close()

    def _discover(self) -> None:
        now = self._clock.monotonic_ns()
        if self._discovered_ns is not None and now - self._discovered_ns < _DISCOVER_NS:
            return
        try:
            topics = self._consumer.list_topics(
                timeout=10 if self._discovered_ns is None else 1
            ).topics
        except KafkaException as error:
            if self._discovered_ns is None:
                raise TransportError(f"no answer from Kafka at {self._servers}: {error}") from error
            self._fault = f"no answer from Kafka at {self._servers}"
            return
        is_first, self._discovered_ns = self._discovered_ns is None, now
        self._fault = ""
        found = {
            (name, partition)
            for name, topic in topics.items()
            if self._pattern.match(name)
            for partition in topic.partitions
        }
        self._consumer.incremental_assign(
            [
                TopicPartition(name, partition, self._begin(name) if is_first else 0)
                for name, partition in sorted(found - self._assigned)
            ]
        )
        self._unread |= found - self._assigned
        self._assigned |= found

    def _begin(self, topic: str) -> int:
        if self._back is None:
            return 0
        messages = self._back(topic)
        return _TAIL - messages if messages else OFFSET_END

    def _is_data(self, message: KafkaMessage) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.code() in _CORRUPT:
            where = f"{message.topic()} partition {message.partition()} offset {message.offset()}"
            raise TransportError(f"damaged data on the broker at {where}: {error.str()}")
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
            self._unread.discard((message.topic() or "", message.partition() or 0))
        return False


_CORRUPT: Final = frozenset({KafkaError._BAD_MSG, KafkaError._BAD_COMPRESSION})  # noqa: SLF001


def _from_kafka(message: KafkaMessage) -> Message:
    headers: Any = (
        message.headers() or []
    )  # Typed for serialisers' dicts too; a consumer gives pairs.
    return Message(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        _bytes(message.key()),
        _bytes(message.value()),
        tuple((name, _bytes(content)) for name, content in headers),
    )


def _bytes(content: str | bytes | None) -> bytes | None:
    return content.encode() if isinstance(content, str) else content


def _topic_pattern(
    types: Sequence[str], exchange: str | None, market: str | None
) -> re.Pattern[str]:
    kinds = "|".join(map(re.escape, types)) or "[^.]+"
    venue = re.escape(exchange) if exchange else "[^.]+"
    place = re.escape(market) if market else "[^.]+"
    return re.compile(rf"(?:{kinds})\.{venue}\.{place}(?:\.[^.]+)?\Z")


def _consumer_config(servers: str) -> dict[str, str | int | float | bool]:
    return {
        "bootstrap.servers": servers,
        # librdkafka wants a name for the group even when nobody joins one.
        "group.id": f"tapeline-reader-{uuid.uuid4()}",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        # Off by default: a flipped bit on the broker's disk would go through.
        "check.crcs": True,
        # Says where a partition was read to its end.
        "enable.partition.eof": True,
        "queued.max.messages.kbytes": 65536,
        "fetch.wait.max.ms": 10,
        # After a full queue the next fetch is put off for so long, by default a second.
        "fetch.queue.backoff.ms": 10,
        "fetch.message.max.bytes": 4_194_304,
        "socket.keepalive.enable": True,
        "enable.metrics.push": False,
        "log_level": 0,
    }
