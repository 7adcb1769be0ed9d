"""DuckDB, which knows nothing of our log, reads the files of a store and of an archive as we do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

import tapeline as tl
from tapeline.storage.parquet.compaction import Compactor
from tapeline.storage.parquet.folder import LocalFolder
from tests.python.archiving import DAY_NS, JANUARY_NS, SetClock, funding, trade, write
from tests.python.contract.test_archive import archive

ROWS = 60


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A live store of two days, two instruments and prices with every digit."""
    rows = [
        trade(
            number,
            JANUARY_NS + number * DAY_NS // (ROWS // 2) + number,
            symbol=("BTC/USDT", "ETH/USDT")[number % 2],
            price=f"{84_000 + number}.{number + 1:018d}",
        )
        for number in range(ROWS)
    ]
    root = tmp_path / "store"
    chunks: list[dict[str, Sequence[dict[str, Any]]]] = [
        {"trade": rows[begin : begin + 10]} for begin in range(0, ROWS, 10)
    ]
    chunks.append({"funding": [funding(number, JANUARY_NS + number) for number in range(3)]})
    write(root, *chunks)
    return root


def asked(sql: str, files: str) -> duckdb.DuckDBPyRelation:
    found = duckdb.sql(sql.format(f"read_parquet('{files}', hive_partitioning = false)"))
    assert found is not None
    return found


def assert_same(files: str, root: Path, event_type: str) -> None:
    """Every column of every row: DuckDB's answer and ours, decimals with every digit."""
    ours = tl.open(root).load(types=event_type)[event_type].to_arrow()
    assert ours.num_rows
    names = ", ".join(ours.schema.names)
    order = "timestamp_ns, exchange, market, raw_symbol, log_offset, log_index"
    theirs = asked(f"SELECT {names} FROM {{}} ORDER BY {order}", files)  # noqa: S608
    assert theirs.to_arrow_table().cast(ours.schema).to_pylist() == ours.to_pylist()


@pytest.mark.parametrize("event_type", ["trade", "funding"])
def test_duckdb_reads_the_rows_of_a_live_store(store: Path, event_type: str) -> None:
    assert_same(f"{store}/{event_type}/**/*.parquet", store, event_type)


def test_duckdb_sees_each_row_once_while_replaced_files_are_kept(store: Path) -> None:
    Compactor(LocalFolder(store), clock=SetClock(JANUARY_NS + 9 * DAY_NS)).run()
    assert list(store.rglob("*.parquet.old"))
    assert_same(f"{store}/trade/**/*.parquet", store, "trade")


def test_duckdb_reads_the_rows_of_an_archive(store: Path, tmp_path: Path) -> None:
    archive(store, tmp_path / "out")
    assert_same(f"{tmp_path}/out/2024/Q1/trades_*.parquet", tmp_path / "out", "trade")


def test_duckdb_computes_with_our_decimals_exactly(store: Path) -> None:
    files = f"{store}/trade/**/*.parquet"
    sums = asked("SELECT any_value(typeof(price)), sum(price) FROM {}", files)
    ((kind, total),) = sums.fetchall()
    assert kind == "DECIMAL(38,18)"
    ours = tl.open(store).load(types="trade").trade.to_arrow(["price"])["price"]
    assert total == sum(ours.to_pylist())
    second_day = asked(
        "SELECT count(*) FROM {} WHERE raw_symbol = 'BTCUSDT'"
        " AND timestamp_ns >= 1704153600000000000",
        files,
    )
    ((count,),) = second_day.fetchall()
    assert count == ROWS // 4
