"""A topic on the server: its channel, its sequence, its latest state, who listens."""

from typing import Protocol

from tapeline.api.live.book_frames import ShownBook, unknown_book
from tapeline.api.live.publications import (
    BookState,
    EventBatch,
    Frame,
    change_frame,
    event_frame,
    whole_frame,
)
from tapeline.api.live.topics import TopicKey


class Listener(Protocol):
    """Where the frames of a topic go."""

    def put(self, frame: Frame) -> None:
        """Take a frame."""
        ...

    def put_state(self, channel: int) -> None:
        """Take note that the whole state is to be sent."""
        ...


class Topic:
    """One topic; used by the event loop's thread alone."""

    def __init__(self, key: TopicKey, channel: int) -> None:
        self.key = key
        self.channel = channel
        self.sequence = 0
        """Of the last frame."""
        self.is_published = False
        self.listeners: set[Listener] = set()
        self._book = unknown_book(0)
        self._whole: Frame | None = None

    @property
    def book(self) -> ShownBook:
        """The latest state."""
        return self._book

    def publish_events(self, batch: EventBatch) -> None:
        """Give some events to whoever listens."""
        self.is_published = True
        self.sequence += 1
        if not self.listeners:
            return
        frame = event_frame(batch, self.channel, self.sequence)
        for each in self.listeners:
            each.put(frame)

    def publish_state(self, state: BookState) -> None:
        """Take a new state; tell the change, or that the whole is to be sent."""
        self.is_published = True
        self.sequence += 1
        before, self._book, self._whole = self._book, state.book, None
        if not self.listeners:
            return
        frame = None
        if self.key.type == "book":
            frame = change_frame(before, state.book, self.channel, self.sequence)
        for each in self.listeners:
            if frame is None:
                each.put_state(self.channel)
            else:
                each.put(frame)

    def whole(self) -> Frame:
        """Return the frame of the latest state."""
        if self._whole is None:
            self._whole = whole_frame(self.key, self._book, self.channel, self.sequence)
        return self._whole
