"""The rows of one data file that a query is about, row group by row group."""

from collections.abc import Sequence

import pyarrow as pa

from tapeline.access.merging import LAST, count_below, times_of
from tapeline.access.ports import Query
from tapeline.access.readers.parquet.parts import DataFile, ReadMeter
from tapeline.access.readers.parquet.pruning import Group, groups_for, matches, rows_for
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.manifest import FileFact


class FileFeed:
    """A :class:`tapeline.access.merging.Feed` over one file. It is opened at the first pull.

    Parameters
    ----------
    from_ns
        Rows earlier than this were given out already.
    """

    def __init__(
        self,
        folder: Folder,
        fact: FileFact,
        query: Query,
        columns: Sequence[str],
        meter: ReadMeter,
        from_ns: int | None = None,
    ) -> None:
        self._folder = folder
        self._fact = fact
        self._query = query
        self._columns = columns
        self._meter = meter
        starts = [each for each in (query.start_ns, from_ns) if each is not None]
        self._start_ns = max(starts) if starts else None
        self._needs_filter = not all(matches(query, each) for each in fact.instruments)
        self._file: DataFile | None = None
        self._groups: list[Group] | None = None
        first_ns = LAST if fact.time_min_ns is None else fact.time_min_ns
        self._bound_ns: int | None = first_ns
        if self._start_ns is not None:
            self._bound_ns = max(first_ns, self._start_ns)

    @property
    def bound_ns(self) -> int | None:
        """No row still to come is earlier; None at the end."""
        return self._bound_ns

    def pull(self) -> pa.Table:
        """Read the next row group.

        Raises
        ------
        FileGoneError
            The file was deleted since the snapshot was taken.
        """
        if self._file is None or self._groups is None:
            self._file = DataFile(self._folder, self._fact, self._meter)
            self._groups = groups_for(self._fact, self._file.metadata, self._query)
        group = self._groups.pop(0) if self._groups else None
        table = self._empty if group is None else self._rows(self._file, group)
        if self._groups:
            # The file is in order: what is to come is not earlier than what came.
            self._bound_ns = max(self._bound_ns or 0, self._groups[0].first_ns)
        else:
            self._bound_ns = None
            self.close()
        return table

    def close(self) -> None:
        """Let go of the file."""
        self._file = None

    @property
    def _empty(self) -> pa.Table:
        return pa.table({})

    def _rows(self, file: DataFile, group: Group) -> pa.Table:
        table = file.read([group.number], self._columns)
        if self._start_ns is not None or self._query.end_ns is not None:
            times = times_of(self._fact.type, table)
            begin = 0 if self._start_ns is None else count_below(times, self._start_ns)
            end = len(times)
            if self._query.end_ns is not None:
                end = count_below(times, self._query.end_ns)
            table = table.slice(begin, max(end - begin, 0))
        return rows_for(table, self._query) if self._needs_filter else table
