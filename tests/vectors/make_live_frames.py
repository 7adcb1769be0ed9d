"""Writes tests/vectors/live_frames.json; with --check compares alone.

The decoders of the live socket, in Python and in TypeScript, are tested with this one file.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tapeline.api.live.book_frames import ShownBook, Side, bbo, snapshot, unknown_book, update
from tapeline.api.live.frames import funding, liquidations, trades
from tapeline.api.live.layout import Body
from tests.python.live_frames import frames

TARGET: Final = Path(__file__).parent / "live_frames.json"
TIME_NS: Final = 1_764_000_000_123_456_789
_DECIMAL: Final = pa.decimal128(38, 18)
_ABOUT: Final = (
    "Frames of the live socket and what they hold; see docs/live-socket.md. "
    "Whole numbers are texts: they need 64 bits. Made by tests/vectors/make_live_frames.py."
)


def _decimals(*texts: str | None) -> pa.Array:
    return pa.array([None if each is None else Decimal(each) for each in texts], _DECIMAL)


def _ids(count: int) -> pa.Array:
    names = [bytes(range(16 * row, 16 * row + 16)) for row in range(count)]
    return pa.array(names, pa.binary(16))


def _events(count: int, **columns: pa.Array) -> pa.RecordBatch:
    shared = {
        "timestamp_ns": pa.array([TIME_NS + row for row in range(count)], pa.int64()),
        "received_ns": pa.array(
            [None if row == 1 else TIME_NS + 5_000_000 + row for row in range(count)], pa.int64()
        ),
        "event_id": _ids(count),
    }
    return pa.RecordBatch.from_pydict({**shared, **columns})


def _trades() -> Body | None:
    rows = _events(
        3,
        price=_decimals("61837.63", "61837.6", "61838"),
        quantity=_decimals("0.00000012", "1234567.5", "3"),
        side=pa.array(["buy", "sell", None]),
        quality=pa.array(["perfect", "repaired", "suspicious"]),
    )
    return trades(rows)


def _largest_trade() -> Body | None:
    """Return a trade with the largest number that fits."""
    rows = _events(
        1,
        price=_decimals("92233720368.54775807"),
        quantity=_decimals("0.000000000000000001"),
        side=pa.array(["sell"]),
        quality=pa.array(["perfect"]),
    )
    return trades(rows)


def _funding() -> Body | None:
    rows = _events(
        2,
        rate=_decimals("-0.00012345", None),
        mark_price=_decimals("61837.63", "61837"),
        index_price=_decimals(None, "61836.999"),
        interval_ns=pa.array([28_800_000_000_000, None], pa.int64()),
        next_funding_ns=pa.array([TIME_NS + 3_600_000_000_000, None], pa.int64()),
    )
    return funding(rows)


def _liquidations() -> Body | None:
    rows = _events(
        1,
        price=_decimals("60000.5"),
        average_price=_decimals("60000.25"),
        quantity=_decimals("0.014"),
        side=pa.array(["sell"]),
        quality=pa.array(["perfect"]),
    )
    return liquidations(rows)


def _side(*levels: tuple[int, int]) -> Side:
    numbers = np.array(levels, np.int64).reshape(-1, 2)
    return Side(numbers[:, 0].copy(), numbers[:, 1].copy())


def _book(bids: Side, asks: Side, last_id: int | None) -> ShownBook:
    return ShownBook(True, bids, asks, 2, 3, last_id, TIME_NS, TIME_NS + 1_000_000)


_FIRST: Final = _book(
    _side((6183763, 500), (6183760, 12), (6183700, 9007199254740993)), _side((6183764, 1)), 100
)
_SECOND: Final = _book(
    _side((6183763, 250), (6183700, 9007199254740993), (6183600, 7)),
    _side((6183764, 1), (6183799, 4)),
    107,
)

BODIES: Final[dict[str, Body | None]] = {
    "trades": _trades(),
    "trade_with_the_largest_number": _largest_trade(),
    "book_snapshot": snapshot(_FIRST),
    "book_update": update(_FIRST, _SECOND),
    "book_update_without_a_change": update(_SECOND, _SECOND),
    "book_not_live": snapshot(unknown_book(TIME_NS)),
    "bbo": bbo(_SECOND),
    "bbo_with_one_side": bbo(_book(_side(), _side((6183764, 1)), None)),
    "bbo_not_live": bbo(unknown_book(TIME_NS)),
    "funding": _funding(),
    "liquidation": _liquidations(),
}
MESSAGES: Final = {
    "two_frames": ("book_snapshot", "book_update"),
    "three_frames": ("trades", "bbo", "liquidation"),
}


def document() -> dict[str, Any]:
    """Return the content of the file."""
    made = {
        name: body.frame(channel, 40 + channel)
        for channel, (name, body) in enumerate(BODIES.items(), 1)
        if body is not None
    }
    made["sequence_before_it_begins_again"] = _of("book_update").frame(9, 2**32 - 1)
    joined = {name: b"".join(made[each] for each in names) for name, names in MESSAGES.items()}
    return {
        "about": _ABOUT,
        "version": 1,
        "frames": [
            {"name": name, "hex": content.hex(), **_decoded(content)}
            for name, content in made.items()
        ],
        "messages": [
            {"name": name, "hex": content.hex(), "frames": list(MESSAGES[name])}
            for name, content in joined.items()
        ],
        "errors": [
            {"name": name, "hex": content.hex(), "error": error}
            for name, content, error in _spoiled(made["trades"])
        ],
    }


def _of(name: str) -> Body:
    body = BODIES[name]
    assert body is not None
    return body


def _decoded(content: bytes) -> dict[str, Any]:
    (frame,) = frames(content)
    plain = dataclasses.asdict(frame)
    head, columns = plain.pop("head"), plain.pop("columns")
    plain["as_of_ns"] = str(plain["as_of_ns"])
    return {
        "header": plain,
        "head": {name: _text(value) for name, value in head.items()},
        "columns": {name: list(map(_text, values)) for name, values in columns.items()},
    }


def _text(value: int | str | None) -> str | None:
    return str(value) if isinstance(value, int) else value


def _spoiled(good: bytes) -> Iterator[tuple[str, bytes, str]]:
    yield "half_a_header", good[:20], "short_header"
    yield "another_protocol", b"\x00" + good[1:], "bad_magic"
    yield "a_later_version", good[:1] + b"\x02" + good[2:], "bad_version"
    yield "a_kind_of_later", good[:2] + b"\x63" + good[3:], "unknown_kind"
    yield "cut", good[:-8], "bad_length"
    yield "length_of_zero", good[:4] + bytes(4) + good[8:], "bad_length"
    yield "odd_length", good[:4] + (33).to_bytes(4, "little") + good[8:], "bad_length"
    yield "more_rows_than_bytes", good[:16] + (999).to_bytes(4, "little") + good[20:], "bad_length"
    yield "fewer_rows_than_bytes", good[:16] + (1).to_bytes(4, "little") + good[20:], "bad_length"
    yield "a_tail", good + good[:5], "short_header"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or say whether it is current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    text = json.dumps(document(), indent=1) + "\n"
    if not parser.parse_args(arguments).check:
        TARGET.write_text(text)
        return 0
    if TARGET.read_text() == text:
        return 0
    sys.stderr.write(f"{TARGET} is out of date: python -m tests.vectors.make_live_frames\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
