"""Reading the frame (Binance spot): rules 1 to 12. One function a rule, in their order."""

import json
from typing import Any, Final, NamedTuple, NoReturn, TypeGuard

from .faults import FaultError
from .scanner import MAX_DEPTH, Scanner

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
MAX_TYPE_LENGTH: Final = 64
_SPACE: Final = b" \t\n\r"
_MESSAGE_KEYS: Final = ("stream", "data", "e", "E", "s", "t", "a", "p", "q", "T", "m", "f", "l")
_ANSWER_KEYS: Final = ("result", "id", "error", "code", "msg")
_SINGLE_KEYS: Final = frozenset((*_MESSAGE_KEYS, *_ANSWER_KEYS))


class Number(str):
    """The text of a JSON number; a plain ``str`` is a JSON string."""

    __slots__ = ()


class Object(dict[str, Any]):
    """A JSON object: the last value of each key, and all pairs as they came."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


class ControlFrame(NamedTuple):
    """The frame speaks about the connection."""

    kind: str


class Unsupported(NamedTuple):
    """The frame is well formed and of a type that is not handled."""

    type: str


class TradeMessage(NamedTuple):
    """The frame is a trade; ``stream_symbol`` is None without a wrapper."""

    channel: str
    message: Object
    stream_symbol: str | None
    has_byte_order_mark: bool


Reading = ControlFrame | Unsupported | TradeMessage


def read(frame: bytes, max_frame_bytes: int) -> Reading:
    """Read one frame.

    Raises
    ------
    FaultError
        The frame breaks one of rules 1 to 11.
    """
    if len(frame) > max_frame_bytes:  # rule 1
        raise FaultError("frame_too_large")
    has_mark = frame.startswith(BYTE_ORDER_MARK)  # rule 3, looked at early for rule 2
    start = len(BYTE_ORDER_MARK) if has_mark else 0
    word = frame[start:].strip(_SPACE)
    if not word:  # rule 2
        raise FaultError("empty")
    if word in (b"ping", b"pong"):  # rule 4
        return ControlFrame("heartbeat")
    value = _parse(frame, start)
    if not isinstance(value, Object):
        return _read_other_value(value)
    _check_repeats(value)
    message, stream = _unwrap(value)
    if isinstance(message, Unsupported):
        return message
    if "e" in message:
        return _read_event(message, stream, has_mark)
    if stream is not None:
        return _read_stream_without_event(stream)
    return _read_answer(message)


def _parse(frame: bytes, start: int) -> object:
    """Rules 5 and 6."""
    try:
        text = frame.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise FaultError("truncated", offset=len(frame)) from None
        raise FaultError("encoding", offset=error.start) from None
    if (nul := frame.find(b"\0")) >= 0:
        raise FaultError("encoding", offset=nul)
    # json.loads does not look for lone surrogates and deep nesting; whatever might have them,
    # and whatever it refuses, goes through the scanner, which names the fault.
    if b"\\u" in frame or frame.count(b"[") + frame.count(b"{") > MAX_DEPTH:
        Scanner(frame, start).scan()
    try:
        return _DECODER.decode(text[1:] if start else text)
    except ValueError:
        Scanner(frame, start).scan()
        raise AssertionError("json.loads refused what the scanner accepts") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=Object,
    parse_int=Number,
    parse_float=Number,
    parse_constant=_refuse_constant,
)


def _read_other_value(value: object) -> Unsupported:
    """Rule 7: the top level is no object."""
    if isinstance(value, list) and value and isinstance(value[0], Object):
        name = next((value for key, value in value[0].pairs if key == "e"), None)
        if is_text(name) and name not in ("trade", "aggTrade"):
            return Unsupported(name[:MAX_TYPE_LENGTH] + "[]")
    raise FaultError("type")


def _check_repeats(top: Object) -> None:
    """Rule 8."""
    _check_repeats_in(top)
    if "stream" in top and isinstance(top.get("data"), Object):
        _check_repeats_in(top["data"])


def _check_repeats_in(message: Object) -> None:
    if len(message) == len(message.pairs):
        return
    seen = set()
    for key, _ in message.pairs:
        if key in seen and key in _SINGLE_KEYS:
            raise FaultError("duplicate_key", key)
        seen.add(key)


def _unwrap(top: Object) -> tuple[Object | Unsupported, str | None]:
    """Rule 9: return the message and, in a wrapper, the stream's name."""
    if "stream" not in top:
        return top, None
    stream = top["stream"]
    if not is_text(stream):
        raise FaultError("type", "stream")
    if "data" not in top:
        raise FaultError("missing", "data")
    data = top["data"]
    if isinstance(data, list) and stream.startswith("!"):
        return Unsupported(stream[:MAX_TYPE_LENGTH]), stream
    if not isinstance(data, Object):
        raise FaultError("type", "data")
    return data, stream


def _read_event(message: Object, stream: str | None, has_mark: bool) -> Reading:
    """Rule 10: ``e`` is present."""
    name = message["e"]
    if not is_text(name):
        raise FaultError("type", "e")
    if name == "serverShutdown":
        return ControlFrame("server_shutdown")
    if name not in ("trade", "aggTrade"):
        return Unsupported(name[:MAX_TYPE_LENGTH])
    if stream is None:
        return TradeMessage(name, message, None, has_mark)
    symbol, at, channel = stream.rpartition("@")
    if not at or channel != name:
        raise FaultError("unknown_message", "stream")
    return TradeMessage(name, message, symbol, has_mark)


def _read_stream_without_event(stream: str) -> Unsupported:
    """Rule 11, in a wrapper."""
    if stream.endswith("@bookTicker"):
        return Unsupported("bookTicker")
    _, _, rest = stream.partition("@")
    if rest.startswith("depth"):
        return Unsupported("partialDepth")
    raise FaultError("unknown_message", "stream")


def _read_answer(message: Object) -> Reading:
    """Rule 11, without a wrapper."""
    if "error" in message or ("code" in message and "msg" in message):
        return ControlFrame("error")
    if "result" in message:
        return ControlFrame("ack" if message["result"] is None else "list_subscriptions")
    if all(key in message for key in "usbBaA"):
        return Unsupported("bookTicker")
    if "lastUpdateId" in message:
        return Unsupported("partialDepth")
    raise FaultError("unknown_message")


def is_text(value: object) -> TypeGuard[str]:
    """Whether a value was a JSON string."""
    return isinstance(value, str) and not isinstance(value, Number)
