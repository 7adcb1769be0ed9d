"""Writing an archive: a file is staged, verified, put in place and only then named."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa
import structlog

from tapeline.errors import SettingsError, StoreFormatError
from tapeline.storage.archive.layout import (
    BY_EXCHANGE,
    MANIFEST,
    ArchivedFile,
    Manifest,
    file_path,
    manifest_of,
)
from tapeline.storage.archive.place import Place
from tapeline.storage.archive.staging import Staged, examine, stage
from tapeline.storage.parquet.folder import Listed, disk_faults
from tapeline.storage.parquet.layout import LOG_FOLDER
from tapeline.storage.parquet.sorting import sorted_spans
from tapeline.telemetry.clock import Clock

_log = structlog.get_logger("tapeline.storage.archive")

ARCHIVE_LEVEL: Final = 10
"""zstd level of archives."""


class Archive:
    """An archive opened for writing by :func:`open_archive`.

    Attributes
    ----------
    manifest
        What it holds.
    working
        A folder for files to be.
    """

    def __init__(
        self, place: Place, working: Path, clock: Clock, layout: str | None, level: int
    ) -> None:
        self._place = place
        self._clock = clock
        self._level = level
        self.working = working
        content, self._version = place.read_versioned(MANIFEST)
        shown = f"{place.folder.shown}/{MANIFEST}"
        if content is None:
            if place.folder.list(LOG_FOLDER):
                raise SettingsError(
                    f"{place.folder.shown} holds a Parquet store: an archive needs a folder of its"
                    " own"
                )
            self.manifest = Manifest(layout or "time", {})
        else:
            self.manifest = manifest_of(shown, content)
        if layout is not None and layout != self.manifest.layout:
            raise SettingsError(
                f"{place.folder.shown} has the layout {self.manifest.layout!r}, not {layout!r}:"
                " use another folder for the other layout"
            )

    @property
    def shown(self) -> str:
        """Where it is."""
        return self._place.folder.shown

    @property
    def is_by_exchange(self) -> bool:
        """Whether each exchange has files of its own."""
        return self.manifest.layout == BY_EXCHANGE

    def fetch(self, file: ArchivedFile) -> Path:
        """Return a local file with an archived file's content.

        Raises
        ------
        StoreFormatError
            It is missing.
        """
        found = self._place.fetch(file.path, self.working)
        if found is None:
            raise StoreFormatError(f"{self.shown}/{file.path} is missing; restore it from a copy")
        return found

    def write(
        self,
        event_type: str,
        month: str,
        exchange: str | None,
        tables: Iterable[pa.Table],
        *,
        is_final: bool,
        source: str,
    ) -> ArchivedFile | None:
        """Write the file of a month in place of an earlier one; None when there is no row.

        Parameters
        ----------
        tables
            All rows of the month, in order; those of the earlier file are among them.

        Raises
        ------
        StoreUnavailableError
            The disk is full, the bucket is away. The archive is as it was.
        StoreConflictError
            Another run has changed the manifest of a bucket.
        """
        staged_path = self.working / f"{event_type}-{month}-{exchange or 'all'}.parquet"
        try:
            with disk_faults("write", staged_path):
                staged = stage(staged_path, event_type, tables, level=self._level)
            if staged is None:
                return None
            file = self._named(event_type, month, exchange, staged, source)
            file = replace(file, is_final=is_final)
            self._place.replace(staged_path, file.path)
            self.name(file)
            return file
        finally:
            staged_path.unlink(missing_ok=True)

    def put_text(self, path: str, content: bytes) -> None:
        """Write a file made from archived ones, in place of an earlier one."""
        self._place.folder.put(path, content)

    def list_texts(self) -> list[Listed]:
        """List the CSV files."""
        return [each for each in self._place.folder.list("funding") if each.path.endswith(".csv")]

    def name(self, file: ArchivedFile) -> None:
        """Make a file count."""
        manifest = Manifest(self.manifest.layout, {**self.manifest.files, file.key: file})
        self._version = self._place.put_versioned(MANIFEST, manifest.to_json(), self._version)
        self.manifest = manifest

    def heal(self) -> list[str]:
        """Name files anew that a killed run has put in place and not named; return their paths.

        Raises
        ------
        StoreFormatError
            A file is neither what the manifest says nor one that a run has written.
        """
        sizes = {each.path: each.bytes for each in self._place.folder.list("")}
        healed = []
        for file in list(self.manifest.files.values()):
            if sizes.get(file.path) == file.bytes:
                continue
            staged = self._examined(self.fetch(file), file.type)
            named = self._named(file.type, file.month, file.exchange, staged, file.source)
            self.name(named)
            healed.append(file.path)
            _log.warning("an archive file of an unfinished run was verified", path=file.path)
        return healed

    def adopt(self, event_type: str, month: str, exchange: str | None) -> ArchivedFile | None:
        """Name the file that lies at a month's place and is not named; None when none does.

        Raises
        ------
        StoreFormatError
            Something else lies there.
        """
        path = file_path(self.manifest.layout, event_type, month, exchange)
        found = self._place.fetch(path, self.working)
        if found is None:
            return None
        staged = self._examined(found, event_type)
        file = self._named(event_type, month, exchange, staged, "found")
        self.name(file)
        _log.warning("an archive file of an unfinished run was verified", path=path)
        return file

    def _examined(self, found: Path, event_type: str) -> Staged:
        try:
            return examine(found, event_type)
        finally:
            self.forget(found)

    def forget(self, found: Path) -> None:
        """Delete what :meth:`fetch` has copied."""
        if found.parent == self.working:
            found.unlink(missing_ok=True)

    def _named(
        self, event_type: str, month: str, exchange: str | None, staged: Staged, source: str
    ) -> ArchivedFile:
        spans = sorted_spans(staged.spans)
        return ArchivedFile(
            type=event_type,
            month=month,
            exchange=exchange,
            path=file_path(self.manifest.layout, event_type, month, exchange),
            rows=staged.rows,
            bytes=staged.bytes,
            sha256=staged.sha256,
            time_min_ns=staged.time_min_ns,
            time_max_ns=staged.time_max_ns,
            days=dict(sorted(staged.days.items())),
            instruments=list(spans),
            is_final=False,
            written_ns=self._clock.wall_ns(),
            source=source,
            spans=list(spans.values()),
        )


@contextlib.contextmanager
def open_archive(
    place: Place, clock: Clock, *, layout: str | None = None, level: int = ARCHIVE_LEVEL
) -> Iterator[Archive]:
    """Open an archive for writing, and set right what a killed run has left.

    Parameters
    ----------
    layout
        ``"time"`` or ``"exchange"``; None is what it has, or by time.

    Raises
    ------
    StoreConflictError
        Another run is at work on it.
    SettingsError
        It has another layout.
    StoreFormatError
        Its manifest or a file is damaged.
    """
    with place.working() as working:
        archive = Archive(place, working, clock, layout, level)
        archive.heal()
        yield archive
