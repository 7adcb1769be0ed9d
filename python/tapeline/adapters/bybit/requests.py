"""What the markets of Bybit say alike: topics, subscribe and its answer, the JSON ping.

Source: Bybit API v5, "WebSocket Stream", "Connect", read November 2026.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from tapeline.adapters.connection.dialect import Address, Answer, Heartbeat, Stream, Verb


def _is_pong(frame: bytes) -> bool:
    """Whether it is the answer to a ping, which has three shapes; data begins with its topic."""
    return b'"pong"' in frame and not frame.startswith(b'{"topic"')


# Asked for by the venue, data or not.
HEARTBEAT = Heartbeat(text='{"op":"ping"}', every_s=20.0, is_answer=_is_pong)


def topic(raw_symbol: str, channel: str) -> str:
    """Return the venue's name of a stream, ``orderbook.50.BTCUSDT``."""
    return f"{channel}.{raw_symbol}"


def address(endpoint: str, path: str, streams: Sequence[Stream], _time_unit: str) -> Address:
    """Return the address; every stream is subscribed to by message."""
    return Address(f"{endpoint}{path}", tuple(streams))


def request(verb: Verb, number: int, streams: Sequence[Stream]) -> str:
    """Return a message that subscribes or unsubscribes."""
    names = [each.name for each in streams]
    return orjson.dumps({"req_id": str(number), "op": verb, "args": names}).decode()


def answer(text: str) -> Answer | None:
    """Read the answer to a request; ``success`` false refuses all of it, for the topic it names.

    ``error:handler not found,topic:T`` means that there is no T, and ``error:already
    subscribed,topic:T`` that T is had; the other topics of the request are not had in either case.
    """
    try:
        message: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(message, dict) or message.get("op") not in ("subscribe", "unsubscribe"):
        return None
    found = message.get("req_id")
    number = int(found) if isinstance(found, str) and found.isascii() and found.isdigit() else None
    if message.get("success") is True:
        return Answer(number=number)
    fault = str(message.get("ret_msg") or "refused without a reason")
    _, separator, name = fault.partition(",topic:")
    is_had = bool(separator) and "already subscribed" in fault
    return Answer(
        number=number,
        names=(name.strip(),) if separator else (),
        fault=None if is_had else fault,
        is_for_all=True,
    )
