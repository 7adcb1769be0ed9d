"""Order-book messages of Binance spot, rule 12: channel, members, levels."""

import json
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Final, NamedTuple

from .faults import FaultError
from .symbols import ascii_upper
from .values import Number, Object, is_text

_SPACE: Final = " \t\n\r"

Levels = list[tuple[str, str]]


class Keys(NamedTuple):
    """The venue's spelling of a message's fields."""

    symbol: str
    first_id: str
    last_id: str
    bids: str
    asks: str


class BookMessage(NamedTuple):
    """An order-book message; ``fields`` has those that occur, by the venue's keys."""

    channel: str
    depth: str
    action: str
    needs_ids: bool
    keys: Keys
    stream_symbol: str | None
    fields: dict[str, Any]
    bids: Levels
    asks: Levels
    content: bytes
    has_byte_order_mark: bool


DEPTH_KEYS: Final = Keys("s", "U", "u", "b", "a")
TICKER_KEYS: Final = Keys("s", "", "u", "b", "a")
PARTIAL_KEYS: Final = Keys("stream", "", "lastUpdateId", "bids", "asks")


class Source(NamedTuple):
    """Where a message comes from; ``stream`` is None without a wrapper."""

    text: str
    stream: str | None
    has_byte_order_mark: bool

    def content(self) -> bytes:
        """Return the bytes of the message as received: of ``data`` in a wrapper."""
        text = self.text.strip(_SPACE)
        if self.stream is not None:
            first, last = _find_member(text, "data")
            text = text[first:last]
        return text.encode()


def read_depth(message: Object, source: Source) -> BookMessage:
    """Read changed levels.

    Raises
    ------
    FaultError
        ``unknown_message``, ``duplicate_key``, ``type`` or ``missing``.
    """
    symbol, kind = _split(source.stream)
    if source.stream is not None and kind != "depth" and not kind.startswith("depth@"):
        raise FaultError("unknown_message", "stream")
    bids, asks = _read_once(message, ("e", "E", "s", "U", "u"), ("b", "a"))
    fields = _present(message, ("s", "U", "u", "E"))
    return BookMessage(
        "depth", "l2", "delta", True, DEPTH_KEYS, symbol, fields, bids, asks,
        source.content(), source.has_byte_order_mark,
    )  # fmt: skip


def read_ticker(message: Object, source: Source) -> BookMessage:
    """Read a best bid and ask.

    Raises
    ------
    FaultError
        ``unknown_message``, ``duplicate_key``, ``missing`` or ``type``.
    """
    symbol, kind = _split(source.stream)
    if source.stream is not None and kind != "bookTicker":
        raise FaultError("unknown_message", "stream")
    _read_once(message, ("e", "u", "s", "b", "B", "a", "A"), ())
    for key in ("b", "B", "a", "A"):
        if key not in message:
            raise FaultError("missing", key)
        if not is_text(message[key]):
            raise FaultError("type", key)
    return BookMessage(
        "bookTicker", "l1", "snapshot", False, TICKER_KEYS, symbol,
        _present(message, ("s", "u")),
        [(message["b"], message["B"])], [(message["a"], message["A"])],
        source.content(), source.has_byte_order_mark,
    )  # fmt: skip


def read_partial(message: Object, source: Source) -> BookMessage:
    """Read the best levels; the stream's name alone says the symbol.

    Raises
    ------
    FaultError
        ``unknown_message``, ``duplicate_key``, ``type`` or ``missing``.
    """
    symbol, _ = _split(source.stream)
    if symbol is None:
        raise FaultError("unknown_message", "stream")
    bids, asks = _read_once(message, ("lastUpdateId",), ("bids", "asks"))
    fields = {"stream": ascii_upper(symbol), **_present(message, ("lastUpdateId",))}
    return BookMessage(
        "partialDepth", "l2", "snapshot", False, PARTIAL_KEYS, None, fields, bids, asks,
        source.content(), source.has_byte_order_mark,
    )  # fmt: skip


def _split(stream: str | None) -> tuple[str | None, str]:
    """Return symbol and kind of a stream's name; streams of all symbols have no symbol."""
    if stream is None or stream.startswith("!"):
        return None, (stream or "")[1:]
    symbol, _, kind = stream.partition("@")
    return symbol, kind


def _present(message: Object, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: message[key] for key in keys if key in message}


def _read_once(message: Object, scalars: tuple[str, ...], sides: tuple[str, ...]) -> list[Levels]:
    """Go through the members in their order: the first fault decides; then what must be there."""
    found: dict[str, Levels] = {}
    seen = set()
    for key, value in message.pairs:
        if key not in scalars and key not in sides:
            continue
        if key in seen:
            raise FaultError("duplicate_key", key)
        seen.add(key)
        if key in sides:
            found[key] = _levels(value, key)
    for key in sides:
        if key not in found:
            raise FaultError("missing", key)
    return [found[key] for key in sides]


def _levels(value: object, key: str) -> Levels:
    if not isinstance(value, list):
        raise FaultError("type", key)
    levels = []
    for level in value:
        if not (isinstance(level, list) and len(level) == 2 and all(map(is_text, level))):
            raise FaultError("type", key)
        levels.append((level[0], level[1]))
    return levels


def _find_member(text: str, wanted: str) -> tuple[int, int]:
    """Return where the value of an object's member begins and ends."""
    decoder = json.JSONDecoder(parse_int=Number, parse_float=Number)
    at = 1
    while True:
        at = _skip(text, at)
        key, at = scanstring(text, at + 1, True)
        first = _skip(text, _skip(text, at) + 1)
        _, last = decoder.raw_decode(text, first)
        if key == wanted:
            return first, last
        at = _skip(text, last) + 1


def _skip(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
