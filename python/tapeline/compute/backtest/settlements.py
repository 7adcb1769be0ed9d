"""Settlements of funding that no state tells of: they cannot be paid, and are told.

A state names the next settlement and its rate. The last one before a settlement is what is paid.
Where no state comes for longer than from one settlement to the next, the first settlement of that
time is known from the state before, and those after it are known from nothing: their times follow
from how far settlements are apart, their rates do not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tapeline.access.times import to_text
from tapeline.compute.backtest.feed import Arrays
from tapeline.compute.backtest.quality import QualityPolicy
from tapeline.compute.backtest.result import NO_STATE, UNPAID
from tapeline.errors import DataQualityError

USUAL_NS: Final = 8 * 3_600_000_000_000
"""Between two settlements, where the data does not show it."""

_LEAST_NS: Final = 60_000_000_000
"""No venue settles more often: what says so is wrong."""

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Missing:
    """A settlement whose rate nobody knows."""

    time_ns: int
    is_within: bool
    """Whether it lies between states; else before the first or after the last one."""


@dataclass(slots=True)
class Settlements:
    """The settlements of one instrument, followed block after block."""

    _steps: list[tuple[int, int, int]] = field(default_factory=list)
    """Settlement, time of the state that named the one after it first, that one."""
    _first: tuple[int, int] | None = None
    """Time of the first state, and the settlement it named."""
    _next_ns: int | None = None

    def take(self, funding: Arrays) -> None:
        """Take states, as they have a part in the run."""
        named = (funding["next_funding_ns"] > funding["time_ns"]) & ~np.isnan(funding["rate"])
        times, nexts = funding["time_ns"][named], funding["next_funding_ns"][named]
        if not len(times):
            return
        if self._next_ns is None:
            self._first = (int(times[0]), int(nexts[0]))
            self._next_ns = int(nexts[0])
        for place in np.flatnonzero(np.diff(nexts, prepend=self._next_ns)):
            # One that was put off, or named wrongly, was not passed by.
            if self._next_ns <= times[place] < nexts[place]:
                self._steps.append((self._next_ns, int(times[place]), int(nexts[place])))
            self._next_ns = int(nexts[place])

    @property
    def is_known(self) -> bool:
        """Whether any state named a settlement."""
        return self._first is not None

    def missing(self, begin_ns: int, end_ns: int) -> list[Missing]:
        """Return the settlements after one time and not after another that no state tells of."""
        if self._first is None or self._next_ns is None:
            return []
        said_ns, first_ns = self._first
        found = [Missing(each, False) for each in self._before(first_ns, begin_ns, said_ns)]
        for place, (settled_ns, state_ns, next_ns) in enumerate(self._steps):
            step = self._step_near(place)
            times = range(next_ns - step, settled_ns + step // 2, -step)
            found += [Missing(each, True) for each in reversed(times) if each <= state_ns]
        step = self._step_near(len(self._steps))
        found += [Missing(each, False) for each in range(self._next_ns + step, end_ns + 1, step)]
        return [each for each in found if begin_ns < each.time_ns <= end_ns]

    def _before(self, first_ns: int, begin_ns: int, said_ns: int) -> Iterable[int]:
        step = self._step_near(-1)
        times = range(first_ns - step, begin_ns, -step)
        return reversed([each for each in times if each <= said_ns])

    def _step_near(self, place: int) -> int:
        """Return how far settlements are apart, by the steps that hide none."""
        sure = [
            (at, next_ns - settled_ns)
            for at, (settled_ns, state_ns, next_ns) in enumerate(self._steps)
            if 2 * (state_ns - settled_ns) < next_ns - settled_ns >= _LEAST_NS
        ]
        before = [step for at, step in sure if at <= place]
        if before:
            return before[-1]
        return sure[0][1] if sure else USUAL_NS


def is_funded(symbol: str) -> bool:
    """Return whether an instrument is a contract without an end, by its canonical symbol."""
    settled = symbol.partition(":")[2]
    return bool(settled) and "-" not in settled


def unpaid(
    settlements: Settlements, span: tuple[int, int], policy: QualityPolicy, symbol: str
) -> list[Mapping[str, Any]]:
    """Return the settlements that cannot be paid as rows of what had no part.

    Parameters
    ----------
    span
        Times of the first and the last row of the market.

    Raises
    ------
    DataQualityError
        The policy refuses what is missing.
    """
    if settlements.is_known:
        return _rows(settlements.missing(*span), policy, symbol)
    if not is_funded(symbol):
        return []
    if policy.unverifiable == "refuse":
        raise DataQualityError(
            f"{symbol}: no funding state was read, so that no settlement can be paid: the policy"
            " refuses what cannot be verified"
        )
    return [_row(symbol, None, NO_STATE)]


def _rows(
    missing: Sequence[Missing], policy: QualityPolicy, symbol: str
) -> list[Mapping[str, Any]]:
    refused = [
        each
        for each in missing
        if (policy.gaps if each.is_within else policy.unverifiable) == "refuse"
    ]
    if refused:
        times = ", ".join(to_text(each.time_ns) for each in refused[:_SHOWN])
        more = f" and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
        what = "settlement" if len(refused) == 1 else "settlements"
        raise DataQualityError(
            f"{symbol}: no funding state tells the rate of {len(refused):,} {what},"
            f" at {times}{more}: the policy refuses what is missing. Run without paying them with"
            " policy='mask', or leave that time out"
        )
    return [_row(symbol, each.time_ns, UNPAID) for each in missing]


def _row(symbol: str, time_ns: int | None, reason: str) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "type": "funding",
        "start_ns": time_ns,
        "end_ns": time_ns,
        "reason": reason,
        "events": 0,
    }
