"""An archive file to be: written beside the archive, read back and compared."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from datetime import datetime as moment
from pathlib import Path
from typing import Final

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tapeline.errors import StoreFormatError
from tapeline.storage.archive.klines import KLINE_SCHEMA
from tapeline.storage.archive.layout import KLINE
from tapeline.storage.fingerprint import Fingerprint
from tapeline.storage.parquet.encoding import file_writer
from tapeline.storage.parquet.layout import ROWS_PER_GROUP
from tapeline.storage.parquet.rewriting import grouped
from tapeline.storage.parquet.sealing import seal
from tapeline.storage.parquet.sorting import Instrument, Span, joined, spans_of, times_of
from tapeline.storage.schema import UNKNOWN_DATE, stored_schema_of

FACTS: Final = b"tapeline.archive"
_DAY_NS: Final = 86_400_000_000_000
_EPOCH: Final = date(1970, 1, 1)


@dataclass(slots=True)
class Staged:
    """What a staged file holds."""

    rows: int = 0
    bytes: int = 0
    sha256: str = ""
    time_min_ns: int | None = None
    time_max_ns: int | None = None
    days: Counter[str] = field(default_factory=Counter)
    spans: dict[Instrument, Span] = field(default_factory=dict)
    """When each instrument was."""

    def add(self, event_type: str, table: pa.Table) -> None:
        """Count rows: all of them have a time, or none has."""
        times = table["start_ns"] if event_type == KLINE else times_of(event_type, table)
        bounds = pc.min_max(times).as_py()
        self.rows += table.num_rows
        found = self.time_min_ns, self.time_max_ns
        self.time_min_ns, self.time_max_ns = joined(found, (bounds["min"], bounds["max"]))
        for instrument, span in spans_of(table, times).items():
            self.spans[instrument] = joined(self.spans.get(instrument), span)
        days = pl.Series("day", times) // _DAY_NS
        for day, count in days.value_counts().iter_rows():
            date = UNKNOWN_DATE if day is None else date_of(day * _DAY_NS)
            self.days[date] += count


def schema_for(event_type: str) -> pa.Schema:
    """Return the columns of an archive file."""
    return KLINE_SCHEMA if event_type == KLINE else stored_schema_of(event_type)


def date_of(time_ns: int) -> str:
    """Return the UTC date of a time, ``2026-01-05``."""
    return f"{_EPOCH + timedelta(days=time_ns // _DAY_NS):%Y-%m-%d}"


def start_of(day: str) -> int:
    """Return the first nanosecond of a UTC date, or of a month such as ``2026-01``.

    That of September 1677 is the first of 64 bits.
    """
    text = day if len(day) > len("2026-01") else f"{day}-01"
    begin = moment.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    return max((begin.date() - _EPOCH).days * _DAY_NS, -(2**63))


def stage(path: Path, event_type: str, tables: Iterable[pa.Table], *, level: int) -> Staged | None:
    """Write rows that are in order, read the file back and compare; None without any row.

    Raises
    ------
    StoreFormatError
        The file does not give back what was written.
    OSError
        The disk does not take it.
    """
    schema, staged, written = schema_for(event_type), Staged(), Fingerprint()
    groups = grouped(tables)
    first = next(groups, None)
    if first is None:
        return None
    with file_writer(event_type, path, schema, level=level, stored=schema) as writer:
        group: pa.Table | None = first
        while group is not None:
            group = group if group.schema.equals(schema) else group.cast(schema)
            writer.write_table(group, row_group_size=ROWS_PER_GROUP)
            written.add(schema, group)
            staged.add(event_type, group)
            group = next(groups, None)
        facts = orjson.dumps({"rows": staged.rows, "days": dict(sorted(staged.days.items()))})
        writer.add_key_value_metadata({FACTS: facts})
    with path.open("r+b") as file:
        seal(file)
    found = Fingerprint()
    for table in _read_back(path):
        found.add(schema, table)
    if found != written:
        raise StoreFormatError(f"{path} was written as {written} and reads as {found}")
    staged.bytes = path.stat().st_size
    staged.sha256 = sha256_of(path)
    return staged


def examine(path: Path, event_type: str) -> Staged:
    """Read a whole archive file again, checksums included, and say what it holds.

    Raises
    ------
    StoreFormatError
        It is damaged, or no file of an archive.
    """
    staged = Staged()
    try:
        facts = pq.read_metadata(path).metadata or {}
        promised = orjson.loads(facts.get(FACTS, b"null"))
        for table in _read_back(path):
            staged.add(event_type, table)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise StoreFormatError(f"{path} is damaged: {error}") from error
    if promised != {"rows": staged.rows, "days": dict(sorted(staged.days.items()))}:
        raise StoreFormatError(f"{path} is no file of an archive, or was cut: move it away")
    staged.bytes = path.stat().st_size
    staged.sha256 = sha256_of(path)
    return staged


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_back(path: Path) -> Iterable[pa.Table]:
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, use_threads=False)
