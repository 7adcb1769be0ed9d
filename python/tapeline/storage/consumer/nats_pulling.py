"""One stream that is read: what was asked for, what has come, what is still expected."""

from collections import deque
from typing import Any, Final

import orjson

from tapeline.storage.consumer.nats_message import Place

_BATCH: Final = 500
_BYTES: Final = 8 * 1024 * 1024
_EXPIRES_S: Final = 20
_SILENT_NS: Final = 30_000_000_000
_NS_PER_S: Final = 1_000_000_000
_UNSTORED_MAX: Final = 65_536
"""Given and not yet acknowledged; the server gives no more."""
_GONE: Final = ("Consumer Deleted", "Consumer is push based", "Stream Deleted", "No Responders")


class Pulling:
    """The state of reading one stream; it does no IO.

    Parameters
    ----------
    topic
        The topic of the stream.
    info
        What the server says of the stream.
    """

    def __init__(self, topic: str, info: dict[str, Any]) -> None:
        self.topic = topic
        self.stream = self.consumer = self.inbox = ""
        self.is_started = False
        self._created = info["created"]
        self._next = 1
        self._last = int(info["state"]["last_seq"])
        self._first = int(info["state"]["first_seq"])
        self._consumer_next = 1
        self._asked = 0
        self._heard_ns = 0
        self._has_failed = self._is_durable = False
        self._unstored: deque[tuple[int, str]] = deque()

    @property
    def lag(self) -> int:
        """Messages on the stream that have not come."""
        return max(0, self._last + 1 - max(self._next, self._first))

    @property
    def end(self) -> int:
        """Offset behind the last message."""
        return self._last

    @property
    def expected(self) -> int:
        """Sequence of the message that comes next."""
        return self._next

    def renewed(self) -> "Pulling":
        """Return the same stream, not yet begun."""
        state = {"last_seq": self._last, "first_seq": self._first}
        return Pulling(self.topic, {"created": self._created, "state": state})

    def begin(
        self, stream: str, consumer: str, inbox: str, offset: int, *, is_durable: bool
    ) -> dict[str, Any]:
        """Return the configuration of a consumer that begins at an offset, and expect that."""
        self.stream, self.consumer, self.inbox = stream, consumer, inbox
        self.is_started = True
        self._is_durable = is_durable
        self._next = offset + 1
        config: dict[str, Any] = {
            "name": consumer,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": offset + 1,
            "replay_policy": "instant",
        }
        if is_durable:
            return {
                **config,
                "durable_name": consumer,
                # One acknowledgement stands for all before it, as one offset of the store does.
                "ack_policy": "all",
                # Whoever begins again makes the consumer anew: nothing is given twice by waiting.
                "ack_wait": 3600 * _NS_PER_S,
                "max_ack_pending": _UNSTORED_MAX,
            }
        return {**config, "ack_policy": "none", "inactive_threshold": 60 * _NS_PER_S}

    def next_request(self, now_ns: int, payload_max: int) -> bytes | None:
        """Return what to ask the server for; None while enough is asked for."""
        if self._asked > _BATCH // 2:
            return None
        if self._asked == 0:
            self._heard_ns = now_ns
        batch = _BATCH - self._asked
        self._asked += batch
        return orjson.dumps(
            {
                "batch": batch,
                "expires": _EXPIRES_S * _NS_PER_S,
                "max_bytes": max(_BYTES, 2 * payload_max),
            }
        )

    def take(self, place: Place, reply: str, now_ns: int) -> bool:
        """Whether this message is the next one."""
        if self._has_failed:
            return False
        self._heard_ns = now_ns
        self._asked = max(0, self._asked - 1)
        if place.delivered > 1 and place.sequence < self._next:
            return False
        if place.consumer_sequence != self._consumer_next:
            # Something was lost between the server and us: begin again from the store's offset.
            self._has_failed = True
            return False
        self._consumer_next += 1
        self._next = place.sequence + 1
        self._last = max(self._last, place.sequence + place.pending)
        if self._is_durable:
            self._unstored.append((place.sequence, reply))
        return True

    def note_status(self, headers: dict[str, str], now_ns: int) -> None:
        """Take note of why a request has ended."""
        self._heard_ns = now_ns
        said = headers.get("Description", "")
        if headers.get("Status") == "503" or any(each in said for each in _GONE):
            self._has_failed = True
            return
        left = headers.get("Nats-Pending-Messages")
        self._asked = 0 if left is None else max(0, self._asked - int(left))

    def stored(self, offset: int) -> str | None:
        """Return the reply subject that acknowledges everything before an offset."""
        reply = None
        while self._unstored and self._unstored[0][0] <= offset:
            _, reply = self._unstored.popleft()
        return reply

    def is_broken(self, now_ns: int) -> bool:
        """Whether reading has to begin again."""
        is_silent = self._asked > 0 and now_ns - self._heard_ns > _SILENT_NS
        return self.is_started and (self._has_failed or is_silent)

    def is_still(self, info: dict[str, Any], expected: int) -> bool:
        """Whether the stream is the one it was; takes note of its ends.

        Parameters
        ----------
        info
            What the server says of the stream now.
        expected
            What came next when it was asked: an answer may be older than the latest message.
        """
        state = info["state"]
        self._first, self._last = int(state["first_seq"]), int(state["last_seq"])
        is_shorter = self.is_started and self._last + 1 < expected
        return bool(info["created"] == self._created) and not is_shorter
