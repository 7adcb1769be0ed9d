"""A tape in memory, ready to be played: frames, their streams, their times."""

from __future__ import annotations

import os
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from heapq import merge

from tapeline.errors import TapeError
from tapeline.simulator.venue import Session, Venue
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
        Lines that are never sent to a subscriber: ``http`` replies and recorded ``answer`` frames.
    replies : list of tuple of int and TapeFrame
        The REST replies, each with the index of the frame before which it was received.
    warnings : list of TapeWarning
        What the tape reader remarked.
    """

    def __init__(self, venue: Venue) -> None:
        self.frames: list[bytes] = []
        self.stream_of = array("I")
        self.times_ns = array("q")
        self.streams: list[str] = []
        self.not_replayed: Counter[str] = Counter()
        self.replies: list[tuple[int, TapeFrame]] = []
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
        is_merged: bool = False,
        on_frames: Callable[[int], None] | None = None,
    ) -> Reel:
        """Read tapes.

        Parameters
        ----------
        paths
            The tapes, played in this order.
        venue
            Whose frames they are.
        is_merged
            Start all of them together and merge them by the time since each one's start.
        on_frames
            Called now and then with the number of frames read so far.

        Raises
        ------
        TapeError
            A tape cannot be read, or none of them has a frame to send.
        """
        reel = cls(venue)
        readers = [TapeReader(path) for path in paths]
        if is_merged:
            reel.append_merged(readers, on_frames=on_frames)
        else:
            for reader in readers:
                reel.append(reader, on_frames=on_frames)
        for reader in readers:
            reel.warnings.extend(reader.warnings)
        if not reel.frames:
            raise TapeError("the tape has no frame that could be sent")
        return reel

    def append(
        self, tape: Iterable[TapeFrame], *, on_frames: Callable[[int], None] | None = None
    ) -> None:
        """Add one tape's frames behind those already here."""
        self.append_merged([tape], on_frames=on_frames)

    def append_merged(
        self,
        tapes: Iterable[Iterable[TapeFrame]],
        *,
        on_frames: Callable[[int], None] | None = None,
    ) -> None:
        """Add several tapes that start together behind those already here."""
        base_ns = self._now_ns
        timed = [self._timed(tape) for tape in tapes]
        for elapsed_ns, frame, stream in merge(*timed, key=lambda item: item[0]):
            self._now_ns = max(self._now_ns, base_ns + elapsed_ns)
            if stream is None:
                self._set_aside(frame)
                continue
            self.frames.append(frame.raw)
            self.stream_of.append(self._number(stream))
            self.times_ns.append(self._now_ns)
            if on_frames is not None and len(self.frames) % 50_000 == 0:
                on_frames(len(self.frames))

    def _timed(self, tape: Iterable[TapeFrame]) -> Iterator[tuple[int, TapeFrame, str | None]]:
        """Yield a tape's lines with the time since its first frame, never falling."""
        first_ns: int | None = None
        elapsed_ns = 0
        for frame in tape:
            stream = self._venue.stream(frame)
            if stream is not None:
                time_ns = frame.recv_ns
                if time_ns is None:
                    time_ns = self._venue.exchange_ns(frame.raw)
                if time_ns is not None:
                    first_ns = time_ns if first_ns is None else first_ns
                    self.start_ns = self.start_ns or time_ns
                    elapsed_ns = max(elapsed_ns, time_ns - first_ns)
            yield elapsed_ns, frame, stream

    def _set_aside(self, frame: TapeFrame) -> None:
        if frame.kind == "http":
            self.replies.append((len(self.frames), frame))
        self.not_replayed["http" if frame.kind == "http" else "answer"] += 1

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

    def mask(self, session: Session) -> bytes:
        """Return one byte a stream, 1 for those a client gets; all 0 if it wants none of them."""
        mask = bytes(session.hears(self.streams))
        if not any(mask):
            return bytes(len(self.streams))
        return bytes(
            bit or self._venue.always(name) for bit, name in zip(mask, self.streams, strict=True)
        )
