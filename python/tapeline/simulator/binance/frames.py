"""The shapes of Binance stream frames: names, ids, the combined wrapper, time units.

Source: github binance/binance-spot-api-docs, ``web-socket-streams.md``, read 2026-11-22; recorded
frames of 2021
and 2024, which win where they differ.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson

from tapeline.simulator.venue import UNKNOWN_STREAM

#: The stream of the notice that every connection gets before a planned disconnect.
SHUTDOWN_STREAM = "!serverShutdown"

#: Liquidations of one symbol, and the stream of everybody's.
FORCE_ORDER_SUFFIX = "@forceOrder"
ALL_FORCE_ORDERS = "!forceOrder@arr"

_WRAPPER = re.compile(rb'\s*\{\s*"stream"\s*:\s*"([^"\\]*)"\s*,\s*"data"\s*:\s*')
_PLAIN_WRAPPER = b'{"stream":"'
_MILLISECONDS = re.compile(rb'("[ET]":\d{13})(?=[,}])')
_MICROSECONDS = re.compile(rb'("[ET]":\d{13})\d{3}(?=[,}])')
_SUFFIX_OF_EVENT = {
    "trade": "@trade",
    "aggTrade": "@aggTrade",
    "depthUpdate": "@depth@100ms",
    "markPriceUpdate": "@markPrice@1s",
    "forceOrder": FORCE_ORDER_SUFFIX,
}
_SPEED = re.compile(r"@\d+m?s$")
_ANSWER_KEYS = ("result", "error", "code")


def stream_of(frame: bytes, url: str) -> str | None:
    """Return the name of a frame's stream.

    The wrapper's name, except that a liquidation is its symbol's; else the one stream of the URL
    ``/ws/<stream>``; else the name that ``e`` and ``s`` make.

    Returns
    -------
    str or None
        `UNKNOWN_STREAM` for a frame that cannot be read; None for an answer to a client's request,
        which is not
        replayed because the simulator answers its own clients.
    """
    wrapper = _WRAPPER.match(frame)
    if wrapper is not None and wrapper.group(1) != ALL_FORCE_ORDERS.encode():
        return wrapper.group(1).decode(errors="replace")
    try:
        message = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return UNKNOWN_STREAM
    if not isinstance(message, dict):
        return UNKNOWN_STREAM
    if "e" not in message and any(key in message for key in _ANSWER_KEYS):
        return None
    if wrapper is not None:
        message = message.get("data")
        return _name_of_bare(message, "") if isinstance(message, dict) else ALL_FORCE_ORDERS
    return _name_of_bare(message, url)


def family(stream: str) -> str:
    """Return a stream's name without its update speed: all speeds tell the same."""
    return _SPEED.sub("", stream)


def _name_of_bare(message: dict[str, Any], url: str) -> str:
    if message.get("e") == "serverShutdown":
        return SHUTDOWN_STREAM
    path = urlsplit(url.removeprefix("synthetic:")).path
    _, is_raw, stream = path.rpartition("/ws/")
    if is_raw and "/" not in stream:
        return stream
    symbol = message["o"].get("s") if isinstance(message.get("o"), dict) else message.get("s")
    if not isinstance(symbol, str):
        return UNKNOWN_STREAM
    event = message.get("e")
    if event in (None, "bookTicker") and "u" in message:
        return f"{symbol.lower()}@bookTicker"
    return f"{symbol.lower()}{_SUFFIX_OF_EVENT.get(str(event), f'@{event}')}"


def data_of(frame: bytes) -> bytes:
    """Return the message inside a combined-stream frame, byte for byte; a bare frame as it is."""
    if not frame.startswith(_PLAIN_WRAPPER):
        wrapper = _WRAPPER.match(frame)
        start = wrapper.end() if wrapper is not None else 0
    else:
        end_of_name = frame.find(b'","data":', 11)
        start = end_of_name + 9 if end_of_name > 0 else 0
    if start == 0:
        return frame
    return frame[start:-1] if frame.endswith(b"}}") else _without_wrapper_end(frame[start:])


def _without_wrapper_end(rest: bytes) -> bytes:
    """Take the wrapper's closing brace off; a torn frame has lost it already."""
    try:
        orjson.loads(rest)
    except orjson.JSONDecodeError:
        body = rest.rstrip()
        return body[:-1].rstrip() if body.endswith(b"}") else rest
    return rest


def combined(frame: bytes, name: str) -> bytes:
    """Return a frame in the combined-stream wrapper of `name`, byte for byte if it is in it."""
    head = b'{"stream":"%b","data":' % name.encode()
    if frame.startswith(head) or not name:
        return frame
    wrapper = _WRAPPER.match(frame)
    if wrapper is not None and wrapper.group(1).decode(errors="replace") == name:
        return frame
    return head + data_of(frame) + b"}"


def to_microseconds(frame: bytes) -> bytes:
    """Return a frame with the milliseconds of ``E`` and ``T`` as microseconds: exactly x 1000.

    Frames recorded in microseconds stay as they are.
    """
    return _MILLISECONDS.sub(rb"\g<1>000", frame)


def to_milliseconds(frame: bytes) -> bytes:
    """Return a frame with the microseconds of ``E`` and ``T`` cut to milliseconds."""
    return _MICROSECONDS.sub(rb"\g<1>", frame)


CONVERSIONS: dict[str, Callable[[bytes], bytes]] = {
    "MICROSECOND": to_microseconds,
    "MILLISECOND": to_milliseconds,
}


def message_of(frame: bytes) -> dict[str, Any] | None:
    """Parse a frame and return its message without the wrapper; None if it cannot be read."""
    try:
        message = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return None
    if isinstance(message, dict) and "stream" in message:
        message = message.get("data")
    return message if isinstance(message, dict) else None


def native_ids(frame: bytes) -> tuple[int, int] | None:
    """Return the ids of a frame: trade id, aggregate id, or the range of book update ids.

    A futures book update begins behind its ``pu``: ids between are no update of their own.
    """
    message = message_of(frame)
    if message is None:
        return None
    if isinstance(message.get("pu"), int) and isinstance(message.get("u"), int):
        return message["pu"] + 1, message["u"]
    first_key, last_key = {"trade": ("t", "t"), "aggTrade": ("a", "a")}.get(
        str(message.get("e")), ("U" if "U" in message else "u", "u")
    )
    first, last = message.get(first_key), message.get(last_key)
    return (first, last) if isinstance(first, int) and isinstance(last, int) else None


def event_ns(frame: bytes) -> int | None:
    """Return the venue's event time ``E`` in nanoseconds, whichever unit it was recorded in."""
    message = message_of(frame)
    event = message.get("E") if message is not None else None
    if not isinstance(event, int):
        return None
    return event * (1_000 if event >= 10**15 else 1_000_000)
