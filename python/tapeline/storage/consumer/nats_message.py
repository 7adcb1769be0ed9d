"""A message of JetStream as ours, and where it stands."""

from typing import Final, NamedTuple

from tapeline.storage.ports import Message
from tapeline.transport.nats import KEY_HEADER

_PLAIN: Final = 9
"""Words of a reply subject; with a domain and an account there are more before the stream."""


class Place(NamedTuple):
    """What the reply subject of a message says of it."""

    stream: str
    consumer: str
    delivered: int
    """How often it was given to this consumer."""
    sequence: int
    """In the stream, from 1."""
    consumer_sequence: int
    pending: int
    """Messages behind it."""


def place_of(reply: str) -> Place:
    """Read a reply subject: ``$JS.ACK.stream.consumer.delivered.sequence.consumer sequence...``."""
    words = reply.split(".")
    first = 2 if len(words) == _PLAIN else 4
    stream, consumer, delivered, sequence, consumer_sequence, _, pending = words[first : first + 7]
    return Place(
        stream, consumer, int(delivered), int(sequence), int(consumer_sequence), int(pending)
    )


def with_headers(
    topic: str, offset: int, subject: str, data: bytes, headers: dict[str, str]
) -> Message:
    """Return a message; the headers that are the server's own are left out.

    Offsets count from 0 as everywhere, sequences of a stream from 1.
    """
    key = headers.get(KEY_HEADER)
    return Message(
        topic,
        0,
        offset,
        subject.rpartition(".")[2].encode() if key is None else bytes.fromhex(key),
        data,
        tuple(
            (name, text.encode())
            for name, text in headers.items()
            if not name.startswith("Nats-") and name != KEY_HEADER
        ),
    )
