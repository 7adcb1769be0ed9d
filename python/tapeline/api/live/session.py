"""What a client says, and the answers. No input or output happens here."""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from tapeline.api.live.client import Client
from tapeline.api.live.hub import Hub, HubFull
from tapeline.api.live.layout import VERSION
from tapeline.api.live.settings import LiveSettings
from tapeline.api.live.topic import Topic
from tapeline.api.live.topics import TopicKey, fault_of
from tapeline.telemetry.clock import Clock

_MOST_ID: Final = 2**32 - 1
_NAMES: Final = ("type", "exchange", "market", "symbol")


@dataclass(frozen=True, slots=True)
class Close:
    """Why a connection is ended by the server."""

    code: int
    reason: str


TOO_MANY: Final = Close(4429, "too many messages")
TOO_LARGE: Final = Close(1009, "message too large")
NO_BINARY: Final = Close(1003, "messages are text")


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Allowance:
    """Messages a client may send: so many a second on average, so many at once."""

    def __init__(self, settings: LiveSettings, clock: Clock) -> None:
        self._per_ns = settings.messages_per_s / 1e9
        self._most = float(settings.messages_at_once)
        self._left = self._most
        self._clock = clock
        self._at_ns = clock.monotonic_ns()

    def take(self) -> bool:
        """Count a message; False when it is one too many."""
        now = self._clock.monotonic_ns()
        self._left = min(self._most, self._left + (now - self._at_ns) * self._per_ns)
        self._at_ns = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Session:
    """One client's subscriptions."""

    def __init__(self, hub: Hub, client: Client, clock: Clock) -> None:
        self._hub = hub
        self._client = client
        self._allowance = Allowance(hub.settings, clock)
        self._topics: dict[int, Topic] = {}

    @property
    def topics(self) -> list[Topic]:
        """What the client listens to."""
        return list(self._topics.values())

    def hear(self, message: str | bytes) -> Close | None:
        """Take a message; the answer is put into the queue.

        Returns
        -------
        Close or None
            Why the connection must end; None when it goes on.
        """
        if isinstance(message, bytes):
            return NO_BINARY
        if len(message.encode()) > self._hub.settings.max_message_bytes:
            return TOO_LARGE
        if not self._allowance.take() or self._client.waiting.is_flooded:
            return TOO_MANY
        request_id: int | None = None
        try:
            words = _words(message)
            request_id = _id(words)
            self._obey(words, request_id)
        except _Refused as refused:
            self._client.say(
                {"op": "error", "id": request_id, "code": refused.code, "message": str(refused)}
            )
        return None

    def _obey(self, words: dict[str, Any], request_id: int | None) -> None:
        match words.get("op"):
            case "ping":
                self._client.say({"op": "pong"})
            case "subscribe":
                self._subscribe(words, _needed(request_id))
            case "unsubscribe":
                self._unsubscribe(_needed(request_id))
            case _:
                raise _Refused("unknown_op", "op is subscribe, unsubscribe or ping")

    def _subscribe(self, words: dict[str, Any], request_id: int) -> None:
        names = [words.get(name) for name in _NAMES]
        if not all(isinstance(name, str) for name in names):
            raise _Refused("bad_message", f"{', '.join(_NAMES)} are texts")
        key = TopicKey(*map(str, names))
        fault = fault_of(key)
        if fault is not None:
            raise _Refused(*fault)
        form = words.get("format", "binary")
        if form not in ("binary", "json"):
            raise _Refused("bad_format", "format is binary or json")
        self._check_new(request_id, key)
        try:
            topic = self._hub.subscribe(self._client, key, is_binary=form == "binary")
        except HubFull:
            raise _Refused("too_many_topics", "too many topics are without data") from None
        self._topics[request_id] = topic
        self._client.say(
            {"op": "subscribed", "id": request_id, "channel": topic.channel, "schema": VERSION}
        )

    def _check_new(self, request_id: int, key: TopicKey) -> None:
        if request_id in self._topics:
            raise _Refused("duplicate_id", "this id names a subscription")
        if any(topic.key == key for topic in self._topics.values()):
            raise _Refused("duplicate_topic", "this topic is subscribed to")
        most = self._hub.settings.max_subscriptions
        if len(self._topics) >= most:
            raise _Refused("too_many_subscriptions", f"a connection has at most {most}")

    def _unsubscribe(self, request_id: int) -> None:
        topic = self._topics.pop(request_id, None)
        if topic is None:
            raise _Refused("unknown_id", "no subscription has this id")
        self._hub.unsubscribe(self._client, topic)
        self._client.say({"op": "unsubscribed", "id": request_id})


def _words(message: str) -> dict[str, Any]:
    try:
        words = orjson.loads(message)
    except orjson.JSONDecodeError:
        raise _Refused("not_json", "a message is a JSON object") from None
    if not isinstance(words, dict):
        raise _Refused("bad_message", "a message is a JSON object")
    return words


def _id(words: dict[str, Any]) -> int | None:
    found = words.get("id")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= _MOST_ID:
        raise _Refused("bad_message", f"id is a number from 0 to {_MOST_ID}")
    return found


def _needed(request_id: int | None) -> int:
    if request_id is None:
        raise _Refused("bad_message", f"id is a number from 0 to {_MOST_ID}")
    return request_id
