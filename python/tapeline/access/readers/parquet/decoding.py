"""Row groups as tables: decimals and times by ourselves, all else by Arrow.

Arrow builds each decimal by itself, which is most of the time of a query about prices. So columns
of decimals are read by ``decode_decimals`` of the extension, ten times as fast, and whole numbers
by ``decode_wholes``; what they do not know, or find damaged, is left to Arrow, and so are its
errors.
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from tapeline.access.native import decode_decimals, decode_wholes
from tapeline.storage.parquet.sealing import range_of

_BYTES = 16
_CODECS = {"UNCOMPRESSED": False, "ZSTD": True}


def read_groups(
    content: pa.Buffer,
    footer: pq.FileMetaData,
    groups: Sequence[int],
    columns: Sequence[str],
    dictionaries: Sequence[str] = (),
    *,
    with_keys: bool = False,
) -> pa.Table:
    """Read columns of row groups.

    Parameters
    ----------
    content
        The file, as far as the columns lie in it.
    groups, columns
        Which; columns that the file does not have are left out.
    dictionaries
        Columns of texts to read as dictionaries.
    with_keys
        Whether decimals may be dictionaries of decimals too, where the file has them so.

    Returns
    -------
    pyarrow.Table
        As :meth:`pyarrow.parquet.ParquetFile.read_row_groups` gives it, but for the metadata.

    Raises
    ------
    pyarrow.ArrowException
        The file is damaged.
    """
    found: dict[str, pa.ChunkedArray] = {}
    fields: dict[str, pa.Field] = {}
    for place in range(footer.num_columns):
        leaf = footer.schema.column(place)
        if leaf.path not in columns or not _is_plain(leaf):
            continue
        parts = [_decoded(content, footer, group, place, leaf, with_keys) for group in groups]
        chunks = [part for part in parts if part is not None]
        # Where one group has a dictionary and another has none, Arrow makes them one.
        if chunks and len(chunks) == len(parts) and len({part.type for part in chunks}) == 1:
            found[leaf.path] = pa.chunked_array([each for part in chunks for each in part.chunks])
            fields[leaf.path] = pa.field(
                leaf.path, chunks[0].type, nullable=leaf.max_definition_level == 1
            )
    others = [name for name in columns if name not in found]
    if others:
        table = _by_arrow(content, footer, groups, others, dictionaries)
        if not found:
            return table
        found |= {name: table[name] for name in table.schema.names}
        fields |= {name: table.schema.field(name) for name in table.schema.names}
    names = [name for name in dict.fromkeys(columns) if name in found]
    return pa.table([found[name] for name in names], pa.schema([fields[name] for name in names]))


def _by_arrow(
    content: pa.Buffer,
    footer: pq.FileMetaData,
    groups: Sequence[int],
    columns: Sequence[str],
    dictionaries: Sequence[str],
) -> pa.Table:
    file = pq.ParquetFile(
        pa.BufferReader(content),
        metadata=footer,
        pre_buffer=False,
        read_dictionary=list(dictionaries),
        page_checksum_verification=True,
    )
    return file.read_row_groups(list(groups), columns=list(columns))


def _is_plain(leaf: pq.ColumnSchema) -> bool:
    """Whether a column is a column of the table, and has decimals or whole numbers we know."""
    if leaf.max_repetition_level > 0 or leaf.max_definition_level > 1 or "." in leaf.path:
        return False
    return _is_decimal(leaf) or _is_whole(leaf)


def _is_decimal(leaf: pq.ColumnSchema) -> bool:
    return bool(
        leaf.logical_type.type == "DECIMAL"
        and leaf.physical_type == "FIXED_LEN_BYTE_ARRAY"
        and leaf.length == _BYTES
    )


def _is_whole(leaf: pq.ColumnSchema) -> bool:
    return bool(leaf.physical_type == "INT64" and leaf.logical_type.type == "NONE")


def _decoded(
    content: pa.Buffer,
    footer: pq.FileMetaData,
    group: int,
    place: int,
    leaf: pq.ColumnSchema,
    with_keys: bool,
) -> pa.ChunkedArray | None:
    """Return a column of a row group; None leaves it to Arrow."""
    stored = footer.row_group(group).column(place)
    if stored.compression not in _CODECS:
        return None
    begin, end = range_of(stored)
    part = pa.Array.from_buffers(pa.uint8(), end - begin, [None, content.slice(begin, end - begin)])
    chunk = (
        pa.table({"chunk": part}),
        stored.num_values,
        leaf.max_definition_level == 1,
        _CODECS[stored.compression],
    )
    if _is_whole(leaf):
        rows = decode_wholes(chunk)
    else:
        rows = decode_decimals(chunk, (leaf.precision, leaf.scale), with_keys=with_keys)
    return None if rows is None else pa.table(rows).column(0)
