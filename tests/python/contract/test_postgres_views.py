"""Views for queries written by hand: every row of the table, with its names."""

import pytest

from tapeline.storage.postgres.tables import TABLES
from tests.python.accessing import fill, market_messages
from tests.python.postgres import opened, read, store_of
from tests.services.postgres import Database

pytestmark = pytest.mark.integration

NAMES = ["exchange", "market", "symbol", "raw_symbol", "log_offset", "log_index"]
COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = 'tapeline.RELATION'::regclass AND attnum > 0 ORDER BY attnum"""
VIEWS = {
    "trade": ["trade_named"],
    "orderbook": ["orderbook_named", "orderbook_snapshot_named"],
    "funding": ["funding_named"],
    "liquidation": ["liquidation_named"],
    "coverage": ["coverage_named"],
    "quarantine": ["quarantine_named"],
}


def test_a_view_has_every_row_with_its_names(database: Database) -> None:
    fill(store_of(database.target()), market_messages(80), chunks=1)
    for event_type, views in VIEWS.items():
        stored = read(database.target(), event_type).select(NAMES)
        expected = list(zip(*stored.to_pydict().values(), strict=True))
        found = [
            tuple(row)
            for view in views
            for row in database.run(f"SELECT {', '.join(NAMES)} FROM tapeline.{view}")  # noqa: S608
        ]
        assert expected
        assert sorted(found, key=repr) == sorted(expected, key=repr)


@pytest.mark.parametrize("table", [*TABLES, "kline"])
def test_a_view_has_the_columns_of_its_table(database: Database, table: str) -> None:
    with opened(database):
        pass
    names, own = columns_of(database, f"{table}_named"), columns_of(database, table)
    assert names[:4] == ["exchange", "market", "symbol", "raw_symbol"]
    assert set(own) == set(names[4:])


def columns_of(database: Database, relation: str) -> list[str]:
    rows = database.run(COLUMNS.replace("RELATION", relation))
    return [str(row[0]) for row in rows]
