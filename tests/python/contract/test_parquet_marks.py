"""What the log says of a file: whether two of its rows are one event."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tapeline.storage.parquet.compaction import Compactor
from tapeline.storage.parquet.compaction_plan import Policy
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.log import CommitLog
from tapeline.storage.parquet.manifest import FileFact
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.ports import Chunk
from tapeline.telemetry.clock import SystemClock
from tests.python.contract.test_access_parquet import moved, trades


def put(root: Path, *tables: pa.Table) -> None:
    store = ParquetStore(LocalFolder(root), clock=SystemClock())
    store.open()
    for table in tables:
        store.write(Chunk({"trade": table}, {}, {}))
    store.close()


def facts(root: Path) -> list[FileFact]:
    log = CommitLog(LocalFolder(root), "test", SystemClock())
    log.load()
    return list(log.state.files.values())


@pytest.mark.parametrize("again", [0, 1, 200])
def test_a_file_that_says_nothing_twice_is_marked(tmp_path: Path, again: int) -> None:
    table = trades(300)
    put(tmp_path, pa.concat_tables([table, table.slice(0, again)]))
    assert [fact.is_distinct for fact in facts(tmp_path)] == [again == 0]


@pytest.mark.parametrize("again", [0, 1])
def test_a_compacted_file_is_marked_by_what_is_in_it(tmp_path: Path, again: int) -> None:
    tables = [trades(300), moved(trades(300), 1_000_000_000_000)]
    put(tmp_path, *tables, *[tables[0].slice(0, 10)] * again)
    policy = Policy(at_least=2)
    Compactor(LocalFolder(tmp_path), clock=SystemClock(), policy=policy).run()
    assert [fact.is_distinct for fact in facts(tmp_path)] == [again == 0]


def test_pieces_of_a_chunk_share_no_time(tmp_path: Path) -> None:
    """Three instruments have trades in each millisecond; the chunk becomes several files."""
    chunk = pa.concat_tables([trades(60_000), trades(60_000), trades(60_000)])
    millisecond = pc.multiply(pc.divide(chunk["timestamp_ns"], 7_000_000), 7_000_000)
    place = chunk.schema.get_field_index("timestamp_ns")
    put(tmp_path, chunk.set_column(place, chunk.schema.field(place), millisecond))
    spans = sorted((fact.time_min_ns, fact.time_max_ns) for fact in facts(tmp_path))
    assert len(spans) == 2
    assert spans[0][1] < spans[1][0]  # type: ignore[operator]
