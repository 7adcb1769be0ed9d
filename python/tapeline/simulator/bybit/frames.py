"""The shapes of Bybit v5 frames: topics, ids, times. Keys come in any order.

Source: github bybit-exchange/docs, ``docs/v5/websocket/public``; recorded frames of 2021 to 2026,
which win where they differ.
"""

from typing import Any

import orjson

from tapeline.simulator.venue import UNKNOWN_STREAM


def parsed(frame: bytes) -> dict[str, Any] | None:
    """Parse a frame; None if it is no JSON object."""
    try:
        message = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return None
    return message if isinstance(message, dict) else None


def stream_of(frame: bytes) -> str | None:
    """Return a frame's topic; None for an answer, which the simulator gives itself."""
    message = parsed(frame)
    if message is None:
        return UNKNOWN_STREAM
    topic = message.get("topic")
    if isinstance(topic, str):
        return topic
    is_answer = any(key in message for key in ("success", "op", "request"))
    return None if is_answer else UNKNOWN_STREAM


def native_ids(frame: bytes) -> tuple[int, int] | None:
    """Return the update id of a book message, or the trade ids where they are numbers."""
    message = parsed(frame)
    data = message.get("data") if message is not None else None
    if isinstance(data, dict):
        update = data.get("u")
        return (update, update) if isinstance(update, int) else None
    if not isinstance(data, list):
        return None
    ids = [item.get("i") for item in data if isinstance(item, dict)]
    numbers = [int(text) for text in ids if isinstance(text, str) and text.isdigit()]
    return (min(numbers), max(numbers)) if numbers and len(numbers) == len(data) else None


def event_ns(frame: bytes) -> int | None:
    """Return ``ts`` in nanoseconds; the documents show it as number and as text."""
    message = parsed(frame)
    text = str(message.get("ts", "")) if message is not None else ""
    return int(text) * 1_000_000 if text.isdigit() else None
