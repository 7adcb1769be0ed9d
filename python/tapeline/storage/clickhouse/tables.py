"""What lies where in a ClickHouse store. Everything a reader needs to know is here.

A store is a database: one table an event type (``trade``, ``orderbook``, ...) and
``tapeline_state``. Each table's comment is :data:`COMMENT`.

**Rows.** A table has the columns of :func:`tapeline.storage.schema.stored_schema_of` and two more
that the server makes: ``time_ns``, the row's time
(:data:`tapeline.storage.schema.TIME_COLUMNS`), :data:`NO_TIME` where it has none, and ``time``, the
same as a DateTime64(9) for people. A table is a ReplacingMergeTree whose key names a row: the
instrument, its time, where it lay on the bus and its event id. A row that was written twice has one
key and is one row: **read with FINAL**, because parts collapse only when they are merged. The view
``trade_once`` of ``trade`` does so for queries by hand, and each table has one like it.

**State.** ``tapeline_state`` says how far the writers are. A write adds rows with the next
``number`` to it, in one block:

========== ======== =============== =============== ============= =================
``kind``   ``stamp`` ``name``       ``part``        ``value``     more
========== ======== =============== =============== ============= =================
commit     number   who wrote       0               0
offset     0        topic           its partition   next offset
marks      number   routing key     first batch     0             ``producer``, ``crcs``
========== ======== =============== =============== ============= =================

Of the offsets of a partition the one with the highest number holds. ``crcs`` are the CRC32Cs of
the batch ``part`` and of those numbered after it; ``place`` numbers the runs of a write. Rows other
than offsets are deleted when they are :data:`STATE_DAYS` days old.
"""

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from tapeline.storage.schema import (
    EVENT_TYPES,
    HAS_EVENT_ID,
    LOG_INDEX,
    LOG_OFFSET,
    TIME_COLUMNS,
    stored_schema_of,
)

FORMAT: Final = 1
COMMENT: Final = f"tapeline format {FORMAT}"
STATE: Final = "tapeline_state"
VIEW_SUFFIX: Final = "_once"
STATE_DAYS: Final = 30
TIME: Final = "time_ns"
NO_TIME: Final = 2**63 - 1
"""``time_ns`` of a row without any time: it sorts last."""

DAILY: Final = frozenset({"trade", "orderbook"})
"""Types partitioned by UTC day, because days of them are dropped; the others by month."""
PARTITIONS_PER_INSERT: Final = 1000
NANOS_PER_DAY: Final = 86_400_000_000_000
PARTITIONED_UNTIL_NS: Final = 4_102_444_800_000_000_000
"""Times before 1970 are in the first partition, those from 2100 on in the last."""

# Few values, repeated: a dictionary.
_NAMES: Final = frozenset(
    {
        "exchange",
        "market",
        "symbol",
        "raw_symbol",
        "side",
        "quality",
        "action",
        "origin",
        "status",
        "channel",
        "kind",
        "proof",
        "reason",
        "field",
    }
)
_SMOOTH: Final = frozenset(
    {"first_update_id", "last_update_id", "prev_update_id", "first_id", "last_id", "offset"}
)

EARLIER_TYPES: Final[Mapping[str, str]] = {
    # A dictionary of its own in each block of keys made merges cost two and a half times as much.
    "Map(String, String)": "Map(LowCardinality(String), String)",
}
"""Types that columns had before and may still have; the engine converts what is written."""

# Granules of 32,768 rows compress a fifth better than the default of 8,192 in compact parts.
_DATA_SETTINGS: Final = (
    "index_granularity = 32768, non_replicated_deduplication_window = 10000,"
    " fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = 1073741824"
)

_STATE_COLUMNS: Final[Mapping[str, str]] = {
    "kind": "LowCardinality(String)",
    "stamp": "UInt64",
    "name": "LowCardinality(String)",
    "part": "UInt64",
    "place": "UInt32",
    "producer": "LowCardinality(String)",
    "number": "UInt64",
    "value": "Int64",
    "crcs": "Array(UInt32)",
    "written": "DateTime('UTC')",
}


def columns_of(table: str) -> dict[str, str]:
    """Return the columns of a table that are written, with their ClickHouse types."""
    if table == STATE:
        return dict(_STATE_COLUMNS)
    return {field.name: _type(field) for field in stored_schema_of(table)}


def create_statement(table: str) -> str:
    """Return the statement that makes a table where there is none; ``{db}`` is the database."""
    if table == STATE:
        return _create_state()
    columns = [f"`{field.name}` {_type(field)}{_codec(field)}" for field in stored_schema_of(table)]
    times = ", ".join(TIME_COLUMNS[table])
    columns.append(
        f"`{TIME}` Int64 MATERIALIZED coalesce({times}, {NO_TIME}) CODEC(Delta, Default)"
    )
    columns.append(f"`time` DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano({TIME}, 'UTC')")
    return (
        f"CREATE TABLE IF NOT EXISTS {{db}}.{table} ({', '.join(columns)})"
        f" ENGINE = ReplacingMergeTree PARTITION BY {_partition(table)}"
        f" PRIMARY KEY ({', '.join(_key(table)[:5])}) ORDER BY ({', '.join(_key(table))})"
        f" SETTINGS {_DATA_SETTINGS} COMMENT '{COMMENT}'"
    )


def view_statement(event_type: str) -> str:
    """Return the statement that makes the view of a table in which each row is there once."""
    return (
        f"CREATE VIEW IF NOT EXISTS {{db}}.{event_type}{VIEW_SUFFIX} AS"
        f" SELECT *, {TIME}, time FROM {{db}}.{event_type} FINAL"
        " SETTINGS do_not_merge_across_partitions_select_final = 1"
    )


def _create_state() -> str:
    columns = ", ".join(f"`{name}` {kind}" for name, kind in _STATE_COLUMNS.items())
    return (
        f"CREATE TABLE IF NOT EXISTS {{db}}.{STATE} ({columns})"
        " ENGINE = ReplacingMergeTree(number)"
        " ORDER BY (kind, stamp, name, part, place)"
        f" TTL written + INTERVAL {STATE_DAYS} DAY DELETE WHERE kind != 'offset'"
        " SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1,"
        f" fsync_part_directory = 1 COMMENT '{COMMENT}'"
    )


def tables() -> tuple[str, ...]:
    """Return all tables of a store."""
    return (*EVENT_TYPES, STATE)


def partition_of(table: str, time_ns: int) -> str:
    """Return the expression that gives the partition of a time, as the table's own does."""
    return _partition(table).replace(TIME, f"toInt64({time_ns})")


def _partition(table: str) -> str:
    function = "toYYYYMMDD" if table in DAILY else "toYYYYMM"
    seconds = f"intDiv(least(greatest({TIME}, 0), {PARTITIONED_UNTIL_NS}), 1000000000)"
    return f"{function}(toDateTime({seconds}, 'UTC'))"


def _key(table: str) -> list[str]:
    """Return what names a row: equal in all of these is equal in everything."""
    nullable = {field.name for field in stored_schema_of(table) if field.nullable}
    names = ["symbol", "raw_symbol"]
    instrument = [f"ifNull({name}, '')" if name in nullable else name for name in names]
    key = ["exchange", "market", *instrument, TIME, LOG_OFFSET, LOG_INDEX]
    if table in HAS_EVENT_ID:
        key.append("event_id")
    elif table == "coverage":
        key += ["channel", "kind"]
    else:
        key += [f"isNull({name})" for name in names] + ["reason"]
    return key


def _type(field: pa.Field) -> str:
    name = _type_of(field.name, field.type)
    if not field.nullable:
        return name
    if name.startswith("LowCardinality("):
        return f"LowCardinality(Nullable({name[15:-1]}))"
    return f"Nullable({name})"


def _type_of(name: str, kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"Decimal({kind.precision}, {kind.scale})"
    if pa.types.is_string(kind):
        return "LowCardinality(String)" if name in _NAMES else "String"
    if pa.types.is_fixed_size_binary(kind):
        return f"FixedString({kind.byte_width})"
    if pa.types.is_list(kind):
        return f"Array({_type_of('side', kind.value_type)})"
    if pa.types.is_struct(kind):
        return f"Tuple({', '.join(f'{each.name} {_type(each)}' for each in kind)})"
    if pa.types.is_map(kind):
        return "Map(String, String)"
    return _PLAIN[kind]


_PLAIN: Final[Mapping[pa.DataType, str]] = {
    pa.int32(): "Int32",
    pa.int64(): "Int64",
    pa.uint64(): "UInt64",
    pa.binary(): "String",
}


def _codec(field: pa.Field) -> str:
    if field.name == LOG_OFFSET:
        return " CODEC(DoubleDelta, Default)"
    if field.name.endswith("_ns") or field.name in _SMOOTH:
        return " CODEC(Delta, Default)"
    return " CODEC(Default)"
