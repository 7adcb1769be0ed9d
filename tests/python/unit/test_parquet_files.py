"""Parquet files that appear together or not at all."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tapeline.apps.parquet_files import ROWS_PER_GROUP, ParquetFiles

SCHEMA = pa.schema([("n", pa.int64())])


def table(*numbers: int) -> pa.Table:
    return pa.table({"n": list(numbers)}, schema=SCHEMA)


def write_the_wrong_rows(folder: Path) -> None:
    with ParquetFiles(folder, {"a": table()}) as files:
        files.write("a", table(2))
        files.write("a", pa.table({"other": ["text"]}))
        files.commit()


def test_rows_of_many_writes_end_in_one_file_in_order(tmp_path: Path) -> None:
    with ParquetFiles(tmp_path / "new", {"a": table(), "b": table()}) as files:
        files.write("a", table(1, 2))
        files.write("a", table(3))
        rows = files.commit()

    assert rows == {"a": 3, "b": 0}
    assert pq.read_table(files.paths["a"])["n"].to_pylist() == [1, 2, 3]
    assert pq.read_table(files.paths["b"]).schema == SCHEMA
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a.parquet", "b.parquet"]


def test_long_tapes_leave_memory_in_row_groups(tmp_path: Path) -> None:
    with ParquetFiles(tmp_path, {"a": table()}) as files:
        for _ in range(2):
            files.write("a", table(*range(ROWS_PER_GROUP)))
        files.commit()

    assert pq.ParquetFile(files.paths["a"]).num_row_groups == 2


def test_a_failure_leaves_the_earlier_files_as_they_were(tmp_path: Path) -> None:
    with ParquetFiles(tmp_path, {"a": table()}) as files:
        files.write("a", table(1))
        files.commit()
    before = files.paths["a"].read_bytes()

    with pytest.raises(pa.ArrowInvalid):
        write_the_wrong_rows(tmp_path)

    assert files.paths["a"].read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]
