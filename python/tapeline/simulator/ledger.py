"""The ledger: what was sent, what was done to it, what is therefore missing."""

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from tapeline.errors import TapelineError
from tapeline.simulator.damage import damage
from tapeline.simulator.elements import elements
from tapeline.simulator.faults import FaultKind
from tapeline.simulator.plan import Note
from tapeline.simulator.reel import Reel
from tapeline.simulator.venue import Venue

#: Version of the ledger's form; readers refuse a higher one.
LEDGER_VERSION = 1

Range = tuple[int, int]


class Ledger:
    """Collects the accounts of a run and writes them as JSON Lines.

    Parameters
    ----------
    reel, venue
        The tape and whose it is.
    seed
        Seed of the fault plan.

    Attributes
    ----------
    market
        Exchange and market, where that is known.
    """

    def __init__(self, reel: Reel, venue: Venue, seed: int) -> None:
        self.market: tuple[str, str] | None = None
        self._reel = reel
        self._venue = venue
        self._seed = seed
        self._lines: list[dict[str, Any]] = []
        self._sent = Counter[int]()
        self._sent_on: dict[int, Counter[int]] = {}
        self._requests = Counter[str]()
        self._control = Counter[str]()
        self._done = {kind: Counter[int]() for kind in FaultKind}
        self._delivered = bytearray(len(reel))
        # The first and the last place at which a client got a stream's state.
        self._told: dict[str, Range] = {}
        self._lost: set[int] = set()
        self._corrupted: set[int] = set()
        self.connections = 0
        #: Frames that bring several events, with how many, and how often each was sent.
        self._elements = {
            index: count for index, count in enumerate(map(elements, reel.frames)) if count > 1
        }
        self._copies = Counter[int]()

    def sent(self, connection: int, indices: Sequence[int]) -> None:
        """Count frames written to one connection."""
        counts = Counter(map(self._reel.stream_of.__getitem__, indices))
        self._sent.update(counts)
        self._sent_on.setdefault(connection, Counter()).update(counts)
        delivered = self._delivered
        for index in indices:
            delivered[index] = 1
        if self._elements:
            self._copies.update(index for index in indices if index in self._elements)

    def greeted(self, stream: str, position: int) -> None:
        """Count a stream's state sent to a client: it stands for what came before a place."""
        self.control("snapshot")
        first, last = self._told.get(stream, (position, position))
        self._told[stream] = min(first, position), max(last, position)

    def request(self, target: str, status: int | None, frame: int, fault: str | None) -> None:
        """Record an answer over HTTP: a REST reply, or a handshake that was not just taken."""
        self._requests["none" if status is None else str(status)] += 1
        line = {"type": "request", "target": target, "status": status, "frame": frame}
        self._lines.append(line if fault is None else {**line, "fault": fault})

    def control(self, kind: str) -> None:
        """Count a text message of the server's own, such as an acknowledgement."""
        self._control[kind] += 1

    def fault(self, note: Note) -> None:
        """Record a fault done to a frame that a client listened to."""
        frame, reel = note.frame, self._reel
        self._done[note.kind][reel.stream_of[frame]] += 1
        line: dict[str, Any] = {"type": "fault", "kind": note.kind.value, **self._where(frame)}
        if note.kind in (FaultKind.DROP, FaultKind.GAP):
            self._lost.add(frame)
        elif note.kind is FaultKind.CORRUPT:
            self._lost.add(frame)
            self._corrupted.add(frame)
            line["done"] = damage(reel.frames[frame], self._seed ^ frame)[1]
        elif note.other is not None:
            line["place" if note.kind is FaultKind.REORDER else "behind"] = note.other + 1
        self._lines.append(line)

    def break_(self, kind: FaultKind, slot: int, connection: int, **details: object) -> None:
        """Record a fault done to a connection before a slot of the tape."""
        self._lines.append(
            {
                "type": "fault",
                "kind": kind.value,
                "frame": slot + 1,
                "connection": connection,
                **details,
            }
        )

    def connection(self, line: dict[str, Any]) -> None:
        """Record a connection that has ended."""
        self.connections += 1
        counts = self._sent_on.pop(line["connection"], Counter())
        by_stream = {self._reel.streams[stream]: counts[stream] for stream in sorted(counts)}
        self._lines.append({"type": "connection", **line, "sent_by_stream": by_stream})

    def summary(self) -> dict[str, Any]:
        """Return the final account, see ``docs/simulator.md`` for its fields."""
        streams = [self._stream(index) for index in range(len(self._reel.streams))]
        totals = {
            name: sum(stream[name] for stream in streams)
            for name in (
                "tape_frames",
                "sent",
                "distinct_sent",
                "events",
                "distinct_events",
                "dropped",
                "duplicated",
                "reordered",
            )
        }
        return {
            "type": "summary",
            "ledger_version": LEDGER_VERSION,
            **_named(self.market),
            "seed": self._seed,
            **totals,
            "corrupted": len(self._corrupted),
            "elements_max": max(self._elements.values(), default=1),
            "control": self._control.total(),
            "control_by_kind": dict(sorted(self._control.items())),
            "connections": self.connections,
            "requests_by_status": dict(sorted(self._requests.items())),
            "not_replayed": dict(sorted(self._reel.not_replayed.items())),
            "streams": streams,
        }

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write all lines and the summary, under a temporary name first.

        Raises
        ------
        TapelineError
            The file cannot be written.
        """
        target = Path(path)
        part = target.with_name(target.name + ".part")
        try:
            with part.open("wb") as stream:
                for line in (*self._lines, self.summary()):
                    stream.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(target)
        except OSError as error:
            raise TapelineError(f"cannot write the ledger {target}: {error.strerror}") from error

    def _where(self, frame: int) -> dict[str, Any]:
        where: dict[str, Any] = {
            "frame": frame + 1,
            "stream": self._reel.streams[self._reel.stream_of[frame]],
        }
        ids = self._venue.native_ids(self._reel.frames[frame])
        if ids is not None:
            where["first_id"], where["last_id"] = ids
        return where

    def _stream(self, stream: int) -> dict[str, Any]:
        frames = [index for index, of in enumerate(self._reel.stream_of) if of == stream]
        distinct = sum(map(self._delivered.__getitem__, frames))
        dropped = self._done[FaultKind.DROP][stream] + self._done[FaultKind.GAP][stream]
        corrupted = sorted(
            index for index in self._corrupted if self._reel.stream_of[index] == stream
        )
        ids = [self._venue.native_ids(self._reel.frames[index]) for index in corrupted]
        return {
            "stream": self._reel.streams[stream],
            "tape_frames": len(frames),
            "sent": self._sent[stream],
            "distinct_sent": distinct,
            **self._events(frames, stream, distinct),
            "dropped": dropped,
            "not_sent": len(frames) - distinct - dropped,
            "duplicated": self._done[FaultKind.DUPLICATE][stream],
            "reordered": self._done[FaultKind.REORDER][stream],
            "corrupted": len(corrupted),
            "corrupted_ids": [list(pair) for pair in ids if pair is not None],
            **self._missing(self._reel.streams[stream], frames),
        }

    def _events(self, frames: Sequence[int], stream: int, distinct: int) -> dict[str, int]:
        """Count events; a damaged frame is one, and may bring more where it is damaged in part."""
        more = distinct_more = uncertain = 0
        for index in self._elements.keys() & set(frames) if self._elements else ():
            further = self._elements[index] - 1
            if index in self._corrupted:
                uncertain += further * self._copies[index]
            else:
                more += further * self._copies[index]
                distinct_more += further if self._delivered[index] else 0
        return {
            "events": self._sent[stream] + more,
            "distinct_events": distinct + distinct_more,
            "events_in_corrupted": uncertain,
        }

    def _missing(self, stream: str, frames: Sequence[int]) -> dict[str, list[list[int]]]:
        """Return the ids no client got intact: those it can know of, and those outside of them.

        A client knows what it missed between two frames, between two states of the stream, and
        between a frame and a state.
        """
        delivered = self._delivered
        told = [bisect_left(frames, place) for place in self._told.get(stream, ())]
        heard = [place for place, index in enumerate(frames) if delivered[index]]
        known = [*heard[:1], *heard[-1:], *told]
        between = frames[min(known) : max(known)] if known else []
        unheard = {index for index in between if not delivered[index]}
        missing = self._ids(sorted(unheard.union(self._lost.intersection(frames))))
        if not missing:
            return {"gaps": [], "missing_at_edges": []}
        intact = self._ids(
            index for index in frames if delivered[index] and index not in self._corrupted
        )
        missing -= intact
        states = {(last, last + 1) for _, last in self._ids(frames[at - 1] for at in told if at)}
        low = min((first for first, _ in intact | states), default=0)
        high = max((last for _, last in intact | states), default=0)
        inside = {pair for pair in missing if low < pair[0] and pair[1] < high}
        return {"gaps": merged(inside), "missing_at_edges": merged(missing - inside)}

    def _ids(self, indices: Iterable[int]) -> set[Range]:
        found = map(self._venue.native_ids, map(self._reel.frames.__getitem__, indices))
        return {pair for pair in found if pair is not None}


def _named(market: tuple[str, str] | None) -> dict[str, str]:
    return {} if market is None else {"exchange": market[0], "market": market[1]}


def merged(ranges: Iterable[Range]) -> list[list[int]]:
    """Return ranges of ids sorted, with those that touch or overlap joined."""
    joined: list[list[int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return joined


def read_ledger(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Read a ledger's lines; the last one is the summary.

    Raises
    ------
    TapelineError
        The file cannot be read, or is no ledger of a version that is known here.
    """
    try:
        lines = [orjson.loads(line) for line in Path(path).read_bytes().splitlines()]
    except (OSError, orjson.JSONDecodeError) as error:
        raise TapelineError(f"cannot read the ledger {os.fspath(path)}: {error}") from error
    if not lines or lines[-1].get("type") != "summary":
        raise TapelineError(f"{os.fspath(path)} is no ledger: it does not end in a summary")
    version = lines[-1].get("ledger_version")
    if version != LEDGER_VERSION:
        raise TapelineError(
            f"{os.fspath(path)} is a ledger of version {version}, expected {LEDGER_VERSION}"
        )
    return lines
