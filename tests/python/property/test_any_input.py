"""Whatever the bytes: a verdict, and the same one from both."""

import json
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.python.property.agreeing import Pair
from tests.python.property.generating import SYMBOLS, Market
from tests.python.property.native import NativePipeline
from tests.python.reference.corpus import plain_decimal
from tests.python.reference.faults import FaultError
from tests.python.reference.scanner import Scanner

RECEIVED_NS = 1_723_161_255_400_000_000
KEYS = [*"esatpqTmEflubBA", "stream", "data", "result", "error", "code", "msg", "id", "x"]
WORDS = ["trade", "aggTrade", "serverShutdown", "BTCUSDT", "btcusdt@trade", "1.5", "7"]

json_text = st.text(st.sampled_from('{}[]:,"\\u d8aDcf019eE+-.tnrl\n\x7f'), max_size=40)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(WORDS),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    ),
    max_leaves=12,
)
numbers = st.one_of(
    st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.text(st.sampled_from("0123456789.eE+- _,٣"), max_size=12),
)


def agree(*frames: bytes) -> None:
    pair = Pair(SYMBOLS)
    pair.push(frames, RECEIVED_NS)
    pair.end()


def trade(price: str = "1.5", quantity: str = "2", **other: Any) -> bytes:  # noqa: ANN401
    fields = {"e": "trade", "E": 1723161255343, "s": "BTCUSDT", "t": 1, "p": price, "q": quantity}
    return json.dumps({**fields, "T": 1723161255342, "m": True, **other}).encode()


@given(st.lists(st.binary(max_size=60), max_size=30))
def test_both_agree_on_any_bytes(frames: list[bytes]) -> None:
    agree(*frames)


@given(st.lists(st.one_of(json_text, st.text(max_size=30)), max_size=30))
def test_both_agree_on_text_that_is_nearly_json(texts: list[str]) -> None:
    agree(*(text.encode("utf-8", "surrogatepass") for text in texts))


@given(st.lists(values, max_size=20), st.booleans())
def test_both_agree_on_any_json(messages: list[Any], is_ascii: bool) -> None:
    agree(*(json.dumps(item, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")
            for item in messages))  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), values, max_size=3), max_size=20))
def test_both_agree_on_trades_with_any_values(changes: list[dict[str, Any]]) -> None:
    agree(*(trade(**change) for change in changes))


@given(st.lists(st.tuples(numbers, numbers), max_size=20))
@example([("0." + "0" * 17 + "1", "9" * 20)])
def test_both_agree_on_any_spelling_of_a_number(pairs: list[tuple[str, str]]) -> None:
    agree(*(trade(price, quantity) for price, quantity in pairs))


@given(st.decimals("1e-18", "99999999999999999", allow_nan=False, places=18))
def test_a_price_goes_in_and_comes_out_the_same(price: Decimal) -> None:
    output = NativePipeline(SYMBOLS).push([trade(f"{price:f}", "1")], RECEIVED_NS)
    ((record,),) = output.trades.values()
    assert Decimal(plain_decimal(record.price)) == price


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_how_frames_are_cut_into_pushes_does_not_matter(seed: int, cuts: int) -> None:
    frames = Market(seed).frames(120)
    whole, parts = NativePipeline(SYMBOLS), NativePipeline(SYMBOLS)
    at_once = whole.push([frame.raw for frame in frames], [frame.received_ns for frame in frames])
    trades: dict[Any, list[Any]] = {}
    random = Random(cuts)
    while frames:
        part, frames = frames[: (size := random.randrange(1, 60))], frames[size:]
        output = parts.push([frame.raw for frame in part], [frame.received_ns for frame in part])
        for instrument, records in output.trades.items():
            trades.setdefault(instrument, []).extend(records)
    assert trades == at_once.trades
    assert parts.counters() == whole.counters()
    assert parts.gaps() == whole.gaps()


@given(json_text)
@example("[" * 40 + "]" * 40)
def test_the_scanner_accepts_what_json_accepts(text: str) -> None:
    try:
        Scanner(text.encode()).scan()
        fault = None
    except FaultError as error:
        fault = error.reason
    try:
        json.loads(text)
        is_accepted = True
    except ValueError:
        is_accepted = False
    assert (fault in (None, "encoding")) if is_accepted else fault
