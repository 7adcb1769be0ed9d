"""Tell our batches from everything else that can lie on a bus, and pass each of them once.

Nothing on a bus stops the reader: tombstones, foreign messages and damaged batches are counted by
reason.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tapeline.errors import ArgumentError, DecodeError
from tapeline.storage.ports import Message
from tapeline.transport.kafka import CRC_HEADER, SCHEMA_HEADER
from tapeline.transport.topics import UNKNOWN_SYMBOL, routing_key_of
from tapeline.wire.native import BatchInfo, inspect, topic

REMEMBERED: Final = 65_536
"""Batches remembered of each topic: redeliveries come soon after the original."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A message that holds a batch of ours."""

    message: Message
    value: bytes
    event_type: str
    event_count: int
    info: BatchInfo
    """Who made it, when, and of which instrument."""


@dataclass(slots=True)
class ReadCounts:
    """What the reader saw, in messages."""

    messages: int = 0
    batches: int = 0
    redelivered: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """By reason: empty, undecodable, crc_header, schema_header, wrong_topic."""


class BatchReader:
    """Checks messages and passes every batch once.

    Parameters
    ----------
    all_deliveries
        Pass batches that were delivered again as well.
    remembered
        Batches of each topic that are known again; each takes about 170 bytes.
    """

    def __init__(self, *, all_deliveries: bool = False, remembered: int = REMEMBERED) -> None:
        self._all_deliveries = all_deliveries
        self._remembered = remembered
        self._seen: dict[str, dict[tuple[str, int, bytes], None]] = {}
        self.counts = ReadCounts()
        self.last_rejected: str | None = None

    def batches(self, messages: Iterable[Message]) -> list[Batch]:
        """Pass the batches of ours among these messages; count and skip the rest."""
        found: list[Batch] = []
        for message in messages:
            self.counts.messages += 1
            try:
                batch = self._examine(message)
            except _Rejected as rejected:
                self.counts.rejected[rejected.reason] += 1
                where = f"{message.topic}[{message.partition}]@{message.offset}"
                self.last_rejected = f"{where}: {rejected}"
                continue
            if batch is not None:
                self.counts.batches += 1
                found.append(batch)
        return found

    def _examine(self, message: Message) -> Batch | None:
        value = message.value
        if not value:
            raise _Rejected("empty", "no value")
        try:
            info = inspect(value)
        except DecodeError as error:
            raise _Rejected("undecodable", str(error)) from error
        _check_headers(message.headers, value, info.schema_version)
        stream = _expected_key(info)
        if routing_key_of(message.topic, message.key) != stream:
            raise _Rejected("wrong_topic", f"holds {stream}")
        is_new = self._remember(stream, (info.producer, info.batch_id, value[-4:]))
        if not is_new:
            self.counts.redelivered += 1
        if not is_new and not self._all_deliveries:
            return None
        return Batch(message, value, info.event_type, info.event_count, info)

    def _remember(self, stream: str, batch: tuple[str, int, bytes]) -> bool:
        # The checksum is part of it: a producer that was restarted under its old name counts from 1
        # again, and those batches are new.
        seen = self._seen.setdefault(stream, {})
        if batch in seen:
            return False
        seen[batch] = None
        if len(seen) > self._remembered:
            del seen[next(iter(seen))]
        return True


class _Rejected(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


def _check_headers(
    headers: Sequence[tuple[str, bytes | None]], value: bytes, schema_version: int
) -> None:
    """Compare our headers, when they are there, with what the batch says of itself."""
    crc = b"%08x" % int.from_bytes(value[-4:], "little")
    for name, content in headers:
        if name == CRC_HEADER and content != crc:
            raise _Rejected("crc_header", f"header {content!r}, batch {crc!r}")
        if name == SCHEMA_HEADER and content != b"%d" % schema_version:
            raise _Rejected("schema_header", f"header {content!r}, batch {schema_version}")


def _expected_key(info: BatchInfo) -> str:
    if not info.raw_symbol:
        return f"{info.event_type}.{info.exchange}.{info.market}.{UNKNOWN_SYMBOL}"
    try:
        return topic(info.event_type, info.exchange, info.market, info.raw_symbol)
    except ArgumentError as error:
        # A type of a later version, or names no producer of ours writes.
        raise _Rejected("wrong_topic", str(error)) from error
