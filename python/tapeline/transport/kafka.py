"""The Kafka bus: confluent-kafka's producer, a ledger of what is on the way, and a spool."""

import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as KafkaMessage

from tapeline.errors import TransportError
from tapeline.telemetry.clock import Clock
from tapeline.transport.kafka_settings import KafkaSettings
from tapeline.transport.kafka_topics import TopicMaker
from tapeline.transport.ports import AckHook, CloseReport, DeliveryStats, Message
from tapeline.transport.spool import Spool
from tapeline.transport.topics import kafka_topic, parse_routing_key

_log = structlog.get_logger("tapeline.transport.kafka")

SCHEMA_HEADER: Final = "tapeline-schema"
CRC_HEADER: Final = "tapeline-crc32c"
SCHEMA_VERSION: Final = b"1"

_DRAIN_MESSAGES: Final = 2000
"""From the spool on the way at once: enough to fill the pipe, few enough to take back."""
_DRAIN_BYTES: Final = 8 * 1024 * 1024
_PAUSE_AFTER_FAILURE_NS: Final = 200_000_000
_ROOM_WAIT_S: Final = 0.01
_POLL_S: Final = 0.01

# The broker will never take this message, however often it is sent.
_REFUSED: Final = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_MSG_SIZE,
        KafkaError.INVALID_RECORD,
        KafkaError.UNSUPPORTED_FOR_MESSAGE_FORMAT,
    }
)
# The topic is at fault: gone, not there yet, or closed to us.
_TOPIC_FAULTS: Final = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
    }
)


@dataclass(slots=True)
class _Flight:
    """A message handed to librdkafka without an answer yet."""

    message: Message
    sent_ns: int
    row: int | None
    """Its sequence in the spool, when it came from there."""


class KafkaSink:
    """A :class:`~tapeline.transport.ports.MessageSink` on Kafka, at least once.

    Every message is at each instant in exactly one of: the ledger (handed to librdkafka), the
    spool, the acknowledged count, the dead-letter file. A message whose outcome is a failure or
    unknown is sent again. A newer message of a topic never overtakes one that waits in the spool.

    Parameters
    ----------
    settings
        Cluster, profile, layout, spool.
    clock
        For ages and latencies.
    on_ack
        Told the latency of every acknowledged message.

    Raises
    ------
    BusFileError
        The spool belongs to another process, or is no spool of ours.
    TransportError
        librdkafka refuses the configuration.
    """

    def __init__(
        self, settings: KafkaSettings, *, clock: Clock, on_ack: AckHook | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._on_ack = on_ack
        self._spool = Spool(settings.spool_path)
        try:
            self._producer = self._new_producer()
            self._topics = TopicMaker(settings)
        except (KafkaException, ValueError) as error:
            self._spool.close()
            raise TransportError(f"cannot use Kafka at {settings.servers}: {error}") from error
        self._kafka_topics: dict[str, str] = {}
        self._flights: dict[int, _Flight] = {}
        self._per_topic: Counter[str] = Counter()
        self._rows_in_flight = 0
        self._token = 0
        self._failures: list[tuple[int, _Flight, KafkaError]] = []
        self._arrived_rows: list[int] = []
        self._latencies: list[int] = []
        self._last_ack_ns = self._pause_until_ns = 0
        self._is_away = self._is_full = self._is_fatal = self._is_closed = False
        self._fatal_reason = ""
        self._report: CloseReport | None = None
        self._sent = self._acknowledged = self._redelivered = self._failed = 0
        self._learn(self._spool.topics())

    def create_topics(self, topics: Sequence[str]) -> None:
        """Have the topics made in the background; see :meth:`MessageSink.create_topics`."""
        self._learn(topics)
        self._topics.step(self._clock.monotonic_ns())

    @property
    def is_ready(self) -> bool:
        """Whether the topics are there; see :attr:`MessageSink.is_ready`."""
        return all(map(self._topics.is_ready, self._kafka_topics.values()))

    def send(self, messages: Sequence[Message]) -> None:
        """Hand messages to the producer, or to the spool; see :meth:`MessageSink.send`."""
        if self._is_closed:
            raise TransportError("the Kafka sink is closed")
        self._learn([topic for topic, _, _ in messages])
        self._spool.ensure_room()
        self._sent += len(messages)
        now = self._clock.monotonic_ns()
        held: list[Message] = []
        held_topics: set[str] = set()
        for message in messages:
            topic = message[0]
            if (
                topic in held_topics
                or self._must_wait(topic)
                or not self._produce(message, None, now)
            ):
                held_topics.add(topic)
                held.append(message)
        if held:
            self._spool.add(held)
        self._producer.poll(0)

    def poll(self) -> None:
        """Serve acknowledgements, failures, topics and the spool."""
        self._step(0.0)

    def stats(self) -> DeliveryStats:
        """Count; here ``acknowledged`` is a delivery report without error."""
        return DeliveryStats(
            sent=self._sent,
            recovered=self._spool.recovered,
            acknowledged=self._acknowledged,
            in_flight=len(self._flights) + len(self._failures),
            spooled=len(self._spool),
            redelivered=self._redelivered,
            failed=self._failed + self._spool.damaged,
        )

    def close(self, deadline_s: float) -> CloseReport:
        """Deliver for at most ``deadline_s``, then put what is left into the spool."""
        if self._report is not None:
            return self._report
        end = self._clock.monotonic_ns() + int(deadline_s * 1e9)
        while self.stats().pending and self._clock.monotonic_ns() < end:
            self._step(_POLL_S)
        self._is_closed = True
        self._take_failures()
        left = [flight for _, flight in sorted(self._flights.items())]
        self._flights.clear()
        self._producer.purge()
        self._producer.flush(1.0)
        self._return_to_spool(left)
        self._spool.done(self._arrived_rows)
        spooled = len(self._spool)
        lost = self._spool.close()
        if spooled:
            _log.warning(
                "messages left in the spool",
                spooled=spooled - lost,
                path=str(self._settings.spool_path),
            )
        if lost:
            _log.error("messages lost: neither bus nor disk took them", lost=lost)
        self._report = CloseReport(
            delivered=self._acknowledged,
            spooled=spooled - lost,
            failed=self._failed + self._spool.damaged,
            lost=lost,
        )
        self._report_latencies()
        return self._report

    def _new_producer(self) -> Producer:
        # librdkafka's own log would repeat every failed reconnect on stderr; what matters comes as
        # events.
        return Producer(
            {**self._settings.producer_config(), "log_level": 0, "error_cb": self._on_error}
        )

    def _learn(self, topics: Sequence[str]) -> None:
        unknown = set(topics) - self._kafka_topics.keys()
        if not unknown:
            return
        named = {
            topic: kafka_topic(parse_routing_key(topic), self._settings.layout)
            for topic in sorted(unknown)
        }
        self._kafka_topics.update(named)
        self._topics.want(named.values())

    def _is_ready(self, topic: str) -> bool:
        if topic not in self._kafka_topics:
            self._learn([topic])
        return self._topics.is_ready(self._kafka_topics[topic])

    def _must_wait(self, topic: str) -> bool:
        return (
            self._is_away
            or self._is_full
            or self._spool.holds(topic)
            or not self._topics.is_ready(self._kafka_topics[topic])
            # One topic whose broker is away must not fill the queue for all the others.
            or self._per_topic[topic] >= self._settings.queue_messages_max // 4 + 1
        )

    def _produce(self, message: Message, row: int | None, now: int) -> bool:
        """Hand one message to librdkafka; False when it has no room or takes none now."""
        topic, key, value = message
        token = self._token = self._token + 1
        send = partial(
            self._producer.produce,
            self._kafka_topics[topic],
            value,
            key,
            headers=_headers(value),
            on_delivery=partial(self._on_delivery, token),
        )
        self._flights[token] = _Flight(message, now, row)
        try:
            self._call_with_room(send)
        except BufferError:
            del self._flights[token]
            self._is_full = True
            return False
        except KafkaException as error:
            flight = self._flights.pop(token)
            return self._refuse(flight, error.args[0])
        self._per_topic[topic] += 1
        self._rows_in_flight += row is not None
        return True

    def _call_with_room(self, send: partial[None]) -> None:
        try:
            send()
        except BufferError:
            self._producer.poll(_ROOM_WAIT_S)
            send()

    def _refuse(self, flight: _Flight, error: KafkaError) -> bool:
        """Settle a message that ``produce`` itself refused; True when it needs no other place."""
        if error.code() in _REFUSED:
            self._bury(flight, error)
            return True
        if error.code() == KafkaError._FATAL or error.fatal():  # noqa: SLF001
            self._is_fatal = True
            self._fatal_reason = error.str()
        self._pause_until_ns = self._clock.monotonic_ns() + _PAUSE_AFTER_FAILURE_NS
        return False

    def _on_delivery(self, token: int, error: KafkaError | None, _: KafkaMessage) -> None:
        # Called inside poll() and flush(). An exception here would surface in an unrelated call.
        flight = self._flights.pop(token, None)
        if flight is None:
            return
        self._per_topic[flight.message[0]] -= 1
        self._rows_in_flight -= flight.row is not None
        if error is not None:
            self._failures.append((token, flight, error))
            return
        self._acknowledged += 1
        self._last_ack_ns = self._clock.monotonic_ns()
        self._latencies.append(self._last_ack_ns - flight.sent_ns)
        if flight.row is not None:
            self._arrived_rows.append(flight.row)

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal() or error.code() == KafkaError._FATAL:  # noqa: SLF001
            self._is_fatal = True
            self._fatal_reason = error.str()

    def _step(self, wait_s: float) -> None:
        self._producer.poll(wait_s)
        now = self._clock.monotonic_ns()
        if self._is_fatal:
            self._replace_producer()
        self._take_failures()
        if self._arrived_rows:
            self._spool.done(self._arrived_rows)
            self._arrived_rows = []
        if self._topics.step(now):
            self._spool.rewind()
        self._watch_broker(now)
        self._spool.retry()
        if len(self._spool):
            self._drain(now)
        self._report_latencies()

    def _watch_broker(self, now: int) -> None:
        oldest = next(iter(self._flights.values()), None)
        silent_since = max(oldest.sent_ns, self._last_ack_ns) if oldest else now
        is_away = now - silent_since > int(self._settings.spool_after_s * 1e9)
        if is_away and not self._is_away:
            _log.warning(
                "no answer from Kafka, messages go to the spool", servers=self._settings.servers
            )
        if self._is_away and not is_away:
            _log.warning("Kafka answers again, sending what was spooled", spooled=len(self._spool))
        self._is_away = is_away
        if self._is_full and len(self._flights) <= self._settings.queue_messages_max // 2:
            self._is_full = False

    def _drain(self, now: int) -> None:
        if self._is_away or self._is_full or now < self._pause_until_ns:
            return
        rows = self._spool.take(
            _DRAIN_MESSAGES - self._rows_in_flight, _DRAIN_BYTES, self._is_ready
        )
        for index, row in enumerate(rows):
            failed_before = self._failed
            if not self._produce(row.message, row.sequence, now):
                self._spool.give_back([(left.sequence, left.topic) for left in rows[index:]])
                return
            if self._failed > failed_before:
                self._arrived_rows.append(row.sequence)
        for message in self._spool.take_memory():
            if not (self._is_ready(message[0]) and self._produce(message, None, now)):
                self._spool.add([message])

    def _take_failures(self) -> None:
        if not self._failures:
            return
        failures, self._failures = sorted(self._failures, key=lambda entry: entry[0]), []
        now = self._clock.monotonic_ns()
        self._pause_until_ns = now + _PAUSE_AFTER_FAILURE_NS
        again: list[_Flight] = []
        for _, flight, error in failures:
            if error.code() in _REFUSED:
                self._bury(flight, error)
                if flight.row is not None:
                    self._arrived_rows.append(flight.row)
                continue
            if error.code() in _TOPIC_FAULTS:
                self._topics.forget(self._kafka_topics[flight.message[0]], now)
            again.append(flight)
        if again:
            _log.warning(
                "messages not delivered, sending again",
                messages=len(again),
                fault=failures[0][2].str(),
            )
        self._return_to_spool(again)

    def _return_to_spool(self, flights: Sequence[_Flight]) -> None:
        """Let messages of failed or unknown outcome wait again, before newer ones."""
        self._spool.take_back([(flight.row, flight.message) for flight in flights])
        self._redelivered += len(flights)

    def _replace_producer(self) -> None:
        """Start anew: an idempotent producer that lost its place sends no more."""
        _log.error("fatal producer error, starting a new producer", reason=self._fatal_reason)
        old, self._producer = self._producer, self._new_producer()
        self._is_fatal = False
        with contextlib.suppress(KafkaException):
            old.purge()
            old.flush(1.0)
        left = [flight for _, flight in sorted(self._flights.items())]
        self._flights.clear()
        self._per_topic.clear()
        self._rows_in_flight = 0
        self._return_to_spool(left)

    def _bury(self, flight: _Flight, error: KafkaError) -> None:
        self._failed += 1
        _log.error(
            "Kafka refuses a message for good, kept as a dead letter",
            topic=flight.message[0],
            bytes=len(flight.message[2]),
            fault=error.str(),
        )
        self._spool.bury([flight.message], error.str())

    def _report_latencies(self) -> None:
        latencies, self._latencies = self._latencies, []
        if self._on_ack is not None:
            for latency_ns in latencies:
                self._on_ack(latency_ns, 1)


def _headers(value: bytes) -> list[tuple[str, str | bytes | None]]:
    """Repeat the batch's last field, its CRC32C: a consumer can check before it decodes."""
    return [
        (SCHEMA_HEADER, SCHEMA_VERSION),
        (CRC_HEADER, b"%08x" % int.from_bytes(value[-4:], "little")),
    ]
