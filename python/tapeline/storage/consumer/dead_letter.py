"""What cannot be stored: kept with its reason, its bytes and where it came from."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import orjson
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as KafkaMessage
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tapeline.errors import TransportError
from tapeline.transport.local_file import LocalFile

TOPIC: Final = "tapeline.deadletter"
"""Its name has two tokens, so that no reader of market data takes it for one."""
PART: Final = "part"
"""Names the fact which piece of a letter a message holds, where one was too long for its bus."""
_LONGEST_FACT: Final = 1000
_KAFKA_BYTES: Final = 950_000
"""Of a letter in one message. Brokers take 1,048,588 bytes by default, and producers send 1,000,000
at most, headers included."""
_DELIVER_S: Final = 30.0


def dead_letter_path(bus: Path) -> Path:
    """Return the file of the dead letters of a local transport file."""
    return bus.with_name(bus.name + ".deadletter")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that is not stored, or a row of one."""

    reason: str
    detail: str
    target: str
    """The name of the store that did not take it."""
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    """The message's value as it lay there, or the row as an Arrow IPC stream."""

    def facts(self) -> dict[str, str]:
        """Return everything but the bytes, for headers and notes."""
        return {
            "reason": self.reason,
            "detail": self.detail[:_LONGEST_FACT],
            "target": self.target,
            "topic": self.topic,
            "partition": str(self.partition),
            "offset": str(self.offset),
            "key": (self.key or b"").decode("utf-8", "backslashreplace")[:_LONGEST_FACT],
        }

    def parts(self, bytes_max: int) -> list[tuple[dict[str, str], bytes]]:
        """Return facts and bytes of the messages that hold it, for a bus that takes no longer ones.

        One that is cut says so in each piece: ``part`` is ``2/3`` of the second of three.
        """
        facts = self.facts()
        if len(self.value) <= bytes_max:
            return [(facts, self.value)]
        pieces = [
            self.value[begin : begin + bytes_max] for begin in range(0, len(self.value), bytes_max)
        ]
        return [
            ({**facts, PART: f"{number}/{len(pieces)}"}, piece)
            for number, piece in enumerate(pieces, 1)
        ]


def joined(
    letters: Iterable[tuple[Mapping[str, str], bytes]],
) -> Iterator[tuple[Mapping[str, str], bytes]]:
    """Yield facts and bytes of letters as they are kept, those that were cut as one.

    Of one whose writer was killed in between the pieces that are there are left out: it was put
    again, whole.
    """
    open_ones: dict[tuple[str, ...], list[bytes]] = {}
    for facts, value in letters:
        if PART not in facts:
            yield facts, value
            continue
        number, _, count = facts[PART].partition("/")
        letter = tuple(facts[name] for name in ("target", "topic", "partition", "offset"))
        pieces = open_ones.setdefault(letter, [])
        # A writer begins anew with the first.
        del pieces[int(number) - 1 :]
        pieces.append(value)
        if number == count and len(pieces) == int(count):
            yield facts, b"".join(open_ones.pop(letter))


class DeadLetters(Protocol):
    """Where dead letters go. Any thread may use it."""

    def put(self, letters: Sequence[DeadLetter]) -> None:
        """Keep letters, durably; one that was put before a crash may be there twice.

        Raises
        ------
        TransportError
            They could not be kept; none may count as kept.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class LocalDeadLetters:
    """A local transport file beside the one that is read: notes hold the facts as JSON."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def put(self, letters: Sequence[DeadLetter]) -> None:
        """Append; the file is open, and locked, for this moment only."""
        with self._lock:
            file = LocalFile(self._path, durable="full")
            try:
                for letter in letters:
                    message = (letter.topic, letter.key or b"", letter.value)
                    file.append([message], notes=orjson.dumps(letter.facts()).decode())
            finally:
                file.close()

    def close(self) -> None:
        """Do nothing: the file is closed already."""


class KafkaDeadLetters:
    """The topic ``tapeline.deadletter``: key is the origin's topic, headers hold the facts."""

    def __init__(self, servers: str) -> None:
        self._lock = threading.Lock()
        self._servers = servers
        self._producer: Producer | None = None

    def put(self, letters: Sequence[DeadLetter]) -> None:
        """Send and wait until every replica has them."""
        with self._lock:
            producer = self._ready()
            faults: list[str] = []

            def note(fault: KafkaError | None, _message: KafkaMessage) -> None:
                if fault is not None:
                    faults.append(fault.str())

            try:
                for letter in letters:
                    for facts, value in letter.parts(_KAFKA_BYTES):
                        producer.produce(
                            TOPIC,
                            value,
                            letter.topic.encode(),
                            headers=[(name, text.encode()) for name, text in facts.items()],
                            on_delivery=note,
                        )
                        producer.poll(0)
                left = producer.flush(_DELIVER_S + 5)
            except (KafkaException, BufferError) as error:
                raise self._fault(str(error)) from error
            if left or faults:
                raise self._fault(faults[0] if faults else f"{left} unanswered")

    def close(self) -> None:
        """Let go of the producer; everything put is there already."""
        self._producer = None

    def _ready(self) -> Producer:
        if self._producer is None:
            client: dict[str, str | int | float | bool] = {
                "bootstrap.servers": self._servers,
                "client.id": "tapeline-deadletter",
                "log_level": 0,
                "allow.auto.create.topics": False,
            }
            admin = AdminClient(client)
            made = admin.create_topics([NewTopic(TOPIC, 1, -1)], request_timeout=10)
            try:
                made[TOPIC].result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise self._fault(str(error)) from error
            self._producer = Producer(
                {
                    **client,
                    "acks": "all",
                    "enable.idempotence": True,
                    "compression.type": "zstd",
                    "message.timeout.ms": int(_DELIVER_S * 1000),
                    "enable.metrics.push": False,
                }
            )
        return self._producer

    def _fault(self, text: str) -> TransportError:
        # The next attempt begins with a new producer: nothing of this one may follow later.
        if self._producer is not None:
            self._producer.purge()
            self._producer = None
        return TransportError(f"cannot keep dead letters on {self._servers} ({TOPIC}): {text}")
