"""What rows of one time are ordered by, as numbers."""

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.schema import LOG_INDEX, LOG_OFFSET, ORDER_COLUMNS

_NAMES = tuple(name for name in ORDER_COLUMNS if name not in (LOG_OFFSET, LOG_INDEX))


def keys_of(table: pa.Table, times: pa.Array) -> pa.Table:
    """Return what orders rows, column by column: time, names, offset and index.

    Parameters
    ----------
    table
        Rows in one piece, with the columns of the order; names as texts or dictionaries of them.
    times
        The time of each, int64 Unix UTC nanoseconds.

    Returns
    -------
    pyarrow.Table
        int64, int64, int64 and int32, without nulls, a row for each. The names of a row are one
        number, which is less where they come first.
    """
    names = None
    for name in _NAMES:
        ranks, count = _ranks(table[name])
        names = ranks if names is None else pc.add(pc.multiply(names, count), ranks)
    columns = [times, names, table[LOG_OFFSET], table[LOG_INDEX].cast(pa.int32())]
    return pa.table(columns, names=["time", "names", LOG_OFFSET, LOG_INDEX])


def _ranks(column: pa.ChunkedArray) -> tuple[pa.Array, int]:
    """Return the place of each name among those that are there, and how many places there are.

    A name that is not known is as an empty one.
    """
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    names = column.combine_chunks()
    if isinstance(names, pa.ChunkedArray):
        names = names.chunk(0)
    known = pa.concat_arrays([names.dictionary.cast(pa.string()), pa.array([""], pa.string())])
    ranks = pc.rank(pc.fill_null(known, ""), tiebreaker="dense").cast(pa.int64())
    found = ranks.take(names.indices)
    if found.null_count:
        found = pc.fill_null(found, ranks[-1])
    return found, len(ranks) + 1
