"""The binary layout of the live socket: shared vectors, exactness, and books from their changes."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapeline.api.live.book_frames import ShownBook, Side, bbo, has_same_best, snapshot, update
from tapeline.api.live.exact import mantissas
from tapeline.api.live.layout import Body
from tests.python.live_frames import FrameError, frames, plain
from tests.vectors.make_live_frames import TARGET, document

VECTORS: Final[dict[str, Any]] = json.loads(Path(TARGET).read_text())
DECIMAL: Final = pa.decimal128(38, 18)
numbers = st.integers(-(2**63) + 1, 2**63 - 1)
sides = st.dictionaries(st.integers(1, 40), st.integers(1, 3), max_size=12)


def test_the_shared_vectors_are_what_the_encoder_writes_today() -> None:
    assert document() == VECTORS


@pytest.mark.parametrize("vector", VECTORS["frames"], ids=lambda vector: vector["name"])
def test_a_frame_is_its_header_and_aligned_columns(vector: dict[str, Any]) -> None:
    content = bytes.fromhex(vector["hex"])
    assert len(content) == vector["header"]["length"]
    assert len(content) % 8 == 0


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=lambda vector: vector["name"])
def test_a_message_is_frames_one_after_the_other(vector: dict[str, Any]) -> None:
    by_name = {each["name"]: each["header"]["kind"] for each in VECTORS["frames"]}
    kinds = [frame.kind for frame in frames(bytes.fromhex(vector["hex"]))]
    assert kinds == [by_name[name] for name in vector["frames"]]


@pytest.mark.parametrize("vector", VECTORS["errors"], ids=lambda vector: vector["name"])
def test_bytes_that_are_no_frames_are_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(FrameError, match=vector["error"]):
        list(frames(bytes.fromhex(vector["hex"])))


@given(st.lists(st.tuples(numbers, st.integers(0, 18)), min_size=1, max_size=8), st.integers(0, 18))
def test_decimals_become_whole_numbers_without_a_loss(
    parts: list[tuple[int, int]], hint: int
) -> None:
    values = [Decimal(number).scaleb(-scale) for number, scale in parts]
    kept = [each for each in values if abs(each) < 10**20]
    found = mantissas([pa.array(kept, DECIMAL)], hint)
    least = max((_scale(each) for each in kept), default=0)
    if found is None:
        assert any(abs(each.scaleb(least)) >= 2**63 for each in kept)
        return
    assert least <= found.scale <= max(hint, least)
    assert [Decimal(int(each)).scaleb(-found.scale) for each in found.values[0]] == kept


def test_the_number_that_stands_for_none_is_no_value() -> None:
    assert mantissas([pa.array([Decimal(-(2**63))], DECIMAL)]) is None
    found = mantissas([pa.array([Decimal(-(2**63) + 1), None], DECIMAL)])
    assert found is not None
    assert found.values[0].tolist() == [-(2**63) + 1, -(2**63)]


def test_a_hint_that_does_not_fit_is_left_for_the_least_scale() -> None:
    found = mantissas([pa.array([Decimal("12345678901.5")], DECIMAL)], 18)
    assert found is not None
    assert found.scale == 1


def test_a_slice_of_a_column_is_read_where_it_lies() -> None:
    column = pa.array([Decimal(1), None, Decimal(3)], DECIMAL).slice(1, 2)
    found = mantissas([column])
    assert found is not None
    assert found.values[0].tolist() == [-(2**63), 3]


@given(sides, sides, sides, sides)
def test_updates_make_the_next_book_of_the_last(
    bids: dict[int, int], asks: dict[int, int], next_bids: dict[int, int], next_asks: dict[int, int]
) -> None:
    before, after = _book(bids, asks), _book(next_bids, next_asks)
    shown = _applied({}, snapshot(before))
    assert shown == _levels(bids, asks)
    change = update(before, after)
    assert change is not None
    assert _applied(shown, change) == _levels(next_bids, next_asks)
    same = [max(one, default=0) == max(two, default=0) for one, two in [(bids, next_bids)]]
    if has_same_best(before, after):
        assert all(same)
        assert bbo(before).columns == bbo(after).columns


def _scale(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -int(exponent)) if value else 0


def _book(bids: dict[int, int], asks: dict[int, int]) -> ShownBook:
    return ShownBook(True, _side(bids, -1), _side(asks, 1), 0, 0, None, None, 0)


def _side(levels: dict[int, int], order: int) -> Side:
    prices = sorted(levels, key=lambda price: order * price)
    return Side(np.array(prices, np.int64), np.array([levels[price] for price in prices], np.int64))


def _levels(bids: dict[int, int], asks: dict[int, int]) -> dict[tuple[str, str], str]:
    return {
        (name, plain(price, 0)): plain(quantity, 0)
        for name, side in (("bid", bids), ("ask", asks))
        for price, quantity in side.items()
    }


def _applied(shown: dict[tuple[str, str], str], body: Body) -> dict[tuple[str, str], str]:
    (frame,) = frames(body.frame(1, 1))
    levels = dict(shown) if frame.kind == "book_update" else {}
    columns = frame.columns
    for name, price, quantity in zip(
        columns["book_side"], columns["price"], columns["quantity"], strict=True
    ):
        if quantity == "0":
            del levels[name, price]
        else:
            levels[name, price] = quantity
    return levels
