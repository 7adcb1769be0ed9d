"""Rows to the bytes of a Parquet file."""

import base64
import contextlib
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tapeline.storage.parquet.layout import ROWS_PER_GROUP
from tapeline.storage.parquet.native import encode_parquet
from tapeline.storage.schema import LOG_INDEX, LOG_OFFSET, stored_schema_of

LIVE_LEVEL: Final = 1
"""zstd level of files that are written as events come; archives take 10."""

# Times, ids and offsets of neighbours differ little: deltas take a third of a dictionary's bytes
# and half its time.
_DELTA: Final = frozenset(
    {
        "timestamp_ns",
        "received_ns",
        "next_funding_ns",
        "start_ns",
        "end_ns",
        "first_update_id",
        "last_update_id",
        "prev_update_id",
        "first_id",
        "last_id",
        LOG_OFFSET,
        LOG_INDEX,
    }
)
# Mostly different in each row: a dictionary would be built and thrown away.
_PLAIN: Final = frozenset({"event_id", "price", "raw", "metadata.key_value.value"})
_PREFIXED: Final = frozenset({"native_id"})


def encode(
    event_type: str, table: pa.Table, places: pa.Array | None = None, *, level: int = LIVE_LEVEL
) -> bytes:
    """Return the file of rows that are in order already, or of those at ``places``, in that order.

    Raises
    ------
    ArgumentError
        A row has no value where its column demands one.
    """
    stored = stored_schema_of(event_type)
    return encode_parquet(
        table,
        places,
        level=level,
        group_rows=ROWS_PER_GROUP,
        statistics=_with_statistics(stored),
        notes=_notes(event_type, stored),
    )


@contextlib.contextmanager
def file_writer(
    event_type: str,
    sink: object,
    schema: pa.Schema,
    *,
    level: int,
    stored: pa.Schema | None = None,
) -> Iterator[pq.ParquetWriter]:
    """Open a file for tables of ``schema``, a row group for each that is written.

    Each page gets a checksum; :func:`tapeline.storage.parquet.sealing.seal` adds that of the footer
    when the file is complete.

    For files that are written once and read often. The file says our Arrow schema, so that any
    reader of Arrow gets exactly its types back.

    Parameters
    ----------
    sink
        A path, or an open stream of Arrow's.
    stored
        The schema the file says it has; None is the stored one of the type.
    """
    stored = stored_schema_of(event_type) if stored is None else stored
    leaves = _leaves(stored)
    encodings = {name: coded for name in leaves if (coded := _encoding(name)) is not None}
    with pq.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        compression_level=level,
        use_dictionary=[name for name in leaves if name not in encodings],
        column_encoding=encodings,
        write_statistics=_with_statistics(stored),
        store_schema=False,
        write_page_checksum=True,
    ) as writer:
        yield writer
        writer.add_key_value_metadata(_notes(event_type, stored))


def _notes(event_type: str, stored: pa.Schema) -> dict[str, str]:
    exact = base64.b64encode(stored.serialize()).decode()
    return {"ARROW:schema": exact, "tapeline.type": event_type}


def _encoding(name: str) -> str | None:
    if name in _DELTA:
        return "DELTA_BINARY_PACKED"
    if name in _PREFIXED:
        return "DELTA_BYTE_ARRAY"
    if name in _PLAIN:
        return "PLAIN"
    return None


def _with_statistics(schema: pa.Schema) -> list[str]:
    """Columns a query can be about: minima of the others would cost time and help nobody."""
    asked = {"exchange", "market", "symbol", "raw_symbol", "quality", LOG_OFFSET}
    return [name for name in schema.names if name in asked or name.endswith("_ns")]


def _leaves(schema: pa.Schema) -> list[str]:
    """Return the names of the columns as Parquet has them."""
    found: list[str] = []
    for field in schema:
        found += _leaves_below(field.name, field.type)
    return found


def _leaves_below(path: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_map(kind):
        return [f"{path}.key_value.key", f"{path}.key_value.value"]
    if pa.types.is_list(kind):
        return _leaves_below(f"{path}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        return [
            leaf for field in kind for leaf in _leaves_below(f"{path}.{field.name}", field.type)
        ]
    return [path]
