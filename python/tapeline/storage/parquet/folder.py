"""The few file operations a Parquet store needs, and the local disk's."""

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from tapeline.errors import StoreUnavailableError

_TEMPORARY = ".tmp-"


class Listed(NamedTuple):
    """A file found."""

    path: str
    """Relative to the store, with slashes."""
    bytes: int
    modified_ns: int
    """Unix UTC nanoseconds."""


class Folder(Protocol):
    """A place for files that are written once. Every method raises StoreUnavailableError."""

    @property
    def shown(self) -> str:
        """Where it is, for people."""
        ...

    @property
    def fails_for_sure(self) -> bool:
        """Whether what has raised will not happen later all the same."""
        ...

    def read(self, path: str) -> bytes | None:
        """Read a file; None when it is not there."""
        ...

    def read_part(self, path: str, offset: int, length: int) -> bytes | None:
        """Read ``length`` bytes of a file from ``offset`` on; None when it is not there."""
        ...

    def put(self, path: str, content: bytes | memoryview) -> None:
        """Write a file, durably; under its name it is whole or not there."""
        ...

    def put_new(self, path: str, content: bytes) -> bool:
        """Write a file as :meth:`put` does unless there is one; return whether it was written."""
        ...

    def list(self, prefix: str) -> list[Listed]:
        """List the files below a folder, in no order; the folder need not be there."""
        ...

    def delete(self, path: str) -> None:
        """Delete a file; it need not be there."""
        ...

    def rename(self, path: str, to: str) -> None:
        """Give a file another name in its folder; it need not be there."""
        ...


class LocalFolder:
    """A folder on a local disk. Files are synced before they get their name."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: set[Path] = set()
        # Two that write the same name at once, in one process or two, must not share a file.
        self._mine = f"{_TEMPORARY}{os.getpid()}-{uuid.uuid4().hex[:8]}-"

    @property
    def shown(self) -> str:
        """The path."""
        return str(self._root)

    @property
    def fails_for_sure(self) -> bool:
        """True: the disk's answer is the outcome."""
        return True

    def read(self, path: str) -> bytes | None:
        """Read a file; see :meth:`Folder.read`."""
        with self._faults("read", path):
            try:
                return (self._root / path).read_bytes()
            except FileNotFoundError:
                return None

    def read_part(self, path: str, offset: int, length: int) -> bytes | None:
        """Read a part; see :meth:`Folder.read_part`."""
        with self._faults("read", path):
            try:
                with (self._root / path).open("rb", buffering=0) as file:
                    return os.pread(file.fileno(), length, offset)
            except FileNotFoundError:
                return None

    def put(self, path: str, content: bytes | memoryview) -> None:
        """Write, sync and rename; see :meth:`Folder.put`."""
        with self._faults("write", path), self._temporary(path, content) as temporary:
            temporary.rename(self._root / path)
            _sync_folder((self._root / path).parent)

    def put_new(self, path: str, content: bytes) -> bool:
        """Write, sync and link, which fails when the name is taken; see :meth:`Folder.put_new`."""
        final = self._root / path
        with self._faults("write", path), self._temporary(path, content) as temporary:
            try:
                os.link(temporary, final)
            except FileExistsError:
                return False
            _sync_folder(final.parent)
            return True

    def list(self, prefix: str) -> list[Listed]:
        """Walk the folder; see :meth:`Folder.list`."""
        found: list[Listed] = []
        with self._faults("list", prefix):
            for folder, _, names in os.walk(self._root / prefix, onerror=_unless_gone):
                for name in names:
                    path = Path(folder, name)
                    # A writer's temporary file may be gone by now.
                    with contextlib.suppress(FileNotFoundError):
                        status = path.stat()
                        relative = path.relative_to(self._root).as_posix()
                        found.append(Listed(relative, status.st_size, status.st_mtime_ns))
        return found

    def delete(self, path: str) -> None:
        """Unlink; see :meth:`Folder.delete`."""
        with self._faults("delete", path):
            (self._root / path).unlink(missing_ok=True)

    def rename(self, path: str, to: str) -> None:
        """Rename, not yet durably; see :meth:`Folder.rename`."""
        with self._faults("rename", path), contextlib.suppress(FileNotFoundError):
            (self._root / path).rename(self._root / to)

    def adopt(self, staged: Path, path: str) -> None:
        """Give a complete file of the same disk its name, durably, in place of what is there."""
        final = self._root / path
        with self._faults("write", path):
            self._make(final.parent)
            with staged.open("rb") as file:
                os.fsync(file.fileno())
            staged.rename(final)
            _sync_folder(final.parent)

    @contextlib.contextmanager
    def _temporary(self, path: str, content: bytes | memoryview) -> Iterator[Path]:
        final = self._root / path
        self._make(final.parent)
        temporary = final.with_name(f"{self._mine}{final.name}")
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    def _make(self, folder: Path) -> None:
        if folder in self._known and folder.is_dir():
            return
        missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
        folder.mkdir(parents=True, exist_ok=True)
        # A new folder's name must be as durable as what is put into it.
        for each in missing:
            _sync_folder(each.parent)
        self._known.add(folder)

    def _faults(self, verb: str, path: str) -> contextlib.AbstractContextManager[None]:
        return disk_faults(verb, self._root / path)


@contextlib.contextmanager
def disk_faults(verb: str, path: Path) -> Iterator[None]:
    """Raise what a disk says as StoreUnavailableError."""
    try:
        yield
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
        raise StoreUnavailableError(f"cannot {verb} {path}: {reason or error}") from error


def _unless_gone(error: OSError) -> None:
    """Raise what keeps a folder from being read: to nobody may it look empty."""
    if not isinstance(error, FileNotFoundError):
        raise error


def is_temporary(path: str) -> bool:
    """Whether a listed file is one that was being written."""
    return path.rpartition("/")[2].startswith(_TEMPORARY)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
