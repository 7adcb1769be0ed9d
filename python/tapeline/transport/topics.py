"""The rules of topic names, all of them.

A routing key is ``type.exchange.market.symboltoken``, for example ``trade.binance.spot.btcusdt``.
It is the message's address on every bus. The symbol token is made from the venue's own spelling by
``tapeline.wire.native.topic`` (the one place of the escape rule): A-Z become lower case, digits,
``-`` and ``_`` stay, every other byte becomes ``X`` and two hex digits. Here the keys are checked,
laid out on Kafka topics and turned back into raw symbols for display.

A dot is never part of a token and ``_`` only of a symbol, so that no two topics collide in Kafka's
metric names, where ``.`` and ``_`` are the same.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tapeline.errors import ArgumentError

MAX_TOPIC_LENGTH: Final = 249
"""Kafka's limit: the name of the partition's folder must fit in 255 bytes."""

MAX_STREAM_LENGTH: Final = 255
"""What NATS allows of a stream's name."""

UNKNOWN_SYMBOL: Final = "Xunknown"
"""Symbol token of quarantine records whose symbol could not be read."""

_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")
_SYMBOL = re.compile(r"(?:[a-z0-9_-]|X[0-9a-f]{2})+\Z")


class TopicLayout(StrEnum):
    """How routing keys map to Kafka topics."""

    SYMBOL = "symbol"
    """One topic an instrument and type: the routing key itself. Good for up to a few hundred
    instruments."""
    MARKET = "market"
    """One topic a type, exchange and market, keyed by symbol token. For thousands of
    instruments."""


@dataclass(frozen=True, slots=True)
class RoutingKey:
    """The four tokens of a routing key."""

    event_type: str
    exchange: str
    market: str
    symbol: str

    def __str__(self) -> str:
        return f"{self.event_type}.{self.exchange}.{self.market}.{self.symbol}"


def parse_routing_key(text: str) -> RoutingKey:
    """Split a routing key and check every rule.

    Raises
    ------
    ArgumentError
        Not four tokens, a token with a forbidden character, or longer than 249 characters.
    """
    tokens = text.split(".")
    if len(tokens) != 4:
        raise ArgumentError(
            "a routing key has four tokens (type.exchange.market.symbol),"
            f" {text[:300]!r} has {len(tokens)}"
        )
    if len(text) > MAX_TOPIC_LENGTH:
        raise ArgumentError(
            f"a routing key has at most {MAX_TOPIC_LENGTH} characters,"
            f" was {len(text)}: {text[:60]!r}..."
        )
    for token in tokens[:3]:
        if not _NAME.match(token):
            raise ArgumentError(
                f"type, exchange and market are made of a-z, 0-9 and '-', was {token!r} in {text!r}"
            )
    if tokens[3] != UNKNOWN_SYMBOL and not _SYMBOL.match(tokens[3]):
        raise ArgumentError(
            "a symbol token is made of a-z, 0-9, '-', '_' and 'X' with two hex digits,"
            f" was {tokens[3]!r} in {text!r}"
        )
    return RoutingKey(*tokens)


def kafka_topic(key: RoutingKey, layout: TopicLayout) -> str:
    """Return the Kafka topic that carries this routing key."""
    if layout is TopicLayout.SYMBOL:
        return str(key)
    return f"{key.event_type}.{key.exchange}.{key.market}"


def nats_subjects(prefix: str, topic: str) -> str:
    """Return the subjects of the stream of a topic, in either layout."""
    return f"{prefix}.{topic}.*" if topic.count(".") == 2 else f"{prefix}.{topic}"


def nats_stream(prefix: str, topic: str) -> str:
    """Return the name of a topic's stream: dots may not be in it.

    Of a topic's tokens only the last one may have ``_``, and a prefix has none: no two meet.

    Raises
    ------
    ArgumentError
        The name is longer than NATS allows.
    """
    name = f"{prefix}_{topic.replace('.', '_')}"
    if len(name) > MAX_STREAM_LENGTH:
        raise ArgumentError(
            f"a stream's name has at most {MAX_STREAM_LENGTH} characters, was {len(name)}"
        )
    return name


def topic_of_stream(prefix: str, stream: str) -> str | None:
    """Return the topic whose stream this is; None when it is nobody's with this prefix."""
    if not stream.startswith(f"{prefix}_"):
        return None
    return stream.removeprefix(f"{prefix}_").replace("_", ".", 3)


def routing_key_of(topic: str, message_key: bytes | None) -> str | None:
    """Return the routing key of a message read from Kafka in either layout.

    Returns
    -------
    str or None
        None when topic and message key do not make a routing key: a foreign message.
    """
    text = topic
    if topic.count(".") == 2 and message_key is not None:
        text = f"{topic}.{message_key.decode('ascii', 'replace')}"
    try:
        return str(parse_routing_key(text))
    except ArgumentError:
        return None


def raw_symbol_of(token: str) -> str:
    """Return the venue's spelling behind a symbol token, for display; ``""`` for ``Xunknown``.

    Raises
    ------
    ArgumentError
        The token is not one, or its escapes are not UTF-8.
    """
    if token == UNKNOWN_SYMBOL:
        return ""
    if not _SYMBOL.match(token):
        raise ArgumentError(f"not a symbol token: {token!r}")
    # Lower-case letters stand for upper case; what was lower case travels as an escape.
    raw = re.sub(
        rb"X([0-9a-f]{2})|([a-z]+)",
        lambda found: bytes([int(found[1], 16)]) if found[1] else found[2].upper(),
        token.encode("ascii"),
    )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArgumentError(f"symbol token {token!r} does not stand for UTF-8 text") from error
