"""A topic on the server: its channel, its sequence, its latest state."""

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


class Topic:
    """One topic; used by the event loop's thread alone."""

    def __init__(self, key: TopicKey, channel: int) -> None:
        self.key = key
        self.channel = channel
        self.sequence = 0
        """Of the last frame."""
        self.is_published = False
        self.listeners = 0
        """How many clients."""
        self._book = unknown_book(0)
        self._whole: Frame | None = None

    @property
    def book(self) -> ShownBook:
        """The latest state."""
        return self._book

    def publish_events(self, batch: EventBatch) -> Frame:
        """Return the frame of some events."""
        self.is_published = True
        self.sequence += 1
        return event_frame(batch, self.channel, self.sequence)

    def publish_state(self, state: BookState) -> Frame | None:
        """Take a new state; return the change, or None when the whole is to be sent."""
        self.is_published = True
        self.sequence += 1
        before, self._book, self._whole = self._book, state.book, None
        if self.key.type != "book" or not self.listeners:
            return None
        return change_frame(before, state.book, self.channel, self.sequence)

    def whole(self) -> Frame:
        """Return the frame of the latest state."""
        if self._whole is None:
            self._whole = whole_frame(self.key, self._book, self.channel, self.sequence)
        return self._whole
