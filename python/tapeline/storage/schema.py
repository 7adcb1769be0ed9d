"""The rows every store keeps and every answer has, by event type.

The columns are those of ``tapeline.wire.native.decode``. Stores keep two more behind them, which
say where a row came from; answers leave them out.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

import pyarrow as pa

from tapeline.wire.native import decode

EVENT_TYPES: Final = ("trade", "orderbook", "funding", "liquidation", "coverage", "quarantine")
"""All types, in the order they are listed everywhere."""

LOG_OFFSET: Final = "log_offset"
"""int64: offset of the row's message on its topic and partition."""
LOG_INDEX: Final = "log_index"
"""int32: place of the row in its message. An instrument's rows of a type are on one partition, so
``(log_offset, log_index)`` is the order in which they arrived."""
BUS_CHANNEL: Final = "bus."
"""Begins the channel of a statement that a store's writer makes itself, and an event type ends it:
``bus.trade`` says that messages of trades were gone from the bus before they were read. Its ids are
offsets there; the last is null where the topic was made anew. An empty symbol is the whole market,
whose topics it shares."""
ARRIVAL_FIELDS: Final = (
    pa.field(LOG_OFFSET, pa.int64(), nullable=False),
    pa.field(LOG_INDEX, pa.int32(), nullable=False),
)

TIME_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "trade": ("timestamp_ns", "received_ns"),
    "orderbook": ("timestamp_ns", "received_ns"),
    "funding": ("timestamp_ns", "received_ns"),
    "liquidation": ("timestamp_ns", "received_ns"),
    # A statement belongs where the data it is about is: at the exchange's time where it has one.
    "coverage": ("start_ns", "end_ns", "received_ns"),
    "quarantine": ("received_ns",),
}
"""The time of a row is the first of these that is not null: Unix UTC nanoseconds. Rows without any
come last."""

UNKNOWN_DATE: Final = "unknown"
"""Stands for the UTC date of rows without any time."""

ORDER_COLUMNS: Final = ("exchange", "market", "raw_symbol", LOG_OFFSET, LOG_INDEX)
"""What orders rows of one time, after it."""

HAS_EVENT_ID: Final = frozenset({"trade", "orderbook", "funding", "liquidation"})
"""Types whose rows carry an ``event_id``; of two rows with one id the first in order counts."""


@cache
def schema_of(event_type: str) -> pa.Schema:
    """Return the columns of an answer.

    Raises
    ------
    ArgumentError
        There is no such type.
    """
    schema: pa.Schema = decode([], event_type=event_type).to_arrow().schema
    return schema


@cache
def stored_schema_of(event_type: str) -> pa.Schema:
    """Return the columns a store keeps: those of an answer and the two of the arrival."""
    schema = schema_of(event_type)
    for field in ARRIVAL_FIELDS:
        schema = schema.append(field)
    return schema
