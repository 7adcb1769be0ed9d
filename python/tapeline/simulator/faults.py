"""The faults the simulator can make, and how they are asked for: ``KIND=VALUE [on STREAM]``."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from tapeline.errors import ArgumentError


class FaultKind(StrEnum):
    """What can go wrong on demand."""

    DROP = "drop"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    CORRUPT = "corrupt"
    GAP = "gap"
    DISCONNECT = "disconnect"
    DISCONNECT_ABRUPT = "disconnect_abrupt"
    RESET = "reset"
    HALF_OPEN = "half_open"
    SHUTDOWN = "shutdown"
    ACK_WITHOUT_DATA = "ack_without_data"
    STORM = "storm"
    SILENCE = "silence"
    RESTART = "restart"
    KILL_LINE = "kill_line"
    BURST = "burst"
    LAG = "lag"
    SECOND_LINE_DROP = "second_line_drop"
    HANDSHAKE = "handshake"
    SLOW_HANDSHAKE = "slow_handshake"
    GLUED = "glued"
    REST = "rest"
    REST_TIMEOUT = "rest_timeout"
    REST_STALE = "rest_stale"


#: Grammar of the value and meaning of every kind, as ``--fault help`` shows them.
MEANINGS: dict[FaultKind, tuple[str, str]] = {
    FaultKind.DROP: ("P", "leave a frame out, with probability P (0.01 or 1%)"),
    FaultKind.DUPLICATE: ("P", "send a frame again, up to 8 frames of its stream later"),
    FaultKind.REORDER: ("P", "swap a frame with one of the next 8 of its stream"),
    FaultKind.CORRUPT: ("P", "damage a frame so that it is no JSON (it stays UTF-8)"),
    FaultKind.GAP: ("N[@FRAME]", "leave N frames of one stream out, in a row"),
    FaultKind.DISCONNECT: (
        "N[@FRAME][:CODE]",
        "close a connection in good order (1001), N times; the reconnect gets the rest",
    ),
    FaultKind.DISCONNECT_ABRUPT: (
        "N[@FRAME]",
        "end a connection without a close frame, N times; all that was written arrives",
    ),
    FaultKind.RESET: (
        "N[@FRAME]",
        "reset a connection (RST), N times; frames on their way may be lost (ledger: in_flight)",
    ),
    FaultKind.HALF_OPEN: (
        "N[@FRAME]",
        "go silent with the socket open, N times; the tape waits for a new connection",
    ),
    FaultKind.SHUTDOWN: (
        "N[@FRAME][:SECONDS]",
        "send a shutdown notice, go on, and close SECONDS (1) later, N times",
    ),
    FaultKind.ACK_WITHOUT_DATA: ("N", "acknowledge the first N connections and send them nothing"),
    FaultKind.STORM: ("N[@FRAME]", "reset all connections at once, N times"),
    FaultKind.SILENCE: (
        "N[@FRAME]",
        "one stream of a connection falls silent until it is subscribed again, N times",
    ),
    FaultKind.RESTART: (
        "1[@FRAME]",
        "a book's numbers begin anew (Bybit: snapshot with u=1; OKX: seqId below prevSeqId)",
    ),
    FaultKind.KILL_LINE: (
        "N[@FRAME][:SECONDS]",
        "reset connection number N and answer new handshakes with 503 for SECONDS (5)",
    ),
    FaultKind.BURST: ("X[@FRAME][:SECONDS]", "run the tape X times as fast for SECONDS (1)"),
    FaultKind.LAG: ("MS", "every second connection gets everything MS milliseconds later"),
    FaultKind.SECOND_LINE_DROP: (
        "P",
        "leave a frame out on every second connection only, with probability P",
    ),
    FaultKind.HANDSHAKE: (
        "N[@FRAME][:STATUS]",
        "refuse N handshakes with an HTTP status (503); 301 to 308 redirect to the same place",
    ),
    FaultKind.SLOW_HANDSHAKE: (
        "N[@FRAME][:SECONDS]",
        "answer N handshakes SECONDS (5) late",
    ),
    FaultKind.GLUED: ("N", "send N handshake answers together with the first frames"),
    FaultKind.REST: (
        "N[@FRAME][:STATUS[/SECONDS]]",
        "answer N REST requests with a status (429), Retry-After SECONDS (1)",
    ),
    FaultKind.REST_TIMEOUT: (
        "N[@FRAME][:SECONDS]",
        "leave N REST requests without an answer for SECONDS (30), then close",
    ),
    FaultKind.REST_STALE: (
        "N[@FRAME]",
        "answer N depth requests with a snapshot older than all frames",
    ),
}

#: Faults of single frames, drawn for all connections alike.
RATES = frozenset({FaultKind.DROP, FaultKind.DUPLICATE, FaultKind.REORDER, FaultKind.CORRUPT})
#: Faults done when the tape comes to their place.
PLACED = frozenset(
    {
        *(FaultKind.DISCONNECT, FaultKind.DISCONNECT_ABRUPT, FaultKind.RESET),
        *(FaultKind.HALF_OPEN, FaultKind.SHUTDOWN, FaultKind.SILENCE, FaultKind.RESTART),
        *(FaultKind.KILL_LINE, FaultKind.BURST, FaultKind.STORM),
    }
)
#: Placed faults that happen once: their number says something else.
SINGLE = frozenset({FaultKind.KILL_LINE, FaultKind.BURST, FaultKind.RESTART})
_PROBABILITIES = RATES | {FaultKind.SECOND_LINE_DROP}
_WITH_STREAM = RATES | {FaultKind.GAP, FaultKind.SILENCE, FaultKind.RESTART}
_WITHOUT_PLACE = frozenset({FaultKind.ACK_WITHOUT_DATA, FaultKind.LAG, FaultKind.GLUED})
_PLACED = re.compile(
    r"(?P<count>\d+)(?:@(?P<frame>\d+))?(?::(?P<option>\d+(?:\.\d+)?)(?:/(?P<extra>\d+))?)?"
)
_STATUSES = range(300, 600)


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """One fault that was asked for.

    Attributes
    ----------
    kind
        What.
    rate
        Probability a frame, for drop, duplicate, reorder and corrupt; else 0.
    count
        How often; for a gap, how many frames.
    frame
        Frame number (from 1) of the place; None for a seeded place.
    option
        Close code of a disconnect, HTTP status, or seconds; None for the default.
    extra
        ``Retry-After`` of a refused REST request, seconds; None for the default.
    stream
        Name of the streams it is done to, ``*`` for any text in it; None for all.
    """

    kind: FaultKind
    rate: float = 0.0
    count: int = 0
    frame: int | None = None
    option: float | None = None
    extra: int | None = None
    stream: str | None = None

    def hits(self, stream: str) -> bool:
        """Say whether it is done to a stream."""
        return self.stream is None or fnmatchcase(stream, self.stream.replace("[", "[[]"))


def parse_fault(text: str) -> FaultSpec:
    """Read ``KIND=VALUE`` or ``KIND=VALUE on STREAM``.

    Raises
    ------
    ArgumentError
        Unknown kind or wrong value; the message lists what is allowed.
    """
    name, equals, value = text.partition("=")
    try:
        kind = FaultKind(name.strip())
    except ValueError:
        raise ArgumentError(f"no such fault: {name!r}\n{fault_help()}") from None
    grammar = MEANINGS[kind][0]
    if not equals:
        raise ArgumentError(f"{kind} needs a value: {kind}={grammar}")
    value, on, stream = value.partition(" on ")
    if on and kind not in _WITH_STREAM:
        raise ArgumentError(f"{kind} cannot be asked for on one stream")
    if kind in _PROBABILITIES:
        spec = FaultSpec(kind, rate=_rate(kind, value))
    else:
        spec = _placed(kind, value.strip(), grammar)
    return replace(spec, stream=stream.strip() or None) if on else spec


def _rate(kind: FaultKind, value: str) -> float:
    text = value.strip()
    try:
        rate = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise ArgumentError(f"{kind} must be a probability (0 to 1, or 0% to 100%), was {value!r}")
    return rate


def _placed(kind: FaultKind, value: str, grammar: str) -> FaultSpec:
    match = _PLACED.fullmatch(value)
    has_place = match is not None and match["frame"] is not None
    has_option = match is not None and match["option"] is not None
    if (
        match is None
        or (has_option and ":" not in grammar)
        or (match["extra"] is not None and "/" not in grammar)
        or (has_place and (kind in _WITHOUT_PLACE or match["frame"] == "0"))
    ):
        raise ArgumentError(
            f"{kind} must be {kind}={grammar} with whole numbers from 1, was {value!r}"
        )
    option = float(match["option"]) if has_option else None
    if option is not None:
        _check_option(kind, option)
    count, frame = int(match["count"]), int(match["frame"]) if has_place else None
    if has_place and count != 1 and kind in PLACED - SINGLE:
        raise ArgumentError(f"{kind} at a given frame can happen once, not {count} times")
    extra = int(match["extra"]) if match["extra"] is not None else None
    return FaultSpec(kind, count=count, frame=frame, option=option, extra=extra)


def _check_option(kind: FaultKind, option: float) -> None:
    if kind is FaultKind.DISCONNECT:
        _check_close_code(option)
    if kind in (FaultKind.HANDSHAKE, FaultKind.REST) and option not in _STATUSES:
        raise ArgumentError(f"{option:g} is not an HTTP status from 300 to 599")


def _check_close_code(code: float) -> None:
    allowed = (1000, 1001, 1002, 1003, *range(1007, 1015))
    if code not in allowed and not 3000 <= code < 5000:
        raise ArgumentError(f"{code:g} is not a close code a server may send")


def fault_help() -> str:
    """Return the table of faults, one a line."""
    width = max(len(f"{kind}={grammar}") for kind, (grammar, _) in MEANINGS.items())
    lines = [
        f"  {f'{kind}={grammar}':<{width}}  {meaning}"
        for kind, (grammar, meaning) in MEANINGS.items()
    ]
    return "faults:\n" + "\n".join(lines)
