"""A message of librdkafka as ours."""

from typing import Any

from confluent_kafka import Message as KafkaMessage

from tapeline.storage.ports import Message


def message_of(message: KafkaMessage) -> Message:
    """Return what was read, which is no error."""
    # Typed for serialisers' dicts too; a consumer gives pairs.
    headers: Any = message.headers() or ()
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
