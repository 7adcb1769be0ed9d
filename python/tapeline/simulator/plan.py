"""The fault plan: everything that will go wrong, decided before the first frame is sent."""

from __future__ import annotations

import math
import random
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tapeline.simulator.faults import PLACED, RATES, SINGLE, FaultKind, FaultSpec

#: A duplicate, or the partner of a swap, is at most so many frames of its stream away.
WINDOW = 8


@dataclass(frozen=True, slots=True)
class Note:
    """A fault done to a frame, for the ledger.

    Attributes
    ----------
    kind
        What was done.
    frame
        Index of the frame.
    other
        Index of the other frame of a swap, or of the frame a duplicate was sent behind; else None.
    """

    kind: FaultKind
    frame: int
    other: int | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """A fault of a connection, before the slot's frame is sent.

    Attributes
    ----------
    slot
        Where.
    kind
        What.
    spec
        What was asked for.
    """

    slot: int
    kind: FaultKind
    spec: FaultSpec


@dataclass(slots=True)
class FaultPlan:
    """What is sent in every slot of the tape, where that is not just the slot's own frame.

    Attributes
    ----------
    sends
        Slot -> indices of the frames sent in it. A slot that is not in here sends its own frame.
    notes
        Slot -> faults done in it.
    corrupted
        Indices of the frames that are sent damaged.
    breaks
        Connection faults in order of their slots.
    seed
        Seed of the plan; damage is derived from it, too.
    """

    seed: int = 0
    sends: dict[int, list[int]] = field(default_factory=dict)
    notes: dict[int, list[Note]] = field(default_factory=dict)
    corrupted: set[int] = field(default_factory=set)
    breaks: list[Break] = field(default_factory=list)

    def slots(self) -> list[int]:
        """Return the slots that differ from the tape, sorted."""
        return sorted(self.sends.keys() | self.notes.keys())


class _Planner:
    """Draws the plan. A frame has one fault at most; the first that was asked for takes it."""

    def __init__(
        self,
        streams: Sequence[str],
        by_stream: Sequence[array[int]],
        wanted: bytes,
        specs: Sequence[FaultSpec],
        seed: int,
    ) -> None:
        self.plan = FaultPlan(seed)
        self._streams = streams
        self._specs = specs
        self._by_stream = by_stream
        self._chooser = random.Random(seed)  # noqa: S311  (a replay must repeat it)
        self._taken: set[int] = set()
        self._length = sum(len(frames) for frames in by_stream)
        self._heard = array("I")
        for index, frames in enumerate(by_stream):
            if wanted[index]:
                self._heard.extend(frames)
        self._heard = array("I", sorted(self._heard))
        self._wanted = wanted

    def draw(self) -> FaultPlan:
        for spec in self._specs:
            if spec.kind is FaultKind.GAP:
                self._gap(spec)
        for spec in self._specs:
            if spec.kind in RATES:
                self._rate(spec)
        for spec in self._specs:
            if spec.kind in PLACED:
                self._breaks(spec)
        self.plan.breaks.sort(key=lambda item: item.slot)
        return self.plan

    def _gap(self, spec: FaultSpec) -> None:
        """Leave a run out; a seeded one spares the stream's first and last frame."""
        if spec.frame is not None:
            frames, start = self._run_at(spec, spec.frame - 1)
        else:
            long_enough = [
                frames
                for index, frames in enumerate(self._by_stream)
                if self._wanted[index]
                and spec.hits(self._streams[index])
                and len(frames) > spec.count + 1
            ]
            if not long_enough:
                return
            frames = self._chooser.choice(long_enough)
            start = self._chooser.randrange(1, len(frames) - spec.count)
        for index in frames[start : start + spec.count]:
            self._drop(FaultKind.GAP, index)

    def _run_at(self, spec: FaultSpec, index: int) -> tuple[array[int], int]:
        """Return the frames of the place's stream, or of the named one, and where it begins."""
        for name, frames in zip(self._streams, self._by_stream, strict=True):
            start = bisect_left(frames, index)
            is_here = start < len(frames) and (frames[start] == index or spec.stream is not None)
            if is_here and spec.hits(name):
                return frames, start
        return array("I"), 0

    def _rate(self, spec: FaultSpec) -> None:
        for name, frames in zip(self._streams, self._by_stream, strict=True):
            if not spec.hits(name):
                continue
            for place in self._places(len(frames), spec.rate):
                index = frames[place]
                if index in self._taken:
                    continue
                if spec.kind is FaultKind.DROP:
                    self._drop(FaultKind.DROP, index)
                elif spec.kind is FaultKind.CORRUPT:
                    self._corrupt(index)
                elif spec.kind is FaultKind.DUPLICATE:
                    self._duplicate(frames, place)
                else:
                    self._reorder(frames, place)

    def _places(self, length: int, rate: float) -> Iterator[int]:
        """Yield the places that a coin with the given probability hits, one draw a hit."""
        if rate >= 1:
            yield from range(length)
        if rate <= 0 or rate >= 1:
            return
        scale = math.log1p(-rate)
        place = -1
        while True:
            place += 1 + int(math.log(1.0 - self._chooser.random()) / scale)
            if place >= length:
                return
            yield place

    def _drop(self, kind: FaultKind, index: int) -> None:
        if index in self._taken:
            return
        self._taken.add(index)
        self.plan.sends.setdefault(index, [index]).remove(index)
        self._note(index, Note(kind, index))

    def _corrupt(self, index: int) -> None:
        self._taken.add(index)
        self.plan.corrupted.add(index)
        self._note(index, Note(FaultKind.CORRUPT, index))

    def _duplicate(self, frames: array[int], place: int) -> None:
        behind = frames[min(place + self._chooser.randrange(WINDOW + 1), len(frames) - 1)]
        index = frames[place]
        self._taken.add(index)
        self.plan.sends.setdefault(behind, [behind]).append(index)
        self._note(behind, Note(FaultKind.DUPLICATE, index, behind))

    def _reorder(self, frames: array[int], place: int) -> None:
        partner_place = place + 1 + self._chooser.randrange(WINDOW)
        if partner_place >= len(frames):
            return
        index, partner = frames[place], frames[partner_place]
        if partner in self._taken:
            return
        self._taken.update((index, partner))
        for slot, sent in ((index, partner), (partner, index)):
            sends = self.plan.sends.setdefault(slot, [slot])
            sends[sends.index(slot)] = sent
        self._note(index, Note(FaultKind.REORDER, partner, index))

    def _breaks(self, spec: FaultSpec) -> None:
        """Place connection faults, seeded ones between frames that a client hears."""
        count = 1 if spec.kind in SINGLE else spec.count
        if spec.frame is not None:
            slots = [spec.frame - 1] if spec.frame <= self._length else []
        else:
            inner = self._heard[1:-1] if spec.stream is None else self._heard_of(spec)[1:-1]
            slots = self._chooser.sample(inner, min(count, len(inner)))
        self.plan.breaks.extend(Break(slot, spec.kind, spec) for slot in slots)

    def _heard_of(self, spec: FaultSpec) -> array[int]:
        places = [
            frames
            for index, frames in enumerate(self._by_stream)
            if self._wanted[index] and spec.hits(self._streams[index])
        ]
        return array("I", sorted(place for frames in places for place in frames))

    def _note(self, slot: int, note: Note) -> None:
        self.plan.notes.setdefault(slot, []).append(note)


def draw_plan(
    streams: Sequence[str],
    by_stream: Sequence[array[int]],
    wanted: bytes,
    specs: Sequence[FaultSpec],
    seed: int,
) -> FaultPlan:
    """Decide every fault of a run. The same arguments give the same plan.

    Parameters
    ----------
    streams
        Names of the streams.
    by_stream
        Frame indices of every stream.
    wanted
        One byte a stream: 1 where a client listens. Gaps and connection faults with a seeded place
        lie in these.
    specs
        The faults asked for.
    seed
        Seed of all choices.
    """
    return _Planner(streams, by_stream, wanted, specs, seed).draw()
