"""Whatever an order-book message holds: a verdict, and the same one from both."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.python.property.agreeing import Pair
from tests.python.property.generating import SYMBOLS
from tests.python.property.test_any_input import numbers, values

RECEIVED_NS = 1_723_161_255_400_000_000
TIME_MS = 1_723_161_255_343
KEYS = [*"eEsUuba", "stream", "data", "lastUpdateId", "bids", "asks", "x"]
ODD_NUMBERS = ["0", "-0", "0e5", "0." + "0" * 40, "1e3", "1e17", "-1", "9" * 20, "1." + "1" * 38]
STREAMS = [
    "btcusdt@depth", "btcusdt@depth@100ms", "btcusdt@depth5", "btcusdt@depth20@100ms",
    "btcusdt@bookTicker", "!bookTicker", "!depth5", "@depth5", "ethbtc@depth", "a@b@bookTicker",
]  # fmt: skip

texts = st.one_of(st.sampled_from(ODD_NUMBERS), st.sampled_from(["1", "2", "3.50"]), numbers)
levels = st.lists(st.tuples(texts, texts), max_size=4)
tidy = st.lists(st.tuples(st.sampled_from("1234"), st.sampled_from("012")), max_size=4)
changes = st.dictionaries(st.sampled_from(KEYS), values, max_size=2)
wrappers = st.one_of(st.none(), st.sampled_from(STREAMS))
updates = st.tuples(st.integers(1, 40), st.integers(0, 6), st.integers(-3, 3), tidy, tidy)
wholes = st.tuples(st.one_of(st.none(), st.integers(1, 12)), tidy, tidy)


def write(stream: str | None, message: dict[str, Any]) -> bytes:
    frame = message if stream is None else {"stream": stream, "data": message}
    return json.dumps(frame).encode("utf-8", "surrogatepass")


def depth(bids: Any, asks: Any, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    head = {"e": "depthUpdate", "E": TIME_MS, "s": "BTCUSDT", "U": 5, "u": 9}
    return {**head, "b": bids, "a": asks, **other}


def partial(bids: Any, asks: Any, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"lastUpdateId": 5, "bids": bids, "asks": asks, **other}


def agree(frames: list[bytes]) -> None:
    pair = Pair(SYMBOLS)
    pair.push(frames, RECEIVED_NS)
    pair.end()


@given(st.lists(st.tuples(wrappers, levels, levels), max_size=12))
@example([(None, [("0", "0")], [("0e9", "-0")])])
def test_both_agree_on_any_spelling_of_levels(
    books: list[tuple[str | None, list[Any], list[Any]]],
) -> None:
    frames = [write(stream, depth(bids, asks)) for stream, bids, asks in books]
    agree(frames + [write(stream, partial(bids, asks)) for stream, bids, asks in books])


@given(st.lists(st.tuples(wrappers, changes), max_size=12))
def test_both_agree_on_books_with_any_values(
    books: list[tuple[str | None, dict[str, Any]]],
) -> None:
    whole, changed = partial([], [["1", "2"]]), depth([["1", "2"]], [])
    frames = [write(stream, {**changed, **change}) for stream, change in books]
    agree(frames + [write(stream, {**whole, **change}) for stream, change in books])


@given(st.lists(updates, max_size=40))
@example([(5, 4, 0, [], []), (1, 0, 1, [], []), (2, 3, 2, [], []), (6, 0, 3, [], [])])
def test_both_agree_on_any_order_of_updates(
    sent: list[tuple[int, int, int, list[Any], list[Any]]],
) -> None:
    agree([
        write(None, depth(bids, asks, U=first, u=first + width, E=TIME_MS + later))
        for first, width, later, bids, asks in sent
    ])  # fmt: skip


@given(st.lists(wholes, max_size=40), st.booleans())
def test_both_agree_on_any_order_of_whole_books(
    sent: list[tuple[int | None, list[Any], list[Any]]], is_ticker: bool
) -> None:
    frames = []
    for number, bids, asks in sent:
        if is_ticker:
            (bid, size), (ask, other) = (*bids, ("1", "1"))[0], (*asks, ("2", "1"))[0]
            message = {"u": number, "s": "BTCUSDT", "b": bid, "B": size, "a": ask, "A": other}
        else:
            message = partial(bids, asks, lastUpdateId=number)
        if number is None:
            message = {key: value for key, value in message.items() if value is not None}
        frames.append(write("btcusdt@bookTicker" if is_ticker else "btcusdt@depth5", message))
    agree(frames)
