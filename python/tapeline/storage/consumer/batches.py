"""Tell our batches from everything else that can lie on a bus."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from tapeline.errors import ArgumentError, DecodeError
from tapeline.storage.ports import Mark, Message
from tapeline.transport.kafka import CRC_HEADER, SCHEMA_HEADER
from tapeline.transport.topics import UNKNOWN_SYMBOL, routing_key_of
from tapeline.wire.native import inspect, topic

REASONS: Final = (
    "empty",
    "undecodable",
    "crc_header",
    "schema_header",
    "wrong_topic",
    "bad_event",
    "refused_row",
)
"""Why a message, or a row of it, is dead-lettered."""

_NAMES: Final = 16_384
"""Routing keys remembered: every message of a stream has the same."""


class Batch(NamedTuple):
    """A message that holds a batch of ours."""

    message: Message
    value: bytes
    mark: Mark
    event_type: str
    event_count: int
    place: tuple[str, str, str, str, int, int]
    """Sorts batches so that an instrument's rows lie together, in order of arrival."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that is not stored, and why."""

    message: Message
    reason: str
    """One of :data:`REASONS`."""
    detail: str


class _Fault(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def examine(messages: Iterable[Message]) -> tuple[list[Batch], list[Rejected]]:
    """Split messages into batches and the rest; nothing on a bus raises here."""
    batches: list[Batch] = []
    rejected: list[Rejected] = []
    for message in messages:
        try:
            batches.append(_batch(message))
        except _Fault as fault:
            rejected.append(Rejected(message, fault.reason, fault.detail))
    return batches, rejected


def _batch(message: Message) -> Batch:
    value = message.value
    if not value:
        raise _Fault("empty", "the message has no value")
    try:
        info = inspect(value)
    except DecodeError as error:
        raise _Fault("undecodable", str(error)) from error
    crc = int.from_bytes(value[-4:], "little")
    _check_headers(message.headers, crc, info.schema_version)
    routing_key = _routing_key(info.event_type, info.exchange, info.market, info.raw_symbol)
    if _announced_key(message.topic, message.key) != routing_key:
        raise _Fault("wrong_topic", f"it holds a batch of {routing_key}")
    return Batch(
        message,
        value,
        Mark(info.producer, routing_key, info.batch_id, crc),
        info.event_type,
        info.event_count,
        (
            info.exchange,
            info.market,
            info.raw_symbol,
            message.topic,
            message.partition,
            message.offset,
        ),
    )


def _check_headers(
    headers: Sequence[tuple[str, bytes | None]], crc: int, schema_version: int
) -> None:
    """Compare our headers, where they are, with what the batch says of itself."""
    for name, content in headers:
        if name == CRC_HEADER and content != b"%08x" % crc:
            raise _Fault("crc_header", f"the header says {content!r}, the batch {crc:08x}")
        if name == SCHEMA_HEADER and content != b"%d" % schema_version:
            raise _Fault(
                "schema_header", f"the header says {content!r}, the batch {schema_version}"
            )


@lru_cache(_NAMES)
def _routing_key(event_type: str, exchange: str, market: str, raw_symbol: str) -> str:
    if not raw_symbol:
        return f"{event_type}.{exchange}.{market}.{UNKNOWN_SYMBOL}"
    try:
        return topic(event_type, exchange, market, raw_symbol)
    except ArgumentError as error:
        # A type of a later version, or names no producer of ours writes.
        raise _Fault("wrong_topic", str(error)) from error


_announced_key = lru_cache(_NAMES)(routing_key_of)
