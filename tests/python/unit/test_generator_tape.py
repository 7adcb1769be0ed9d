"""Synthetic tapes: repeatable, spelled as the venue spells, and their ledger is true."""

import json
import re
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from tapeline.errors import ArgumentError
from tapeline.simulator.binance.spot.anomalies import DAMAGES, Anomaly
from tapeline.simulator.binance.spot.generate import GeneratorSettings, TapeGenerator
from tapeline.tape import TapeFrame, parse_line

SPELLING = re.compile(
    rb'\{"stream":"(?P<name>[a-z0-9]+)@trade","data":\{"e":"trade","E":(?P<E>\d{13}),'
    rb'"s":"(?P<s>[A-Z0-9]+)","t":(?P<t>\d+),"p":"(?P<p>\d+\.\d{8})","q":"(?P<q>\d+\.\d{8})",'
    rb'"T":(?P<T>\d{13}),"m":(true|false),"M":true\}\}'
)


def good(raw: bytes) -> re.Match[bytes] | None:
    match = SPELLING.fullmatch(raw)
    return match if match is not None and match["name"] == match["s"].lower() else None


def generated(
    **settings: Any,  # noqa: ANN401
) -> tuple[list[bytes], list[dict[str, Any]]]:
    generator = TapeGenerator(GeneratorSettings(**settings))
    return list(generator.lines()), generator.ledger


@pytest.fixture(scope="module")
def made() -> tuple[list[TapeFrame], list[dict[str, Any]]]:
    lines, ledger = generated(frames=30_000, seed=4)
    return [parse_line(line) for line in lines], ledger


def planted(ledger: list[dict[str, Any]], kind: Anomaly) -> list[dict[str, Any]]:
    return [line for line in ledger if line.get("kind") == kind]


def test_the_same_arguments_give_the_same_bytes() -> None:
    one, two, other = (generated(frames=3_000, seed=seed) for seed in (1, 1, 2))
    assert one == two
    assert one[0] != other[0]


@pytest.mark.parametrize("frames", [1, 2, 250, 3_333])
@pytest.mark.parametrize("channels", [("trade",), ("trade", "aggTrade"), ("aggTrade",)])
def test_a_tape_has_exactly_the_frames_asked_for(frames: int, channels: tuple[str, ...]) -> None:
    lines, ledger = generated(frames=frames, channels=channels)
    assert len(lines) == frames == ledger[-1]["tape_frames"]
    assert sum(stream["tape_frames"] for stream in ledger[-1]["streams"]) == frames


def test_every_good_frame_is_spelled_as_the_venue_spells_it(
    made: tuple[list[TapeFrame], list[dict[str, Any]]],
) -> None:
    frames, ledger = made
    malformed = {line["line"] for line in planted(ledger, Anomaly.MALFORMED)}
    for number, frame in enumerate(frames, 1):
        assert frame.url == "synthetic:wss://stream.binance.com:9443/stream"
        assert (good(frame.raw) is None) == (number in malformed), frame.raw
    times = [frame.recv_ns or 0 for frame in frames]
    assert times == sorted(times)


class Scan:
    """Finds anomalies from the frames alone, by rules of its own."""

    def __init__(self) -> None:
        self.found: dict[str, set[int]] = defaultdict(set)
        self._newest: dict[bytes, int] = {}
        self._seen: dict[bytes, set[int]] = defaultdict(set)
        self._means: dict[bytes, tuple[Decimal, Decimal]] = {}

    def take(self, number: int, frame: TapeFrame) -> None:
        match = good(frame.raw)
        if match is None:
            self.found["malformed"].add(number)
            return
        name, trade = match["s"], int(match["t"])
        if trade in self._seen[name]:
            self.found["duplicate"].add(number)
            return
        if trade < self._newest.get(name, 0):
            self.found["late"].add(number)
        self._newest[name] = max(trade, self._newest.get(name, 0))
        self._seen[name].add(trade)
        age_ns = (frame.recv_ns or 0) - int(match["T"]) * 1_000_000
        if age_ns < -5_000_000_000:
            self.found["future_time"].add(number)
        if age_ns > 60_000_000_000:
            self.found["stale_time"].add(number)
        self._sizes(number, name, Decimal(match["p"].decode()), Decimal(match["q"].decode()))

    def _sizes(self, number: int, name: bytes, price: Decimal, quantity: Decimal) -> None:
        mean_price, mean_quantity = self._means.get(name, (price, quantity))
        if abs(price / mean_price - 1) > Decimal("0.05"):
            self.found["price_spike"].add(number)
            price = mean_price
        if len(self._seen[name]) > 100 and quantity > 10 * mean_quantity:
            self.found["quantity_spike"].add(number)
            quantity = mean_quantity
        step = Decimal(1) / min(len(self._seen[name]), 1_000)
        self._means[name] = (
            mean_price + (price - mean_price) * step,
            mean_quantity + (quantity - mean_quantity) * step,
        )


def test_the_ledger_is_what_a_scan_of_the_tape_finds(
    made: tuple[list[TapeFrame], list[dict[str, Any]]],
) -> None:
    frames, ledger = made
    scan = Scan()
    for number, frame in enumerate(frames, 1):
        scan.take(number, frame)
    found = scan.found
    for kind in Anomaly:
        if kind is not Anomaly.ID_GAP:
            lines = {line["line"] for line in planted(ledger, kind)}
            assert found[kind] == lines, kind
            assert len(lines) > 5


def test_the_ledgers_gaps_are_the_ids_the_tape_does_not_have(
    made: tuple[list[TapeFrame], list[dict[str, Any]]],
) -> None:
    frames, ledger = made
    have: dict[str, set[int]] = defaultdict(set)
    for frame in frames:
        match = good(frame.raw)
        if match is not None:
            have[f"{match['name'].decode()}@trade"].add(int(match["t"]))
    for stream in ledger[-1]["streams"]:
        ids = have[stream["stream"]]
        holes = set(range(min(ids), max(ids) + 1)) - ids
        assert {n for first, last in stream["gaps"] for n in range(first, last + 1)} == holes
    assert {len(line["missing"]) for line in planted(ledger, Anomaly.ID_GAP)} == {2}


def test_each_malformed_frame_is_damaged_as_its_reason_says(
    made: tuple[list[TapeFrame], list[dict[str, Any]]],
) -> None:
    frames, ledger = made
    reasons = defaultdict(list)
    for line in planted(ledger, Anomaly.MALFORMED):
        reasons[line["expected"]["reason"]].append(frames[line["line"] - 1].raw)
    assert reasons.keys() == {damage.reason for damage in DAMAGES}
    for reason in ("truncated", "not_json", "trailing"):
        for raw in reasons[reason]:
            with pytest.raises(json.JSONDecodeError):
                json.loads(raw)
    assert all("T" not in json.loads(raw)["data"] for raw in reasons["missing"])
    assert all(json.loads(raw)["data"]["p"].startswith("-") for raw in reasons["range"])


def test_without_anomalies_ids_are_whole_and_times_are_plausible() -> None:
    lines, ledger = generated(frames=5_000, has_anomalies=False, symbols=("SOL/USDT", "ABC/XYZ"))
    assert ledger[:-1] == []
    newest: dict[bytes, int] = {}
    for line in lines:
        frame = parse_line(line)
        match = good(frame.raw)
        assert match is not None
        number = int(match["t"])
        assert number == newest.setdefault(match["s"], number - 1) + 1
        newest[match["s"]] = number
        assert 0 <= int(match["E"]) - int(match["T"]) <= 2
        assert frame.recv_ns is not None
        assert int(match["E"]) * 1_000_000 < frame.recv_ns
    assert newest.keys() == {b"SOLUSDT", b"ABCXYZ"}


def test_the_mean_rate_is_what_was_asked_for() -> None:
    lines, _ = generated(frames=60_000, rate_per_s=1_000.0, has_anomalies=False)
    first, last = parse_line(lines[0]).recv_ns, parse_line(lines[-1]).recv_ns
    assert first is not None
    assert last is not None
    assert 0.7 < 60e9 / (last - first) < 1.4


def test_aggregates_cover_the_trades_they_merge() -> None:
    lines, _ = generated(frames=6_000, channels=("trade", "aggTrade"), symbols=("BTC/USDT",))
    trades: dict[int, Decimal] = {}
    aggregates = []
    for line in lines:
        try:
            message = json.loads(parse_line(line).raw)["data"]
        except json.JSONDecodeError:
            continue
        if message["e"] == "aggTrade":
            aggregates.append(message)
        elif message["s"] == "BTCUSDT" and re.fullmatch(r"\d+\.\d{8}", str(message["q"])):
            trades.setdefault(message["t"], Decimal(message["q"]))
    assert [one["a"] for one in aggregates] == list(
        range(aggregates[0]["a"], aggregates[0]["a"] + len(aggregates))
    )
    whole = [one for one in aggregates if all(i in trades for i in range(one["f"], one["l"] + 1))]
    sums = [sum(trades[i] for i in range(one["f"], one["l"] + 1)) for one in whole]
    differing = sum(Decimal(one["q"]) != total for one, total in zip(whole, sums, strict=True))
    assert len(whole) > 1_000
    assert differing <= 5  # a planted quantity spike is in the trade, not in the aggregate


@pytest.mark.parametrize(
    "wrong",
    [
        {"frames": 0},
        {"rate_per_s": 0.0},
        {"symbols": ()},
        {"symbols": ("BTC",)},
        {"symbols": ("BTC/USDT", "BTC/USDT")},
        {"channels": ("depth",)},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        GeneratorSettings(**wrong)
