"""What a strategy gave, checked."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from tapeline.access.times import to_text
from tapeline.compute.backtest.strategy import Array, Columns, Orders
from tapeline.errors import StrategyError

Wanted = dict[str, Array]
"""``target``, or ``order`` with ``limit`` and ``cancel``: one value a row of the clock."""


def checked(answer: object, clock: Columns, fail: Callable[[str], StrategyError]) -> Wanted:
    """Return an answer as columns.

    Raises
    ------
    StrategyError
        It has the wrong length or type, or a value that is no number.
    """
    if not isinstance(answer, Orders):
        targets = _floats("targets", answer, clock, fail)
        _check_finite("targets", targets, clock, fail)
        return {"target": targets}
    wanted = {"order": _floats("quantities", answer.quantity, clock, fail)}
    _check_finite("quantities", wanted["order"], clock, fail)
    if answer.limit is not None:
        limits = _floats("limits", answer.limit, clock, fail)
        if (np.isinf(limits) | (limits <= 0)).any():
            raise fail("gave limits that are no prices: they must be above 0, or NaN for none")
        wanted["limit"] = limits
    if answer.cancel is not None:
        flags = np.asarray(answer.cancel)
        if flags.dtype != np.bool_ or flags.shape != (clock.rows,):
            raise fail(f"gave a cancel of {_shown(flags)}; expected bool, {clock.rows:,} rows")
        wanted["cancel"] = flags.view(np.uint8)
    return wanted


def _floats(
    what: str, answer: object, clock: Columns, fail: Callable[[str], StrategyError]
) -> Array:
    values: Any = answer.to_numpy() if isinstance(answer, pl.Series) else answer
    if isinstance(values, np.ma.MaskedArray) and values.dtype.kind in "fiu":
        # What is masked is no number.
        values = np.ma.filled(values.astype(np.float64), np.nan)
    if not isinstance(values, np.ndarray):
        hint = ": give its .to_numpy()" if hasattr(answer, "to_numpy") else ""
        raise fail(f"gave {_kind(answer)}; expected an array of float64 as {what}{hint}")
    if values.dtype.kind not in "fiu" or values.shape != (clock.rows,):
        raise fail(f"gave {what} of {_shown(values)}; expected float64, {clock.rows:,} rows")
    return np.ascontiguousarray(values, dtype=np.float64)


def _check_finite(
    what: str, values: Array, clock: Columns, fail: Callable[[str], StrategyError]
) -> None:
    right = np.isfinite(values)
    if right.all():
        return
    place = int(np.argmin(right))
    count = len(values) - int(right.sum())
    raise fail(
        f"gave {what} that are no numbers: {values[place]} at {to_text(int(clock.time_ns[place]))}"
        f", {count:,} in all. Where nothing is wanted say 0"
    )


def _kind(answer: object) -> str:
    """Return the name of a type, with the library that it is from."""
    library = type(answer).__module__.partition(".")[0]
    name = type(answer).__name__
    return name if library == "builtins" else f"{library}.{name}"


def _shown(values: Array) -> str:
    return f"{values.dtype}, shape {values.shape}"
