"""The desk: decides about handshakes and answers REST requests, with the faults asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from tapeline.simulator.door import Admission, RestAnswer
from tapeline.simulator.faults import FaultKind, FaultSpec
from tapeline.simulator.ledger import Ledger
from tapeline.simulator.timeline import Timeline
from tapeline.simulator.venue import HttpReply, Venue
from tapeline.telemetry.clock import Clock

_SECOND_NS = 1_000_000_000
_UNAVAILABLE = 503
_TOO_MANY = 429
_BODY = b'{"code":-1003,"msg":"simulated refusal"}'


@dataclass(slots=True)
class _Left:
    """How often a fault is still to be done."""

    times: int
    spec: FaultSpec


class FrontDesk:
    """Answers what comes over HTTP.

    Parameters
    ----------
    timeline
        The state that snapshots are made of.
    venue
        Whose REST is spoken.
    faults
        What shall go wrong; each fault of requests is used up one request at a time.
    ledger
        Where requests are accounted.
    clock
        Says when refusals end.
    """

    def __init__(
        self,
        timeline: Timeline,
        venue: Venue,
        faults: Sequence[FaultSpec],
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._timeline = timeline
        self._venue = venue
        self._ledger = ledger
        self._clock = clock
        self._left = [_Left(spec.count, spec) for spec in faults if spec.kind in _OF_REQUESTS]
        self._refused_until_ns: int | None = None

    def refuse_for(self, seconds: float) -> None:
        """Refuse every handshake for so long."""
        self._refused_until_ns = self._clock.monotonic_ns() + int(seconds * _SECOND_NS)

    def admit(self, target: str) -> Admission:
        """Decide about a WebSocket handshake."""
        until_ns = self._refused_until_ns
        if until_ns is not None and self._clock.monotonic_ns() < until_ns:
            return self._refusal(target, HttpReply(_UNAVAILABLE, b""), 0.0, None)
        spec = self._take(FaultKind.SLOW_HANDSHAKE)
        delay_s = 0.0 if spec is None else 5.0 if spec.option is None else spec.option
        spec = self._take(FaultKind.HANDSHAKE)
        if spec is not None:
            status = int(spec.option or _UNAVAILABLE)
            headers = {"Retry-After": "1"} if status in (_TOO_MANY, 418, _UNAVAILABLE) else {}
            if status < 400:
                headers["Location"] = target
            return self._refusal(target, HttpReply(status, b"", headers), delay_s, spec)
        glued = self._take(FaultKind.GLUED)
        if delay_s or glued is not None:
            self._note(target, 101, FaultKind.GLUED if glued else FaultKind.SLOW_HANDSHAKE)
        return Admission(None, delay_s, glued is not None)

    def answer(self, method: str, target: str) -> RestAnswer:
        """Answer a REST request."""
        if method != "GET":
            return RestAnswer(HttpReply(405, b""))
        spec = self._take(FaultKind.REST_TIMEOUT)
        if spec is not None:
            self._note(target, None, spec.kind)
            return RestAnswer(None, 30.0 if spec.option is None else spec.option)
        spec = self._take(FaultKind.REST)
        if spec is not None:
            status = int(spec.option or _TOO_MANY)
            self._note(target, status, spec.kind)
            seconds = 1 if spec.extra is None else spec.extra
            return RestAnswer(HttpReply(status, _BODY, {"Retry-After": str(seconds)}))
        spec = self._take(FaultKind.REST_STALE) if "depth" in target or "book" in target else None
        reply = self._venue.reply(target, self._timeline, is_stale=spec is not None)
        self._note(target, reply.status, None if spec is None else spec.kind)
        return RestAnswer(reply)

    def _refusal(
        self, target: str, reply: HttpReply, delay_s: float, spec: FaultSpec | None
    ) -> Admission:
        self._note(target, reply.status, FaultKind.KILL_LINE if spec is None else spec.kind)
        return Admission(reply, delay_s)

    def _take(self, kind: FaultKind) -> FaultSpec | None:
        """Use one of a fault's times up, if the tape has come to its place."""
        for left in self._left:
            is_due = left.spec.frame is None or self._timeline.position >= left.spec.frame - 1
            if left.spec.kind is kind and left.times > 0 and is_due:
                left.times -= 1
                return left.spec
        return None

    def _note(self, target: str, status: int | None, kind: FaultKind | None) -> None:
        fault = None if kind is None else kind.value
        self._ledger.request(target, status, self._timeline.position + 1, fault)


_OF_REQUESTS = frozenset(
    {
        *(FaultKind.HANDSHAKE, FaultKind.SLOW_HANDSHAKE, FaultKind.GLUED),
        *(FaultKind.REST, FaultKind.REST_TIMEOUT, FaultKind.REST_STALE),
    }
)
