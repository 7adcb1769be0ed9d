"""The faults the simulator can make, and how they are asked for: ``KIND=VALUE``."""

import re
from dataclasses import dataclass
from enum import StrEnum

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
}

RATES = frozenset({FaultKind.DROP, FaultKind.DUPLICATE, FaultKind.REORDER, FaultKind.CORRUPT})
_WITH_OPTION = frozenset({FaultKind.DISCONNECT, FaultKind.SHUTDOWN})
_PLACED = re.compile(r"(?P<count>\d+)(?:@(?P<frame>\d+))?(?::(?P<option>\d+(?:\.\d+)?))?")


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
        Close code of a disconnect, seconds of a shutdown; None for the default.
    """

    kind: FaultKind
    rate: float = 0.0
    count: int = 0
    frame: int | None = None
    option: float | None = None


def parse_fault(text: str) -> FaultSpec:
    """Read ``KIND=VALUE``.

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
    if kind in RATES:
        return FaultSpec(kind, rate=_rate(kind, value))
    return _placed(kind, value.strip(), grammar)


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
        or (has_option and kind not in _WITH_OPTION)
        or (has_place and (kind is FaultKind.ACK_WITHOUT_DATA or match["frame"] == "0"))
    ):
        raise ArgumentError(
            f"{kind} must be {kind}={grammar} with whole numbers from 1, was {value!r}"
        )
    option = float(match["option"]) if has_option else None
    if kind is FaultKind.DISCONNECT and option is not None:
        _check_close_code(option)
    count, frame = int(match["count"]), int(match["frame"]) if has_place else None
    if has_place and count != 1 and kind is not FaultKind.GAP:
        raise ArgumentError(f"{kind} at a given frame can happen once, not {count} times")
    return FaultSpec(kind, count=count, frame=frame, option=option)


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
