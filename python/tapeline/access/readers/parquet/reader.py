"""The reader of a Parquet store."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pyarrow as pa

from tapeline.access.dates import DAY_NS, dates_of
from tapeline.access.instruments import Sightings
from tapeline.access.merging import Merge, Run
from tapeline.access.ports import Query
from tapeline.access.readers.parquet.feeds import FileFeed
from tapeline.access.readers.parquet.parts import FileGoneError, ReadMeter
from tapeline.access.readers.parquet.pruning import Spans, files_for
from tapeline.access.readers.parquet.snapshot import Snapshots
from tapeline.access.shaping import shaped
from tapeline.access.unique import Unique
from tapeline.errors import SettingsError, StoreFormatError
from tapeline.storage.parquet.bucket import Bucket
from tapeline.storage.parquet.folder import Folder, LocalFolder
from tapeline.storage.parquet.manifest import FileFact
from tapeline.storage.schema import EVENT_TYPES, HAS_EVENT_ID, stored_schema_of
from tapeline.storage.targets import Target
from tapeline.telemetry.clock import Clock, SystemClock

_AHEAD: Final = 2
"""How many row groups are read ahead, each by a thread of its own."""
_RETRIES: Final = 3
"""How often a query follows files that a compaction has replaced."""


def open_reader(target: Target, *, is_checked: bool = False) -> "ParquetReader":
    """Open the store of an address.

    Parameters
    ----------
    is_checked
        Whether each file is compared with its hash before it is read.

    Raises
    ------
    SettingsError
        The address names no folder and no bucket.
    """
    if target.path is not None:
        return ParquetReader(LocalFolder(target.path), SystemClock(), is_checked=is_checked)
    if target.bucket is None:
        raise SettingsError(f"{target.shown} names neither a folder nor a bucket")
    return ParquetReader(Bucket(target), SystemClock(), is_checked=is_checked)


class ParquetReader:
    """A :class:`tapeline.access.ports.Reader` of the files a store's log names."""

    def __init__(self, folder: Folder, clock: Clock, *, is_checked: bool = False) -> None:
        self._folder = folder
        self._is_checked = is_checked
        self._snapshots = Snapshots(folder, clock)
        self.meter = ReadMeter()
        """What was fetched so far, beside the log."""

    @property
    def shown(self) -> str:
        """Where it is."""
        return f"parquet:{self._folder.shown}"

    @property
    def bytes_read(self) -> int:
        """Bytes of data files fetched so far, footers included."""
        return self.meter.bytes

    def types(self) -> frozenset[str]:
        """Return all types: a Parquet store takes what comes."""
        return frozenset(EVENT_TYPES)

    def read(
        self, event_type: str, query: Query, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows, from a snapshot of the store; see :meth:`Reader.read`."""
        schema = stored_schema_of(event_type)
        names = schema.names if columns is None else list(columns)
        wanted = pa.schema([schema.field(name) for name in names])
        for run in self._runs(event_type, query, names, is_once=False):
            yield from shaped(run.table, wanted)

    def read_once(
        self, event_type: str, query: Query, columns: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows, each event once; see :meth:`Reader.read_once`."""
        schema = stored_schema_of(event_type)
        wanted = pa.schema([schema.field(name) for name in columns])
        unique = Unique(event_type)
        for run in self._runs(event_type, query, columns, is_once=True):
            yield from shaped(unique.kept(run), wanted)

    def instruments(self) -> pa.Table:
        """Return the instruments the log names; see :meth:`Reader.instruments`."""
        sightings = Sightings()
        for fact in self._snapshots.files():
            for (exchange, market, symbol, raw_symbol), span in fact.sightings():
                if symbol is not None and raw_symbol is not None:
                    sightings.add((exchange, market, symbol, raw_symbol), fact.type, *span)
        return sightings.to_arrow()

    def dates(self, event_type: str) -> list[str]:
        """Return the dates the log's files are of; see :meth:`Reader.dates`."""
        days: set[int | None] = set()
        for fact in self._snapshots.files():
            if fact.type != event_type:
                continue
            if fact.time_min_ns is None or fact.time_max_ns is None:
                days.add(None)
            else:
                days.update(range(fact.time_min_ns // DAY_NS, fact.time_max_ns // DAY_NS + 1))
        return dates_of(days)

    def exchanges(self, event_type: str) -> list[str]:
        """Return the exchanges the log's files name; see :meth:`Reader.exchanges`."""
        files = [fact for fact in self._snapshots.files() if fact.type == event_type]
        return sorted({instrument[0] for fact in files for instrument in fact.instruments})

    def close(self) -> None:
        """Do nothing: files are open only while they are read."""

    def _runs(
        self, event_type: str, query: Query, columns: Sequence[str], *, is_once: bool
    ) -> Iterator[Run]:
        done_below_ns: int | None = None
        ids = ["event_id"] if is_once and event_type in HAS_EVENT_ID else []
        needed = list(dict.fromkeys([*columns, *ids]))
        for retry in range(_RETRIES + 1):
            facts = files_for(self._snapshots.files(), event_type, query)
            version = self._snapshots.version
            facts = self._not_before(facts, done_below_ns)
            spans = Spans(facts)
            readers = ThreadPoolExecutor(_AHEAD, "tapeline-read")
            merge = Merge(
                event_type,
                [
                    FileFeed(
                        self._folder,
                        fact,
                        query,
                        columns,
                        self.meter,
                        is_once=is_once,
                        spans=spans,
                        readers=readers,
                        from_ns=done_below_ns,
                        is_checked=self._is_checked,
                    )
                    for fact in facts
                ],
                needed,
            )
            try:
                yield from merge
                return
            except (FileGoneError, StoreFormatError) as error:
                self._check_replaced(error, version, retry)
                if merge.done_below_ns is not None:
                    done_below_ns = merge.done_below_ns
            finally:
                readers.shutdown(cancel_futures=True)

    def _check_replaced(
        self, error: FileGoneError | StoreFormatError, version: str, retry: int
    ) -> None:
        """Refuse to go on when the same files still count, or they go faster than we read.

        A file of an archive is replaced under its name: what is read of it then does not fit.
        """
        self._snapshots.files()
        if self._snapshots.version != version and retry < _RETRIES:
            return
        if isinstance(error, StoreFormatError):
            raise error
        if self._snapshots.version == version:
            raise StoreFormatError(
                f"{error} is missing, though the log names it; restore it from a copy, see"
                " docs/storage.md"
            ) from error
        raise StoreFormatError(
            f"{error} was replaced while it was read, for the {_RETRIES + 1}th time; query"
            " again, or a shorter time"
        ) from error

    @staticmethod
    def _not_before(facts: Collection[FileFact], done_below_ns: int | None) -> list[FileFact]:
        return [
            fact
            for fact in facts
            if done_below_ns is None
            or fact.time_max_ns is None
            or fact.time_max_ns >= done_below_ns
        ]
