"""Any value of any type comes back out of PostgreSQL as it went in."""

from collections.abc import Iterator
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapeline.storage.ports import Chunk
from tapeline.storage.postgres.store import PostgresStore
from tapeline.storage.postgres.tables import TABLES
from tapeline.storage.schema import EVENT_TYPES, LOG_INDEX, LOG_OFFSET, stored_schema_of
from tests.python.postgres import as_dictionaries, opened, read
from tests.services.postgres import Database, make_database

pytestmark = pytest.mark.integration

DAY_NS = 86_400_000_000_000
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
#: A few days only, because each becomes a partition: now, the first and the last there are.
TIMES = st.sampled_from([-(2**63), -1, 0, 1, 999, 2**63 - 1]) | st.integers(
    20_454 * DAY_NS, 20_456 * DAY_NS
)
UNSIGNED = st.integers(0, 2**64 - 1) | st.sampled_from([0, 2**63, 2**64 - 1])
WIDE = Context(prec=60)
LIMIT = 10**38 - 1
DECIMAL = (
    st.integers(-LIMIT, LIMIT)
    | st.sampled_from([0, 1, -1, LIMIT, -LIMIT, 10**18, 5 * 10**22 + 1])
    | st.integers(-(10**24), 10**24)
).map(lambda number: Decimal(number).scaleb(-18, WIDE))
LEVELS = st.lists(st.fixed_dictionaries({"price": DECIMAL, "quantity": DECIMAL}), max_size=5)


@pytest.fixture(scope="module")
def place(postgres_home: Database) -> Iterator[tuple[Database, PostgresStore]]:
    database = make_database(postgres_home)
    with opened(database) as store:
        yield database, store


def values_of(field: pa.Field) -> st.SearchStrategy[Any]:
    """Any value of a column."""
    special: dict[str, st.SearchStrategy[Any]] = {
        "side": st.sampled_from(["buy", "sell"]),
        "action": st.sampled_from(["snapshot", "delta", "7"]),
        "bids": LEVELS,
        "asks": LEVELS,
        "issues": st.lists(TEXT, max_size=3),
        "metadata": st.lists(st.tuples(TEXT, st.none() | TEXT), max_size=3),
    }
    if field.name in special:
        found = special[field.name]
    elif field.name.endswith("_ns") and field.name != "interval_ns":
        found = TIMES
    else:
        found = _plain(field.type)
    return st.none() | found if field.nullable else found


def _plain(kind: pa.DataType) -> st.SearchStrategy[Any]:
    if pa.types.is_decimal(kind):
        return DECIMAL
    if kind == pa.uint64():
        return UNSIGNED
    if pa.types.is_integer(kind):
        limit = 2 ** (kind.bit_width - 1)
        return st.integers(-limit, limit - 1) | st.sampled_from([-limit, 0, limit - 1])
    if pa.types.is_fixed_size_binary(kind):
        return st.binary(min_size=kind.byte_width, max_size=kind.byte_width)
    return st.binary(max_size=40) if pa.types.is_binary(kind) else TEXT


def rows_of(event_type: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    schema = stored_schema_of(event_type)
    row = st.fixed_dictionaries({field.name: values_of(field) for field in schema})
    return st.lists(row, min_size=1, max_size=6)


def compare(place: tuple[Database, PostgresStore], event_type: str, table: pa.Table) -> None:
    database, store = place
    database.run("TRUNCATE " + ", ".join(f"tapeline.{name}" for name in TABLES))
    for tables in ({event_type: table}, as_dictionaries({event_type: table})):
        store.write(Chunk(tables, {}, {}))
    found = read(database.target(), event_type)
    assert found.schema.equals(table.schema)
    once = sorted(table.to_pylist(), key=lambda row: row[LOG_OFFSET])
    by_arrival = sorted(found.to_pylist(), key=lambda row: (row[LOG_OFFSET], row[LOG_INDEX]))
    assert by_arrival == [row for row in once for _ in range(2)]


@pytest.mark.parametrize("event_type", EVENT_TYPES)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_row_comes_back(
    place: tuple[Database, PostgresStore], event_type: str, data: st.DataObject
) -> None:
    rows = data.draw(rows_of(event_type))
    for number, row in enumerate(rows):
        row[LOG_OFFSET] = number
    compare(place, event_type, pa.Table.from_pylist(rows, stored_schema_of(event_type)))


def test_a_book_of_many_levels_comes_back(place: tuple[Database, PostgresStore]) -> None:
    schema = stored_schema_of("orderbook")
    levels = [
        {"price": Decimal(number).scaleb(-7), "quantity": Decimal(number * 977).scaleb(-18)}
        for number in range(1, 20_001)
    ]
    row = {field.name: "" for field in schema if field.type == pa.string()} | {
        "event_id": bytes(16),
        "depth": 2,
        "action": "snapshot",
        "bids": levels,
        "asks": [],
        "issues": [],
        "metadata": [],
        "received_ns": 20_454 * DAY_NS,
        LOG_OFFSET: 0,
        LOG_INDEX: 0,
    }
    compare(place, "orderbook", pa.Table.from_pylist([row], schema))
