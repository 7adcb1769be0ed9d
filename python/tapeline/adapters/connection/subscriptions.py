"""Subscribe messages, paced, and the answer to each one tracked. It decides; the session sends."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tapeline.adapters.connection.dialect import Answer, Dialect, Stream, StreamKey, Verb

_NS = 1_000_000_000
_HOUR_NS = 3_600 * _NS


@dataclass(slots=True)
class _Request:
    """One message without a whole answer so far."""

    sent_ns: int
    due_ns: int
    verb: Verb
    waiting: dict[str, Stream] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the venue refused, and why."""

    reason: str
    streams: tuple[Stream, ...]

    def __str__(self) -> str:
        named = ", ".join(each.name for each in self.streams[:5]) or "no request of ours"
        return f"{self.reason}, for {named}"


class Subscriptions:
    """What was asked for, what was acknowledged, what was refused.

    Parameters
    ----------
    dialect
        How the venue is asked, how it answers, and how often it may be asked.
    streams
        To subscribe to at once; empty when the address already names them.
    ack_timeout_s
        An answer is due within this time.
    """

    def __init__(self, dialect: Dialect, streams: Iterable[Stream], ack_timeout_s: float) -> None:
        self._dialect = dialect
        self._limits = dialect.limits
        self._unsent: deque[tuple[Verb, Stream]] = deque()
        # Requests cut up after the whole was refused; each goes as it is.
        self._parts: deque[tuple[Verb, list[Stream]]] = deque()
        self._waiting: dict[int, _Request] = {}
        self._timeout_ns = int(ack_timeout_s * _NS)
        self._next_id = 1
        self._next_at_ns = 0
        self._sent_ns: deque[int] = deque()
        self.refusals: list[Refusal] = []
        self.ask("subscribe", streams)

    @property
    def is_complete(self) -> bool:
        """Whether everything asked for was acknowledged."""
        return self.is_answered and not self.refusals

    @property
    def is_answered(self) -> bool:
        """Whether everything was asked for and the venue has said something to all of it."""
        return not self._unsent and not self._parts and not self._waiting

    def ask(self, verb: Verb, streams: Iterable[Stream]) -> None:
        """Ask for streams, or for no more of them, behind what waits already."""
        for stream in streams:
            opposite: Verb = "unsubscribe" if verb == "subscribe" else "subscribe"
            if verb == "unsubscribe" and (opposite, stream) in self._unsent:
                self._unsent.remove((opposite, stream))
            else:
                self._unsent.append((verb, stream))

    def is_open(self, stream: Stream) -> bool:
        """Whether something is still to be asked or answered about a stream."""
        parts = (part for _, part in self._parts)
        waiting = (list(request.waiting.values()) for request in self._waiting.values())
        unsent = [each for _, each in self._unsent]
        return any(stream in some for some in (unsent, *parts, *waiting))

    def next_message(self, now_ns: int) -> str | None:
        """Return the next message if it is time to send one."""
        has_some = self._unsent or self._parts
        if not has_some or now_ns < self._next_at_ns or not self._has_budget(now_ns):
            return None
        verb, streams = self._parts.popleft() if self._parts else self._next_streams()
        return self._request(verb, streams, now_ns)

    def is_spent(self, now_ns: int) -> bool:
        """Whether something waits for which this connection has no request left in this hour."""
        return bool(self._unsent or self._parts) and not self._has_budget(now_ns)

    def _next_streams(self) -> tuple[Verb, list[Stream]]:
        """Take what one message can say: the first verb, of each stream in its own order.

        Many books that begin anew at once (each off and on again) cost two messages so, not two
        each.
        """
        verb = self._unsent[0][0]
        streams: list[Stream] = []
        kept: deque[tuple[Verb, Stream]] = deque()
        later: set[Stream] = set()
        size = 0
        while self._unsent:
            each, stream = self._unsent[0]
            if each == verb and stream not in later:
                size += len(stream.name.encode()) + 8
                is_full = len(streams) >= self._limits.streams_per_request
                if is_full or (streams and size > self._limits.request_bytes - 256):
                    break
                streams.append(stream)
                later.add(stream)
            else:
                later.add(stream)
                kept.append((each, stream))
            self._unsent.popleft()
        self._unsent.extendleft(reversed(kept))
        return verb, streams

    def _request(self, verb: Verb, streams: Sequence[Stream], now_ns: int) -> str:
        number = self._next_id
        self._next_id += 1
        self._next_at_ns = now_ns + int(self._limits.request_spacing_s * _NS)
        self._sent_ns.append(now_ns)
        self._waiting[number] = _Request(
            now_ns, now_ns + self._timeout_ns, verb, {each.name: each for each in streams}
        )
        return self._dialect.request(verb, number, streams)

    def _has_budget(self, now_ns: int) -> bool:
        allowed = self._limits.requests_per_hour
        while self._sent_ns and now_ns - self._sent_ns[0] > _HOUR_NS:
            self._sent_ns.popleft()
        return allowed is None or len(self._sent_ns) < allowed

    def overdue(self, now_ns: int, heard_ns: Mapping[StreamKey, int]) -> list[str]:
        """Return the names of the streams whose answer should have come by now.

        A stream that has come since it was asked for is an answer in itself. A request to stop that
        was not answered is let go: it costs frames, and a new connection would cost more.

        Parameters
        ----------
        heard_ns
            When each stream last came on this connection.
        """
        late: list[str] = []
        for number, request in list(self._waiting.items()):
            if now_ns < request.due_ns:
                continue
            for name, stream in list(request.waiting.items()):
                is_heard = heard_ns.get(stream.key, 0) > request.sent_ns
                if is_heard or request.verb == "unsubscribe":
                    del request.waiting[name]
            late += request.waiting
            if not request.waiting:
                del self._waiting[number]
        return late

    def answer(self, text: str) -> None:
        """Take the text of an acknowledgement or error frame.

        An answer that names neither request nor stream is to the oldest one without an answer:
        venues answer in order. Where a venue refuses a request for one of several streams, they are
        asked for again in parts, until only those are refused that are at fault.
        """
        answer = self._dialect.answer(text)
        if answer is None:
            return
        number = self._number(answer)
        if number is None:
            if answer.fault is not None:
                self.refusals.append(Refusal(answer.fault, ()))
            return
        request = self._waiting[number]
        named = [name for name in answer.names if name in request.waiting]
        streams = [request.waiting.pop(name) for name in named or list(request.waiting)]
        if named and answer.is_for_all and request.waiting:
            self._parts.append((request.verb, list(request.waiting.values())))
            request.waiting.clear()
        if not request.waiting:
            del self._waiting[number]
        if answer.fault is None:
            return
        if answer.is_for_all and not named and len(streams) > 1:
            middle = len(streams) // 2
            self._parts += (request.verb, streams[:middle]), (request.verb, streams[middle:])
        # To be told that we had not subscribed to what we no longer want is an answer too.
        elif request.verb == "subscribe":
            self.refusals.append(Refusal(answer.fault, tuple(streams)))

    def _number(self, answer: Answer) -> int | None:
        if answer.number is not None:
            return answer.number if answer.number in self._waiting else None
        for number, request in self._waiting.items():
            if any(name in request.waiting for name in answer.names):
                return number
        is_ours = answer.fault is not None or not answer.names
        return min(self._waiting, default=None) if is_ours else None
