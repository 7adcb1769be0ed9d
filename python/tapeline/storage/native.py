"""The façade over Rust for stored rows: the book engine, and rows that repeat one."""

from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tapeline._core import BookReplay, repeats

__all__ = ["ABSENT", "COLUMNS", "BookReplay", "Side", "repeats", "rule_of", "take", "take_each"]

ABSENT: Final = -(2**63)
"""Stands for an absent number in the engine's columns."""

COLUMNS: Final = (
    "event_id",
    "depth",
    "action",
    "first_update_id",
    "last_update_id",
    "prev_update_id",
    "bids",
    "asks",
    "origin",
    "timestamp_ns",
    "received_ns",
    "metadata",
)
"""The columns of order-book rows that make a book."""

_DECIMAL: Final = pa.decimal128(38, 18)


class Side(NamedTuple):
    """The best levels of one side of a book after each message."""

    counts: pa.Array
    prices: pa.Array
    quantities: pa.Array


_NUMBERS: Final = (
    "first_update_id",
    "last_update_id",
    "prev_update_id",
    "timestamp_ns",
    "received_ns",
)
_ACTIONS: Final = pa.array(["snapshot", "delta"])
_ORIGINS: Final = pa.array(["wire", "rest", "book"])


def take(replay: BookReplay, rows: pa.Table) -> None:
    """Give the engine messages of the channel, in order of arrival.

    Parameters
    ----------
    rows
        With :data:`COLUMNS`, whose types are those of an answer.

    Raises
    ------
    ArgumentError
        A column holds what no message has.
    """
    if not rows.num_rows:
        return
    numbers = [_int64(rows[name]) for name in _NUMBERS]
    replay.apply(
        _codes(rows["action"], _ACTIONS),
        _codes(rows["origin"], _ORIGINS),
        [*numbers, _hashes(_flat(rows["event_id"])), _asked(rows["metadata"])],
        _side(_flat(rows["bids"])),
        _side(_flat(rows["asks"])),
    )


def take_each(replay: BookReplay, rows: pa.Table, levels: int) -> tuple[Side, Side]:
    """Give the engine messages as :func:`take` does; return the best levels after each.

    Returns
    -------
    tuple
        Bids and asks. Each is how many levels every message left (uint32; 0 while the book is not
        to be trusted), and prices and quantities of them all, best first (``decimal128(38, 18)``).

    Raises
    ------
    ArgumentError
        A column holds what no message has.
    """
    numbers = [_int64(rows[name]) for name in _NUMBERS]
    found = replay.apply_each(
        (_codes(rows["action"], _ACTIONS), _codes(rows["origin"], _ORIGINS)),
        [*numbers, _hashes(_flat(rows["event_id"])), _asked(rows["metadata"])],
        (_side(_flat(rows["bids"])), _side(_flat(rows["asks"]))),
        levels,
    )
    bids, asks = (_tops(*side) for side in found)
    return bids, asks


def rule_of(rows: pa.Table) -> Any:  # noqa: ANN401 - one of the engine's literals
    """Return how the messages of a channel follow each other, by the ids they have."""
    deltas = rows.filter(pc.equal(rows["action"], "delta"))
    if not deltas.num_rows:
        return "snapshots"

    def has(name: str) -> bool:
        return bool(deltas[name].null_count < deltas.num_rows)

    if has("prev_update_id"):
        return "prev_is_last" if has("first_update_id") else "prev_is_last_or_checksum"
    if has("first_update_id"):
        return "first_after_last"
    return "last_plus_one" if has("last_update_id") else "prev_is_last_or_checksum"


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _codes(column: pa.ChunkedArray, names: pa.Array) -> bytes:
    places = pc.add(pc.index_in(_flat(column), value_set=names), 1)
    return _bytes(pc.fill_null(places, 0).cast(pa.uint8()))


def _int64(column: pa.ChunkedArray) -> bytes:
    return _bytes(pc.fill_null(_flat(column), ABSENT))


def _hashes(ids: pa.Array) -> bytes:
    """Return the venue's part of each id: the same for the same message, and for no other."""
    return _bytes(pc.binary_slice(ids.cast(pa.binary()), 8, 16).cast(pa.binary(8)))


def _asked(metadata: pa.ChunkedArray) -> bytes:
    """Return how many levels a side were asked for, of replies whose request said so."""
    texts = pc.map_lookup(_flat(metadata), "asked_levels", "first")
    return _bytes(pc.fill_null(texts.cast(pa.int64()), ABSENT))


def _side(levels: pa.Array) -> tuple[bytes, bytes, bytes]:
    """Return where each message's levels begin, their prices and their quantities."""
    flat = levels.flatten()
    offsets = pc.subtract(levels.offsets, levels.offsets[0])
    return _bytes(offsets), _bytes(flat.field("price")), _bytes(flat.field("quantity"))


def _tops(counts: bytes, prices: bytes, quantities: bytes) -> Side:
    number = len(prices) // 16
    return Side(
        pa.Array.from_buffers(pa.uint32(), len(counts) // 4, [None, pa.py_buffer(counts)]),
        pa.Array.from_buffers(_DECIMAL, number, [None, pa.py_buffer(prices)]),
        pa.Array.from_buffers(_DECIMAL, number, [None, pa.py_buffer(quantities)]),
    )


def _bytes(array: pa.Array) -> bytes:
    """Return the values of a column of fixed width, without nulls."""
    width = array.type.bit_width // 8
    content = array.buffers()[1]
    if content is None:
        return b""
    begin = array.offset * width
    return bytes(memoryview(content)[begin : begin + len(array) * width])
