"""Row groups as tables: decimals by ourselves, all else by Arrow.

Arrow builds each decimal by itself, which is most of the time of a query about prices. So columns
of decimals are read by ``decode_decimals`` of the extension, ten times as fast; what it does not
know, or finds damaged, is left to Arrow, and so are its errors.
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from tapeline.access.native import decode_decimals

_BYTES = 16
_CODECS = {"UNCOMPRESSED": False, "ZSTD": True}


def read_groups(
    content: pa.Buffer,
    footer: pq.FileMetaData,
    groups: Sequence[int],
    columns: Sequence[str],
    dictionaries: Sequence[str] = (),
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

    Returns
    -------
    pyarrow.Table
        As :meth:`pyarrow.parquet.ParquetFile.read_row_groups` gives it.

    Raises
    ------
    pyarrow.ArrowException
        The file is damaged.
    """
    found: dict[str, pa.ChunkedArray] = {}
    for place in range(footer.num_columns):
        leaf = footer.schema.column(place)
        if leaf.path in columns and _is_plain_decimal(leaf):
            parts = [_decoded(content, footer, group, place, leaf) for group in groups]
            if parts and not any(part is None for part in parts):
                found[leaf.path] = pa.chunked_array(
                    [chunk for part in parts if part is not None for chunk in part.chunks]
                )
    file = pq.ParquetFile(
        pa.BufferReader(content),
        metadata=footer,
        pre_buffer=False,
        read_dictionary=list(dictionaries),
    )
    others = [name for name in columns if name not in found]
    if not others:
        return file.read_row_groups(list(groups), columns=list(columns))
    table = file.read_row_groups(list(groups), columns=others)
    if not found:
        return table
    all_of = {name: table[name] for name in table.schema.names} | found
    names = [name for name in dict.fromkeys(columns) if name in all_of]
    schema = file.schema_arrow
    fields = [(schema if name in found else table.schema).field(name) for name in names]
    return pa.table([all_of[name] for name in names], pa.schema(fields, table.schema.metadata))


def _is_plain_decimal(leaf: pq.ColumnSchema) -> bool:
    """Whether a column is a column of the table, and has decimals of 16 bytes."""
    return (
        leaf.logical_type.type == "DECIMAL"
        and leaf.physical_type == "FIXED_LEN_BYTE_ARRAY"
        and leaf.length == _BYTES
        and leaf.max_repetition_level == 0
        and leaf.max_definition_level <= 1
        and "." not in leaf.path
    )


def _decoded(
    content: pa.Buffer, footer: pq.FileMetaData, group: int, place: int, leaf: pq.ColumnSchema
) -> pa.ChunkedArray | None:
    """Return a column of a row group; None leaves it to Arrow."""
    chunk = footer.row_group(group).column(place)
    if chunk.compression not in _CODECS:
        return None
    begin, end = range_of(chunk)
    part = pa.Array.from_buffers(pa.uint8(), end - begin, [None, content.slice(begin, end - begin)])
    rows = decode_decimals(
        pa.table({"chunk": part}),
        chunk.num_values,
        (leaf.max_definition_level == 1, _CODECS[chunk.compression]),
        (leaf.precision, leaf.scale),
    )
    return None if rows is None else pa.table(rows).column(0)


def range_of(chunk: pq.ColumnChunkMetaData) -> tuple[int, int]:
    """Return where a column of a row group lies: begin and end in the file."""
    begin = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset is not None:
        begin = min(begin, chunk.dictionary_page_offset)
    return begin, begin + chunk.total_compressed_size
