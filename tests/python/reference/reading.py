"""Reading a frame of Binance spot: rules 1 to 12, one function a rule, in their order.

Rules 1 to 6 are those of docs/cleaning.md, 7 to 12 those of docs/exchanges/binance-spot.md.
"""

import json
from typing import Final, NamedTuple, NoReturn

from .book_reading import BookMessage, Source, read_depth, read_partial, read_ticker
from .faults import FaultError
from .scanner import MAX_DEPTH, Scanner
from .values import Number, Object, is_text

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
MAX_TYPE_LENGTH: Final = 64
_SPACE: Final = b" \t\n\r"
_MESSAGE_KEYS: Final = ("stream", "data", "e", "E", "s", "t", "a", "p", "q", "T", "m", "f", "l")
_ANSWER_KEYS: Final = ("result", "id", "error", "code", "msg")
_SINGLE_KEYS: Final = frozenset((*_MESSAGE_KEYS, *_ANSWER_KEYS))


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


Reading = ControlFrame | Unsupported | TradeMessage | BookMessage


def read(frame: bytes, max_frame_bytes: int) -> Reading:
    """Read one frame.

    Raises
    ------
    FaultError
        The frame breaks one of the rules.
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
    value, text = _parse(frame, start)
    if not isinstance(value, Object):
        return _read_other_value(value)
    _check_repeats(value)
    message, stream = _unwrap(value)
    if isinstance(message, Unsupported):
        return message
    source = Source(text, stream, has_mark)
    if "e" in message:
        return _read_event(message, source)
    if stream is not None:
        return _read_stream_without_event(message, stream, source)
    return _read_answer(message, source)


def _parse(frame: bytes, start: int) -> tuple[object, str]:
    """Rules 5 and 6: return the value and its text."""
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
    text = text[1:] if start else text
    try:
        return _DECODER.decode(text), text
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
    name = _first_event(value) if isinstance(value, list) else None
    if name is None or name in ("trade", "aggTrade"):
        raise FaultError("type")
    return Unsupported(name[:MAX_TYPE_LENGTH] + "[]")


def _first_event(messages: list[object]) -> str | None:
    """Return the first ``e`` of a list's first element, if it is an object and that is text."""
    if not messages or not isinstance(messages[0], Object):
        return None
    name = next((value for key, value in messages[0].pairs if key == "e"), None)
    return name if is_text(name) else None


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
        name = _first_event(data)
        kind = stream[:MAX_TYPE_LENGTH] if name is None else name[:MAX_TYPE_LENGTH] + "[]"
        return Unsupported(kind), stream
    if not isinstance(data, Object):
        raise FaultError("type", "data")
    return data, stream


def _read_event(message: Object, source: Source) -> Reading:
    """Rule 10: ``e`` is present."""
    name = message["e"]
    if not is_text(name):
        raise FaultError("type", "e")
    if name == "serverShutdown":
        return ControlFrame("server_shutdown")
    if name == "depthUpdate":
        return read_depth(message, source)
    if name == "bookTicker":
        return read_ticker(message, source)
    if name not in ("trade", "aggTrade"):
        return Unsupported(name[:MAX_TYPE_LENGTH])
    if source.stream is None:
        return TradeMessage(name, message, None, source.has_byte_order_mark)
    symbol, at, channel = source.stream.rpartition("@")
    if not at or channel != name:
        raise FaultError("unknown_message", "stream")
    return TradeMessage(name, message, symbol, source.has_byte_order_mark)


def _read_stream_without_event(message: Object, stream: str, source: Source) -> Reading:
    """Rule 11, in a wrapper."""
    if stream.endswith("@bookTicker") or stream == "!bookTicker":
        return read_ticker(message, source)
    _, _, rest = stream.partition("@")
    if rest.startswith("depth"):
        return read_partial(message, source)
    raise FaultError("unknown_message", "stream")


def _read_answer(message: Object, source: Source) -> Reading:
    """Rule 11, without a wrapper."""
    if "error" in message or ("code" in message and "msg" in message):
        return ControlFrame("error")
    if "result" in message:
        return ControlFrame("ack" if message["result"] is None else "list_subscriptions")
    if all(key in message for key in "usbBaA"):
        return read_ticker(message, source)
    if "lastUpdateId" in message:
        return Unsupported("partialDepth")  # it does not say of which symbol
    raise FaultError("unknown_message")
