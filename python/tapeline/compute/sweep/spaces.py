"""Sets of parameters: all of a grid, or some drawn from ranges."""

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tapeline.errors import ArgumentError

_MOST_SETS: Final = 1_000_000
"""What is more fills the memory before it is begun."""


@dataclass(frozen=True, slots=True)
class Wholes:
    """Whole numbers from ``low`` to ``high``, both included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Decimals:
    """Numbers from ``low`` to ``high``."""

    low: float
    high: float


def grid(space: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return every combination; the last parameter changes fastest.

    Raises
    ------
    ArgumentError
        A parameter has no value, or there are more than a million combinations.
    """
    lists = {name: _values(name, each, "a list of values") for name, each in space.items()}
    sets = math.prod(len(values) for values in lists.values())
    if sets > _MOST_SETS:
        raise ArgumentError(
            f"a grid of {sets:,} sets is more than {_MOST_SETS:,}: take fewer values, or some sets"
            " with draws()"
        )
    return [dict(zip(space, each, strict=True)) for each in itertools.product(*lists.values())]


def draws(
    space: Mapping[str, Sequence[Any] | Wholes | Decimals], count: int, seed: int
) -> list[dict[str, Any]]:
    """Return sets drawn at random: the same for the same seed.

    Parameters
    ----------
    space
        Of each parameter a range, or values that are equally likely.

    Raises
    ------
    ArgumentError
        A range is empty, or ``count`` is negative or above a million.
    """
    if count < 0:
        raise ArgumentError(f"count must be 0 or more, was {count}")
    if count > _MOST_SETS:
        raise ArgumentError(f"count must be {_MOST_SETS:,} or less, was {count:,}")
    source = random.Random(seed)  # noqa: S311 - repeatable, and no secret
    return [
        {name: _drawn(name, each, source) for name, each in space.items()} for _ in range(count)
    ]


def _drawn(name: str, values: Sequence[Any] | Wholes | Decimals, source: random.Random) -> Any:  # noqa: ANN401 - a parameter may be anything
    if isinstance(values, (Wholes, Decimals)):
        if values.low > values.high:
            raise ArgumentError(f"the range of parameter {name!r} is empty: {values}")
        if isinstance(values, Wholes):
            return source.randint(values.low, values.high)
        return source.uniform(values.low, values.high)
    return source.choice(_values(name, values, "a range or values"))


def _values(name: str, values: object, what: str) -> Sequence[Any]:
    found: object = values.tolist() if isinstance(values, np.ndarray) else values
    if isinstance(found, str) or not isinstance(found, Sequence) or not found:
        raise ArgumentError(f"parameter {name!r} needs {what}, was {values!r}")
    return found
