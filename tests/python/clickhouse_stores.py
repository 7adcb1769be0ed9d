"""What the tests of the ClickHouse store share."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pyarrow as pa

from tapeline.storage.clickhouse.connection import Connection
from tapeline.storage.clickhouse.open import open_clickhouse
from tapeline.storage.clickhouse.store import ClickHouseStore
from tapeline.storage.consumer.batches import examine
from tapeline.storage.consumer.decoding import decode_batches
from tapeline.storage.ports import Chunk, Message, Partition
from tapeline.storage.schema import stored_schema_of
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock

PARTITION: Partition = ("trade.binance.spot.btcusdt", 0)


@contextmanager
def opened(address: str) -> Iterator[ClickHouseStore]:
    store = open_clickhouse(parse_target(address), SystemClock())
    try:
        store.open()
        yield store
    finally:
        store.close()


@contextmanager
def connected(address: str) -> Iterator[Connection]:
    connection = Connection(parse_target(address))
    try:
        yield connection
    finally:
        connection.close()


def run(address: str, *statements: str) -> None:
    with connected(address) as connection:
        for statement in statements:
            connection.command(statement)


def chunk_of(messages: list[Message], expected: int | None = None, following: int = 1) -> Chunk:
    batches, rejected = examine(messages)
    assert not rejected
    trades = [batch for batch in batches if batch.event_type == "trade"]
    table, bad, good = decode_batches("trade", trades)
    assert not bad
    return Chunk(
        {"trade": table},
        {PARTITION: expected},
        {PARTITION: following},
        [batch.mark for batch in good],
    )


def stored(address: str, event_type: str = "trade") -> pa.Table:
    """Read the rows as the layout says: with FINAL, in the order of arrival."""
    schema = stored_schema_of(event_type)
    sql = f"SELECT * FROM {{db}}.{event_type} FINAL ORDER BY raw_symbol, log_offset, log_index"  # noqa: S608
    with connected(address) as connection:
        tables = [pa.Table.from_batches([each]) for each in connection.stream(sql, {}, {})]
    if not tables:
        return schema.empty_table()
    return pa.concat_tables(tables).cast(schema)


def as_given(tables: Mapping[str, pa.Table]) -> Chunk:
    """Rows that are nobody's progress."""
    return Chunk(tables, {}, {})
