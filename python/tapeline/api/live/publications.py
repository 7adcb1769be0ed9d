"""What a feed gives the hub, and the frames made of it: encoded once for all clients."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tapeline.api.live import book_frames, spelled
from tapeline.api.live.book_frames import ShownBook
from tapeline.api.live.frames import newest_ns
from tapeline.api.live.layout import Body
from tapeline.api.live.topics import TopicKey


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events of one topic that came together."""

    key: TopicKey
    rows: pa.RecordBatch
    body: Body | None
    """Their columns; None when they have no binary form."""

    @property
    def count(self) -> int:
        """How many events."""
        return int(self.rows.num_rows)

    @property
    def as_of_ns(self) -> int:
        """When the newest was received."""
        return self.body.as_of_ns if self.body is not None else newest_ns(self.rows)

    def spelled(self) -> dict[str, Any]:
        """Return the JSON form."""
        return spelled.event_rows(self.key.type, self.rows)


@dataclass(frozen=True, slots=True)
class BookState:
    """The book of a topic as it is now; for ``bbo`` only its best levels are shown."""

    key: TopicKey
    book: ShownBook


Publication = EventBatch | BookState


class Frame:
    """A frame of a channel; bytes and text are made when first asked for."""

    __slots__ = ("_binary", "_text", "body", "channel", "content", "rows", "sequence")

    def __init__(
        self,
        channel: int,
        sequence: int,
        rows: int,
        body: Body | None,
        content: Any,  # noqa: ANN401 - a function without arguments
    ) -> None:
        self.channel = channel
        self.sequence = sequence
        self.rows = rows
        self.body = body
        self.content = content
        self._binary: bytes | None = None
        self._text: str | None = None

    def message(self, is_binary: bool) -> bytes | str:
        """Return the frame as it is sent; as text also where it has no binary form."""
        if is_binary and self.body is not None:
            if self._binary is None:
                self._binary = self.body.frame(self.channel, self.sequence)
            return self._binary
        if self._text is None:
            as_of_ns, content = self.content()
            self._text = spelled.text(self.channel, self.sequence, as_of_ns, content)
        return self._text


def event_frame(batch: EventBatch, channel: int, sequence: int) -> Frame:
    """Return the frame of some events."""
    return Frame(
        channel, sequence, batch.count, batch.body, lambda: (batch.as_of_ns, batch.spelled())
    )


def whole_frame(key: TopicKey, shown: ShownBook, channel: int, sequence: int) -> Frame:
    """Return the frame that says the whole state of a topic of states."""
    if key.type == "bbo":
        return Frame(
            channel,
            sequence,
            1,
            book_frames.bbo(shown),
            lambda: (shown.as_of_ns, spelled.bbo(shown)),
        )
    return Frame(
        channel,
        sequence,
        1,
        book_frames.snapshot(shown),
        lambda: (
            shown.as_of_ns,
            spelled.book("book_snapshot", shown, shown.bids, shown.asks),
        ),
    )


def change_frame(before: ShownBook, shown: ShownBook, channel: int, sequence: int) -> Frame | None:
    """Return the frame that makes one book of another; None when only a snapshot can."""
    body = book_frames.update(before, shown)
    if body is None:
        return None

    def content() -> tuple[int, dict[str, Any]]:
        bids, asks = book_frames.changes(before, shown)
        return shown.as_of_ns, spelled.book("book_update", shown, bids, asks)

    return Frame(channel, sequence, 1, body, content)
