"""Columns of an answer as NumPy arrays; here decimals become floats, and nowhere below."""

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tapeline.compute.native import floats
from tapeline.errors import ArgumentError


def with_floats(rows: pa.Table | pa.RecordBatch | pl.DataFrame) -> pa.Table:
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
    # Texts of Polars would come as views, which Arrow takes none of.
    return pa.table(floats(rows.to_arrow() if isinstance(rows, pl.DataFrame) else rows))


def to_numpy(column: pa.Array | pa.ChunkedArray | pl.Series) -> NDArray[np.float64]:
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

    Raises
    ------
    ArgumentError
        It holds no numbers, or a decimal column has other places.
    """
    if isinstance(column, pl.Series):
        column = column.to_arrow()
    if pa.types.is_decimal(column.type) or pa.types.is_dictionary(column.type):
        column = with_floats(pa.table({"": column})).column(0)
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise ArgumentError(f"expected a column of numbers, was {kind}")
    found: NDArray[np.float64] = column.to_numpy(zero_copy_only=False)
    return found.astype(np.float64, copy=False)
