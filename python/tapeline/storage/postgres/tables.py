"""What lies in which table. Everything a reader needs to know is here.

An event type has a table of its name; snapshots of order books by price level have one of their
own, ``orderbook_snapshot``, because they are kept when what lies between them is dropped. Columns
are the fields of :func:`tapeline.storage.schema.stored_schema_of`, but for these:

- ``exchange``, ``market``, ``symbol`` and ``raw_symbol`` are ``exchange_id`` and ``symbol_id``,
  which name rows of the tables ``exchange`` and ``symbol``;
- ``time`` is the row's time in whole microseconds, rounded down, and 1970-01-01 for a row without
  any; the exact times stand beside it, in nanoseconds;
- ``side`` is one letter, ``B`` or ``S``;
- ``bids`` and ``asks`` are two arrays each: prices and quantities, best first;
- a list or map without entries is NULL; a map is its keys and values by turns, which
  ``json_object`` turns into an object.

Decimals are ``numeric(38, 18)``, unsigned numbers ``numeric(20, 0)``, event ids ``uuid``.
"""

from functools import cache
from typing import Final, NamedTuple

import pyarrow as pa

from tapeline.storage.schema import EVENT_TYPES, stored_schema_of

SNAPSHOTS: Final = "orderbook_snapshot"
SNAPSHOT: Final = "snapshot"
"""The ``action`` of rows of that table; their ``depth`` is 2."""

TABLES: Final = (*EVENT_TYPES, SNAPSHOTS)
DAILY: Final = frozenset({"trade", "orderbook", SNAPSHOTS})
"""Tables that are cut into UTC days: partitions, or chunks of a hypertable."""

INSTRUMENT: Final = ("exchange", "market", "symbol", "raw_symbol")
SIDES: Final = {"buy": "B", "sell": "S"}
LEVELS: Final = {"bids": "bid", "asks": "ask"}


class Column(NamedTuple):
    """One column of a table."""

    name: str
    sql: str
    """Its type, as ``format_type`` writes it."""
    kind: str
    """How its binary form is read."""
    field: str | None = None
    """The field of the schema it holds, or a part of; None for those made here."""


TIME: Final = Column("time", "timestamp with time zone", "long")
EXCHANGE_ID: Final = Column("exchange_id", "smallint", "small")
SYMBOL_ID: Final = Column("symbol_id", "integer", "int")

_DECIMAL = "numeric(38,18)"
_TYPES: Final[dict[pa.DataType, tuple[str, str]]] = {
    pa.string(): ("text", "text"),
    pa.int32(): ("integer", "int"),
    pa.int64(): ("bigint", "long"),
    pa.uint64(): ("numeric(20,0)", "unsigned"),
    pa.binary(): ("bytea", "bytes"),
    pa.binary(16): ("uuid", "id"),
    pa.decimal128(38, 18): (_DECIMAL, "decimal"),
}


def tables_of(event_type: str) -> tuple[str, ...]:
    """Return the tables that hold the rows of a type."""
    return (event_type, SNAPSHOTS) if event_type == "orderbook" else (event_type,)


def columns_of_table(table: str) -> tuple[Column, ...]:
    """Return the columns of a table, in the order rows are written."""
    return columns_of("orderbook" if table == SNAPSHOTS else table)


@cache
def columns_of(event_type: str) -> tuple[Column, ...]:
    """Return the columns of a type's tables, in the order rows are written."""
    columns = [TIME, EXCHANGE_ID, SYMBOL_ID]
    for field in stored_schema_of(event_type):
        if field.name not in INSTRUMENT:
            columns += _columns(field)
    return tuple(columns)


def _columns(field: pa.Field) -> list[Column]:
    name, kind = field.name, field.type
    if name in LEVELS:
        return [
            Column(f"{LEVELS[name]}_{part}", f"{_DECIMAL}[]", "decimal_list", name)
            for part in ("price", "quantity")
        ]
    if name == "side":
        return [Column(name, "character(1)", "text", name)]
    if pa.types.is_map(kind):
        return [Column(name, "text[]", "text_map", name)]
    if pa.types.is_list(kind):
        return [Column(name, "text[]", "text_list", name)]
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    sql, read_as = _TYPES[kind]
    return [Column(name, sql, read_as, name)]
