"""What lies where in a Redis cache. Everything a reader needs to know is here.

====================================== ============================================================
key                                    value
====================================== ============================================================
``tapeline:ticker:EXCHANGE.MARKET.RAW``  JSON: the last trade of the instrument
``tapeline:l1:EXCHANGE.MARKET.RAW``      JSON: its best bid and ask
``tapeline:l2:EXCHANGE.MARKET.RAW``      JSON: its book by price level, best first
``tapeline:index:ticker``, ``l1``, ``l2``  sorted set of ``EXCHANGE.MARKET.RAW`` by last write
``tapeline:rows``                        hash: rows taken since the cache was empty, by event type
``tapeline:offsets``                     hash: ``TOPIC/PARTITION`` to the next offset
``tapeline:marks:STREAM``                list of 12 bytes a batch: number and CRC32C, little-endian
``tapeline:streams``                     set of ``STREAM``: JSON of producer and routing key
``tapeline:writes``                      number of the last write
``tapeline:format``                      :data:`FORMAT`
====================================== ============================================================

An entry is there while it is fresh, and gone when its time to live has passed: a reader that finds
none knows nothing newer. Each kind has a bound; the entry that was written longest ago gives way.
Prices and quantities are texts, exact; ``timestamp_ns`` and ``received_ns`` Unix UTC nanoseconds
or null. An ``l2`` entry has the book engine's ``state``, and levels only when that is ``live``.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

FORMAT: Final = b"1"
PREFIX: Final = "tapeline:"
OFFSETS: Final = f"{PREFIX}offsets"
ROWS: Final = f"{PREFIX}rows"
STREAMS: Final = f"{PREFIX}streams"
MARKS: Final = f"{PREFIX}marks:"
WRITES: Final = f"{PREFIX}writes"
FORMAT_KEY: Final = f"{PREFIX}format"
MARKS_KEPT_S: Final = 30 * 86_400
"""A stream nobody writes any more is forgotten after so many seconds."""


class Bounds(NamedTuple):
    """How long an entry stays, and how many there are."""

    ttl_ms: int
    entries_max: int


BOUNDS: Final[Mapping[str, Bounds]] = {
    "ticker": Bounds(1000, 10_000),
    "l1": Bounds(100, 1_000),
    "l2": Bounds(500, 5_000),
}
"""By kind of entry."""

LEVELS: Final = 50
"""Levels of a side in an ``l2`` entry."""


def index_key(kind: str) -> str:
    """Return the key of the index of a kind."""
    return f"{PREFIX}index:{kind}"


def entry_key(kind: str, instrument: str) -> str:
    """Return the key of an entry; ``instrument`` is ``EXCHANGE.MARKET.RAW``."""
    return f"{PREFIX}{kind}:{instrument}"
