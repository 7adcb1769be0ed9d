"""Retention of a Parquet store: old days out of the log, their files later off the disk."""

import os
import socket
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.errors import StoreConflictError, StoreFormatError
from tapeline.storage.fingerprint import Fingerprint
from tapeline.storage.parquet import datafiles
from tapeline.storage.parquet.compaction import COMPACT_LEVEL
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.log import CommitLog
from tapeline.storage.parquet.manifest import FileFact
from tapeline.storage.parquet.replacing import replace_files
from tapeline.storage.parquet.rewriting import grouped, merged_rows, write_files
from tapeline.storage.parquet.sweeping import GRACE_S, sweep
from tapeline.storage.retention import date_before, kept_for_ever
from tapeline.storage.schema import UNKNOWN_DATE
from tapeline.telemetry.clock import Clock

_TARGET_BYTES: Final = 128 * 1024 * 1024
_TRIES: Final = 5

_Days = dict[str, list[FileFact]]


class ParquetThinner:
    """Takes rows out of a Parquet store; see :class:`tapeline.storage.retention.Thinner`.

    What is committed between :meth:`begin` and :meth:`drop_before` stays.
    """

    def __init__(self, folder: Folder, *, clock: Clock, grace_s: float = GRACE_S) -> None:
        self._folder = folder
        self._clock = clock
        self._grace_s = grace_s
        self._writer = f"retention-{socket.gethostname()}-{os.getpid()}"
        self._commits = CommitLog(folder, self._writer, clock)
        self._rows: Counter[tuple[str, str]] = Counter()

    def begin(self) -> None:
        """Remember what there is; see :meth:`Thinner.begin`."""
        self._commits.load()
        if not self._commits.state.number:
            raise StoreFormatError(
                f"{self._folder.shown} holds no Parquet store: it has no commit in _log"
            )
        self._rows = self._counted()

    def tidy(self) -> None:
        """Delete files that count no more; see :meth:`Thinner.tidy`."""
        # Verification takes its time, and what was committed meanwhile counts.
        self._commits.load()
        sweep(self._folder, self._commits.state, self._clock, grace_s=self._grace_s)

    def bytes_before(self, event_type: str, before_ns: int) -> int:
        """Add up the files of days that are over; see :meth:`Thinner.bytes_before`."""
        days = self._days(event_type, before_ns)
        return sum(fact.bytes for facts in days.values() for fact in facts)

    def drop_before(self, event_type: str, before_ns: int) -> int:
        """Remove days, or write again what is kept of them; see :meth:`Thinner.drop_before`."""
        self._commits.load()
        now = self._counted()
        gone = 0
        for date in sorted(self._days(event_type, before_ns)):
            if now[event_type, date] != self._rows[event_type, date]:
                raise StoreConflictError(
                    f"{self._folder.shown}: {event_type} rows of {date} came meanwhile; archive"
                    " them and run retention again"
                )
            gone += self._drop_day(event_type, date, before_ns)
        self._commits.checkpoint_if_due()
        return gone

    def close(self) -> None:
        """Do nothing: nothing is held."""

    def _drop_day(self, event_type: str, date: str, before_ns: int) -> int:
        for _ in range(_TRIES):
            facts = self._days(event_type, before_ns).get(date, [])
            rows = sum(fact.rows for fact in facts)
            added: list[FileFact] = []
            try:
                if kept_for_ever(event_type) is not None:
                    self._write_kept(event_type, date, facts, added)
                    if sum(fact.rows for fact in added) == rows:
                        # Nothing of the day is due any more.
                        self._discard(added)
                        return 0
                removed = [fact.path for fact in facts]
                replace_files(
                    self._folder, self._commits, self._clock, self._writer, removed, added
                )
            except (StoreConflictError, StoreFormatError):
                # A compaction was faster.
                self._discard(added)
                self._commits.catch_up()
                if all(fact.path in self._commits.state.files for fact in facts):
                    raise
                continue
            except BaseException:
                if self._folder.fails_for_sure:
                    self._discard_unless_committed(added)
                raise
            return rows - sum(fact.rows for fact in added)
        raise StoreConflictError(f"{self._folder.shown}: {date} is compacted again and again")

    def _write_kept(
        self, event_type: str, date: str, facts: list[FileFact], added: list[FileFact]
    ) -> None:
        kept = Fingerprint()
        written = write_files(
            self._folder,
            event_type,
            date,
            grouped(self._kept(event_type, facts, kept)),
            commit=self._commits.state.number + 1,
            level=COMPACT_LEVEL,
            bytes_max=_TARGET_BYTES,
            written=added,
        )
        if written != kept:
            raise StoreFormatError(
                f"{self._folder.shown}: {date} does not read back; kept as it is"
            )

    def _kept(
        self, event_type: str, facts: list[FileFact], kept: Fingerprint
    ) -> Iterator[pa.Table]:
        keep = kept_for_ever(event_type)
        for table in merged_rows(self._folder, facts, lambda _table: None):
            some = table.filter(keep) if isinstance(keep, pc.Expression) else table
            if some.num_rows:
                kept.add(some.schema, some)
                yield some

    def _days(self, event_type: str, before_ns: int) -> _Days:
        limit = date_before(before_ns)
        days: _Days = {}
        for fact in self._commits.state.files.values():
            if fact.type == event_type and fact.date != UNKNOWN_DATE and fact.date < limit:
                days.setdefault(fact.date, []).append(fact)
        return days

    def _counted(self) -> Counter[tuple[str, str]]:
        counted: Counter[tuple[str, str]] = Counter()
        for fact in self._commits.state.files.values():
            counted[fact.type, fact.date] += fact.rows
        return counted

    def _discard_unless_committed(self, added: list[FileFact]) -> None:
        self._commits.catch_up()
        self._discard([fact for fact in added if fact.path not in self._commits.state.files])

    def _discard(self, added: list[FileFact]) -> None:
        for fact in added:
            datafiles.discard(self._folder, fact.path)
