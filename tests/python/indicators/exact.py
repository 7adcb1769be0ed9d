"""Indicators the slow and obvious way, in exact arithmetic (fractions) where they allow it."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NAN = float("nan")


def rolled(
    columns: Sequence[Floats], window: int, total: Callable[..., float], *, extra: int = 0
) -> Floats:
    """Apply `total` to each window's exact values; NaN where one is NaN or there are too few."""
    length = len(columns[0])
    result = np.full(length, NAN)
    for end in range(window + extra, length + 1):
        parts = [column[end - window - extra : end].tolist() for column in columns]
        if all(math.isfinite(value) for part in parts for value in part):
            result[end - 1] = total(*([Fraction(value) for value in part] for part in parts))
    return result


def mean(values: list[Fraction]) -> float:
    return float(sum(values) / len(values))


def total(values: list[Fraction]) -> float:
    return float(sum(values))


def variance(values: list[Fraction], ddof: int = 0) -> float:
    middle = sum(values) / len(values)
    squares = sum((value - middle) ** 2 for value in values)
    return float(squares / (len(values) - ddof)) if len(values) > ddof else NAN


def deviation(values: list[Fraction], ddof: int = 0) -> float:
    return math.sqrt(variance(values, ddof))


def weighted(values: list[Fraction]) -> float:
    weights = range(1, len(values) + 1)
    return float(sum(w * value for w, value in zip(weights, values, strict=True)) / sum(weights))


def weighted_price(prices: list[Fraction], quantities: list[Fraction]) -> float:
    volume = sum(quantities)
    notional = sum(p * q for p, q in zip(prices, quantities, strict=True))
    return float(notional / volume) if volume else NAN


def ema(values: Floats, window: int, weight: Fraction | None = None) -> Floats:
    """Seed with the mean of the first `window`; anew after what is not finite."""
    alpha = Fraction(2, window + 1) if weight is None else weight
    result = np.full(len(values), NAN)
    seed: list[Fraction] = []
    mean_now: Fraction | None = None
    for place, value in enumerate(values.tolist()):
        if not math.isfinite(value):
            seed, mean_now = [], None
            continue
        exact = Fraction(value)
        if mean_now is None:
            seed.append(exact)
            if len(seed) == window:
                mean_now = sum(seed, Fraction(0)) / window
        else:
            # Rounded, or the fractions grow without end; far below what a float can show.
            mean_now = _short(mean_now + alpha * (exact - mean_now))
        if mean_now is not None:
            result[place] = float(mean_now)
    return result


def _short(value: Fraction) -> Fraction:
    return Fraction(round(value * 2**1_300), 2**1_300)
