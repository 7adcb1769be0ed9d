"""Files of any times, with repeats or without: an answer has each event once, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from tapeline.access.ports import Query
from tapeline.access.readers.parquet.reader import ParquetReader
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.manifest import Commit, FileFact, to_json
from tapeline.telemetry.clock import SystemClock

NAMES = ("BTC/USDT", "ETH/USDT")
COLUMNS = ("symbol", "event_id", "log_offset", "timestamp_ns", "received_ns")


@dataclass(frozen=True)
class Row:
    """What makes the place of a row, and what it is."""

    time_ns: int
    symbol: str
    offset: int
    id: int
    is_stamped: bool

    @property
    def place(self) -> tuple[int, str, int]:
        return self.time_ns, self.symbol, self.offset

    @property
    def event(self) -> tuple[int, int]:
        return self.time_ns, self.id

    @property
    def columns(self) -> dict[str, object]:
        return {
            "exchange": "binance",
            "market": "usdm",
            "symbol": self.symbol,
            "raw_symbol": self.symbol,
            "event_id": self.id.to_bytes(16, "big"),
            "timestamp_ns": self.time_ns if self.is_stamped else None,
            "received_ns": None if self.is_stamped else self.time_ns,
            "log_offset": self.offset,
            "log_index": 0,
        }


SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("exchange", "market", "symbol", "raw_symbol")),
        ("event_id", pa.binary(16)),
        *((name, pa.int64()) for name in ("timestamp_ns", "received_ns", "log_offset")),
        ("log_index", pa.int32()),
    ]
)


@st.composite
def stores(draw: st.DrawFn) -> list[list[Row]]:
    """Draw files; their times overlap, touch or lie apart, and ids come again."""
    row = st.tuples(
        st.integers(0, 12), st.sampled_from(NAMES), st.integers(0, 5), st.integers(0, 9)
    )
    offset = 0
    files = []
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.sampled_from([0, 12, 13, 26]))
        rows = []
        for time, symbol, number, stamp in draw(st.lists(row, min_size=1, max_size=25)):
            offset += 1
            rows.append(Row(begin + time, symbol, offset, number, stamp > 0))
        files.append(sorted(rows, key=lambda each: each.place))
    return files


def is_distinct(rows: Sequence[Row]) -> bool:
    return len({row.event for row in rows}) == len(rows)


def put(root: Path, files: Sequence[Sequence[Row]], group_rows: int) -> None:
    """Write a store by its documented layout."""
    added = []
    for number, rows in enumerate(files):
        path = f"funding/date=1970-01-01/{number}.parquet"
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist([row.columns for row in rows], SCHEMA)
        pq.write_table(table, root / path, row_group_size=group_rows)
        symbols = sorted({row.symbol for row in rows})
        added.append(
            FileFact(
                *("funding", "1970-01-01", path, len(rows), (root / path).stat().st_size, ""),
                *(rows[0].time_ns, rows[-1].time_ns),
                [("binance", "usdm", symbol, symbol) for symbol in symbols],
                is_distinct(rows),
            )
        )
    (root / "_log").mkdir()
    (root / "_log" / f"{1:020d}.json").write_bytes(to_json(Commit(1, 0, "test", added)))


def answer(files: Sequence[Sequence[Row]], query: Query) -> list[Row]:
    """Work out the answer row by row."""
    found: dict[tuple[int, int], Row] = {}
    for row in sorted((row for rows in files for row in rows), key=lambda each: each.place):
        if (
            (query.symbols is None or row.symbol in query.symbols)
            and (query.start_ns is None or row.time_ns >= query.start_ns)
            and (query.end_ns is None or row.time_ns < query.end_ns)
        ):
            found.setdefault(row.event, row)
    return list(found.values())


@given(
    files=stores(),
    group_rows=st.integers(1, 8),
    symbol=st.sampled_from([None, *NAMES]),
    start_ns=st.none() | st.integers(0, 30),
    length=st.none() | st.integers(1, 20),
    columns=st.lists(st.sampled_from(COLUMNS), min_size=1, unique=True),
)
def test_an_answer_has_each_event_once_and_in_order(
    files: list[list[Row]],
    group_rows: int,
    symbol: str | None,
    start_ns: int | None,
    length: int | None,
    columns: list[str],
) -> None:
    end_ns = None if length is None else (start_ns or 0) + length
    query = Query(None if symbol is None else (symbol,), None, None, start_ns, end_ns)
    with TemporaryDirectory() as folder:
        put(Path(folder), files, group_rows)
        reader = ParquetReader(LocalFolder(Path(folder)), SystemClock())
        found = [
            row
            for batch in reader.read_once("funding", query, columns)
            for row in batch.to_pylist()
        ]
    expected = [row.columns for row in answer(files, query)]
    assert found == [{name: row[name] for name in columns} for row in expected]
