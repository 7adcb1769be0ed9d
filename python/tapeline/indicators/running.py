"""How an indicator runs: over a whole column, or over one chunk after another."""

import math
from operator import index

import numpy as np

from tapeline.errors import ArgumentError
from tapeline.indicators.columns import Column, Floats, aligned, as_kind, outputs_for, pieces_of
from tapeline.indicators.native import IndicatorStream


def whole(value: object, name: str, least: int = 1) -> int:
    """Return an integer parameter.

    Raises
    ------
    ArgumentError
        It is none, or less than `least`.
    """
    try:
        number = index(value)  # type: ignore[arg-type]
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise ArgumentError(f"{name} must be an integer >= {least}, was {value!r}")
    return number


def positive(value: object, name: str) -> float:
    """Return a parameter that is a number above 0.

    Raises
    ------
    ArgumentError
        It is none.
    """
    try:
        number = math.nan if isinstance(value, str) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf:
        raise ArgumentError(f"{name} must be a finite number > 0, was {value!r}")
    return number


def yearly(per_year: float | None, window: int) -> float:
    """Return what the sum of `window` squares is multiplied by."""
    return 1.0 if per_year is None else positive(per_year, "per_year") / window


def new_stream(
    name: str, windows: tuple[int, ...], numbers: tuple[float, ...] = ()
) -> IndicatorStream:
    """Return a stream that has seen nothing yet.

    Raises
    ------
    ArgumentError
        A parameter is out of range.
    """
    try:
        return IndicatorStream(name, windows, numbers)
    except OverflowError as error:
        raise ArgumentError(f"{name} of {max(windows)} values: that is too many") from error


def batch(
    name: str,
    columns: tuple[Column, ...],
    windows: tuple[int, ...],
    numbers: tuple[float, ...] = (),
    *,
    out: object = None,
    needs: int = 0,
) -> list[Column]:
    """Run a new stream over whole columns.

    Parameters
    ----------
    needs
        Values before the first result; where there are fewer, the windows may be of any length.

    Returns
    -------
    list
        One result an output, each of the kind of the first column.
    """
    pieces = [pieces_of(column) for column in columns]
    length = sum(map(len, pieces[0]))
    if needs > length:
        # The stream would keep room for its windows. Those that must grow still do.
        windows = tuple(min(window, place + 2) for place, window in enumerate(windows))
    stream = new_stream(name, windows, numbers)
    outputs = outputs_for(out, stream.outputs, length)
    run(stream, pieces, outputs)
    if needs > length:
        for output in outputs:
            output.fill(np.nan)
    return [as_kind(output, columns[0]) for output in outputs]


def run(stream: IndicatorStream, columns: list[list[Floats]], outputs: list[Floats]) -> None:
    """Feed columns of any chunks."""
    begin = 0
    for inputs in aligned(columns):
        end = begin + len(inputs[0])
        stream.update(inputs, [output[begin:end] for output in outputs])
        begin = end
