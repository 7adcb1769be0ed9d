"""What `Normalizer` sends can always be read back, and what it cannot take it refuses at once."""

from typing import Any

import pytest

import tapeline as tl

RECEIVED_NS = 1_723_161_255_350_000_000

#: Brokers refuse messages of more than 1,000,000 bytes by default.
LARGEST_MESSAGE = 1_000_000


def normalizer(**options: Any) -> tl.Normalizer:  # noqa: ANN401 - any option
    return tl.Normalizer(exchange="binance", market="spot", **options)


def listed(symbol: str, raw_symbol: str) -> tl.Instrument:
    return tl.Instrument("binance", "spot", symbol, raw_symbol)


def trade(number: int = 1, *, price: str = "1.5", padding: int = 0) -> bytes:
    head = f'{{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":{number},"p":"{price}","q":"2",'
    return (head + " " * padding + '"T":1723161255342,"m":true,"M":true}').encode()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"instruments": [listed("X" * 257, "BTCUSDT")]}, "symbol must have at most 256 bytes"),
        ({"instruments": [listed("币" * 86, "BTCUSDT")]}, "symbol must have at most 256 bytes"),
        ({"producer": "p" * 257}, "producer must have at most 256 bytes"),
        ({"instruments": [listed("A/B", "AB"), listed("A/C", "AB")]}, '"AB" is both'),
        ({"instruments": [listed("A/B", "AB"), listed("A/B", "A_B")]}, '"A/B" is both'),
        ({"max_frame_bytes": -1}, "out of range"),
        ({"stale_after_ns": 2**63}, "out of range"),
    ],
)
def test_what_could_not_be_read_back_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(tl.ArgumentError, match=said):
        normalizer(**options)


class Frame(bytes):
    """What a client library may hand over."""


@pytest.mark.parametrize("received_ns", [RECEIVED_NS, None, [RECEIVED_NS], [None]])
@pytest.mark.parametrize("kind", [bytes, Frame])
def test_a_bytes_object_is_one_frame(
    kind: type[bytes], received_ns: int | list[int | None] | None
) -> None:
    alone = normalizer(producer="p").push(kind(trade()), received_ns)
    in_list = normalizer(producer="p").push([trade()], received_ns)

    assert (alone.frames, alone.events) == (1, 1)
    assert alone.messages == in_list.messages


def test_a_bytes_object_has_one_receive_time() -> None:
    with pytest.raises(tl.ArgumentError, match=r"one entry a frame \(1\), has 2"):
        normalizer().push(trade(), [RECEIVED_NS, RECEIVED_NS])


def test_the_longest_texts_that_are_taken_can_be_read() -> None:
    longest = listed("X" * 256, "BTCUSDT")
    pipeline = normalizer(instruments=[longest, longest], producer="p" * 256)
    values = [value for _, _, value in pipeline.push([trade()], RECEIVED_NS)]

    trades = tl.decode(values, event_type="trade").to_polars()

    assert trades["symbol"].to_list() == ["X" * 256]


@pytest.mark.parametrize("reason", ["x" * 10_000_000, "币" * 30_000])
def test_a_long_reason_is_cut_at_a_character(reason: str) -> None:
    pipeline = normalizer()
    pipeline.push([trade()], RECEIVED_NS)
    ((_, _, value),) = pipeline.connection("lost", RECEIVED_NS, reason)

    (said,) = tl.decode([value]).to_polars()["reason"]

    assert reason.startswith(said)
    assert 1_020 < len(said.encode()) <= 1_024


@pytest.mark.parametrize("padding", [300_000, 4_000_000])
def test_long_frames_give_messages_that_a_broker_takes(padding: int) -> None:
    pipeline = normalizer(keep_raw="all")
    frames = [trade(number, padding=padding) for number in range(1, 4)]
    frames.insert(2, trade(9, price="none", padding=padding))

    result = pipeline.push(frames, RECEIVED_NS)

    assert (result.events, result.quarantined) == (3, 1)
    assert max(len(value) for _, _, value in result) < LARGEST_MESSAGE
    trades = [value for topic, _, value in result if topic.startswith("trade")]
    assert tl.decode(trades).to_polars()["native_id"].to_list() == ["1", "2", "3"]
    assert len(trades) == 2


def test_a_receive_time_is_any_integer() -> None:
    class Index:
        def __index__(self) -> int:
            return RECEIVED_NS

    number: Any = Index()
    for received_ns in (number, [number]):
        (value, *_) = (v for _, _, v in normalizer().push([trade()], received_ns))
        assert tl.decode([value]).to_polars()["received_ns"].to_list() == [RECEIVED_NS]
