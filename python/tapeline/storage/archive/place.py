"""Where an archive lies: files that are replaced whole, and one manifest that changes in steps."""

import contextlib
import fcntl
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from tapeline.errors import SettingsError, StoreConflictError
from tapeline.storage.parquet.bucket import Bucket
from tapeline.storage.parquet.folder import Folder, LocalFolder, disk_faults
from tapeline.storage.targets import Target

_LOCK: Final = ".archive.lock"
_STAGING: Final = ".tapeline-staging"
"""What lies there is deleted, so no other program may call a folder of its own like that."""


class Place(Protocol):
    """A folder or bucket that holds an archive. Faults are StoreUnavailableError."""

    @property
    def folder(self) -> Folder:
        """For reading."""
        ...

    def working(self) -> contextlib.AbstractContextManager[Path]:
        """Keep other archive runs away; give a folder for files to be.

        Raises
        ------
        StoreConflictError
            Another run is at work.
        """
        ...

    def fetch(self, path: str, working: Path) -> Path | None:
        """Return a local file with what is at ``path``; None when nothing is.

        Parameters
        ----------
        working
            Where a copy may be made; delete it when it lies there.
        """
        ...

    def replace(self, staged: Path, path: str) -> None:
        """Give a complete local file its name, durably, in place of what is there."""
        ...

    def read_versioned(self, path: str) -> tuple[bytes | None, str | None]:
        """Read a small file and what names its present content."""
        ...

    def put_versioned(self, path: str, content: bytes, version: str | None) -> str | None:
        """Replace a small file, if it is still that version; return the new one.

        Raises
        ------
        StoreConflictError
            Somebody else has changed it. It is as he left it.
        """
        ...


class LocalPlace:
    """A folder on a disk: a file lock keeps other runs away, and goes with its process."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = LocalFolder(root)

    @property
    def folder(self) -> Folder:
        """The folder."""
        return self._folder

    @contextlib.contextmanager
    def working(self) -> Iterator[Path]:
        """Hold the lock; clear what a killed run has left; see :meth:`Place.working`."""
        with disk_faults("open", self._root):
            self._root.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StoreConflictError(
                    f"{self._root}: another archive run is at work; wait for it"
                ) from error
            with disk_faults("write", self._root):
                staging = self._root / _STAGING
                staging.mkdir(exist_ok=True)
                for left in staging.iterdir():
                    left.unlink()
            yield staging
        finally:
            os.close(descriptor)

    def fetch(self, path: str, working: Path) -> Path | None:
        """Return the file itself; see :meth:`Place.fetch`."""
        file = self._root / path
        return file if file.is_file() else None

    def replace(self, staged: Path, path: str) -> None:
        """Sync and rename; see :meth:`Place.replace`."""
        self._folder.adopt(staged, path)

    def read_versioned(self, path: str) -> tuple[bytes | None, str | None]:
        """Read; the lock makes versions needless."""
        return self._folder.read(path), None

    def put_versioned(self, path: str, content: bytes, version: str | None) -> str | None:
        """Write; the lock makes versions needless."""
        self._folder.put(path, content)
        return version


class BucketPlace:
    """A bucket: the manifest is put with ``If-Match``, so of two runs one is refused."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    @property
    def folder(self) -> Folder:
        """The bucket."""
        return self._bucket

    @contextlib.contextmanager
    def working(self) -> Iterator[Path]:
        """Give a temporary folder of this machine; see :meth:`Place.working`."""
        with tempfile.TemporaryDirectory(prefix="tapeline-archive-") as folder:
            yield Path(folder)

    def fetch(self, path: str, working: Path) -> Path | None:
        """Download; see :meth:`Place.fetch`."""
        copy = working / f"{uuid.uuid4().hex}.copy"
        return copy if self._bucket.download(path, copy) else None

    def replace(self, staged: Path, path: str) -> None:
        """Upload, in parts where it is large; see :meth:`Place.replace`."""
        self._bucket.upload(staged, path)

    def read_versioned(self, path: str) -> tuple[bytes | None, str | None]:
        """Get with the ETag; see :meth:`Place.read_versioned`."""
        return self._bucket.read_versioned(path)

    def put_versioned(self, path: str, content: bytes, version: str | None) -> str | None:
        """Put with ``If-Match``, or ``If-None-Match: *``; see :meth:`Place.put_versioned`."""
        new = self._bucket.put_versioned(path, content, version)
        if new is None:
            raise StoreConflictError(
                f"{self._bucket.shown}/{path} was changed by another archive run;"
                " run this one again"
            )
        return new


def place_of(target: Target) -> Place:
    """Return the place a ``parquet:`` address names.

    Raises
    ------
    SettingsError
        It names neither a folder nor a bucket.
    """
    if target.path is not None:
        return LocalPlace(target.path)
    if target.bucket is None:
        raise SettingsError(f"{target.shown} names neither a folder nor a bucket")
    return BucketPlace(Bucket(target))
