"""Faults of single frames, from odd but right spellings to bytes that are no text."""

import json
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.python.property.odd_values import (
    ODD_IDS,
    ODD_NUMBERS,
    ODD_SYMBOLS,
    ODD_TIMES,
    ODD_VALUES,
    OTHER_MESSAGES,
    UNKNOWN_MEMBERS,
)

Members = list[tuple[str, str]]


class Fields(NamedTuple):
    """A trade before it is written down; times in milliseconds."""

    channel: str
    symbol: str
    number: int
    price: str
    quantity: str
    time_ms: int
    published_ms: int
    is_buyer_maker: bool


def members(fields: Fields, time_unit: str) -> Members:
    """Return keys and JSON texts in the venue's order."""
    scale = "000" if time_unit == "us" else ""
    is_aggregate = fields.channel == "aggTrade"
    span = [("f", str(fields.number)), ("l", str(fields.number + 2))] if is_aggregate else []
    return [
        ("e", f'"{fields.channel}"'),
        ("E", f"{fields.published_ms}{scale}"),
        ("s", json.dumps(fields.symbol, ensure_ascii=False)),
        ("a" if is_aggregate else "t", str(fields.number)),
        ("p", f'"{fields.price}"'),
        ("q", f'"{fields.quantity}"'),
        *span,
        ("T", f"{fields.time_ms}{scale}"),
        ("m", "true" if fields.is_buyer_maker else "false"),
        ("M", "true"),
    ]


def write(parts: Members) -> str:
    """Return a JSON object."""
    return "{" + ",".join(f'"{key}":{value}' for key, value in parts) + "}"


def wrap(data: str, stream: str) -> str:
    """Return a combined-stream frame."""
    return f'{{"stream":{json.dumps(stream, ensure_ascii=False)},"data":{data}}}'


def render(fields: Fields, time_unit: str, is_combined: bool) -> str:
    """Return the frame in the venue's usual spelling."""
    text = write(members(fields, time_unit))
    if not is_combined:
        return text
    return wrap(text, f"{fields.symbol.lower()}@{fields.channel}")


class Spoiler:
    """Makes one frame odd or wrong, in one or several ways.

    Parameters
    ----------
    random : Random
        Decides everything.
    time_unit : str
        The connection's unit.
    """

    def __init__(self, random: Random, time_unit: str) -> None:
        self._random = random
        self._time_unit = time_unit
        self._member_faults: list[Callable[[Members], None]] = [
            self._shuffle,
            self._odd_decimal,
            self._odd_decimal,
            self._odd_decimal,
            self._odd_id,
            self._odd_time,
            self._odd_time,
            self._odd_value,
            self._odd_symbol,
            self._take_out,
            self._rename,
            self._repeat,
            self._add_unknown,
            self._add_unknown,
            self._change_type,
            self._change_type,
            self._wild_value,
            self._escape_key,
        ]
        self._text_faults: list[Callable[[bytes], bytes]] = [
            self._truncate,
            self._flip,
            self._insert,
            self._trail,
            self._mark,
            self._space,
            self._cut_out,
        ]

    def spoil(self, fields: Fields) -> bytes:
        """Return the trade as a frame with faults."""
        random = self._random
        parts = members(fields, self._time_unit)
        for _ in range(random.choice([0, 1, 1, 1, 2, 3])):
            random.choice(self._member_faults)(parts)
        text = write(parts)
        if random.random() < 0.6:
            text = wrap(text, self._stream(fields))
        frame = text.encode("utf-8", "surrogatepass")
        if random.random() < 0.25:
            frame = random.choice(self._text_faults)(frame)
        return frame

    def other_message(self) -> bytes:
        """Return a message that is no trade."""
        message = self._random.choice(OTHER_MESSAGES).encode()
        return self._truncate(message) if self._random.random() < 0.2 else message

    def receive_time(self, received_ns: int) -> int | None:
        """Return the receive time, at times a strange one or none."""
        random = self._random
        strange = [None, received_ns - 10**10, received_ns + 10**11, 0, received_ns - 10**17]
        return random.choice(strange) if random.random() < 0.15 else received_ns

    def _stream(self, fields: Fields) -> str:
        usual = f"{fields.symbol.lower()}@{fields.channel}"
        if self._random.random() < 0.85:
            return usual
        odd = ["btcusdt@trade", "BTCUSDT@trade", "@trade", "btcusdt", "x@y@trade", "!trade", ""]
        return self._random.choice([*odd, usual + "@100ms", usual.upper()])

    # -- members -------------------------------------------------------------------------------

    def _set(self, parts: Members, keys: str, value: str) -> None:
        places = [place for place, (key, _) in enumerate(parts) if key and key in keys]
        if places:
            place = self._random.choice(places)
            parts[place] = (parts[place][0], value)

    def _quoted(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=self._random.random() < 0.5)

    def _as_number_or_text(self, text: str) -> str:
        return text if text and self._random.random() < 0.2 else self._quoted(text)

    def _shuffle(self, parts: Members) -> None:
        self._random.shuffle(parts)

    def _odd_decimal(self, parts: Members) -> None:
        self._set(parts, "pq", self._as_number_or_text(self._random.choice(ODD_NUMBERS)))

    def _odd_id(self, parts: Members) -> None:
        value = self._random.choice(ODD_IDS)
        self._set(parts, "ta", value if self._random.random() < 0.7 else self._quoted(value))

    def _odd_time(self, parts: Members) -> None:
        value = self._random.choice(ODD_TIMES)
        keys = self._random.choice(["T", "E", "fl"])
        self._set(parts, keys, value if self._random.random() < 0.8 else self._quoted(value))

    def _odd_value(self, parts: Members) -> None:
        self._set(parts, "esatpqTmEfl", self._random.choice(ODD_VALUES))

    def _odd_symbol(self, parts: Members) -> None:
        self._set(parts, "s", self._quoted(self._random.choice(ODD_SYMBOLS)))

    def _take_out(self, parts: Members) -> None:
        if parts:
            del parts[self._random.randrange(len(parts))]

    def _rename(self, parts: Members) -> None:
        if parts:
            place = self._random.randrange(len(parts))
            key = self._random.choice(["e", "E", "t", "T", "a", "zz", "result", "stream", "data"])
            parts[place] = (key, parts[place][1])

    def _repeat(self, parts: Members) -> None:
        if parts:
            parts.insert(self._random.randrange(len(parts) + 1), self._random.choice(parts))

    def _add_unknown(self, parts: Members) -> None:
        parts.insert(self._random.randrange(len(parts) + 1), self._random.choice(UNKNOWN_MEMBERS))

    def _change_type(self, parts: Members) -> None:
        """Make a number a text or a text a number."""
        places = [place for place, (key, _) in enumerate(parts) if key and key in "tapqTEfl"]
        if places:
            place = self._random.choice(places)
            key, value = parts[place]
            parts[place] = (key, value[1:-1] if value.startswith('"') else f'"{value}"')

    def _wild_value(self, parts: Members) -> None:
        """Move the price or the quantity out of the usual, in a right spelling."""
        factor = self._random.choice([2, 20, 1_000])
        for place, (key, value) in enumerate(parts):
            if key == self._random.choice("pq") and value.strip('"').isdigit():
                parts[place] = (key, f'"{int(value.strip(chr(34))) * factor}"')

    def _escape_key(self, parts: Members) -> None:
        if parts:
            place = self._random.randrange(len(parts))
            key, value = parts[place]
            parts[place] = ("".join(f"\\u{ord(letter) & 0xFFFF:04x}" for letter in key), value)

    # -- bytes ---------------------------------------------------------------------------------

    def _truncate(self, frame: bytes) -> bytes:
        return frame[: self._random.randrange(len(frame) + 1)]

    def _flip(self, frame: bytes) -> bytes:
        if not frame:
            return frame
        place = self._random.randrange(len(frame))
        flipped = frame[place] ^ 1 << self._random.randrange(8)
        return frame[:place] + bytes([flipped]) + frame[place + 1 :]

    def _insert(self, frame: bytes) -> bytes:
        place = self._random.randrange(len(frame) + 1)
        odd = [b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b" ", b'"', b"\\", b"\n", b"\\ud800", b"0"]
        return frame[:place] + self._random.choice(odd) + frame[place:]

    def _trail(self, frame: bytes) -> bytes:
        return frame + self._random.choice([b"x", b"}", b"\n", b" {}", b"\xe5\xb8", frame])

    def _mark(self, frame: bytes) -> bytes:
        return b"\xef\xbb\xbf" + frame

    def _space(self, frame: bytes) -> bytes:
        space = self._random.choice([b" ", b"\n", b"\t\r\n", b"  "])
        return frame.replace(b":", b":" + space).replace(b",", space + b",")

    def _cut_out(self, frame: bytes) -> bytes:
        first = self._random.randrange(len(frame) + 1)
        return frame[:first] + frame[first + self._random.randrange(4) :]
