"""What an answer says of its own completeness, against what was planted."""

import json
from pathlib import Path

import pytest

import tapeline as tl
from tapeline.apps.normalizer import Normalizer
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.telemetry.clock import SystemClock
from tests.python.accessing import fill
from tests.python.storing import START_MS, as_read

Sent = list[tuple[str, bytes, bytes]]


def trade(number: int, symbol: str = "BTCUSDT") -> bytes:
    time_ms = START_MS + number * 1000
    data = {"e": "trade", "E": time_ms, "s": symbol, "t": number, "p": "100.5", "q": "1"}
    data |= {"T": time_ms, "m": True, "M": True}
    return json.dumps({"stream": f"{symbol.lower()}@trade", "data": data}).encode()


def at(number: int) -> int:
    """When trade ``number`` happened: Unix nanoseconds."""
    return (START_MS + number * 1000) * 1_000_000


def pushed(normalizer: Normalizer, numbers: range, symbol: str = "BTCUSDT") -> Sent:
    sent: Sent = []
    for number in numbers:
        sent += normalizer.push([trade(number, symbol)], at(number) + 1).messages
    return sent


def normalizer_of(producer: str = "one") -> Normalizer:
    return Normalizer(exchange="binance", market="spot", producer=producer, stale_after_ns=0)


def stored(root: Path, sent: Sent) -> tl.DataSource:
    store = ParquetStore(LocalFolder(root), clock=SystemClock())
    fill(store, as_read(sent), chunks=1)
    return tl.open(root)


def test_a_whole_stream_is_complete(tmp_path: Path) -> None:
    normalizer = normalizer_of()
    data = stored(tmp_path, pushed(normalizer, range(1, 50)) + normalizer.finish(at(50)).messages)
    coverage = data.load("BTC/USDT", types="trade").trade.coverage
    assert coverage.is_complete is True
    assert coverage.summary == "trade of 1 stream: nothing is missing"
    (stream,) = coverage.streams.to_arrow().to_pylist()
    assert (stream["channel"], stream["loss"]) == ("trade", "inferred")
    assert (stream["first_ns"], stream["last_ns"]) == (at(1), at(49))
    assert len(coverage.holes) == 0


def test_planted_holes_are_found_and_no_others(tmp_path: Path) -> None:
    normalizer = normalizer_of()
    sent = pushed(normalizer, range(1, 10))
    sent += pushed(normalizer, range(15, 20))
    sent += pushed(normalizer, range(12, 13))  # late: 12 is not missing
    sent += normalizer.connection("lost", at(20), "reset by peer").messages
    sent += normalizer.connection("restored", at(25), "back").messages
    sent += pushed(normalizer, range(26, 30))
    sent += normalizer.push([b'{"stream":"btcusdt@trade","data":{"e":"trade"'], at(30)).messages
    data = stored(tmp_path, sent + normalizer.finish(at(31)).messages)
    coverage = data.load("BTC/USDT", types="trade").coverage
    holes = coverage.holes.to_arrow().to_pylist()
    gaps = [(row["first_id"], row["last_id"]) for row in holes if row["kind"] == "gap"]
    assert sorted(gaps) == [(10, 11), (13, 14), (20, 25)]
    lost = [(row["start_ns"], row["end_ns"]) for row in holes if row["kind"] == "connection"]
    assert lost == [(at(20), at(25))]
    assert {row["kind"] for row in holes} == {"gap", "connection"}
    assert coverage.is_complete is False
    assert "3 gaps (10 ids missing); 1 lost connection" in coverage.summary


def test_holes_are_those_of_the_time_and_the_instrument_asked_for(tmp_path: Path) -> None:
    normalizer = normalizer_of()
    sent = pushed(normalizer, range(1, 10)) + pushed(normalizer, range(15, 40))
    sent += pushed(normalizer, range(1, 40), "ETHUSDT")
    data = stored(tmp_path, sent + normalizer.finish(at(41)).messages)

    def summary(symbol: str, start: int, end: int) -> str:
        return data.load(symbol, at(start), at(end), "trade").coverage.summary

    assert summary("ETH/USDT", 2, 30) == "trade of 1 stream: nothing is missing"
    assert "1 gap (5 ids missing)" in summary("BTC/USDT", 2, 30)
    assert summary("BTC/USDT", 20, 30) == "trade of 1 stream: nothing is missing"


def test_what_lies_outside_the_collected_time_is_not_known(tmp_path: Path) -> None:
    normalizer = normalizer_of()
    data = stored(tmp_path, pushed(normalizer, range(10, 20)))
    coverage = data.load("BTC/USDT", at(0), at(100), "trade").coverage
    edges = {
        row["kind"]: (row["start_ns"], row["end_ns"])
        for row in coverage.holes.to_arrow().to_pylist()
    }
    assert edges == {"before": (at(0), at(10)), "after": (at(19), at(100))}
    assert coverage.is_complete is None
    assert "nothing is known before 2026-01-05T12:00:10Z" in coverage.summary
    assert "nothing is known after 2026-01-05T12:00:19Z" in coverage.summary


def test_a_second_run_that_does_not_join_is_a_hole_and_one_that_does_is_none(
    tmp_path: Path,
) -> None:
    first, second, third = (normalizer_of(name) for name in ("one", "two", "three"))
    sent = pushed(first, range(1, 10)) + first.finish(at(10)).messages
    sent += pushed(second, range(10, 20)) + second.finish(at(20)).messages
    sent += pushed(third, range(25, 30)) + third.finish(at(31)).messages
    coverage = stored(tmp_path, sent).load("BTC/USDT", types="trade").coverage
    (hole,) = coverage.holes.to_arrow().to_pylist()
    assert (hole["kind"], hole["first_id"], hole["last_id"]) == ("between", 20, 24)
    assert coverage.is_complete is False


def test_what_cannot_show_a_loss_is_never_called_complete(tmp_path: Path) -> None:
    normalizer = normalizer_of()
    quote = {"u": 5, "s": "BTCUSDT", "b": "1", "B": "2", "a": "3", "A": "4"}
    frame = json.dumps({"stream": "btcusdt@bookTicker", "data": quote}).encode()
    data = stored(tmp_path, normalizer.push([frame], at(1)).messages)
    coverage = data.load("BTC/USDT", types="orderbook").coverage
    assert coverage.is_complete is None
    assert "bookTicker could not show one" in coverage.summary


def test_quarantined_messages_count_against_completeness(tmp_path: Path) -> None:
    normalizer = normalizer_of()
    sent = pushed(normalizer, range(1, 5))
    sent += normalizer.push([trade(5).replace(b'"100.5"', b'"1.2.3"')], at(5)).messages
    coverage = stored(tmp_path, sent).load("BTC/USDT", types="trade").coverage
    assert coverage.quarantined == 1
    assert coverage.is_complete is False
    assert "1 message quarantined" in coverage.summary
    assert coverage.to_dict()["quarantined"] == 1


@pytest.mark.parametrize("wanted", ["trade", "funding"])
def test_nothing_recorded_is_said(tmp_path: Path, wanted: str) -> None:
    data = stored(tmp_path, [m for m in pushed(normalizer_of(), range(3)) if m[0][:5] == "trade"])
    coverage = data.load(types=wanted)[wanted].coverage
    assert coverage.is_complete is None
