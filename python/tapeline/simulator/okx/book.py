"""An OKX book beside the tape: in-stream snapshot, then updates joined by ``prevSeqId``."""

import zlib
from itertools import chain, zip_longest
from typing import Any

import orjson

from tapeline.simulator.books import Level, PlainBook
from tapeline.simulator.okx.frames import parsed

#: Levels of a book channel's snapshot, and of its checksum.
_DEPTH = 400
_CHECKED_DEPTH = 25


class BooksState:
    """The book of one instrument as its ``books`` stream tells it.

    Attributes
    ----------
    arg
        The subscription, as the frames repeat it.
    last
        The last element taken: times, ids and checksum of the book.
    """

    def __init__(self) -> None:
        self.arg: dict[str, Any] = {}
        self.last: dict[str, Any] = {}
        self.is_whole = False
        self._book = PlainBook()

    def seed(self, reply: bytes) -> None:
        """Do nothing: the stream brings its own snapshot."""

    def apply(self, frame: bytes) -> None:
        """Take a snapshot or an update; one that does not follow leaves the book unknown."""
        message = parsed(frame)
        if message is None or not isinstance(message.get("data"), list):
            self.is_whole = False
            return
        self.arg = message["arg"]
        for element in message["data"]:
            if message.get("action") == "snapshot":
                self._book.replace(element["bids"], element["asks"])
                self.is_whole = True
            elif self.is_whole and element.get("prevSeqId") == self.last.get("seqId"):
                self._book.change(element["bids"], element["asks"])
            else:
                self.is_whole = False
                return
            self.last = element

    def greeting(self) -> bytes:
        """Return the book as a snapshot frame."""
        element: dict[str, Any] = {**self.levels(_DEPTH), "ts": self.last["ts"]}
        element["checksum"] = self._checksum()
        if "seqId" in self.last:
            element |= {"seqId": self.last["seqId"], "prevSeqId": -1}
        return orjson.dumps({"arg": self.arg, "action": "snapshot", "data": [element]})

    def levels(self, depth: int) -> dict[str, list[Level]]:
        """Return asks and bids, best first."""
        bids, asks = self._book.best(depth)
        return {"asks": asks, "bids": bids}

    def _checksum(self) -> int:
        """Return the checksum if the recording has live ones; it is 0 since 2026-06-23."""
        if not self.last.get("checksum"):
            return 0
        bids, asks = self._book.best(_CHECKED_DEPTH)
        pairs = chain.from_iterable(zip_longest(bids, asks))
        text = ":".join(f"{level[0]}:{level[1]}" for level in pairs if level is not None)
        unsigned = zlib.crc32(text.encode())
        return unsigned - (1 << 32) if unsigned >= 1 << 31 else unsigned
