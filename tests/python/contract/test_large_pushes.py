"""Pushes long enough to let other threads run give what short ones give, in any thread."""

from concurrent.futures import ThreadPoolExecutor

import tapeline as tl
from tapeline.wire.native import inspect

RECEIVED_NS = 1_723_161_255_350_000_000

#: A push of so many frames releases the interpreter.
LARGE = 8_192
SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT")
SIZES = (LARGE, 10, LARGE + 808, 1, 300)


def trade(number: int, symbol: str = "BTCUSDT") -> bytes:
    return (
        f'{{"e":"trade","E":1723161255343,"s":"{symbol}","t":{number},"p":"61837.63",'
        '"q":"0.02","T":1723161255342,"m":true,"M":true}'
    ).encode()


def mixed(number: int) -> bytes:
    """Return trades with gaps, late and doubled ones, other messages and faults in between."""
    others = (b"pong", b'{"result":null,"id":1}', b"{", b"\xff", b'{"e":"kline"}', trade(1, "NOPE"))
    late = {7: number + 2, 9: number - 2, 11: number - 1}
    return others[number % 6] if number % 5 == 0 else trade(late.get(number % 13, number))


def test_a_large_push_gives_the_same_bytes_as_a_small_one() -> None:
    frames = [mixed(number) for number in range(1, LARGE)]
    times = [RECEIVED_NS + number if number % 3 else None for number in range(1, LARGE)]
    small = tl.Normalizer(exchange="binance", market="spot")
    large = tl.Normalizer(exchange="binance", market="spot")

    expected = small.push(frames, times)
    found = large.push([*frames, b"pong"], [*times, None])

    assert found.messages == expected.messages
    assert found.controls == [*expected.controls, (LARGE - 1, "heartbeat", "pong")]
    assert (found.events, found.duplicates) == (expected.events, expected.duplicates)
    assert found.duplicates > 0
    assert large.gaps() == small.gaps() != []
    assert large.last_received() == small.last_received()


def test_threads_share_one_normalizer() -> None:
    normalizer = tl.Normalizer(exchange="binance", market="spot")

    def work(place: int) -> list[tuple[str, bytes, bytes]]:
        messages: list[tuple[str, bytes, bytes]] = []
        first = 1
        for turn in range(len(SIZES)):
            size = SIZES[(turn + place) % len(SIZES)]
            frames = [trade(number, SYMBOLS[place]) for number in range(first, first + size)]
            messages += normalizer.push(frames, RECEIVED_NS)
            normalizer.counters()
            first += size
        return messages

    with ThreadPoolExecutor(len(SYMBOLS)) as pool:
        threads = list(pool.map(work, range(len(SYMBOLS))))

    total = sum(SIZES)
    assert normalizer.counters()["frames"] == total * len(SYMBOLS)
    assert normalizer.gaps() == []
    for messages, symbol in zip(threads, SYMBOLS, strict=True):
        values = [value for topic, _, value in messages if topic.startswith("trade")]
        trades = tl.decode(values).to_polars()
        assert trades["native_id"].to_list() == [str(number) for number in range(1, total + 1)]
        assert set(trades["raw_symbol"]) == {symbol}
        assert [inspect(value).batch_id for value in values] == list(range(1, len(values) + 1))
