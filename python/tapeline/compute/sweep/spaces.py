"""Sets of parameters: all of a grid, or some drawn from ranges."""

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tapeline.errors import ArgumentError


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
        A parameter has no value.
    """
    for name, values in space.items():
        if isinstance(values, str) or not len(values):
            raise ArgumentError(f"parameter {name!r} needs a list of values, was {values!r}")
    return [dict(zip(space, each, strict=True)) for each in itertools.product(*space.values())]


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
        A range is empty, or ``count`` is negative.
    """
    if count < 0:
        raise ArgumentError(f"count must be 0 or more, was {count}")
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
    if isinstance(values, str) or not len(values):
        raise ArgumentError(f"parameter {name!r} needs a range or values, was {values!r}")
    return source.choice(values)
