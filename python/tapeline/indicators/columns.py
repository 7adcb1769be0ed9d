"""Columns of float64 from NumPy, Polars and Arrow and back, without copies."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tapeline.errors import ArgumentError

Column = TypeVar("Column")
"""A NumPy array, Polars Series, Arrow array or Arrow chunked array of float64."""

Floats: TypeAlias = NDArray[np.float64]


def pieces_of(column: object) -> list[Floats]:
    """Return the memory of a column, a NumPy view for each of its chunks.

    Nulls and masked values become NaN, which copies their chunk; a stride is copied too. Nothing
    else is copied.

    Raises
    ------
    ArgumentError
        It is no column of float64.
    """
    if isinstance(column, np.ma.MaskedArray):
        _check_type(column.dtype == np.float64, column.dtype, "values.astype(numpy.float64)")
        column = column.filled(np.nan)
    if isinstance(column, np.ndarray):
        return [_checked(column)]
    polars, arrow = sys.modules.get("polars"), sys.modules.get("pyarrow")
    if polars is not None and isinstance(column, polars.Series):
        _check_type(column.dtype == polars.Float64, column.dtype, "values.cast(polars.Float64)")
        return [
            (chunk.fill_null(float("nan")) if chunk.null_count() else chunk).to_numpy()
            for chunk in column.get_chunks()
        ]
    if arrow is not None and isinstance(column, arrow.Array | arrow.ChunkedArray):
        _check_type(column.type == arrow.float64(), column.type, "values.cast(pyarrow.float64())")
        chunks = [column] if isinstance(column, arrow.Array) else column.chunks
        return [
            (chunk.fill_null(float("nan")) if chunk.null_count else chunk).to_numpy()
            for chunk in chunks
        ]
    raise ArgumentError(
        "a column is a NumPy array, Polars Series or Arrow array of float64, "
        f"was {type(column).__name__}: numpy.asarray(values, dtype=float) makes one of a list or of"
        " a pandas Series"
    )


def aligned(columns: Sequence[list[Floats]]) -> Iterator[list[Floats]]:
    """Cut columns of several chunks where any of them is cut; views, in order.

    Raises
    ------
    ArgumentError
        They are of different lengths.
    """
    lengths = [sum(map(len, pieces)) for pieces in columns]
    if len(set(lengths)) > 1:
        raise ArgumentError(f"columns must have one length, had {lengths}")
    if all(len(pieces) == 1 for pieces in columns):
        yield [pieces[0] for pieces in columns]
        return
    ends = [np.cumsum([len(piece) for piece in pieces], dtype=np.int64) for pieces in columns]
    begin = 0
    for end in np.unique(np.concatenate(ends)).tolist():
        if end > begin:
            yield [_cut(*both, begin, end) for both in zip(columns, ends, strict=True)]
        begin = end


def _cut(pieces: list[Floats], ends: NDArray[np.int64], begin: int, end: int) -> Floats:
    place = int(np.searchsorted(ends, begin, side="right"))
    before = int(ends[place]) - len(pieces[place])
    return pieces[place][begin - before : end - before]


def outputs_for(out: object, count: int, length: int) -> list[Floats]:
    """Return the arrays that results are written to: those given, or new ones.

    Raises
    ------
    ArgumentError
        They are not as many, or no contiguous float64 arrays of this length.
    """
    if out is None:
        return [np.empty(length) for _ in range(count)]
    given: tuple[Any, ...] = out if isinstance(out, tuple) else (out,)
    if len(given) != count:
        raise ArgumentError(f"out must be {count} arrays, was {len(given)}")
    for array in given:
        if (
            not isinstance(array, np.ndarray)
            or array.dtype != np.float64
            or array.shape != (length,)
            or not array.flags.c_contiguous
            or not array.flags.writeable
        ):
            raise ArgumentError(
                f"out must be a contiguous, writable float64 array of {length} values"
            )
    return list(given)


def as_kind(result: Floats, like: Any) -> Any:  # noqa: ANN401 (the kind of `like`)
    """Return a result as the kind of column that the input was, around the same memory."""
    if isinstance(like, np.ndarray):
        return result
    import pyarrow as pa

    array = pa.array(result)
    if isinstance(like, pa.Array):
        return array
    if isinstance(like, pa.ChunkedArray):
        return pa.chunked_array([array])
    import polars as pl

    series = pl.Series(array)
    return series.alias(like.name)


def _checked(array: NDArray[Any]) -> Floats:
    _check_type(array.dtype == np.float64, array.dtype, "values.astype(numpy.float64)")
    if array.ndim != 1:
        raise ArgumentError(f"a column has one dimension, had {array.ndim}")
    return np.require(array, requirements=("C", "A"))


def _check_type(is_right: bool, found: object, cast: str) -> None:
    if not is_right:
        raise ArgumentError(f"a column must be float64, was {found}: cast it first, {cast}")
