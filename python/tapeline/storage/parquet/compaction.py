"""Compaction: the many small files of a day into few large ones, beside a writer.

No row is added, changed or dropped, duplicates neither: readers take the first row of an event id,
and in the order of an answer that row stays the first.
"""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from tapeline.errors import StoreConflictError, StoreFormatError, StoreUnavailableError
from tapeline.storage.fingerprint import Fingerprint
from tapeline.storage.parquet import datafiles
from tapeline.storage.parquet.compaction_plan import Job, Policy, plan
from tapeline.storage.parquet.folder import Folder
from tapeline.storage.parquet.log import CommitLog
from tapeline.storage.parquet.manifest import FileFact
from tapeline.storage.parquet.replacing import replace_files
from tapeline.storage.parquet.rewriting import grouped, merged_rows, write_files
from tapeline.storage.parquet.sweeping import GRACE_S, delete_gone
from tapeline.storage.schema import stored_schema_of
from tapeline.telemetry.clock import Clock

_log = structlog.get_logger("tapeline.storage.parquet")

COMPACT_LEVEL: Final = 3
"""zstd level of merged files: they are written once and read often."""
_RELOAD_AFTER_NS: Final = 3600 * 1_000_000_000
_COMMIT_WITHIN_NS: Final = 1800 * 1_000_000_000
"""Slower than this, and a writer that opens the store may take the new files for left over."""


@dataclass(slots=True)
class Compacted:
    """What a run has done."""

    jobs: int = 0
    files_before: int = 0
    files_after: int = 0
    rows: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    conflicts: int = 0
    """Jobs given up because another process had replaced the same files."""
    deleted: int = 0
    """Files removed earlier whose grace time was over."""


class Compactor:
    """Merges files of one Parquet store.

    Parameters
    ----------
    folder
        Where the store lies.
    level
        zstd level of the new files.
    grace_s
        Files that were replaced are deleted so many seconds later.
    """

    def __init__(
        self,
        folder: Folder,
        *,
        clock: Clock,
        level: int = COMPACT_LEVEL,
        grace_s: float = GRACE_S,
        policy: Policy | None = None,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._level = level
        self._grace_s = grace_s
        self._policy = policy or Policy()
        self._writer = f"compaction-{socket.gethostname()}-{os.getpid()}"
        self._commits = CommitLog(folder, self._writer, clock)
        self._loaded_ns: int | None = None

    @property
    def has_store(self) -> bool:
        """Whether the last run has found a commit."""
        return self._commits.state.number > 0

    def run(self, is_stopped: Callable[[], bool] = lambda: False) -> Compacted:
        """Merge what should be merged now; a job that was begun is finished.

        Raises
        ------
        StoreUnavailableError
            Not now: the disk is full, the bucket is away. Nothing is half done.
        StoreFormatError
            The log or a file is damaged.
        """
        done = Compacted()
        self._learn()
        done.deleted = delete_gone(
            self._folder, self._commits.state, self._clock, grace_s=self._grace_s
        )
        today = f"{datetime.fromtimestamp(self._clock.wall_ns() / 1e9, UTC):%Y-%m-%d}"
        for job in list(plan(self._commits.state.files.values(), today, self._policy)):
            if is_stopped():
                break
            self._do(job, done)
        if done.jobs:
            self._commits.checkpoint_if_due()
        return done

    def _learn(self) -> None:
        now_ns = self._clock.monotonic_ns()
        # Commits behind a checkpoint are deleted after a day: one that slept must not believe
        # that the log ends where it left it.
        if self._loaded_ns is None or now_ns - self._loaded_ns > _RELOAD_AFTER_NS:
            self._commits.load()
            # One that died may have committed files that have not got their names.
            state, found = self._commits.state, self._folder.list("")
            datafiles.settle(self._folder, (each.path for each in found), state.files, state.gone)
            self._loaded_ns = now_ns
        else:
            self._commits.catch_up()

    def _do(self, job: Job, done: Compacted) -> None:
        began_ns = self._clock.monotonic_ns()
        added: list[FileFact] = []
        try:
            self._write(job, added)
            if self._clock.monotonic_ns() - began_ns > _COMMIT_WITHIN_NS:
                raise StoreUnavailableError(f"{self._folder.shown}: compaction took too long")
            removed = [fact.path for fact in job.files]
            replace_files(self._folder, self._commits, self._clock, self._writer, removed, added)
        except (StoreConflictError, StoreUnavailableError, StoreFormatError):
            self._settle(added)
            if all(fact.path in self._commits.state.files for fact in job.files):
                raise
            # Another process has replaced them meanwhile, and may have deleted them.
            done.conflicts += 1
            return
        done.jobs += 1
        done.files_before += len(job.files)
        done.files_after += len(added)
        done.rows += sum(fact.rows for fact in added)
        done.bytes_before += sum(fact.bytes for fact in job.files)
        done.bytes_after += sum(fact.bytes for fact in added)

    def _write(self, job: Job, added: list[FileFact]) -> None:
        read, schema = Fingerprint(), stored_schema_of(job.type)
        rows = merged_rows(self._folder, job.files, lambda table: read.add(schema, table))
        written = write_files(
            self._folder,
            job.type,
            job.date,
            grouped(rows),
            commit=self._commits.state.number + 1,
            level=self._level,
            bytes_max=self._policy.target_bytes,
            written=added,
        )
        if read != written or read.rows != sum(fact.rows for fact in job.files):
            raise StoreFormatError(
                f"{self._folder.shown}: {job.type} of {job.date} was {read} and would be {written}"
                " after compaction; nothing was changed, and this is a defect"
            )

    def _settle(self, added: list[FileFact]) -> None:
        """After a fault: delete what was not committed, unless that cannot be known."""
        if not self._folder.fails_for_sure:
            return
        try:
            self._commits.catch_up()
        except (StoreUnavailableError, StoreFormatError):
            return
        self._discard([fact for fact in added if fact.path not in self._commits.state.files])

    def _discard(self, added: list[FileFact]) -> None:
        for fact in added:
            try:
                datafiles.discard(self._folder, fact.path)
            except StoreUnavailableError as error:
                _log.info("left for the next sweep", path=fact.path, fault=str(error))
