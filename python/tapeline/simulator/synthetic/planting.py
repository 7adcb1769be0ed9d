"""Anomalies in a synthetic stream: what is done to a message, and the verdict it must get."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from tapeline.simulator.ledger import merged
from tapeline.simulator.synthetic.events import Spelled

#: The first anomaly of a stream, and frames from one to the next: averages are warm by then.
_FIRST = {"trade": 200, "aggtrade": 200, "l1": 100, "l2": 60, "funding": 12, "liquidation": 8}
_EVERY = {"trade": 80, "aggtrade": 80, "l1": 150, "l2": 60, "funding": 15, "liquidation": 12}
#: A book that was damaged gets a snapshot so many updates later.
_HEALED_AFTER = 3

_EXPECTED: Mapping[str, dict[str, Any]] = {
    "gap": {"verdict": "missing"},
    "duplicate": {"verdict": "duplicate"},
    "late": {"verdict": "event", "issue": "out_of_order"},
    "malformed": {"verdict": "quarantine", "reason": "truncated"},
    "crossed": {"verdict": "event", "issue": "crossed_book"},
}


class Line(NamedTuple):
    """A line of the tape: the message and its exact bytes."""

    spelled: Spelled
    raw: bytes


@dataclass(slots=True)
class _Stream:
    count: int = 0
    lines: int = 0
    planted: int = 0
    heals_in: int = 0
    held: Line | None = None
    missing: list[tuple[int, int]] = field(default_factory=list)


class Planter:
    """Writes messages out, some of them damaged.

    Parameters
    ----------
    kinds
        Type of data -> anomalies to plant in it, in turn; empty for none.
    sparseness
        So many times the usual number of frames lie between two anomalies of a stream.

    Attributes
    ----------
    ledger
        One object an anomaly.
    line
        Lines so far.
    """

    def __init__(self, kinds: Mapping[str, tuple[str, ...]], sparseness: int = 1) -> None:
        self.ledger: list[dict[str, Any]] = []
        self.line = 0
        self._kinds = kinds
        self._sparseness = sparseness
        self._streams: dict[str, _Stream] = defaultdict(_Stream)

    def heal(self, stream: str) -> bool:
        """Say whether a book now needs its snapshot, and note that it gets it."""
        state = self._streams[stream]
        if state.heals_in == 0:
            return False
        state.heals_in -= 1
        return state.heals_in == 0

    def is_hurt(self, stream: str) -> bool:
        """Say whether a book still waits for the snapshot that heals it."""
        state = self._streams.get(stream)
        return state is not None and state.heals_in > 0

    def plain(self, spelled: Spelled) -> Iterator[Line]:
        """Yield a message as it is."""
        yield self._line(spelled, orjson.dumps(spelled.message))

    def write(self, kind: str, spelled: Spelled, crossed: Spelled | None = None) -> Iterator[Line]:
        """Yield the lines that a message becomes.

        Parameters
        ----------
        kind
            Type of data.
        spelled
            The message.
        crossed
            The same with a bid above the best ask, where that can be planted.
        """
        state = self._streams[spelled.stream]
        state.count += 1
        raw = orjson.dumps(spelled.message)
        anomaly = self._due(kind, state)
        if anomaly == "gap":
            self._note(anomaly, spelled, self.line + 1)
            self._damaged(kind, state, spelled)
        elif anomaly == "late":
            state.held = Line(spelled, raw)
        elif anomaly == "malformed":
            self._note(anomaly, spelled, self.line + 1)
            self._damaged(kind, state, spelled)
            yield self._line(spelled, raw[: len(raw) * 2 // 3])
        elif anomaly == "crossed" and crossed is not None:
            self._note(anomaly, spelled, self.line + 1)
            state.heals_in = _HEALED_AFTER if kind == "l2" else 0
            yield self._line(crossed, orjson.dumps(crossed.message))
        else:
            yield self._line(spelled, raw)
            if anomaly == "duplicate":
                self._note(anomaly, spelled, self.line + 1)
                yield self._line(spelled, raw)
            yield from self._late(state, kind)

    def end(self) -> Iterator[Line]:
        """Yield what is still held back; nothing came before it, so it is not late."""
        for state in self._streams.values():
            if state.held is not None:
                yield self._line(*state.held)

    def summary(self) -> list[dict[str, Any]]:
        """Return the streams with their lines and the ids that no good line has."""
        return [
            {"stream": name, "tape_frames": state.lines, "gaps": merged(state.missing)}
            for name, state in self._streams.items()
        ]

    def _due(self, kind: str, state: _Stream) -> str | None:
        kinds = self._kinds.get(kind, ())
        since = state.count - _FIRST[kind]
        if (
            not kinds
            or since < 0
            or since % (_EVERY[kind] * self._sparseness)
            or state.held is not None
        ):
            return None
        state.planted += 1
        return kinds[(state.planted - 1) % len(kinds)]

    def _late(self, state: _Stream, kind: str) -> Iterator[Line]:
        held, state.held = state.held, None
        if held is not None:
            self._note("late", held.spelled, self.line + 1)
            state.heals_in = _HEALED_AFTER if kind == "l2" else 0
            yield self._line(*held)

    def _damaged(self, kind: str, state: _Stream, spelled: Spelled) -> None:
        if spelled.ids is not None:
            state.missing.append(spelled.ids)
        state.heals_in = _HEALED_AFTER if kind == "l2" else 0

    def _note(self, kind: str, spelled: Spelled, line: int) -> None:
        note: dict[str, Any] = {"type": "anomaly", "kind": kind, "line": line}
        note["stream"] = spelled.stream
        if spelled.ids is not None:
            note |= {"first_id": spelled.ids[0], "last_id": spelled.ids[1]}
            if kind in ("gap", "malformed"):
                note["missing"] = list(spelled.ids)
        self.ledger.append({**note, "expected": _EXPECTED[kind]})

    def _line(self, spelled: Spelled, raw: bytes) -> Line:
        self.line += 1
        if spelled.kind == "ws":
            self._streams[spelled.stream].lines += 1
        return Line(spelled, raw)
