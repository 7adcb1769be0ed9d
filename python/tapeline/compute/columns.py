"""Columns of an answer as NumPy arrays; here decimals become floats, and nowhere below."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tapeline.compute.native import floats


def with_floats(rows: pa.Table | pa.RecordBatch) -> pa.Table:
    """Return rows with each decimal as the nearest ``float64``; other columns are not copied.

    The nearest is meant exactly, as ``float(Decimal(...))``. Arrow's own cast is one off in about
    an eighth of usual prices, and slower.

    Parameters
    ----------
    rows
        Decimal columns are ``decimal128(38, 18)``, or dictionaries of them with keys of 32 bits; a
        null stays one.

    Raises
    ------
    ArgumentError
        A decimal column has other places.
    """
    return pa.table(floats(rows))


def to_numpy(column: pa.Array | pa.ChunkedArray) -> NDArray[np.float64]:
    """Return a column of decimals, whole numbers or floats as float64.

    Parameters
    ----------
    column
        Of length n; decimals are ``decimal128(38, 18)``, or dictionaries of them.

    Returns
    -------
    numpy.ndarray
        float64 of shape (n,); NaN where there is a null. Not to be written to: it may be the
        column's own memory.
    """
    if pa.types.is_decimal(column.type) or pa.types.is_dictionary(column.type):
        column = with_floats(pa.table({"": column})).column(0)
    found: NDArray[np.float64] = column.to_numpy()
    return found.astype(np.float64, copy=False)
