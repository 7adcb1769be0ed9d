"""The Parquet reader: reads what it needs, and one state of a store that is being changed."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import tapeline as tl
from tapeline.access.ports import Query
from tapeline.access.readers.parquet.reader import ParquetReader
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.manifest import Commit, FileFact, to_json
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.ports import Chunk
from tapeline.storage.schema import schema_of, stored_schema_of
from tapeline.telemetry.clock import SystemClock
from tests.python.contract.test_parquet_store import chunk_of
from tests.python.storing import START_MS, as_read, make_messages

DAY_NS = 86_400_000_000_000
START_NS = START_MS * 1_000_000


class WatchedFolder(LocalFolder):
    """A folder on a disk that notes what is read of it."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads: list[tuple[str, int]] = []

    def read_part(self, path: str, offset: int, length: int) -> bytes | None:
        content = super().read_part(path, offset, length)
        self.reads.append((path, len(content or b"")))
        return content

    @property
    def files(self) -> set[str]:
        return {path for path, _ in self.reads}

    @property
    def bytes(self) -> int:
        return sum(length for _, length in self.reads)


def trades(count: int = 600) -> pa.Table:
    return chunk_of(as_read(make_messages(count))).tables["trade"]


def moved(table: pa.Table, shift_ns: int) -> pa.Table:
    """Return trades of another time, which are other trades."""
    for name in ("timestamp_ns", "received_ns"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place), pc.add(table[name], shift_ns))
    salt = (shift_ns // DAY_NS).to_bytes(4, "big")
    ids = [each[:8] + salt + each[12:] for each in table["event_id"].to_pylist()]
    place = table.schema.get_field_index("event_id")
    return table.set_column(place, table.schema.field(place), pa.array(ids, pa.binary(16)))


def store_of(root: Path) -> ParquetStore:
    store = ParquetStore(LocalFolder(root), clock=SystemClock())
    store.open()
    return store


def write(store: ParquetStore, table: pa.Table) -> None:
    store.write(Chunk({"trade": table}, {}, {}))


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year of trades, some days of each month, three instruments."""
    root = tmp_path_factory.mktemp("year")
    store, table = store_of(root), trades(3000)
    for day in range(0, 360, 10):
        write(store, moved(table, day * DAY_NS))
    return root


def reader_of(root: Path) -> tuple[ParquetReader, WatchedFolder]:
    folder = WatchedFolder(root)
    return ParquetReader(folder, SystemClock()), folder


def rows(batches: Iterator[pa.RecordBatch]) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.to_pylist()]


def test_a_day_of_a_year_is_read_from_the_files_of_that_day(year: Path) -> None:
    reader, folder = reader_of(year)
    start = START_NS + 100 * DAY_NS
    found = rows(reader.read("trade", Query(start_ns=start, end_ns=start + DAY_NS)))
    assert len(found) == 3000
    assert len(folder.files) == 1
    assert reader.bytes_read == folder.bytes == reader.meter.bytes
    whole = sum(path.stat().st_size for path in year.rglob("*.parquet"))
    assert folder.bytes < whole / 30
    assert folder.bytes <= (year / next(iter(folder.files))).stat().st_size


def test_a_query_without_rows_reads_no_file(year: Path) -> None:
    reader, folder = reader_of(year)
    for query in (
        Query(start_ns=START_NS + 3 * DAY_NS, end_ns=START_NS + 9 * DAY_NS),
        Query(symbols=("DOGE/USDT",)),
        Query(exchange="okx"),
        Query(start_ns=START_NS + 500 * DAY_NS),
    ):
        assert rows(reader.read("trade", query)) == []
    assert folder.reads == []
    assert rows(reader.read("funding", Query())) == []


def test_columns_not_asked_for_are_not_read(tmp_path: Path) -> None:
    # Larger than the end of the file that is fetched with its footer.
    table = trades(30_000)
    write(store_of(tmp_path), table)
    sizes = {}
    for name, columns in {"all": None, "one": ["quantity"]}.items():
        reader, folder = reader_of(tmp_path)
        count = sum(batch.num_rows for batch in reader.read("trade", Query(), columns))
        assert count == 30_000
        sizes[name] = folder.bytes
    assert sizes["one"] < sizes["all"] * 0.7


def add_file(
    root: Path,
    name: str,
    table: pa.Table,
    removed: Sequence[str] = (),
    *,
    row_group_size: int | None = None,
) -> None:
    """Commit a file by the documented layout alone, in place of others."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", row_group_size=row_group_size)
    content = sink.getvalue().to_pybytes()
    path = f"trade/date=2026-01-05/{name}.parquet"
    names = ("exchange", "market", "symbol", "raw_symbol")
    instruments = sorted(set(zip(*(table[name].to_pylist() for name in names), strict=True)))
    bounds = pc.min_max(table["timestamp_ns"]).as_py()
    digest = hashlib.sha256(content).hexdigest()
    fact = FileFact(
        *("trade", "2026-01-05", path, table.num_rows, len(content), digest),
        *(bounds["min"], bounds["max"], instruments),
    )
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content)
    log = root / "_log"
    log.mkdir(exist_ok=True)
    number = len(list(log.iterdir())) + 1
    entry = to_json(Commit(number, 0, "test", [fact], removed))
    (log / f"{number:020d}.json").write_bytes(entry)
    for each in removed:
        (root / each).unlink()


def test_row_groups_outside_the_time_are_left_out(tmp_path: Path) -> None:
    groups = [moved(trades(3000), place * DAY_NS // 100) for place in range(40)]
    order = [("timestamp_ns", "ascending"), ("raw_symbol", "ascending")]
    sortable = stored_schema_of("trade")
    table = pa.concat_tables([each.cast(sortable).sort_by(order) for each in groups])
    add_file(tmp_path, "grouped", table, row_group_size=3000)
    reader, _ = reader_of(tmp_path)
    start = table["timestamp_ns"][20 * 3000].as_py()
    end = table["timestamp_ns"][21 * 3000].as_py()
    found = rows(reader.read("trade", Query(start_ns=start, end_ns=end)))
    assert len(found) == 3000
    assert (reader.meter.files, reader.meter.row_groups) == (1, 1)
    whole = next(tmp_path.rglob("*.parquet")).stat().st_size
    assert reader.bytes_read is not None
    assert reader.bytes_read < whole / 4


def test_files_that_overlap_are_merged_and_a_file_read_once(tmp_path: Path) -> None:
    store, table = store_of(tmp_path), trades(2000)
    chooser = pc.bit_wise_and(pc.add(table["log_offset"], table["log_index"]), 3)
    for part in range(4):
        write(store, table.filter(pc.equal(chooser, part)))
    reader, folder = reader_of(tmp_path)
    found = rows(reader.read("trade", Query()))
    order = ("timestamp_ns", "exchange", "market", "raw_symbol", "log_offset", "log_index")
    keys = [tuple(row[name] for name in order) for row in found]
    assert len(found) == 2000
    assert keys == sorted(keys)
    assert len(folder.files) == reader.meter.files == reader.meter.row_groups == 4


def test_keys_of_prices_are_the_same_rows(tmp_path: Path) -> None:
    """Files that lie alone give keys, rows that are merged do not; a column may be either."""
    store, table = store_of(tmp_path), trades(2000)
    write(store, table)
    later = moved(table, DAY_NS)
    is_even = pc.equal(pc.bit_wise_and(pc.add(later["log_offset"], later["log_index"]), 1), 0)
    write(store, later.filter(is_even))
    write(store, later.filter(pc.invert(is_even)))
    frame = tl.open(tmp_path).load(types="trade").trade
    columns = ["timestamp_ns", "price", "quantity"]
    plain = frame.to_arrow(columns)
    batches = list(frame.batches(columns, with_keys=True))
    kinds = {pa.types.is_dictionary(batch.schema.field("price").type) for batch in batches}
    assert kinds == {True, False}
    found = pa.concat_tables(
        [pa.Table.from_batches([batch]).cast(plain.schema) for batch in batches]
    )
    assert found.combine_chunks().equals(plain.combine_chunks())
    assert frame.query.takes_keys is False


def test_memory_holds_what_overlaps_and_no_more(year: Path) -> None:
    """Batches come before later files are opened."""
    reader, folder = reader_of(year)
    batches = reader.read("trade", Query())
    seen = 0
    for batch in batches:
        seen += batch.num_rows
        assert len(folder.files) <= seen // 3000 + 2
    assert seen == 36 * 3000


def test_who_takes_the_first_rows_has_nothing_read_ahead(year: Path) -> None:
    reader, folder = reader_of(year)
    batches = reader.read("trade", Query())
    assert next(batches).num_rows
    batches.close()  # type: ignore[attr-defined]
    assert len(folder.files) == 1


def test_old_plain_and_new_dictionary_columns_give_one_schema(tmp_path: Path) -> None:
    store, table = store_of(tmp_path), trades(90)
    write(store, table)
    later = moved(table, DAY_NS).sort_by("timestamp_ns")
    for name in ("exchange", "market", "symbol", "raw_symbol", "side", "quality"):
        place = later.schema.get_field_index(name)
        coded = later[name].dictionary_encode()
        field = pa.field(name, coded.type, later.schema.field(place).nullable)
        later = later.set_column(place, field, coded)
    add_file(tmp_path, "coded", later)
    assert pa.types.is_dictionary(pq.read_schema(next(tmp_path.rglob("coded*"))).field("side").type)
    frame = tl.open(tmp_path).load(types="trade").trade
    found = frame.to_arrow()
    assert found.schema.equals(schema_of("trade"))
    assert found.num_rows == 180
    names = ["symbol", "side", "quality"]
    old, new = found.slice(0, 90).select(names), found.slice(90).select(names)
    assert Counter(map(str, old.to_pylist())) == Counter(map(str, new.to_pylist()))
    only = tl.open(tmp_path).load("ETHUSDT", types="trade").trade.to_arrow(["symbol"])
    assert only["symbol"].to_pylist() == ["ETH/USDT"] * 60


def test_a_compaction_while_it_is_read_changes_no_answer(tmp_path: Path) -> None:
    store, table = store_of(tmp_path), trades(300)
    for day in range(6):
        write(store, moved(table, day * DAY_NS))
    paths = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.parquet"))
    expected = rows(reader_of(tmp_path)[0].read("trade", Query()))
    reader, _ = reader_of(tmp_path)
    batches = reader.read("trade", Query())
    found = next(batches).to_pylist()
    # What was given out lies in a replaced file as well as what was not.
    table = pa.concat_tables([pq.read_table(tmp_path / path) for path in paths])
    add_file(tmp_path, "compacted", table.sort_by("timestamp_ns"), paths)
    assert found + rows(batches) == expected


def test_rows_committed_after_a_query_began_are_not_in_its_answer(tmp_path: Path) -> None:
    store, table = store_of(tmp_path), trades(300)
    for day in range(3):
        write(store, moved(table, day * DAY_NS))
    reader, _ = reader_of(tmp_path)
    batches = reader.read("trade", Query())
    found = next(batches).num_rows
    write(store, moved(table, 9 * DAY_NS))
    assert found + sum(batch.num_rows for batch in batches) == 900
    assert sum(batch.num_rows for batch in reader.read("trade", Query())) == 1200


def test_a_file_that_is_missing_for_good_is_an_error_that_names_it(tmp_path: Path) -> None:
    write(store_of(tmp_path), trades(90))
    (path,) = tmp_path.rglob("*.parquet")
    path.unlink()
    with pytest.raises(tl.StoreError, match=f"{path.name} is missing, though the log names it"):
        tl.open(tmp_path).load(types="trade").trade.to_arrow()


def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    write(store_of(tmp_path), trades(90))
    (path,) = tmp_path.rglob("*.parquet")
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
    path.write_bytes(content)
    with pytest.raises(tl.StoreError, match=f"{path.name} is damaged"):
        tl.open(tmp_path).load(types="trade").trade.to_arrow()


def test_a_folder_that_is_no_store_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(
        tl.StoreError, match=r"holds no Parquet store and no archive.*tapeline store"
    ):
        tl.open(tmp_path).instruments()
