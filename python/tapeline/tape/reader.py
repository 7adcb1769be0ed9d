"""Reading tapes, plain or gzip, as a stream."""

import os
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from tapeline.errors import TapeError
from tapeline.tape.frame import TapeFrame, TapeWarning, parse_line

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW_BITS = 31
_READ_BYTES = 1 << 18


class TapeReader:
    """Read a tape line by line in constant memory; every iteration starts at the beginning.

    Gzip is recognised by its first bytes, so a renamed file still reads. Blank lines and a byte
    order mark are passed over. What a crashed recorder left unfinished (a last line without line
    feed that does not parse, a gzip file without its end) is no error: it is skipped and remarked
    in `warnings`.

    Parameters
    ----------
    path
        The tape.

    Attributes
    ----------
    warnings
        What was remarked; complete once the iteration has ended.
    line
        Number of the line read last, from 1.

    Raises
    ------
    TapeError
        While iterating: the file cannot be read, or a line is malformed. The message begins
        ``file:line:``.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.warnings: list[TapeWarning] = []
        self.line = 0

    def __iter__(self) -> Iterator[TapeFrame]:
        self.line = 0
        self.warnings.clear()
        rest = b""
        for chunk in self._chunks():
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            for line in lines:
                self.line += 1
                frame = self._parse(line)
                if frame is not None:
                    yield frame
        if rest:
            self.line += 1
            frame = self._last(rest)
            if frame is not None:
                yield frame

    def _parse(self, line: bytes) -> TapeFrame | None:
        try:
            return parse_line(line)
        except TapeError as error:
            if not line.strip():
                return None
            if self.line == 1 and line.startswith(BOM_UTF8):
                return self._parse(line.removeprefix(BOM_UTF8))
            raise TapeError(f"{self.path}:{self.line}: {error}") from error

    def _last(self, line: bytes) -> TapeFrame | None:
        try:
            return self._parse(line)
        except TapeError:
            if self.line == 1 and not line.removeprefix(BOM_UTF8).startswith(b"{"):
                raise
            self._remark(f"the last line is torn after {len(line)} bytes and was skipped")
            return None

    def _chunks(self) -> Iterator[bytes]:
        try:
            with open(self.path, "rb") as stream:
                head = stream.read(_READ_BYTES)
                yield from (
                    self._unzip(stream, head) if head[:2] == _GZIP_MAGIC else _plain(stream, head)
                )
        except (OSError, zlib.error) as error:
            raise TapeError(
                f"{self.path}:{self.line + 1}: cannot read the tape: {error}"
            ) from error

    def _unzip(self, stream: BinaryIO, head: bytes) -> Iterator[bytes]:
        """Unpack gzip members as far as they go.

        The standard library's reader raises at a missing end and takes up to a buffer of good data
        with it.
        """
        unpacker = zlib.decompressobj(_GZIP_WINDOW_BITS)
        is_inside = False
        for packed in _plain(stream, head):
            rest = packed
            while rest:
                yield unpacker.decompress(rest)
                is_inside = not unpacker.eof
                rest = unpacker.unused_data.lstrip(b"\0")
                if unpacker.eof:
                    unpacker = zlib.decompressobj(_GZIP_WINDOW_BITS)
        if is_inside:
            self._remark("the gzip file ends before its end mark; what could be unpacked was read")

    def _remark(self, reason: str) -> None:
        self.warnings.append(TapeWarning(self.path, self.line, reason))


def read_tapes(paths: Iterable[str | os.PathLike[str]]) -> Iterator[TapeFrame]:
    """Read several tapes one after another, in the order given.

    Raises
    ------
    TapeError
        As `TapeReader`. Warnings are not kept; use a `TapeReader` a tape where they matter.
    """
    for path in paths:
        yield from TapeReader(path)


def _plain(stream: BinaryIO, head: bytes) -> Iterator[bytes]:
    chunk = head
    while chunk:
        yield chunk
        chunk = stream.read(_READ_BYTES)
