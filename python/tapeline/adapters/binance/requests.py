"""What the three markets of Binance say alike: stream names, addresses, SUBSCRIBE and its answer.

Source: Binance Spot and USDⓈ-M Futures WebSocket documentation, read November 2026.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import orjson

from tapeline.adapters.connection.dialect import Address, Answer, Stream, Verb

# More streams than this are subscribed to by message: proxies cut addresses at about 8 KiB.
URL_STREAMS_MAX = 100
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def stream_name(raw_symbol: str, channel: str) -> str:
    """Return the venue's name of a stream, ``btcusdt@trade``.

    Only ASCII letters are lowered: Unicode's rules would turn some listed symbols into others.
    """
    return f"{raw_symbol.translate(_ASCII_LOWER)}@{channel}"


def address(base: str, streams: Sequence[Stream], query: str = "") -> Address:
    """Return where streams are had: one comes bare, several wrapped, very many by message.

    Parameters
    ----------
    base
        Address without a slash at its end.
    streams
        What is wanted.
    query
        Goes with it, ``timeUnit=MICROSECOND``.
    """
    if len(streams) == 1:
        url = f"{base}/ws/{quote(streams[0].name, safe='@')}" + (f"?{query}" if query else "")
        return Address(url)
    is_named = len(streams) <= URL_STREAMS_MAX
    named = "/".join(quote(each.name, safe="@") for each in streams) if is_named else ""
    parts = "&".join(part for part in (f"streams={named}" if named else "", query) if part)
    url = f"{base}/stream" + (f"?{parts}" if parts else "")
    return Address(url, () if is_named else tuple(streams))


def request(verb: Verb, number: int, streams: Sequence[Stream]) -> str:
    """Return a SUBSCRIBE or UNSUBSCRIBE message."""
    names = [each.name for each in streams]
    message = {"method": verb.upper(), "params": names, "id": number}
    return orjson.dumps(message).decode()


def answer(text: str) -> Answer | None:
    """Read ``{"result":null,"id":1}`` and the two forms of errors."""
    try:
        message: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(message, dict):
        return None
    fault = message.get("error") or (message if "code" in message else None)
    number = message.get("id")
    if isinstance(number, str) and number.isascii() and number.isdigit():
        number = int(number)
    known = number if isinstance(number, int) else None
    if fault is None:
        return None if known is None else Answer(number=known)
    detail = fault if isinstance(fault, dict) else {}
    return Answer(number=known, fault=f"{detail.get('msg', fault)} (code {detail.get('code')})")


def is_shutdown(frame: bytes) -> bool:
    """Whether a frame is ``serverShutdown``, alone or wrapped as those of combined streams."""
    if b"serverShutdown" not in frame:
        return False
    try:
        message: Any = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return False
    if isinstance(message, dict) and isinstance(message.get("data"), dict):
        message = message["data"]
    return isinstance(message, dict) and message.get("e") == "serverShutdown"
