"""An answer as text or files, batch by batch."""

import csv
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from tapeline.access.frames import Frame, Frames
from tapeline.access.plain_rows import json_lines, rows_of
from tapeline.errors import SettingsError

Advance = Callable[[int], None]

_ENDINGS: Final = {"csv": ".csv", "json": ".jsonl", "parquet": ".parquet", "arrow": ".arrow"}


def write(frames: Frames, form: str, out: Path | None, advance: Advance) -> None:
    """Write all rows.

    Parameters
    ----------
    form
        One of :data:`FORMATS`.
    out
        A file; a folder where there are several types, but for json; None is stdout.

    Raises
    ------
    SettingsError
        Several types of that format need a folder, or the terminal cannot show it.
    """
    if form == "json":
        with _opened(out) as sink:
            for name, frame in frames.items():
                _write_json(frame, sink, advance, name if len(frames) > 1 else None)
        return
    if len(frames) > 1 and (out is None or (out.exists() and not out.is_dir())):
        raise SettingsError(f"--format {form} with several types needs --out FOLDER")
    for name, frame in frames.items():
        path = out
        if out is not None and (len(frames) > 1 or out.is_dir()):
            out.mkdir(parents=True, exist_ok=True)
            path = out / f"{name}{_ENDINGS[form]}"
        if path is None and form != "csv" and sys.stdout.isatty():
            raise SettingsError(f"--format {form} is not for a terminal: add --out FILE")
        with _opened(path) as sink:
            FORMATS[form](frame, sink, advance)


def _write_json(
    frame: Frame, sink: BinaryIO, advance: Advance, event_type: str | None = None
) -> None:
    """Write one object a line; of several types each says which."""
    for batch in frame.batches():
        rows = rows_of(pa.Table.from_batches([batch]))
        if event_type is not None:
            rows = ({"type": event_type, **row} for row in rows)
        sink.write(json_lines(rows))
        advance(batch.num_rows)


def _write_csv(frame: Frame, sink: BinaryIO, advance: Advance) -> None:
    """Write a line a row under one of names; lists and objects are JSON texts."""
    text = io.TextIOWrapper(sink, encoding="utf-8", newline="", write_through=True)
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(frame.schema.names)
    for batch in frame.batches():
        rows = rows_of(pa.Table.from_batches([batch]))
        lines.writerows([_field(value) for value in row.values()] for row in rows)
        advance(batch.num_rows)
    text.flush()
    text.detach()


def _write_parquet(frame: Frame, sink: BinaryIO, advance: Advance) -> None:
    with pq.ParquetWriter(sink, frame.schema, compression="zstd") as writer:
        for batch in frame.batches():
            writer.write_batch(batch)
            advance(batch.num_rows)


def _write_arrow(frame: Frame, sink: BinaryIO, advance: Advance) -> None:
    """Write an IPC stream, which can be read while it is written."""
    with pa.ipc.new_stream(sink, frame.schema) as writer:
        for batch in frame.batches():
            writer.write_batch(batch)
            advance(batch.num_rows)


FORMATS: Final[dict[str, Callable[[Frame, BinaryIO, Advance], None]]] = {
    "csv": _write_csv,
    "json": _write_json,
    "parquet": _write_parquet,
    "arrow": _write_arrow,
}
"""Every format but the table."""


@contextmanager
def _opened(path: Path | None) -> Iterator[BinaryIO]:
    """Open a file that appears whole when all is written, a device, or stdout."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists() and not path.is_file():
        # A device or a pipe: written into, and never replaced.
        with path.open("wb") as file:
            yield file
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _field(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value
