"""What every metric asks of its arrays."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tapeline.errors import ArgumentError

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


def as_floats(values: ArrayLike, name: str) -> Floats:
    """Return ``values`` as float64, without a copy where they are that already.

    Raises
    ------
    ArgumentError
        They are not one-dimensional, or one of them is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ArgumentError(f"{name} has {array.ndim} dimensions, not one")
    finite = np.isfinite(array)
    if not finite.all():
        row = int(np.argmin(finite))
        raise ArgumentError(f"{name} is {array[row]} at row {row}")
    return array


def as_times(values: ArrayLike, length: int) -> Times:
    """Return ``values`` as int64 nanoseconds.

    Raises
    ------
    ArgumentError
        They are not whole numbers, not ``length`` of them, or one is before the one above it.
    """
    array = np.asarray(values)
    if array.size and array.dtype.kind not in "iu":
        raise ArgumentError(f"times are int64 nanoseconds, not {array.dtype}")
    array = array.astype(np.int64, copy=False)
    if array.shape != (length,):
        raise ArgumentError(f"{array.shape[0] if array.ndim else 0} times for {length} values")
    if (array[1:] < array[:-1]).any():
        raise ArgumentError("times go back")
    return array
