"""Settlements of funding that no state tells of, one case after the other."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from tapeline.compute.backtest.settlements import USUAL_NS, Settlements

HOUR = 3_600_000_000_000
States = Sequence[tuple[float, float]]
"""Hours of a state, and of the settlement it names."""


def states(*hours: float, step: float = 8) -> list[tuple[float, float]]:
    """States that name the next settlement of a regular venue."""
    return [(hour, (hour // step + 1) * step) for hour in hours]


def missing(said: States, span: tuple[float, float], cut: int = 1) -> list[tuple[float, bool]]:
    """Hours of what is missing, and whether it lies between states."""
    found = Settlements()
    for begin in range(0, len(said), cut):
        some = said[begin : begin + cut]
        found.take(
            {
                "time_ns": np.array([int(hour * HOUR) for hour, _ in some], np.int64),
                "next_funding_ns": np.array([int(hour * HOUR) for _, hour in some], np.int64),
                "rate": np.full(len(some), 0.0001),
            }
        )
    begin_ns, end_ns = (int(hour * HOUR) for hour in span)
    return [(each.time_ns / HOUR, each.is_within) for each in found.missing(begin_ns, end_ns)]


EVERY_HOUR = [hour + 0.5 for hour in range(100)]


@pytest.mark.parametrize("cut", [1, 3, 1000])
@pytest.mark.parametrize(
    ("said", "span", "expected"),
    [
        (states(*EVERY_HOUR), (0.5, 99.5), []),
        # From before 16 until after 48: 16 is known from the state at 15.5.
        (
            states(*(each for each in EVERY_HOUR if not 16 <= each < 49)),
            (0.5, 99.5),
            [(24, True), (32, True), (40, True), (48, True)],
        ),
        (states(*(each for each in EVERY_HOUR if not 16 <= each < 24)), (0.5, 99.5), [(24, True)]),
        (states(*(each for each in EVERY_HOUR if not 17 <= each < 31)), (0.5, 99.5), []),
        # A state at the very settlement names the next one.
        (states(0.5, 7.5, 8, 15.5, 16, 24), (0.5, 24), []),
        (states(0.5, 8.5, 25), (0.5, 30), [(24, True)]),
        # Nothing shows how far settlements are apart.
        ([(1, 8), (33, 40)], (1, 39), [(16, True), (24, True), (32, True)]),
        # What comes after shows it.
        ([(1, 4), (13, 16), (17, 20), (21, 24)], (1, 23), [(8, True), (12, True)]),
        # The venue settles twice as often from 24 on, and nothing is missing.
        ([*states(1, 9, 17), *states(24.5, 28.5, 32.5, step=4)], (1, 33), []),
        ([*states(1, 5, 9, 13, step=4), (16.5, 24), (24.5, 32)], (1, 31), []),
        # States begin late and end early.
        (
            states(*EVERY_HOUR[20:40]),
            (0.5, 60),
            [(8, False), (16, False), (48, False), (56, False)],
        ),
        (states(*EVERY_HOUR[20:40]), (17, 47), []),
        ([], (0, 100), []),
        # One that is named wrongly, far away, was not passed by.
        ([(1, 8), (2, 8_000), (3, 8), (9, 16)], (1, 15), []),
        # States that name nothing.
        ([(1, 8), (2, 0), (3, 2), (9, 16), (17, 24)], (1, 23), []),
    ],
)
def test_a_settlement_is_missing_when_no_state_names_it(
    said: States, span: tuple[float, float], expected: list[tuple[float, bool]], cut: int
) -> None:
    assert missing(said, span, cut) == expected


def test_states_without_a_rate_say_nothing() -> None:
    found = Settlements()
    found.take(
        {
            "time_ns": np.array([HOUR, 9 * HOUR, 17 * HOUR], np.int64),
            "next_funding_ns": np.array([8 * HOUR, 16 * HOUR, 24 * HOUR], np.int64),
            "rate": np.array([0.1, math.nan, 0.1]),
        }
    )
    (one,) = found.missing(0, 20 * HOUR)
    assert (one.time_ns, one.is_within) == (16 * HOUR, True)
    assert USUAL_NS == 8 * HOUR
