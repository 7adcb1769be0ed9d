"""Makes Kafka topics in the background and knows which ones are there."""

from collections.abc import Iterable
from concurrent.futures import Future
from typing import Final

import structlog
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tapeline.transport.kafka_settings import KafkaSettings

_log = structlog.get_logger("tapeline.transport.kafka")

_RETRY_NS: Final = 500_000_000
_REFUSED_RETRY_NS: Final = 5_000_000_000
_REQUEST_TIMEOUT_S: Final = 5.0

# "Private" is librdkafka's word for errors made by the client itself, not a hint to keep off.
_PASSING: Final = frozenset(
    {
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
        KafkaError._RESOLVE,  # noqa: SLF001
    }
)


class TopicMaker:
    """Asks for topics until they exist; never blocks.

    A topic the broker refuses (authorisation, policy) is asked for again every 5 s: a person may
    have changed the rules, and its messages wait in the spool meanwhile.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._admin = AdminClient(
            {
                "bootstrap.servers": settings.servers,
                "client.id": f"{settings.client_id}-admin",
                "log_level": 0,
            }
        )
        self._due: dict[str, int] = {}
        self._asked: dict[str, Future[None]] = {}
        self._ready: set[str] = set()
        self._complained: set[str] = set()

    def want(self, topics: Iterable[str]) -> None:
        """Have these topics made."""
        for topic in topics:
            if topic not in self._ready and topic not in self._asked:
                self._due.setdefault(topic, 0)

    def is_ready(self, topic: str) -> bool:
        """Whether the topic exists, as far as is known."""
        return topic in self._ready

    def forget(self, topic: str, now_ns: int) -> None:
        """Take note that the broker did not know the topic or refused it."""
        if topic in self._ready:
            self._ready.discard(topic)
            self._due[topic] = now_ns + _RETRY_NS

    def step(self, now_ns: int) -> bool:
        """Send due requests and look at the answers.

        Returns
        -------
        bool
            Whether a topic has become ready.
        """
        has_new = False
        for topic in [topic for topic, future in self._asked.items() if future.done()]:
            has_new |= self._settle(topic, self._asked.pop(topic), now_ns)
        due = [topic for topic, when in self._due.items() if when <= now_ns]
        if due:
            self._ask(due)
        return has_new

    def _ask(self, topics: list[str]) -> None:
        settings = self._settings
        new = [
            NewTopic(
                topic, settings.partitions, settings.replication, config=settings.topic_config()
            )
            for topic in topics
        ]
        self._asked.update(self._admin.create_topics(new, request_timeout=_REQUEST_TIMEOUT_S))
        for topic in topics:
            del self._due[topic]

    def _settle(self, topic: str, future: Future[None], now_ns: int) -> bool:
        fault = future.exception()
        if fault is None or _code(fault) == KafkaError.TOPIC_ALREADY_EXISTS:
            self._ready.add(topic)
            self._complained.discard(topic)
            return True
        is_passing = isinstance(fault, KafkaException) and (
            fault.args[0].retriable() or _code(fault) in _PASSING
        )
        self._due[topic] = now_ns + (_RETRY_NS if is_passing else _REFUSED_RETRY_NS)
        if topic not in self._complained:
            self._complained.add(topic)
            report = _log.warning if is_passing else _log.error
            report(
                "topic not made yet, its messages wait in the spool", topic=topic, fault=str(fault)
            )
        return False


def _code(fault: BaseException) -> int | None:
    return fault.args[0].code() if isinstance(fault, KafkaException) else None
