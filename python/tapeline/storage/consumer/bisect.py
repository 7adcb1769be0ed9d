"""A row that a store refuses costs one row: find it, let the others through."""

from collections.abc import Callable

import pyarrow as pa

from tapeline.errors import RowError


def split_refused(
    table: pa.Table, rehearse: Callable[[pa.Table], None]
) -> tuple[pa.Table, list[tuple[pa.Table, str]]]:
    """Split rows into those a store takes and those it refuses.

    Parameters
    ----------
    rehearse
        Raises RowError when one of the rows given can never be stored.

    Returns
    -------
    (accepted, refused)
        The order is kept; each refused table has one row, with the store's reason. Finding k bad
        rows of n takes about k log2(n) rehearsals.
    """
    if table.num_rows == 0:
        return table, []
    try:
        rehearse(table)
    except RowError as error:
        if table.num_rows == 1:
            return table.slice(0, 0), [(table, str(error))]
    else:
        return table, []
    half = table.num_rows // 2
    first, first_refused = split_refused(table.slice(0, half), rehearse)
    second, second_refused = split_refused(table.slice(half), rehearse)
    return pa.concat_tables([first, second]), first_refused + second_refused


def row_bytes(row: pa.Table) -> bytes:
    """Return a row as an Arrow IPC stream: every column, exactly."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, row.schema) as writer:
        writer.write_table(row.combine_chunks())
    return bytes(sink.getvalue())
