"""Which topics were deleted and made anew under their names: Kafka gives each an id."""

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from typing import Any, Final

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from tapeline.telemetry.clock import Clock

_EVERY_NS: Final = 5_000_000_000
_SOON_NS: Final = 500_000_000
"""A topic that was not seen yet is asked about at once, if none was just now."""
_TIMEOUT_S: Final = 10.0

_Id = tuple[int, int]


class TopicIds:
    """Asks the broker for the ids of topics now and then, without waiting for its answer.

    A consumer does not notice a topic that is made anew before it has missed it: it goes on at its
    offset, which on the new log is another message, or none yet.

    Parameters
    ----------
    servers
        ``HOST:PORT[,HOST:PORT]``.
    """

    def __init__(self, servers: str, clock: Clock) -> None:
        self._servers = servers
        self._clock = clock
        self._admin: AdminClient | None = None
        self._known: dict[str, _Id] = {}
        self._asked: Mapping[str, Future[Any]] = {}
        self._asked_ns: int | None = None

    def made_anew(self, topics: Collection[str]) -> list[str]:
        """Return topics that are others by now than when they were first seen, once.

        Parameters
        ----------
        topics
            Those that are read. What is not among them is forgotten.
        """
        if self._asked:
            return self._answered(topics)
        now_ns = self._clock.monotonic_ns()
        pause_ns = _EVERY_NS if self._known.keys() >= set(topics) else _SOON_NS
        if topics and (self._asked_ns is None or now_ns - self._asked_ns >= pause_ns):
            self._asked_ns = now_ns
            self._ask(topics)
        return []

    def _ask(self, topics: Collection[str]) -> None:
        try:
            if self._admin is None:
                self._admin = AdminClient({"bootstrap.servers": self._servers, "log_level": 0})
            self._asked = self._admin.describe_topics(
                TopicCollection(list(topics)), request_timeout=_TIMEOUT_S
            )
        except KafkaException:
            # The consumer says so, too; we ask again.
            self._asked = {}

    def _answered(self, topics: Collection[str]) -> list[str]:
        if not all(each.done() for each in self._asked.values()):
            return []
        answers, self._asked = self._asked, {}
        self._known = {topic: known for topic, known in self._known.items() if topic in topics}
        changed = []
        for topic, answer in answers.items():
            if topic not in topics or answer.exception() is not None:
                # It is gone, or the broker is.
                continue
            uuid = answer.result().topic_id
            found = (uuid.get_most_significant_bits(), uuid.get_least_significant_bits())
            if self._known.setdefault(topic, found) != found:
                self._known[topic] = found
                changed.append(topic)
        return changed
