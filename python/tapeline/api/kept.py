"""Answers kept for a while, so that the pages of a list come from one of them."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from tapeline.telemetry.clock import Clock

Value = TypeVar("Value")

_KEPT_NS: Final = 60_000_000_000
_MOST: Final = 16
_MOST_WEIGHT: Final = 200_000


@dataclass(frozen=True, slots=True)
class Survey:
    """The streams of a question about coverage."""

    rows: list[dict[str, Any]]
    """In order."""
    summary: dict[str, Any]
    as_of_ns: int | None


@dataclass(frozen=True, slots=True)
class _Item(Generic[Value]):
    value: Value
    weight: int
    until_ns: int


class Kept(Generic[Value]):
    """Keeps the latest values by name: for a minute, so many, and of so much weight together.

    Any thread may use it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._items: OrderedDict[str, _Item[Value]] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def find(self, name: str) -> Value | None:
        """Return what is kept under a name; None when there is nothing, or it is old."""
        with self._lock:
            item = self._items.get(name)
            if item is None or item.until_ns <= self._clock.monotonic_ns():
                return None
            return item.value

    def keep(self, name: str, value: Value, weight: int) -> None:
        """Keep a value in place of the one before; what is too heavy is not kept.

        Parameters
        ----------
        weight
            How many things it is made of.
        """
        with self._lock:
            self._drop(name)
            if weight > _MOST_WEIGHT:
                return
            while self._items and (
                len(self._items) >= _MOST or self._weight + weight > _MOST_WEIGHT
            ):
                self._drop(next(iter(self._items)))
            until_ns = self._clock.monotonic_ns() + _KEPT_NS
            self._items[name] = _Item(value, weight, until_ns)
            self._weight += weight

    def _drop(self, name: str) -> None:
        item = self._items.pop(name, None)
        if item is not None:
            self._weight -= item.weight
