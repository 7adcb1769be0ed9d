"""Exact decimals as whole numbers of 64 bits and a scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.api.live.layout import NONE

MOST_DIGITS: Final = 18
"""Digits after the point of every decimal of an answer."""


@dataclass(frozen=True, slots=True)
class Mantissas:
    """Decimals that have one scale."""

    values: list[npt.NDArray[np.int64]]
    """One array a column; :data:`~tapeline.api.live.layout.NONE` where the decimal is null."""
    scale: int
    """A value is its number times ten to the power of ``-scale``."""


def mantissas(columns: Sequence[pa.Array], hint: int = 0) -> Mantissas | None:
    """Write decimals as whole numbers, nothing rounded.

    Parameters
    ----------
    columns
        ``decimal128(38, 18)``.
    hint
        The scale to try first: that of the same topic's last frame.

    Returns
    -------
    Mantissas or None
        At ``hint`` when that is exact, else at the least scale that is. None when some value needs
        more than 63 bits there.
    """
    for scale in (hint, *range(MOST_DIGITS + 1)):
        exact = _rescaled(columns, scale)
        if exact is None:
            continue
        found = [_narrow(column) for column in exact]
        fitting = [each for each in found if each is not None]
        if len(fitting) == len(found):
            return Mantissas(fitting, scale)
        if scale != hint:
            return None
    return None


def _rescaled(columns: Sequence[pa.Array], scale: int) -> list[pa.Array] | None:
    if scale == MOST_DIGITS:
        return list(columns)
    try:
        return [pc.cast(column, pa.decimal128(38, scale)) for column in columns]
    except pa.ArrowInvalid:
        # Digits would be lost.
        return None


def _narrow(column: pa.Array) -> npt.NDArray[np.int64] | None:
    """Return the low halves of numbers of 128 bits; None when a high half says more."""
    content = column.buffers()[1]
    if content is None or not len(column):
        return np.full(len(column), NONE, np.int64)
    halves = np.frombuffer(content, np.int64)
    halves = halves[2 * column.offset : 2 * (column.offset + len(column))].reshape(-1, 2)
    low, high = halves[:, 0], halves[:, 1]
    fits = (high == low >> 63) & (low != NONE)
    if not column.null_count:
        return np.ascontiguousarray(low) if fits.all() else None
    there = column.is_valid().to_numpy(zero_copy_only=False)
    return np.where(there, low, NONE) if fits[there].all() else None
