"""Read Kafka as a member of a consumer group, from the offsets the store has."""

import re
from collections.abc import Collection, Mapping
from typing import Final

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as KafkaMessage

from tapeline.errors import TransportError
from tapeline.storage.consumer.kafka_ids import TopicIds
from tapeline.storage.consumer.kafka_message import message_of
from tapeline.storage.consumer.kafka_tails import read_tails
from tapeline.storage.ports import Changes, Message, Offsets, Partition, Tail
from tapeline.telemetry.clock import Clock

_log = structlog.get_logger("tapeline.storage.consumer.kafka")

_LOOK_FOR_TOPICS_NS: Final = 15_000_000_000
"""How often it is looked whether there is a topic of ours, while the group assigns nothing."""
_LIST_S: Final = 5.0

_CORRUPT: Final = frozenset({KafkaError._BAD_MSG, KafkaError._BAD_COMPRESSION})  # noqa: SLF001

CONSUMER_SETTINGS: Final[dict[str, str | int | float | bool]] = {
    # The store has the offsets. What is committed is for lag monitors, after the store has the
    # rows.
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    # Where the log was cut ahead of the store, go on with what is left; the jump is counted.
    "auto.offset.reset": "earliest",
    # Partitions that stay with a member are not taken away while others move.
    "partition.assignment.strategy": "cooperative-sticky",
    # The poll loop never waits for a store, so this is only reached by a frozen process.
    "max.poll.interval.ms": 300_000,
    # How soon a topic that matches is noticed; the default is five minutes.
    "topic.metadata.refresh.interval.ms": 10_000,
    # Off by default: a flipped bit on the broker's disk would go through.
    "check.crcs": True,
    "queued.max.messages.kbytes": 65_536,
    "fetch.message.max.bytes": 4_194_304,
    "fetch.wait.max.ms": 10,
    # After a full queue the next fetch is put off for so long; the default is a second, in which a
    # store has written what there was and waits.
    "fetch.queue.backoff.ms": 10,
    "socket.keepalive.enable": True,
    "reconnect.backoff.max.ms": 1_000,
    "enable.metrics.push": False,
    "log_level": 0,
}


class KafkaSource:
    """All topics of some types, in the consumer group of one target.

    A partition gained gives nothing before :meth:`start`, which is called with the store's offset:
    the group's own offsets are written and never read.

    Parameters
    ----------
    servers
        ``HOST:PORT[,HOST:PORT]``.
    group
        Consumer group; its members share the partitions.
    types
        Event types to read.
    clock
        For patience.
    session_timeout_s
        A member killed with -9 is missed for so long.

    Raises
    ------
    TransportError
        librdkafka refuses the configuration.
    """

    def __init__(
        self,
        servers: str,
        group: str,
        types: Collection[str],
        clock: Clock,
        *,
        session_timeout_s: float = 10.0,
    ) -> None:
        self._servers = servers
        self._clock = clock
        self._owned: set[Partition] = set()
        self._started: set[Partition] = set()
        self._next: dict[Partition, int] = {}
        self._changes = Changes()
        self._ids = TopicIds(servers, clock)
        self._restarted: set[Partition] = set()
        self._is_paused = False
        self._is_settled = False
        self._looked_ns = clock.monotonic_ns()
        self._is_closed = False
        self._fault: TransportError | None = None
        pattern = f"^({'|'.join(map(re.escape, sorted(types)))})\\.[^.]+\\.[^.]+(\\.[^.]+)?$"
        self._pattern = re.compile(pattern)
        session_ms = int(session_timeout_s * 1_000)
        config = {
            **CONSUMER_SETTINGS,
            "bootstrap.servers": servers,
            "group.id": group,
            "session.timeout.ms": session_ms,
            "heartbeat.interval.ms": min(1_000, session_ms // 5),
        }
        try:
            self._consumer = Consumer(config)
            self._consumer.subscribe(
                [pattern],
                on_assign=self._on_assign,
                on_revoke=self._on_revoke,
                on_lost=self._on_revoke,
            )
        except KafkaException as error:
            raise TransportError(f"cannot read Kafka at {servers}: {error}") from error

    def poll(self, messages_max: int, timeout_s: float) -> list[Message]:
        """Read what follows; see :meth:`tapeline.storage.ports.Source.poll`."""
        self._raise_fault()
        self._note_renewed()
        if not self._is_settled:
            self._look_for_topics()
        found = []
        try:
            received = self._consumer.consume(messages_max, timeout_s)
        except KafkaException as error:
            raise TransportError(f"cannot read Kafka at {self._servers}: {error}") from error
        for raw in received:
            if not self._is_data(raw):
                continue
            message = message_of(raw)
            # What was fetched before a partition was taken away, or before it was started.
            if message.origin in self._started:
                if message.offset < self._next[message.origin]:
                    # Another log already, whose end was before our offset: read from its beginning.
                    self._restarted.add(message.origin)
                self._next[message.origin] = message.offset + 1
                found.append(message)
        return found

    def changes(self) -> Changes:
        """Return partitions gained and lost, once."""
        changes, self._changes = self._changes, Changes()
        return changes

    def before(self, offsets: Offsets, messages_max: int) -> Mapping[Partition, Tail]:
        """Read what lies before; see :meth:`tapeline.storage.ports.Source.before`."""
        return read_tails(self._servers, offsets, messages_max, self._clock)

    def start(self, offsets: Mapping[Partition, int | None]) -> None:
        """Read these partitions from here on, as far as they are still ours."""
        ours = {each: offset for each, offset in offsets.items() if each in self._owned}
        if not ours:
            return
        # Assigning again, rather than seeking: a seek needs a partition that is being fetched.
        self._consumer.incremental_unassign([TopicPartition(*each) for each in ours])
        self._consumer.incremental_assign(
            [TopicPartition(*each, offset or 0) for each, offset in ours.items()]
        )
        for each, offset in ours.items():
            self._started.add(each)
            self._next[each] = offset or 0
        self._set_flow(ours, is_paused=self._is_paused)

    def pause(self) -> None:
        """Fetch nothing until :meth:`resume`."""
        self._is_paused = True
        self._set_flow(self._started, is_paused=True)

    def resume(self) -> None:
        """Fetch again."""
        self._is_paused = False
        self._set_flow(self._started, is_paused=False)

    def commit(self, offsets: Offsets) -> None:
        """Tell the group how far the store is, without waiting."""
        ours = [
            TopicPartition(*each, offset)
            for each, offset in offsets.items()
            if each in self._started
        ]
        if not ours:
            return
        try:
            self._consumer.commit(offsets=ours, asynchronous=True)
        except KafkaException as error:
            # The store has the rows and the offsets; only lag monitors look at this.
            _log.info("offsets not committed", fault=str(error))

    def lag(self) -> int | None:
        """Count messages between what was read and the ends the brokers told of."""
        total = 0
        for each in self._started:
            try:
                _, high = self._consumer.get_watermark_offsets(TopicPartition(*each), cached=True)
            except KafkaException:
                return None
            if high < 0:
                return None
            total += max(0, high - self._next.get(each, 0))
        return total

    @property
    def is_settled(self) -> bool:
        """Whether the group has assigned partitions, and all of them are started.

        Also where no broker has a topic of ours: a group then assigns nothing.
        """
        return self._is_settled and self._started == self._owned

    def close(self) -> None:
        """Leave the group at once, so that others take over without a wait."""
        if not self._is_closed:
            self._is_closed = True
            self._consumer.close()

    def _look_for_topics(self) -> None:
        """Count it as settled that there is no topic of ours."""
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._looked_ns < _LOOK_FOR_TOPICS_NS:
            return
        try:
            topics = self._consumer.list_topics(timeout=_LIST_S).topics
        except KafkaException as error:
            _log.info("no list of topics", fault=str(error))
        else:
            self._is_settled = not any(map(self._pattern.match, topics))
        self._looked_ns = self._clock.monotonic_ns()

    def _note_renewed(self) -> None:
        """Stop reading topics that are others by now, until it is said from where on."""
        topics = set(self._ids.made_anew({topic for topic, _ in self._started}))
        if not topics:
            return
        renewed = [each for each in self._started if each[0] in topics]
        anew = [each for each in renewed if each not in self._restarted]
        self._restarted.difference_update(renewed)
        self._started.difference_update(anew)
        self._set_flow(anew, is_paused=True)
        self._changes.renewed += anew
        _log.info("topics were made anew", topics=sorted(topics), partitions=len(anew))

    def _set_flow(self, partitions: Collection[Partition], *, is_paused: bool) -> None:
        each = [TopicPartition(*partition) for partition in partitions]
        if each:
            self._consumer.pause(each) if is_paused else self._consumer.resume(each)

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        # The offset is the store's to say; until then the partition is ours and silent.
        if partitions:
            consumer.incremental_assign(
                [TopicPartition(each.topic, each.partition, 0) for each in partitions]
            )
            consumer.pause([TopicPartition(each.topic, each.partition) for each in partitions])
        gained = [(each.topic, each.partition) for each in partitions]
        self._owned.update(gained)
        self._changes.gained += gained
        self._is_settled = True
        _log.info("partitions assigned", gained=len(gained), owned=len(self._owned))

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        # Nothing is committed here, and nothing waited for: the store's guarded offsets decide
        # what counts, whoever owns the partition by then.
        if partitions and not self._is_closed:
            consumer.incremental_unassign(partitions)
        lost = [(each.topic, each.partition) for each in partitions]
        self._owned.difference_update(lost)
        self._started.difference_update(lost)
        self._restarted.difference_update(lost)
        changes, gone = self._changes, set(lost)
        changes.lost += lost
        changes.gained = [each for each in changes.gained if each not in gone]
        changes.renewed = [each for each in changes.renewed if each not in gone]
        _log.info("partitions revoked", lost=len(lost), owned=len(self._owned))

    def _is_data(self, message: KafkaMessage) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.code() in _CORRUPT:
            where = f"{message.topic()} partition {message.partition()} offset {message.offset()}"
            self._fault = TransportError(f"damaged data on the broker at {where}: {error.str()}")
        elif error.fatal():
            self._fault = TransportError(f"Kafka at {self._servers}: {error.str()}")
        return False

    def _raise_fault(self) -> None:
        """Raise what the last poll met: only now, so that the messages beside it are not lost."""
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault


def check_broker(servers: str, timeout_s: float) -> None:
    """Make sure that a broker answers.

    Raises
    ------
    TransportError
        None did within ``timeout_s`` seconds.
    """
    probe = Consumer({"bootstrap.servers": servers, "group.id": "tapeline-probe", "log_level": 0})
    try:
        probe.list_topics(timeout=timeout_s)
    except KafkaException as error:
        raise TransportError(f"no answer from Kafka at {servers}: {error}") from error
    finally:
        probe.close()
