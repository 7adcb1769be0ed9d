"""Finds strategies that use what they could not have known.

The account cannot be deceived: a target acts on a later row. But a strategy is given many rows at
once, and may look at a later one by mistake (``shift(-1)``, a mean over all). So it is asked again
with the rows up to some moment and nothing else: what it wanted until then must be the same.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from tapeline.access.times import to_text
from tapeline.compute.backtest.answers import Wanted
from tapeline.compute.backtest.strategy import Array, MarketData
from tapeline.errors import LookAheadError, StrategyError

_EVEN: Final = 5
_TURNS: Final = 12
_FEW_TURNS: Final = 8
_FEW_LATEST: Final = 32_768
"""Asking about more rows takes more of a long run's time."""
_RELATIVE: Final = 1e-9
"""Sums over fewer values may be rounded otherwise."""


def check_causality(
    data: MarketData,
    wanted: Wanted,
    ask: Callable[[MarketData], Wanted],
    strategy_id: str,
    moments: Sequence[int],
) -> None:
    """Ask again at some moments and compare.

    Parameters
    ----------
    data
        What the strategy was given.
    wanted
        What it answered.
    ask
        Asks a strategy that has seen nothing yet.
    strategy_id
        For the message.
    moments
        How many rows it is given each time, above 0.

    Raises
    ------
    LookAheadError
        An answer differs: the message says where.
    """
    for rows in moments:
        try:
            again = ask(data.until(rows))
        except StrategyError as error:
            raise _found(strategy_id, data, rows - 1, rows, str(error)) from error
        for name, values in wanted.items():
            other = again.get(name)
            if other is None:
                raise _found(strategy_id, data, rows - 1, rows, f"it gave no {name}")
            place = _first_difference(values[:rows], other)
            if place is not None:
                change = f"{name} {other[place]} instead of {values[place]}"
                raise _found(strategy_id, data, place, rows, change)


def many_moments(wanted: Wanted) -> list[int]:
    """Return how many rows to ask about: some evenly spread, some where something changes."""
    turns = _turns(wanted, 0)
    places = np.linspace(0, len(turns) - 1, min(_TURNS, len(turns))).astype(np.int64)
    return _inside(wanted, _EVEN, turns[places])


def few_moments(wanted: Wanted, begin: int, *, has_quiet: bool = True) -> list[int]:
    """Return less of the same, as cheap as can be: where something changes first.

    Parameters
    ----------
    begin
        Rows before were answered before. From 0 on there is a moment where nothing changes, too.
    has_quiet
        Whether that one is wanted.
    """
    chosen = _turns(wanted, begin)[:_FEW_TURNS]
    if not begin and has_quiet:
        rows = len(next(iter(wanted.values())))
        chosen = np.append(chosen, min(rows // 2, _FEW_LATEST))
    return _inside(wanted, 0, chosen)


def turns_from(wanted: Wanted, begin: int) -> bool:
    """Return whether something changes from a row on."""
    return bool(len(_turns(wanted, begin)))


def _turns(wanted: Wanted, begin: int) -> Array:
    values = next(iter(wanted.values()))
    changes: Array = np.flatnonzero(np.diff(values[begin:])) + begin + 2
    return changes


def _inside(wanted: Wanted, even: int, turns: Array) -> list[int]:
    rows = len(next(iter(wanted.values())))
    chosen = {rows * step // (even + 1) for step in range(1, even + 1)}
    return sorted(each for each in chosen | set(turns.tolist()) if 0 < each < rows)


def _first_difference(values: Array, other: Array) -> int | None:
    if values.dtype.kind != "f":
        differs = values != other
    else:
        scale = np.maximum(np.abs(values), np.abs(other))
        both_none = np.isnan(values) & np.isnan(other)
        differs = ~(np.abs(values - other) <= _RELATIVE * scale) & ~both_none
    return int(np.argmax(differs)) if differs.any() else None


def _found(
    strategy_id: str, data: MarketData, place: int, rows: int, change: str
) -> LookAheadError:
    times = data.clock.time_ns
    return LookAheadError(
        f"strategy {strategy_id!r} looks ahead: for {to_text(int(times[place]))} it answers"
        f" otherwise when it is given no row after {to_text(int(times[rows - 1]))} ({change})."
        " A strategy that gives other answers every time is refused for the same reason"
    )
