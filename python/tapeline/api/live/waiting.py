"""What waits for one client: bounded, and what does not fit is accounted for."""

from collections import deque
from dataclasses import dataclass

import orjson

from tapeline.api.live.line import Part
from tapeline.api.live.publications import Frame
from tapeline.api.live.settings import LiveSettings
from tapeline.api.live.topic import Topic

_MOST_WORDS = 1024


@dataclass(slots=True, eq=False)
class Lane:
    """What waits of one subscription."""

    topic: Topic
    is_binary: bool
    waiting: int = 0
    """Frames in the queue."""
    skipped: int = 0
    """Events left out since the last message."""
    needs_state: bool = False
    """Whether the whole state is to be sent in place of what waited."""


@dataclass(slots=True)
class Losses:
    """What slow clients were not sent, of all clients since the start."""

    skipped: int = 0
    """Events, each counted in a marker."""
    conflated: int = 0
    """How often a state replaced what waited."""


class Waiting:
    """The queue of a client.

    When it is full everything in it is dropped at once, so that what the client gets next is of
    now. Topics of states send their latest state then, topics of events how many were left out.
    """

    def __init__(self, settings: LiveSettings, losses: Losses | None = None) -> None:
        self._settings = settings
        self._losses = losses if losses is not None else Losses()
        self._lanes: dict[int, Lane] = {}
        self._words: deque[str] = deque()
        self._frames: list[tuple[Part, Frame, Lane]] = []
        self._bytes = 0
        self._gaps: dict[int, Lane] = {}
        """Lanes that have something to send in front of their next frame."""
        self.has_news = False
        """Whether something is to be sent."""
        self.is_flooded = False
        """Whether the client asked for more answers than it takes."""
        self.skipped = 0
        """Events left out in all."""
        self.conflated = 0
        """How often states replaced what waited."""

    @property
    def load(self) -> tuple[int, int]:
        """How many frames and how many bytes wait."""
        return len(self._frames), self._bytes

    def channels(self) -> dict[int, bool]:
        """Return the channels subscribed to; whether in binary form."""
        return {channel: lane.is_binary for channel, lane in self._lanes.items()}

    def open_lane(self, topic: Topic, *, is_binary: bool) -> None:
        """Begin a subscription; of states the first thing sent is the whole one."""
        lane = self._lanes[topic.channel] = Lane(topic, is_binary)
        if topic.key.is_state:
            self._conflate(lane)
            self.has_news = True

    def close_lane(self, channel: int) -> None:
        """End a subscription; what waits of it is not sent."""
        self._forget(self._lanes.pop(channel))
        self._gaps.pop(channel, None)

    def say(self, words: dict[str, object]) -> None:
        """Add a control message."""
        if len(self._words) >= _MOST_WORDS:
            self.is_flooded = True
        else:
            self._words.append(orjson.dumps(words).decode())
        self.has_news = True

    def put(self, frame: Frame) -> None:
        """Add a frame of events, or a change of a book."""
        lane = self._lanes[frame.channel]
        self.has_news = True
        if lane.needs_state:
            return
        message = frame.message(lane.is_binary)
        settings = self._settings
        if lane.topic.key.is_state and lane.waiting >= settings.max_waiting_updates:
            self._conflate(lane)
            return
        size = self._bytes + len(message)
        if len(self._frames) >= settings.max_waiting_frames or size > settings.max_waiting_bytes:
            self._drop_all()
            if lane.topic.key.is_state:
                self._conflate(lane)
                return
            if len(message) > settings.max_waiting_bytes:
                self._skip(lane, frame.rows)
                return
        self._frames.append((message, frame, lane))
        lane.waiting += 1
        self._bytes += len(message)

    def put_state(self, channel: int) -> None:
        """Say that the whole state of a topic is to be sent."""
        self._conflate(self._lanes[channel])
        self.has_news = True

    def take(self) -> list[Part]:
        """Return what is to be sent now, in order, and forget it."""
        self.has_news = False
        found: list[Part] = [*self._words, *self._take_frames()]
        self._words.clear()
        return found

    def _take_frames(self) -> list[Part]:
        found: list[Part] = []
        for channel, lane in self._gaps.items():
            if lane.skipped:
                words = {"op": "skipped", "channel": channel, "skipped": lane.skipped}
                found.append(orjson.dumps(words).decode())
                lane.skipped = 0
            if lane.needs_state:
                found.append(lane.topic.whole().message(lane.is_binary))
                lane.needs_state = False
        self._gaps.clear()
        for message, _, lane in self._frames:
            lane.waiting = 0
            found.append(message)
        self._frames = []
        self._bytes = 0
        return found

    def _drop_all(self) -> None:
        dropped, self._frames, self._bytes = self._frames, [], 0
        for _, frame, lane in dropped:
            lane.waiting = 0
            if not lane.topic.key.is_state:
                self._skip(lane, frame.rows)
            elif not lane.needs_state:
                self._mark_conflated(lane)

    def _skip(self, lane: Lane, events: int) -> None:
        lane.skipped += events
        self._gaps[lane.topic.channel] = lane
        self.skipped += events
        self._losses.skipped += events

    def _conflate(self, lane: Lane) -> None:
        """Send the whole state in place of what waits of a lane."""
        if lane.waiting:
            self._mark_conflated(lane)
            self._forget(lane)
        lane.needs_state = True
        self._gaps[lane.topic.channel] = lane

    def _mark_conflated(self, lane: Lane) -> None:
        lane.needs_state = True
        self._gaps[lane.topic.channel] = lane
        self.conflated += 1
        self._losses.conflated += 1

    def _forget(self, lane: Lane) -> None:
        if not lane.waiting:
            return
        self._bytes -= sum(len(message) for message, _, other in self._frames if other is lane)
        self._frames = [each for each in self._frames if each[2] is not lane]
        lane.waiting = 0
