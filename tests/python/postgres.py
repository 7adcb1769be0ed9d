"""Chunks for a PostgreSQL store, and what is in one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pyarrow as pa

from tapeline.access.ports import Query
from tapeline.access.readers.postgres import open_reader
from tapeline.storage.consumer.batches import examine
from tapeline.storage.consumer.decoding import decode_batches
from tapeline.storage.ports import Chunk, Partition
from tapeline.storage.postgres.address import address_of
from tapeline.storage.postgres.store import PostgresStore
from tapeline.storage.schema import stored_schema_of
from tapeline.storage.targets import parse_target
from tests.python.storing import as_read, make_messages
from tests.services.postgres import Database

PARTITION: Partition = ("trade.binance.spot.btcusdt", 0)


def store_of(address: str) -> PostgresStore:
    return PostgresStore(address_of(parse_target(address)))


@contextmanager
def opened(
    database: Database, options: str = "", *, user: str | None = None
) -> Iterator[PostgresStore]:
    store = store_of(database.target(options, user=user))
    try:
        store.open()
        yield store
    finally:
        store.close()


def trade_chunk(trades: int = 90, expected: int | None = None, following: int = 1) -> Chunk:
    batches, rejected = examine(as_read(make_messages(trades)))
    assert not rejected
    some = [batch for batch in batches if batch.event_type == "trade"]
    table, _, good = decode_batches("trade", some)
    marks = [batch.mark for batch in good]
    return Chunk({"trade": table}, {PARTITION: expected}, {PARTITION: following}, marks)


def following(chunk: Chunk, expected: int, next_offset: int) -> Chunk:
    """The same rows at other offsets."""
    return Chunk(chunk.tables, {PARTITION: expected}, {PARTITION: next_offset})


def read(address: str, event_type: str, query: Query | None = None) -> pa.Table:
    reader = open_reader(parse_target(address))
    batches = list(reader.read(event_type, query or Query()))
    return pa.Table.from_batches(batches, stored_schema_of(event_type))


def count(database: Database, table: str = "trade") -> int:
    statement = f'SELECT count(*) FROM tapeline."{table}"'  # noqa: S608 - a table of ours
    (row,) = database.run(statement)
    return int(str(row[0]))


def with_column(table: pa.Table, name: str, values: list[object]) -> pa.Table:
    place = table.schema.get_field_index(name)
    field = table.schema.field(place)
    return table.set_column(place, field, pa.array(values, field.type))


def as_dictionaries(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The same rows with every text column dictionary-encoded."""
    found = {}
    for name, table in tables.items():
        columns = [
            column.dictionary_encode() if pa.types.is_string(column.type) else column
            for column in table.columns
        ]
        found[name] = pa.table(columns, table.column_names)
    return found
