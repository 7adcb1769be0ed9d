"""A Binance book beside the tape: REST snapshot and diff depth updates."""

from collections import deque
from typing import Any

import orjson

from tapeline.simulator.binance.frames import message_of
from tapeline.simulator.books import PlainBook

#: Diffs kept until a snapshot comes.
_WAITING_MAX = 10_000


class DepthState:
    """The book of one symbol as its diff depth stream tells it.

    Attributes
    ----------
    last_id
        Update id of the last change taken; the snapshot's ``lastUpdateId``.
    times
        ``E`` and ``T`` of the last change, as the futures markets' snapshots have them.
    """

    def __init__(self) -> None:
        self.last_id = -1
        self.times: dict[str, Any] = {}
        self._book = PlainBook()
        self._is_joined = False
        self._waiting: deque[bytes] = deque(maxlen=_WAITING_MAX)
        self.is_whole = False

    def seed(self, reply: bytes) -> None:
        """Take over a REST snapshot, unless the stream has told more already.

        It may be older than diffs that came before it: those are put on top of it.
        """
        message = orjson.loads(reply)
        if self.is_whole and message["lastUpdateId"] < self.last_id:
            return
        self._book.replace(message["bids"], message["asks"])
        self.last_id = message["lastUpdateId"]
        self.times = {key: message[key] for key in ("E", "T") if key in message}
        self._is_joined = False
        self.is_whole = True
        waiting = list(self._waiting)
        self._waiting.clear()
        for frame in waiting:
            self.apply(frame)

    def apply(self, frame: bytes) -> None:
        """Take a diff over; one that does not follow the last leaves the book unknown."""
        message = message_of(frame)
        if message is None or not isinstance(message.get("u"), int):
            return
        if self.is_whole and message["u"] <= self.last_id:
            return
        if not self.is_whole or not self._follows(message):
            self.is_whole = False
            self._waiting.append(frame)
            return
        self._book.change(message["b"], message["a"])
        self.last_id = message["u"]
        self.times = {key: message[key] for key in ("E", "T") if key in message}
        self._is_joined = True

    def greeting(self) -> None:
        """Return None: Binance has no snapshot in the stream."""

    def snapshot(self, limit: int) -> dict[str, Any]:
        """Return bids and asks, best first, at most `limit` of each."""
        bids, asks = self._book.best(limit)
        return {"bids": bids, "asks": asks}

    def _follows(self, message: dict[str, Any]) -> bool:
        previous = message.get("pu")
        if self._is_joined and isinstance(previous, int):
            return previous == self.last_id
        return int(message["U"]) <= self.last_id + 1 or previous == self.last_id
