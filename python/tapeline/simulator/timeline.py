"""The state of every stream at the tape's position: what a late subscriber or a REST client gets.

It moves with the master timeline and knows nothing of the faults done to single frames, so a client
that lost some of them recovers with a snapshot that fits the frames it will get next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from tapeline.simulator.reel import Reel
from tapeline.simulator.venue import StreamState, Venue

_MS_NS = 1_000_000


@dataclass(slots=True)
class _Track:
    """A stream's state and how far it has come; it moves only when somebody asks."""

    state: StreamState
    frames: Sequence[int]
    seeds: list[tuple[int, bytes]]
    done: int = 0
    seeded: int = 0

    def advance(self, reel: Reel, position: int) -> None:
        while self.done < len(self.frames) and self.frames[self.done] < position:
            self._seed(self.frames[self.done])
            self.state.apply(reel.frames[self.frames[self.done]])
            self.done += 1
        self._seed(position)
        if not self.state.is_whole and self.seeded < len(self.seeds):
            self.state.seed(self.seeds[self.seeded][1])

    def _seed(self, position: int) -> None:
        while self.seeded < len(self.seeds) and self.seeds[self.seeded][0] <= position:
            self.state.seed(self.seeds[self.seeded][1])
            self.seeded += 1


@dataclass(slots=True)
class Timeline:
    """States and recorded replies at a position of the tape.

    Attributes
    ----------
    position
        Index of the next frame; the player moves it.
    """

    reel: Reel
    venue: Venue
    position: int = 0
    _tracks: dict[str, _Track | None] = field(default_factory=dict)
    _frames: dict[str, Sequence[int]] | None = None

    @property
    def streams(self) -> Sequence[str]:
        """Return the names of the tape's streams."""
        return self.reel.streams

    @property
    def now_ms(self) -> int:
        """Return the tape's time, Unix milliseconds."""
        reel = self.reel
        place = min(self.position, len(reel) - 1)
        return (reel.start_ns + (reel.times_ns[place] if place >= 0 else 0)) // _MS_NS

    def state(self, stream: str) -> StreamState | None:
        """Return a stream's state now; None where it has none or it is not known.

        A state that is not known yet, or not any more because frames are missing on the tape, is
        that of the tape's next snapshot: the frames up to it are then too old for the client.
        """
        if stream not in self._tracks:
            self._tracks[stream] = self._track(stream)
        track = self._tracks[stream]
        if track is None:
            return None
        track.advance(self.reel, self.position)
        return track.state if track.state.is_whole else None

    def recorded(self, path: str, query: Mapping[str, str]) -> bytes | None:
        """Return the last recorded reply whose path is this one and whose query agrees."""
        for _, reply in reversed(self.reel.replies):
            parts = urlsplit(reply.url.removeprefix("synthetic:"))
            theirs = dict(parse_qsl(parts.query))
            if parts.path == path and all(query.get(key) == value for key, value in theirs.items()):
                return reply.raw
        return None

    def _track(self, stream: str) -> _Track | None:
        state = self.venue.state(stream)
        if state is None or stream not in self.reel.streams:
            return None
        if self._frames is None:
            self._frames = dict(zip(self.reel.streams, self.reel.numbers_by_stream(), strict=True))
        seeds = [
            (position, reply.raw)
            for position, reply in self.reel.replies
            if self.venue.seeds(reply, stream)
        ]
        return _Track(state, self._frames[stream], seeds)
