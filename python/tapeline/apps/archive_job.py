"""The archive job: months of a store into an archive, each file verified before it counts."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl
import pyarrow as pa

from tapeline.access.ports import Query, Reader
from tapeline.access.unique import Unique
from tapeline.errors import StoreFormatError
from tapeline.storage.archive.archive import Archive
from tapeline.storage.archive.layout import ArchivedFile
from tapeline.storage.archive.staging import start_of
from tapeline.storage.parquet.merging import SortedRows, merge
from tapeline.storage.parquet.rewriting import tables_of
from tapeline.storage.schema import HAS_EVENT_ID, UNKNOWN_DATE, stored_schema_of
from tapeline.telemetry.clock import Clock

_SETTLED_NS: Final = 24 * 3600 * 1_000_000_000
"""A month is final when it has been over for so long: events come late."""
_SEED: Final = 0x61_7263
_LAST_NS: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a month."""

    type: str
    month: str
    """``2024-01``; :data:`tapeline.storage.schema.UNKNOWN_DATE` for rows without any time."""
    exchange: str | None
    outcome: str
    """``written``, ``kept`` (it was final) or ``empty``."""
    file: ArchivedFile | None


class ArchiveJob:
    """Brings an archive up to what a store has.

    Rows the archive has and the store has not any more stay: an archived month is only ever
    replaced by one with the same rows and more.

    Parameters
    ----------
    reader
        The store.
    archive
        Opened for writing.
    again
        Months (``2024-01``) that are read again although they were final.
    advance
        Called with the number of rows read since the last call.
    """

    def __init__(
        self,
        reader: Reader,
        archive: Archive,
        clock: Clock,
        *,
        again: Collection[str] = (),
        advance: Callable[[int], None] = lambda _rows: None,
    ) -> None:
        self._reader = reader
        self._archive = archive
        self._clock = clock
        self._again = again
        self._advance = advance

    def run(self, types: Iterable[str]) -> Iterator[Done]:
        """Archive month by month; what was yielded is safe.

        Raises
        ------
        StoreError
            The store or the archive fails. What was yielded stays.
        """
        for event_type in types:
            if event_type not in self._reader.types():
                continue
            # Months of which the store has rows, and no others: one wrong time may be of any year.
            months = months_of(self._reader.dates(event_type))
            exchanges = self._exchanges(event_type) if months else []
            for month in months:
                for exchange in exchanges:
                    yield self._month(event_type, month, exchange)

    def _exchanges(self, event_type: str) -> list[str | None]:
        if not self._archive.is_by_exchange:
            return [None]
        return list(self._reader.exchanges(event_type))

    def _month(self, event_type: str, month: str, exchange: str | None) -> Done:
        known = self._archive.manifest.files.get((event_type, month, exchange or ""))
        if known is None:
            known = self._archive.adopt(event_type, month, exchange)
        if known is not None and known.is_final and month not in self._again:
            return Done(event_type, month, exchange, "kept", known)
        sources = [SortedRows(None, self._tables(event_type, _query(month, exchange)))]
        copy = None
        if known is not None:
            copy = self._archive.fetch(known)
            sources.append(SortedRows(None, tables_of(event_type, copy)))
        try:
            file = self._archive.write(
                event_type,
                month,
                exchange,
                distinct(event_type, merge(event_type, sources)),
                is_final=self._is_final(month),
                source=self._reader.shown,
            )
        finally:
            if copy is not None:
                self._archive.forget(copy)
        if file is not None and known is not None and file.rows < known.rows:
            raise StoreFormatError(f"{file.path} had {known.rows} rows and has {file.rows} now")
        return Done(event_type, month, exchange, "written" if file else "empty", file)

    def _is_final(self, month: str) -> bool:
        # Rows without a time may come at any time.
        return month != UNKNOWN_DATE and end_of(month) + _SETTLED_NS <= self._clock.wall_ns()

    def _tables(self, event_type: str, query: Query) -> Iterator[pa.Table]:
        for batch in self._reader.read(event_type, query):
            self._advance(batch.num_rows)
            yield pa.Table.from_batches([batch])


def _query(month: str, exchange: str | None) -> Query:
    if month == UNKNOWN_DATE:
        return Query(exchange=exchange, only_timeless=True)
    return Query(exchange=exchange, start_ns=start_of(month), end_ns=end_of(month))


def distinct(event_type: str, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Leave out what is there twice: equal event ids of one time, or equal neighbours."""
    if event_type in HAS_EVENT_ID:
        batches = (batch for table in tables for batch in table.combine_chunks().to_batches())
        for kept in Unique(event_type).filter(batches):
            yield pa.Table.from_batches([kept])
        return
    schema, last = stored_schema_of(event_type), None
    for table in tables:
        frame = pl.from_arrow(table.cast(schema))
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table never becomes a series
        hashes = frame.hash_rows(_SEED)
        is_new = hashes != hashes.shift(1, fill_value=last)
        last = hashes[-1] if len(hashes) else last
        kept_rows = is_new.fill_null(value=True)
        yield table if kept_rows.all() else table.filter(kept_rows.to_arrow())


def end_of(month: str) -> int:
    """Return the nanosecond a month ends before; that of April 2262 is the last of 64 bits."""
    return min(start_of(month_after(month)), _LAST_NS)


def months_of(dates: Iterable[str]) -> list[str]:
    """Return the months of dates that are in order, each once: ``2024-01``, or ``unknown``."""
    months = (date if date == UNKNOWN_DATE else date[: len("2024-01")] for date in dates)
    return list(dict.fromkeys(months))


def month_after(month: str) -> str:
    """Return the month that follows."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"
