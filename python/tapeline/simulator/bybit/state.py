"""What a Bybit topic tells a new subscriber: the book, or the merged ticker."""

from typing import Any

import orjson

from tapeline.simulator.books import Level, PlainBook
from tapeline.simulator.bybit.frames import parsed


class BookState:
    """The book of one ``orderbook.D.S`` topic.

    Parameters
    ----------
    depth
        Levels a side, as the topic's name says.

    Attributes
    ----------
    last
        The last message taken.
    """

    def __init__(self, depth: int) -> None:
        self.last: dict[str, Any] = {}
        self.is_whole = False
        self._depth = depth
        self._book = PlainBook()

    def seed(self, reply: bytes) -> None:
        """Do nothing: the topic brings its own snapshot."""

    def apply(self, frame: bytes) -> None:
        """Take a snapshot or a delta; one that does not follow leaves the book unknown."""
        message = parsed(frame)
        if message is None or not isinstance(message.get("data"), dict):
            self.is_whole = False
            return
        data = message["data"]
        if message.get("type") == "snapshot":
            self._book.replace(data["b"], data["a"])
            self.is_whole = True
        elif self.is_whole and data["u"] == self.last["data"]["u"] + 1:
            self._book.change(data["b"], data["a"])
        else:
            self.is_whole = False
        self.last = message

    def greeting(self) -> bytes:
        """Return the book as a snapshot message, its keys in the order of the last message."""
        return self.snapshot_message(int(self.last["data"]["u"]))

    def snapshot_message(self, update: int) -> bytes:
        """Return a snapshot message with another update id."""
        data = {**self.last["data"], **self.levels(self._depth), "u": update}
        return orjson.dumps({**self.last, "type": "snapshot", "data": data})

    def levels(self, depth: int) -> dict[str, list[Level]]:
        """Return bids and asks, best first."""
        bids, asks = self._book.best(min(depth, self._depth))
        return {"b": bids, "a": asks}


class TickerState:
    """The merged fields of a ``tickers.S`` topic."""

    def __init__(self) -> None:
        self.is_whole = False
        self._message: dict[str, Any] = {}

    def seed(self, reply: bytes) -> None:
        """Do nothing: the topic brings its own snapshot."""

    def apply(self, frame: bytes) -> None:
        """Merge a message; a delta before the first snapshot tells nothing yet."""
        message = parsed(frame)
        if message is None:
            return
        if message.get("type") == "snapshot":
            self.is_whole = True
            self._message = message
        elif self.is_whole:
            self._message = {**message, "data": {**self._message["data"], **message["data"]}}

    def greeting(self) -> bytes:
        """Return the merged fields as a snapshot message."""
        return orjson.dumps({**self._message, "type": "snapshot"})


def state_of(topic: str) -> BookState | TickerState | None:
    """Return a new state for a topic; None where a new subscriber gets nothing at once."""
    name, _, rest = topic.partition(".")
    if name == "tickers":
        return TickerState()
    depth = rest.partition(".")[0]
    return BookState(int(depth)) if name == "orderbook" and depth.isdigit() else None
