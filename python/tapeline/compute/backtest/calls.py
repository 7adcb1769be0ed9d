"""Calls a strategy, block after block, with the past it needs."""

import copy
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Literal

import numpy as np

from tapeline.compute.backtest.answers import Wanted, checked
from tapeline.compute.backtest.causality import (
    check_causality,
    few_moments,
    many_moments,
    turns_from,
)
from tapeline.compute.backtest.feed import EVENT_ID, SUSPICIOUS, Arrays
from tapeline.compute.backtest.loader import LoadedStrategy
from tapeline.compute.backtest.strategy import Columns, Instrument, MarketData
from tapeline.errors import StrategyError

Check = Literal["all", "some", "none"]
"""How much a strategy is asked again without what comes later."""

_LINES_SHOWN = 20


class StrategyCalls:
    """A strategy at work on one instrument.

    Parameters
    ----------
    loaded, parameters
        Which, and how.
    instrument
        Whose rows it gets.

    Raises
    ------
    StrategyError
        It is a class that cannot be made.
    """

    def __init__(
        self, loaded: LoadedStrategy, parameters: Mapping[str, Any], instrument: Instrument
    ) -> None:
        self._loaded = loaded
        self._parameters = dict(parameters)
        self._instrument = instrument
        self._clock = next(iter(loaded.columns))
        self._rows_back = None if loaded.is_class else loaded.rows_back(parameters)
        self._past: dict[str, Arrays] = {}
        self._before: dict[str, Arrays] = {}
        self._strategy: Any = self._made() if loaded.is_class else None
        self._is_first = True
        self._is_checked = False

    @property
    def needs_all(self) -> bool:
        """Whether it has to be called once for everything."""
        return not self._loaded.is_class and self._rows_back is None

    def answer(self, block: Mapping[str, Arrays], *, check: Check) -> Wanted:
        """Return what is wanted, one value a row of the block's clock.

        Parameters
        ----------
        block
            Rows of every type, in the order of time after those of the block before.
        check
            Whether to ask again without what comes later, and to compare: about many moments of
            every block, or about some until it has wanted something else. A class, which remembers,
            is asked as a copy of what it was before the block.

        Raises
        ------
        StrategyError
            The strategy raised, or gave no answer; or all blocks are to be checked and it is a
            class that cannot be copied.
        LookAheadError
            It gave another answer when it could not see what comes later.
        """
        own = {name: _own(block[name]) for name in self._loaded.columns}
        rows = {name: _joined(self._past.get(name), arrays) for name, arrays in own.items()}
        data = self._data(rows)
        as_before = self._as_before(check)
        wanted = self._asked(self._strategy, data)
        new = len(own[self._clock]["time_ns"])
        if as_before is not None:
            moments = self._moments(wanted, data.rows - new, check)
            anew = partial(self._asked_anew, as_before)
            check_causality(data, wanted, anew, self._loaded.strategy_id, moments)
        self._is_first = False
        self._remember(rows)
        return {name: each[len(each) - new :] for name, each in wanted.items()}

    def _moments(self, wanted: Wanted, begin: int, check: Check) -> list[int]:
        """Return how many rows to ask again about, given where the new ones begin."""
        if check == "none":
            return []
        if check == "all":
            return many_moments(wanted)
        if self._is_checked:
            return []
        self._is_checked = turns_from(wanted, begin)
        # A class gets no rows of the past: each of its blocks begins with row 0.
        is_later = self._loaded.is_class and not self._is_first
        return few_moments(wanted, 0, has_quiet=False) if is_later else few_moments(wanted, begin)

    def _as_before(self, check: Check) -> Callable[[], Any] | None:
        """Return what makes a strategy as it is before a block; None where that is not checked."""
        if not self._loaded.is_class:
            return lambda: None
        if check == "none" or (self._is_checked and check != "all"):
            return None
        if self._is_first:
            return self._made
        try:
            return partial(copy.deepcopy, copy.deepcopy(self._strategy))
        except Exception as error:
            if check != "all":
                # What the first block showed has to do.
                self._is_checked = True
                return None
            raise self._failure(
                f"cannot be copied ({error!r}), so that only its first block can be checked for"
                " looking ahead: leave check_causality out, or give it __deepcopy__"
            ) from error

    def _asked_anew(self, made: Callable[[], Any], data: MarketData) -> Wanted:
        return self._asked(made(), data)

    def _made(self) -> Any:  # noqa: ANN401
        """Return an object of a class."""
        try:
            return self._loaded.entry(**self._parameters)
        except (Exception, SystemExit) as error:
            raise self._raised(error) from error

    def _asked(self, strategy: Any, data: MarketData) -> Wanted:  # noqa: ANN401
        try:
            if self._loaded.is_class:
                answer = strategy.on_chunk(data)
            else:
                answer = self._loaded.entry(data, **self._parameters)
        except (Exception, SystemExit) as error:
            raise self._raised(error) from error
        return checked(answer, data.clock, self._failure)

    def _data(self, rows: Mapping[str, Arrays]) -> MarketData:
        columns = {name: Columns(name, _locked(arrays)) for name, arrays in rows.items()}
        before = {name: Columns(name, _locked(each)) for name, each in self._before.items()}
        return MarketData(self._instrument, self._clock, columns, before)

    def _remember(self, rows: Mapping[str, Arrays]) -> None:
        """Keep the past that the next call gets: of other types, what is as late as the clock's.

        The last row of each type before that is kept for :meth:`MarketData.latest`.
        """
        clock = rows[self._clock]["time_ns"]
        kept = min(self._rows_back or 0, len(clock))
        for name, arrays in rows.items():
            times = arrays["time_ns"]
            if name == self._clock:
                begin = len(times) - kept
            elif kept:
                begin = int(np.searchsorted(times, clock[len(clock) - kept], side="left"))
            else:
                begin = len(times)
            if begin:
                self._before[name] = {key: each[begin - 1 : begin] for key, each in arrays.items()}
            # Copies, so that no block stays in memory for its last rows.
            self._past[name] = {key: each[begin:].copy() for key, each in arrays.items()}

    def _raised(self, error: BaseException) -> StrategyError:
        error.__traceback__ = _of_strategy(error.__traceback__)
        lines = traceback.format_exception(error)[-_LINES_SHOWN:]
        return self._failure(f"raised {type(error).__name__}: {error}\n{''.join(lines)}".rstrip())

    def _failure(self, text: str) -> StrategyError:
        return StrategyError(
            f"strategy {self._loaded.strategy_id!r} {text}"
            if "\n" in text
            else f"strategy {self._loaded.strategy_id!r} {text} ({self._instrument.symbol})"
        )


def _of_strategy(trace: TracebackType | None) -> TracebackType | None:
    """Leave out the frames of this file, which say nothing to whom the strategy is of."""
    while trace is not None and trace.tb_next and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _own(arrays: Arrays) -> Arrays:
    return {name: each for name, each in arrays.items() if name not in (SUSPICIOUS, EVENT_ID)}


def _joined(past: Arrays | None, arrays: Arrays) -> Arrays:
    if past is None or not len(past["time_ns"]):
        return arrays
    return {name: np.concatenate([past[name], each]) for name, each in arrays.items()}


def _locked(arrays: Arrays) -> Arrays:
    """Return views that nothing can be written to: the account sees the same rows."""
    found: Arrays = {}
    for name, each in arrays.items():
        view = each.view()
        view.flags.writeable = False
        found[name] = view
    return found
