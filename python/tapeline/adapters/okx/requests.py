"""What the markets of OKX say alike: arguments, subscribe and its events, the text ping.

Source: OKX API v5, "WebSocket", read November 2026.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tapeline.adapters.connection.dialect import Address, Answer, Heartbeat, Stream, Verb

# Without a frame for 30 s the server closes; it answers this text with the text ``pong``.
HEARTBEAT = Heartbeat(text="ping", every_s=20.0, is_answer=lambda frame: frame == b"pong")


def argument(channel: str, raw_symbol: str, inst_type: str | None = None) -> str:
    """Return the argument of a subscription as compact JSON; it is the stream's name."""
    if inst_type is not None:
        return orjson.dumps({"channel": channel, "instType": inst_type}).decode()
    return orjson.dumps({"channel": channel, "instId": raw_symbol}).decode()


def address(endpoint: str, path: str, streams: Sequence[Stream], _time_unit: str) -> Address:
    """Return the address; every stream is subscribed to by message."""
    return Address(f"{endpoint}{path}", tuple(streams))


def request(verb: Verb, number: int, streams: Sequence[Stream]) -> str:
    """Return a message that subscribes or unsubscribes; the ``id`` is repeated in each answer."""
    arguments = ",".join(each.name for each in streams)
    return f'{{"id":"{number}","op":"{verb}","args":[{arguments}]}}'


def answer(text: str) -> Answer | None:
    """Read the event that answers one argument, or an error.

    Each argument is acknowledged by a message of its own; all of them repeat the id.
    """
    try:
        message: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(message, dict) or message.get("event") not in (
        "subscribe",
        "unsubscribe",
        "error",
    ):
        return None
    found = message.get("id")
    number = int(found) if isinstance(found, str) and found.isascii() and found.isdigit() else None
    fault = None
    if message["event"] == "error":
        fault = f"{message.get('msg')} (code {message.get('code')})"
    names = _names(message.get("arg"), fault)
    # An error that names no argument says nothing of which one is at fault.
    is_for_all = fault is not None and not names
    return Answer(number=number, names=names, fault=fault, is_for_all=is_for_all)


def _names(found: object, fault: str | None) -> tuple[str, ...]:
    if isinstance(found, Mapping):
        channel, raw_symbol = found.get("channel"), found.get("instId")
        inst_type = None if isinstance(raw_symbol, str) else found.get("instType")
        return (argument(str(channel), str(raw_symbol), inst_type),)
    # An error names its argument only in its sentence: "channel:trades,instId:X doesn't exist".
    if fault is not None and "channel:" in fault:
        words = fault.split("channel:", 1)[1]
        channel, _, rest = words.partition(",")
        raw_symbol = rest.removeprefix("instId:").split(" ", 1)[0].rstrip(".,")
        return (argument(channel, raw_symbol),) if rest.startswith("instId:") else ()
    return ()


def is_shutdown(frame: bytes) -> bool:
    """Whether a frame is the notice that the connection will be closed for an upgrade."""
    if b"64008" not in frame or b"notice" not in frame:
        return False
    try:
        message: Any = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return False
    is_notice = isinstance(message, dict) and message.get("event") == "notice"
    return is_notice and message.get("code") == "64008"
