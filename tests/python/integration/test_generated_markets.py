"""What the generator plants in a market is what the normaliser says about it, line by line."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from tapeline.apps.normalizer import Normalizer
from tapeline.simulator.registry import VENUES, speller
from tapeline.simulator.synthetic.tape import MarketSettings, MarketTape
from tapeline.tape import TapeFrame, parse_line
from tapeline.wire.native import decode

FRAMES = 1_600
#: Channels whose ids do not tell what is missing.
UNPROVABLE = ("@bookTicker", "bbo-tbt:", "orderbook.1.", "publicTrade.")
Line = tuple[str, set[str]]


def rows(messages: Sequence[tuple[str, bytes, bytes]]) -> list[tuple[str, dict[str, Any]]]:
    """Return what was encoded, as its type and its fields."""
    found = []
    for topic, _, value in messages:
        kind = topic.partition(".")[0]
        table = pa.RecordBatchReader.from_stream(decode([value], event_type=kind)).read_all()
        found += [(kind, row) for row in table.to_pylist()]
    return found


def judged(normalizer: Normalizer, frame: TapeFrame) -> Line:
    """Push one line and return its verdict and the issues of its events."""
    if frame.kind == "http":
        url = frame.url.removeprefix("synthetic:")
        result = normalizer.push_reply(url, frame.raw, frame.recv_ns)
    else:
        result = normalizer.push([frame.raw], frame.recv_ns)
    found = rows(result.messages)
    issues = {
        issue
        for kind, row in found
        if kind not in ("coverage", "quarantine")
        for issue in row["issues"]
    }
    reasons = {row["reason"] for kind, row in found if kind == "quarantine"}
    if result.duplicates:
        return "duplicate", issues
    return ("quarantine", reasons) if result.quarantined else ("event", issues)


@pytest.mark.parametrize("of", list(VENUES), ids=" ".join)
def test_every_anomaly_gets_its_verdict_and_nothing_else_does(of: tuple[str, str]) -> None:
    spelled = speller(*of)
    settings = MarketSettings(
        symbols=spelled.default_symbols.split(","), types=list(spelled.types), frames=FRAMES
    )
    tape = MarketTape(settings, spelled)
    frames = [parse_line(line) for line in tape.lines()]
    normalizer = Normalizer(exchange=of[0], market=of[1])
    lines = [judged(normalizer, frame) for frame in frames]
    planted = {note["line"]: note for note in tape.ledger if note["type"] == "anomaly"}
    for number, note in planted.items():
        verdict, said = lines[number - 1]
        expected = note["expected"]
        if note["kind"] != "gap":
            assert verdict == expected["verdict"], note
            assert expected.get("issue", expected.get("reason")) in (None, *said), (note, said)
    verdicts = Counter(verdict for verdict, _ in lines)
    kinds = Counter(note["kind"] for note in planted.values())
    assert verdicts["duplicate"] == kinds["duplicate"]
    assert verdicts["quarantine"] == kinds["malformed"]
    assert all(book["state"] == "live" for book in normalizer.books())
    missing = {
        tuple(gap)
        for stream in tape.ledger[-1]["streams"]
        for gap in stream["gaps"]
        if not any(name in stream["stream"] for name in UNPROVABLE)
    }
    assert len(missing) > 3
    assert {(gap["first_missing"], gap["last_missing"]) for gap in normalizer.gaps()} == missing


@pytest.mark.parametrize("of", list(VENUES), ids=" ".join)
def test_a_tape_without_anomalies_is_clean(of: tuple[str, str]) -> None:
    spelled = speller(*of)
    settings = MarketSettings(
        symbols=spelled.default_symbols.split(","),
        types=list(spelled.types),
        frames=FRAMES,
        has_anomalies=False,
    )
    normalizer = Normalizer(exchange=of[0], market=of[1])
    for line in MarketTape(settings, spelled).lines():
        verdict, _ = judged(normalizer, parse_line(line))
        assert verdict == "event"
    assert normalizer.gaps() == []
    assert all(book["state"] == "live" for book in normalizer.books())
