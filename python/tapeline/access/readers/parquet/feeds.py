"""The rows of one data file that a query is about, row group by row group."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

from tapeline.access.merging import LAST, Run, count_below, run_of
from tapeline.access.ports import Query
from tapeline.access.readers.parquet.parts import DataFile, ReadMeter
from tapeline.access.readers.parquet.pruning import Group, Spans, groups_for, matches, rows_for
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.manifest import FileFact
from tapeline.storage.schema import HAS_EVENT_ID, ORDER_COLUMNS, TIME_COLUMNS

_NAMES = ("exchange", "market", "symbol", "raw_symbol")


class _Step(NamedTuple):
    """What one pull gives."""

    run: Run | None
    bound_ns: int | None
    """No row behind it is earlier; None at the end."""


class FileFeed:
    """A :class:`tapeline.access.merging.Feed` over one file. It is opened at the first pull.

    Rows that lie among those of another file are read with what orders them, and with their ids if
    the answer shall have each event once. Where no other file has rows of that time, and this one
    is known to have nothing twice, neither is read.

    Parameters
    ----------
    columns
        Those of the answer.
    is_once
        Whether the answer has each event once.
    spans
        The times of all files that are merged.
    readers
        Threads that read ahead.
    from_ns
        Rows earlier than this were given out already.
    is_checked
        Whether the file is compared with its hash first.
    """

    def __init__(
        self,
        folder: Folder,
        fact: FileFact,
        query: Query,
        columns: Sequence[str],
        meter: ReadMeter,
        *,
        is_once: bool,
        spans: Spans,
        readers: ThreadPoolExecutor,
        from_ns: int | None = None,
        is_checked: bool = False,
    ) -> None:
        self._folder = folder
        self._fact = fact
        self._query = query
        self._columns = columns
        self._meter = meter
        self._is_checked = is_checked
        self._needs_ids = is_once and fact.type in HAS_EVENT_ID
        self._spans = spans
        starts = [each for each in (query.start_ns, from_ns) if each is not None]
        self._start_ns = max(starts) if starts else None
        self._needs_filter = not all(matches(query, each) for each in fact.instruments)
        self._file: DataFile | None = None
        self._groups: list[Group] | None = None
        self._readers = readers
        self._ahead: Future[_Step] | None = None
        first_ns = LAST if fact.time_min_ns is None else fact.time_min_ns
        self._bound_ns: int | None = first_ns
        if self._start_ns is not None:
            self._bound_ns = max(first_ns, self._start_ns)

    @property
    def bound_ns(self) -> int | None:
        """No row still to come is earlier; None at the end."""
        return self._bound_ns

    def prepare(self) -> None:
        """Begin to read the next row group on another thread."""
        if self._ahead is None and self._bound_ns is not None:
            self._ahead = self._readers.submit(self._next)

    def pull(self) -> Run | None:
        """Read the next row group, or take the one that was read ahead.

        Raises
        ------
        FileGoneError
            The file was deleted since the snapshot was taken.
        """
        ahead, self._ahead = self._ahead, None
        step = self._next() if ahead is None else ahead.result()
        self._bound_ns = step.bound_ns
        return step.run

    def _next(self) -> _Step:
        """Read one row group; one thread at a time does."""
        if self._file is None or self._groups is None:
            self._file = DataFile(
                self._folder, self._fact, self._meter, is_checked=self._is_checked
            )
            self._groups = groups_for(self._fact, self._file.metadata, self._query)
        group = self._groups.pop(0) if self._groups else None
        run = None if group is None else self._rows(self._file, group)
        if not self._groups:
            self._file = None
            return _Step(run, None)
        # The file is in order: what is to come is not earlier than what came.
        return _Step(run, max(self._bound_ns or 0, self._groups[0].first_ns))

    def _rows(self, file: DataFile, group: Group) -> Run:
        is_alone = self._spans.is_alone(group)
        is_distinct = is_alone and self._fact.is_distinct
        kept = [*self._columns]
        kept += group.time_columns if is_alone else [*TIME_COLUMNS[self._fact.type], *ORDER_COLUMNS]
        if self._needs_ids and not is_distinct:
            kept.append("event_id")
        read = [*kept, *_NAMES] if self._needs_filter else kept
        # Rows that are merged with others must be of one type.
        with_keys = self._query.takes_keys and is_alone
        table = file.read([group.number], list(dict.fromkeys(read)), with_keys=with_keys)
        run = run_of(self._fact.type, table)
        run = self._cut(replace(run, is_alone=is_alone, is_distinct=is_distinct), group)
        if not self._needs_filter:
            return run
        run = run.filter(rows_for(run.table, self._query))
        # As the rows of other files, which may need no filter.
        names = [name for name in run.table.schema.names if name in kept]
        return replace(run, table=run.table.select(names))

    def _cut(self, run: Run, group: Group) -> Run:
        """Leave out what is before or after the time asked for."""
        begin, end = 0, len(run)
        if self._start_ns is not None and group.first_ns < self._start_ns:
            begin = count_below(run.times, self._start_ns)
        if self._query.end_ns is not None and group.last_ns >= self._query.end_ns:
            end = count_below(run.times, self._query.end_ns)
        return run.slice(begin, max(end - begin, 0))
