"""Writing tapes, plain or gzip by name, so that a crash costs at most the last seconds."""

import os
import zlib
from pathlib import Path
from types import TracebackType
from typing import Self

from tapeline.errors import TapeError
from tapeline.tape.frame import TapeFrame, format_line

_GZIP_WINDOW_BITS = 31
_GZIP_LEVEL = 4
_BUFFER_BYTES = 1 << 18


class TapeWriter:
    """Write a tape under a temporary name and give it its real name when it is whole.

    Lines go to ``NAME.part``; `close` renames it. After a crash, or an exception inside the
    ``with`` block, the
    ``.part`` file stays: it is a readable tape up to the last `flush`. A name that ends in ``.gz``
    is packed;
    the bytes depend on nothing but the lines and the flushes (no time or file name in the gzip
    header).

    Parameters
    ----------
    path
        The tape's final name. An existing file is replaced when the new one is whole.
    flush_every
        Lines between two flushes to the operating system; 0 leaves it to the buffer and to `flush`.

    Raises
    ------
    TapeError
        The file cannot be opened or written.
    """

    def __init__(self, path: str | os.PathLike[str], *, flush_every: int = 0) -> None:
        self.path = Path(path)
        self.lines = 0
        self._part = self.path.with_name(self.path.name + ".part")
        self._flush_every = flush_every
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._packer = (
            zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW_BITS)
            if self.path.suffix == ".gz"
            else None
        )
        try:
            self._file = open(self._part, "wb", buffering=0)  # noqa: SIM115  (closed by close or abort)
        except OSError as error:
            raise TapeError(f"cannot write the tape {self._part}: {error.strerror}") from error

    def write(self, frame: TapeFrame) -> None:
        """Append one frame."""
        self.write_line(format_line(frame))

    def write_line(self, line: bytes) -> None:
        """Append one line that `format_line` made, or that has its exact form."""
        self._buffer.append(line)
        self._buffered += len(line)
        self.lines += 1
        if self._flush_every and self.lines % self._flush_every == 0:
            self.flush()
        elif self._buffered >= _BUFFER_BYTES:
            self._drain()

    def flush(self) -> None:
        """Hand all written so far to the operating system, in a form that reads back."""
        self._drain()
        if self._packer is not None:
            self._put(self._packer.flush(zlib.Z_SYNC_FLUSH))

    def close(self) -> None:
        """Write the rest, sync it to the disk, give the tape its name. Twice does nothing."""
        if self._file.closed:
            return
        self._drain()
        if self._packer is not None:
            self._put(self._packer.flush(zlib.Z_FINISH))
        try:
            os.fsync(self._file.fileno())
            self._file.close()
            os.replace(self._part, self.path)
        except OSError as error:
            raise TapeError(f"cannot finish the tape {self.path}: {error.strerror}") from error

    def abort(self) -> None:
        """Stop without giving the tape its name; ``NAME.part`` keeps what was written."""
        if not self._file.closed:
            self.flush()
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _drain(self) -> None:
        data = b"".join(self._buffer)
        self._buffer.clear()
        self._buffered = 0
        self._put(self._packer.compress(data) if self._packer is not None else data)

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise TapeError(f"cannot write the tape {self._part}: {error.strerror}") from error
