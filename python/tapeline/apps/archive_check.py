"""Whether an archive has every row of a day: by reading both, not by believing a count."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import polars as pl
import pyarrow as pa

from tapeline.access.ports import Query, Reader
from tapeline.apps.archive_job import distinct
from tapeline.storage.archive.layout import MANIFEST, ArchivedFile, Manifest, manifest_of
from tapeline.storage.archive.place import Place
from tapeline.storage.archive.staging import sha256_of, start_of
from tapeline.storage.fingerprint import Fingerprint
from tapeline.storage.parquet.rewriting import tables_of
from tapeline.storage.parquet.sorting import count_below, times_of

DAY_NS: Final = 86_400_000_000_000
_HOUR_NS: Final = 3_600_000_000_000
_SEEDS: Final = (11, 23)

Hours = dict[int, Fingerprint]
"""By the hour's first nanosecond."""


class ArchiveCheck:
    """Reads an archive to tell what it really has. One month is looked at at a time.

    Parameters
    ----------
    place
        Where the archive lies.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        content = place.folder.read(MANIFEST)
        shown = f"{place.folder.shown}/{MANIFEST}"
        self._manifest = Manifest("time", {}) if content is None else manifest_of(shown, content)
        self._copies = tempfile.TemporaryDirectory(prefix="tapeline-archive-")
        self._month: tuple[str, str] | None = None
        self._files: list[Path] = []
        self._hours: Hours = {}
        self._fault: str | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Delete what was downloaded."""
        self._copies.cleanup()

    def missing(self, reader: Reader, event_type: str, day: str, hours: Hours) -> str | None:
        """Say why the archive does not have all rows of a day; None when it does.

        Parameters
        ----------
        hours
            Of the store's rows, as :func:`hours_of` gives them.
        """
        self._look(event_type, day[:7])
        if self._fault is not None:
            return self._fault
        other = [begin for begin, print_ in hours.items() if self._hours.get(begin) != print_]
        # Rows that the archive has beyond the store's are no fault.
        for begin in other:
            lacking = self._lacking(reader, event_type, begin)
            if lacking:
                return f"the archive lacks {lacking:,} rows of {day}: archive again {day[:7]}"
        return None

    def _look(self, event_type: str, month: str) -> None:
        if self._month == (event_type, month):
            return
        self._month, self._hours, self._fault = (event_type, month), {}, None
        self._forget()
        chosen = [
            file
            for file in self._manifest.files.values()
            if (file.type, file.month) == (event_type, month)
        ]
        if not chosen:
            self._fault = f"{month} is not in the archive"
        for file in chosen:
            self._add(file)

    def _add(self, file: ArchivedFile) -> None:
        found = self._place.fetch(file.path, Path(self._copies.name))
        if found is None or sha256_of(found) != file.sha256:
            what = "missing" if found is None else "not the file the manifest names"
            self._fault = f"{file.path} is {what}: run the archive job again"
            return
        self._files.append(found)
        for table in tables_of(file.type, found):
            add_hours(self._hours, file.type, table)

    def _forget(self) -> None:
        for file in self._files:
            if file.parent == Path(self._copies.name):
                file.unlink()
        self._files = []

    def _lacking(self, reader: Reader, event_type: str, begin_ns: int) -> int:
        end_ns = begin_ns + _HOUR_NS
        query = Query(start_ns=begin_ns, end_ns=end_ns)
        tables = (pa.Table.from_batches([batch]) for batch in reader.read(event_type, query))
        ours = _hashes(distinct(event_type, tables))
        archived = _hashes(
            part
            for file in self._files
            for table in tables_of(event_type, file)
            if (part := _between(event_type, table, begin_ns, end_ns)).num_rows
        )
        return ours.join(archived, on=["first", "second"], how="anti").height


def hours_of(reader: Reader, event_type: str, day: str) -> Hours:
    """Read a day of a store and return what its hours hold, repeats left out."""
    hours: Hours = {}
    start_ns = start_of(day)
    query = Query(start_ns=start_ns, end_ns=start_ns + DAY_NS)
    tables = (pa.Table.from_batches([batch]) for batch in reader.read(event_type, query))
    for table in distinct(event_type, tables):
        add_hours(hours, event_type, table)
    return hours


def add_hours(hours: Hours, event_type: str, table: pa.Table) -> None:
    """Count rows in order of time by their hours."""
    times = times_of(event_type, table)
    begin = 0
    while begin < len(times):
        hour_ns = times[begin].as_py() // _HOUR_NS * _HOUR_NS
        end = begin + count_below(times.slice(begin), hour_ns + _HOUR_NS)
        hours.setdefault(hour_ns, Fingerprint()).add(table.schema, table.slice(begin, end - begin))
        begin = end


def _between(event_type: str, table: pa.Table, begin_ns: int, end_ns: int) -> pa.Table:
    times = times_of(event_type, table)
    begin, end = count_below(times, begin_ns), count_below(times, end_ns)
    return table.slice(begin, end - begin)


def _hashes(tables: Iterator[pa.Table]) -> pl.DataFrame:
    frames = [pl.DataFrame(schema={"first": pl.UInt64, "second": pl.UInt64})]
    for table in tables:
        rows = pl.from_arrow(table)
        assert isinstance(rows, pl.DataFrame)  # noqa: S101 - a table never becomes a series
        pair = [rows.hash_rows(seed) for seed in _SEEDS]
        frames.append(pl.DataFrame({"first": pair[0], "second": pair[1]}))
    return pl.concat(frames)
