"""How many events a frame brings: venues that send several at once put them into a list."""

import re
from typing import Any, Final

import orjson

_HAS_LIST: Final = re.compile(rb'\A\s*\[|"data"\s*:\s*\[')


def elements(frame: bytes) -> int:
    """Return how many events a frame brings, 1 for one that has no list or cannot be read.

    A list of orders that were filled in parts (``details``) counts each of the parts.
    """
    if _HAS_LIST.search(frame) is None:
        return 1
    try:
        message: Any = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return 1
    found = message.get("data") if isinstance(message, dict) else message
    if not isinstance(found, list):
        return 1
    return max(1, sum(map(_parts, found)))


def _parts(element: Any) -> int:  # noqa: ANN401 - any JSON
    details = element.get("details") if isinstance(element, dict) else None
    return len(details) if isinstance(details, list) else 1
