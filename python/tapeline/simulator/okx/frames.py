"""The shapes of OKX v5 frames: stream names, ids, times.

Source: OKX docs-v5 as quoted by public connectors; recorded frames of 2022 to 2026, which win where
they differ.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tapeline.simulator.venue import UNKNOWN_STREAM

#: Keys of a subscription's ``arg`` that name what it is about, the most precise first.
_SUBJECTS = ("instId", "instFamily", "uly", "ccy", "instType")
BOOK_CHANNELS = frozenset({"books", "books-l2-tbt", "books50-l2-tbt"})


def stream_of_arg(arg: Mapping[str, Any]) -> str:
    """Return the name of a subscription: ``books:BTC-USDT``, ``liquidation-orders:SWAP``."""
    subject = next((str(arg[key]) for key in _SUBJECTS if arg.get(key)), "")
    return f"{arg.get('channel', '')}:{subject}"


def channel_of(stream: str) -> str:
    """Return a stream's channel."""
    return stream.partition(":")[0]


def parsed(frame: bytes) -> dict[str, Any] | None:
    """Parse a frame; None if it is no JSON object."""
    try:
        message = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return None
    return message if isinstance(message, dict) else None


def stream_of(frame: bytes) -> str | None:
    """Return a frame's stream; None for an answer, which the simulator gives itself."""
    if frame == b"pong":
        return None
    message = parsed(frame)
    if message is None:
        return UNKNOWN_STREAM
    if "event" in message:
        return None
    arg = message.get("arg")
    return stream_of_arg(arg) if isinstance(arg, dict) else UNKNOWN_STREAM


def native_ids(frame: bytes) -> tuple[int, int] | None:
    """Return what a frame's ids cover: trades, or the book from behind ``prevSeqId`` on."""
    message = parsed(frame)
    data = message.get("data") if message is not None else None
    if not isinstance(data, list) or not data or not isinstance(data[0], dict):
        return None
    if "tradeId" in data[0]:
        return _trade_ids(data)
    last = data[-1].get("seqId")
    if not isinstance(last, int):
        return None
    previous = data[0].get("prevSeqId")
    if isinstance(previous, int) and 0 <= previous < last:
        return previous + 1, last
    return last, last


def event_ns(frame: bytes) -> int | None:
    """Return the first ``ts`` in nanoseconds."""
    message = parsed(frame)
    data = message.get("data") if message is not None else None
    if not isinstance(data, list) or not data or not isinstance(data[0], dict):
        return None
    text = str(data[0].get("ts", ""))
    return int(text) * 1_000_000 if text.isdigit() else None


def _trade_ids(data: Sequence[Mapping[str, Any]]) -> tuple[int, int] | None:
    """Return first and last trade id; a merged trade covers as many ids as its ``count``."""
    try:
        lows = [int(item["tradeId"]) - int(item.get("count") or 1) + 1 for item in data]
        highs = [int(item["tradeId"]) for item in data]
    except (KeyError, TypeError, ValueError):
        return None
    return min(lows), max(highs)
