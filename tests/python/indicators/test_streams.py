"""Streams equal batches bit for bit, on every instruction set."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapeline.indicators.native import IndicatorStream
from tests.python.indicators.catalogue import Entry, catalogue, columns
from tests.python.indicators.series import Floats

NAMES = [entry.name for entry in catalogue(1)]


def entry_of(name: str, window: int) -> Entry:
    return next(entry for entry in catalogue(window) if entry.name == name)


def as_tuple(result: object) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def bits(result: object) -> list[bytes]:
    """Of each number; those of a NaN are not defined, so all are made the same one."""
    return [np.where(np.isnan(array), np.nan, array).tobytes() for array in as_tuple(result)]


def fed(name: str, length: int, seed: int, *, holes: bool) -> list[Floats]:
    given_columns = columns(length, seed)
    if holes and length:
        rng = np.random.default_rng(seed)
        for column in given_columns.values():
            column[rng.integers(0, length, 2)] = rng.choice([np.nan, np.inf, 1e12, 0.0])
    return [given_columns[column] for column in entry_of(name, 1).columns]


@settings(max_examples=12, deadline=None)
@given(
    window=st.sampled_from([1, 2, 5, 17, 20, 100, 700]),
    length=st.integers(0, 2_500),
    seed=st.integers(0, 10_000),
    holes=st.booleans(),
    cuts=st.lists(st.floats(0, 1), max_size=12),
)
@pytest.mark.parametrize("name", NAMES)
def test_any_chunks_give_the_bits_of_the_batch(
    name: str, window: int, length: int, seed: int, holes: bool, cuts: list[float]
) -> None:
    entry = entry_of(name, window)
    whole = fed(name, length, seed, holes=holes)
    expected = as_tuple(entry.batch(*whole))
    places = sorted({0, length, *(int(cut * length) for cut in cuts)})
    stream = entry.running()
    parts = [
        as_tuple(stream.update(*(column[begin:end] for column in whole)))
        for begin, end in pairwise(places)
    ]
    parts.append(as_tuple(stream.update(*(column[:0] for column in whole))))
    joined = tuple(np.concatenate(output) for output in zip(*parts, strict=True))
    assert bits(joined) == bits(expected)
    if length:
        last = stream.values if len(expected) > 1 else (stream.value,)
        np.testing.assert_array_equal(last, [output[-1] for output in expected])


@pytest.mark.parametrize("window", [1, 3, 20, 600])
@pytest.mark.parametrize("name", NAMES)
def test_one_value_at_a_time_gives_the_bits_of_the_batch(name: str, window: int) -> None:
    entry = entry_of(name, window)
    whole = fed(name, 1_300, 3, holes=True)
    stream = entry.running()
    parts = [
        as_tuple(stream.update(*(column[at : at + 1] for column in whole))) for at in range(1_300)
    ]
    joined = tuple(np.concatenate(output) for output in zip(*parts, strict=True))
    assert bits(joined) == bits(entry.batch(*whole))


@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("window", [1, 2, 19, 20, 64, 1_000])
@pytest.mark.parametrize("name", NAMES)
def test_every_instruction_set_gives_the_same_bits(name: str, window: int, holes: bool) -> None:
    entry = entry_of(name, window)
    whole = fed(name, 5_000, 9, holes=holes)
    expected = bits(entry.batch(*whole))
    sets = IndicatorStream.instruction_sets()
    assert sets[0] == "scalar"
    for instruction_set in sets:
        stream = IndicatorStream(*entry.native, instruction_set=instruction_set)
        outputs = [np.empty(5_000) for _ in range(stream.outputs)]
        stream.update(whole, outputs)
        assert bits(tuple(outputs)) == expected, instruction_set


@pytest.mark.parametrize("name", NAMES)
def test_lengths_around_the_window(name: str) -> None:
    for window in (1, 4, 5):
        entry = entry_of(name, window)
        longer = as_tuple(entry.batch(*fed(name, 60, 4, holes=False)))
        for length in range(window + 2):
            whole = [column[:length] for column in fed(name, 60, 4, holes=False)]
            for short, long in zip(as_tuple(entry.batch(*whole)), longer, strict=True):
                assert bits(short) == bits(long[:length])


def test_an_unknown_instruction_set_is_refused() -> None:
    with pytest.raises(ValueError, match='no instruction set "neon9"'):
        IndicatorStream("sma", (2,), instruction_set="neon9")
    with pytest.raises(ValueError, match='no indicator "nothing" takes 1 windows and 0 numbers'):
        IndicatorStream("nothing", (2,))
