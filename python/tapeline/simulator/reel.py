"""A tape in memory, ready to be played: frames, their streams, their times."""

from __future__ import annotations

import os
from array import array
from collections import Counter
from collections.abc import Callable, Iterable

from tapeline.errors import TapeError
from tapeline.simulator.venue import Venue
from tapeline.tape import TapeFrame, TapeReader, TapeWarning


class Reel:
    """The frames of one or more tapes that are replayed, in the tapes' order.

    Held in memory whole (about 50 bytes a frame more than its text), because the fault plan needs
    to know the
    tape's length and streams, and because a tape read from disk line by line could not be sent at
    full speed.

    Parameters
    ----------
    venue
        Says which stream a frame belongs to.

    Attributes
    ----------
    frames : list of bytes
        What is sent, as recorded. Frame number ``n`` of a ledger (from 1) is ``frames[n - 1]``.
    stream_of : array of int
        Index into `streams` of every frame.
    times_ns : array of int
        Tape time of every frame: nanoseconds since the first, never falling. Tapes follow each
        other at once.
    streams : list of str
        Names of the streams.
    not_replayed : Counter of str
        Lines that are never sent: ``http`` replies and recorded ``answer`` frames.
    warnings : list of TapeWarning
        What the tape reader remarked.
    """

    def __init__(self, venue: Venue) -> None:
        self.frames: list[bytes] = []
        self.stream_of = array("I")
        self.times_ns = array("q")
        self.streams: list[str] = []
        self.not_replayed: Counter[str] = Counter()
        self.warnings: list[TapeWarning] = []
        self.start_ns = 0
        self._venue = venue
        self._index: dict[str, int] = {}
        self._now_ns = 0

    @classmethod
    def load(
        cls,
        paths: Iterable[str | os.PathLike[str]],
        venue: Venue,
        *,
        on_frames: Callable[[int], None] | None = None,
    ) -> Reel:
        """Read tapes.

        Parameters
        ----------
        paths
            The tapes, played in this order.
        venue
            Whose frames they are.
        on_frames
            Called now and then with the number of frames read so far.

        Raises
        ------
        TapeError
            A tape cannot be read, or none of them has a frame to send.
        """
        reel = cls(venue)
        for path in paths:
            reader = TapeReader(path)
            reel.append(reader, on_frames=on_frames)
            reel.warnings.extend(reader.warnings)
        if not reel.frames:
            raise TapeError("the tape has no frame that could be sent")
        return reel

    def append(
        self, tape: Iterable[TapeFrame], *, on_frames: Callable[[int], None] | None = None
    ) -> None:
        """Add one tape's frames behind those already here."""
        offset_ns: int | None = None
        for frame in tape:
            stream = self._venue.stream(frame)
            if stream is None:
                self.not_replayed["http" if frame.kind == "http" else "answer"] += 1
                continue
            time_ns = frame.recv_ns
            if time_ns is None:
                time_ns = self._venue.exchange_ns(frame.raw)
            if time_ns is not None:
                if offset_ns is None:
                    offset_ns = time_ns - self._now_ns
                    self.start_ns = self.start_ns or time_ns
                self._now_ns = max(self._now_ns, time_ns - offset_ns)
            self.frames.append(frame.raw)
            self.stream_of.append(self._number(stream))
            self.times_ns.append(self._now_ns)
            if on_frames is not None and len(self.frames) % 50_000 == 0:
                on_frames(len(self.frames))

    def _number(self, stream: str) -> int:
        number = self._index.get(stream)
        if number is None:
            number = self._index[stream] = len(self.streams)
            self.streams.append(stream)
        return number

    def __len__(self) -> int:
        return len(self.frames)

    def numbers_by_stream(self) -> list[array[int]]:
        """Return the frame indices of every stream, in tape order."""
        by_stream = [array("I") for _ in self.streams]
        for index, stream in enumerate(self.stream_of):
            by_stream[stream].append(index)
        return by_stream

    def mask(self, wanted: Iterable[str]) -> bytes:
        """Return one byte a stream, 1 for those a client gets; all 0 if it wants none of them."""
        names = set(wanted)
        mask = bytes(name in names for name in self.streams)
        if not any(mask):
            return mask
        return bytes(
            bit or self._venue.always(name) for bit, name in zip(mask, self.streams, strict=True)
        )
