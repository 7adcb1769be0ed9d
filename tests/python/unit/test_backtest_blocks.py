"""How rows are cut into blocks: even ones where batches are large, and all rows in order."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from tapeline.compute.backtest.blocks import Lane, blocks
from tapeline.compute.backtest.feed import Arrays, Rows


def lane(batches: Sequence[Arrays]) -> Lane:
    return Lane(
        iter([Rows(each, 0) for each in batches]),
        lambda batch: None,
        {"time_ns": np.empty(0, np.int64)},
    )


def batches_of(sizes: Sequence[int]) -> list[Arrays]:
    times = np.arange(sum(sizes), dtype=np.int64)
    return [{"time_ns": part} for part in np.split(times, np.cumsum(sizes)[:-1])]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([1_000], [1_000]),
        ([600, 400], [1_000]),
        ([1_250, 1_250], [625, 625, 625, 625]),
        ([3_001], [751, 750, 750, 750]),
        ([100] * 25, [1_000, 1_000, 500]),
        ([100, 2_000], [1_000, 550, 550]),
    ],
)
def test_blocks_of_one_type_are_even_and_none_is_too_large(
    sizes: list[int], expected: list[int]
) -> None:
    found = [
        block["trade"]["time_ns"] for block in blocks({"trade": lane(batches_of(sizes))}, 1000)
    ]
    assert [len(each) for each in found] == expected
    assert np.array_equal(np.concatenate(found), np.arange(sum(sizes)))


def test_rows_of_a_large_batch_are_not_copied() -> None:
    batches = batches_of([4_000])
    for block in blocks({"trade": lane(batches)}, 1_000):
        assert np.shares_memory(block["trade"]["time_ns"], batches[0]["time_ns"])


def test_blocks_of_two_types_have_the_rows_of_one_time() -> None:
    lanes = {"trade": lane(batches_of([30, 30])), "funding": lane(batches_of([45]))}
    found = list(blocks(lanes, 20))
    sizes = [sum(len(each["time_ns"]) for each in block.values()) for block in found]
    assert sizes == [20] * 5 + [5]
    for before, after in pairwise(found):
        last = max(int(each["time_ns"][-1]) for each in before.values() if len(each["time_ns"]))
        first = min(int(each["time_ns"][0]) for each in after.values() if len(each["time_ns"]))
        assert last <= first
