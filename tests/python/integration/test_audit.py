"""``tapeline audit`` on a real store: what balances, and every way in which it may not."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tapeline.apps.audit import audit
from tapeline.apps.audit_content import spelled
from tapeline.apps.audit_table import AuditReport
from tapeline.apps.ledger_sink import LedgerSink
from tapeline.apps.settings import StoreSettings
from tapeline.apps.store import store
from tapeline.errors import TapelineError
from tapeline.storage.schema import EVENT_TYPES
from tapeline.storage.targets import parse_target
from tapeline.transport.open import open_sink
from tapeline.transport.ports import Message
from tests.python.storing import decoded, make_messages

Fill = Callable[[Sequence[Message]], Path]


@pytest.fixture
def filled(tmp_path: Path) -> Fill:
    """Send messages, store them, return the producer's ledger."""

    def fill(messages: Sequence[Message]) -> Path:
        ledger = tmp_path / f"sent-{len(list(tmp_path.glob('sent-*')))}.ledger"
        sink = LedgerSink(open_sink(f"local:{tmp_path / 'bus.db'}"), ledger)
        sink.send(messages)
        assert sink.close(10).lost == 0
        stored(tmp_path, "store")
        return ledger

    return fill


def stored(tmp_path: Path, name: str) -> None:
    settings = StoreSettings(
        transport=f"local:{tmp_path / 'bus.db'}",
        targets=(f"parquet:{tmp_path / name}",),
        idle_s=0.3,
        flush_interval_s=0.05,
    )
    assert store(settings, is_quiet=True).residual == 0


def audited(
    tmp_path: Path, *ledgers: Path, names: Sequence[str] = ("store",), bus: bool = False
) -> AuditReport:
    targets = [parse_target(f"parquet:{tmp_path / name}") for name in names]
    transport = f"local:{tmp_path / 'bus.db'}" if bus else None
    return audit(targets, list(ledgers), transport, list(EVENT_TYPES))


def write_ledger(path: Path, lines: Sequence[dict[str, Any]], events: int) -> Path:
    summary = {"type": "summary", "producer_ledger_version": 1, "events": events}
    path.write_text("\n".join(json.dumps(line) for line in [*lines, summary]))
    return path


def sent_line(events: int, ids: Sequence[str] | None = None) -> dict[str, Any]:
    line: dict[str, Any] = {
        "type": "sent",
        "event_type": "trade",
        "exchange": "binance",
        "market": "spot",
    }
    line |= {"raw_symbol": "BTCUSDT", "events": events}
    return line if ids is None else {**line, "event_ids": list(ids)}


def ids_of(messages: Sequence[Message], raw_symbol: str = "BTCUSDT") -> list[str]:
    rows = decoded(messages).select(["raw_symbol", "event_id"]).to_pylist()
    return [spelled(row["event_id"]) for row in rows if row["raw_symbol"] == raw_symbol]


def test_every_stream_of_every_ledger_balances(filled: Fill, tmp_path: Path) -> None:
    ledgers = [filled(make_messages(300)), filled(make_messages(90, first_id=1000, producer="b"))]
    report = audited(tmp_path, *ledgers, bus=True)
    assert report.is_good
    lines = {(line.ledger, line.stream): line for line in report.targets[0].lines}
    kinds = {line.ledger for line in report.targets[0].lines}
    assert kinds == {"producer", "bus"}
    assert sum(line.stored for line in lines.values() if line.stream.event_type == "trade") == 780
    assert {line.stream.raw_symbol for line in report.targets[0].lines} == {
        "BTCUSDT",
        "ETHUSDT",
        "SOLUSDT",
    }


def test_an_event_that_is_not_stored_is_named_by_ledger_bus_and_other_target(
    filled: Fill, tmp_path: Path
) -> None:
    messages = make_messages(300)
    filled(messages[:-4])
    stored(tmp_path, "less")
    ledger = filled(messages[-4:])
    assert ledger.exists()
    gone = set(ids_of(messages)) - set(ids_of(messages[:-4]))
    assert gone
    mine = write_ledger(tmp_path / "mine", [sent_line(100, ids_of(messages))], 100)
    counted = write_ledger(tmp_path / "counted", [sent_line(100)], 100)
    assert audited(tmp_path, mine, bus=True).is_good
    for report in (
        audited(tmp_path, mine, names=["less"]),
        audited(tmp_path, names=["less"], bus=True),
        audited(tmp_path, counted, names=["less", "store"]),
    ):
        assert not report.is_good
        named = [line for line in report.targets[0].lines if line.stream.raw_symbol == "BTCUSDT"]
        (line,) = [line for line in named if line.residual and line.stream.event_type == "trade"]
        assert (line.lost, line.residual) == (len(gone), len(gone))
        assert line.lost_events == sorted(gone)[:5]
    # A ledger that only counts still tells how many.
    (line,) = audited(tmp_path, counted, names=["less"]).targets[0].lines
    assert (line.lost, line.lost_events) == (len(gone), [])


def test_an_event_stored_twice_is_named_and_does_not_hide_a_lost_one(
    filled: Fill, tmp_path: Path
) -> None:
    messages = make_messages(300)
    again = make_messages(30, producer="again")
    filled([*messages, *again])
    ids = ids_of(messages)
    mine = write_ledger(
        tmp_path / "mine", [sent_line(110, [*ids, *[f"{i:032x}" for i in range(10)]])], 110
    )
    (line,) = audited(tmp_path, mine).targets[0].lines
    assert (line.lost, line.doubled, line.residual) == (10, 10, 20)
    assert line.lost_events == [f"{i:032x}" for i in range(5)]
    assert set(line.doubled_events) < set(ids_of(again))
    # The bus says that the producer sent them twice: that is no fault of the store.
    assert audited(tmp_path, bus=True).is_good


def test_rows_that_nobody_sent_do_not_balance(filled: Fill, tmp_path: Path) -> None:
    filled(make_messages(300))
    mine = write_ledger(tmp_path / "mine", [sent_line(99)], 99)
    (line,) = audited(tmp_path, mine).targets[0].lines
    assert (line.lost, line.residual) == (-1, 1)


def test_dead_letters_are_part_of_the_equation(filled: Fill, tmp_path: Path) -> None:
    messages = make_messages(300)
    topic, key, value = next(
        each for each in messages if each[0].startswith("trade.") and "btc" in each[0].lower()
    )
    wrong = (topic.replace("btc", "eth").replace("BTC", "ETH"), key, value)
    ledger = filled([*messages, wrong])
    assert not audited(tmp_path, ledger).is_good
    report = audited(tmp_path, ledger, bus=True)
    dead = [
        line for line in report.targets[0].lines if line.dead_letters and line.ledger == "producer"
    ]
    assert report.targets[0].dead_letters > 0
    assert [line.residual for line in dead] == [0]


def test_a_dead_letter_whose_events_are_stored_explains_nothing(
    filled: Fill, tmp_path: Path
) -> None:
    messages = make_messages(300)
    topic, key, value = next(each for each in messages if each[0].endswith(".btcusdt"))
    filled(messages)
    # A copy on a topic where it has no business, of which no producer's ledger knows.
    sink = open_sink(f"local:{tmp_path / 'bus.db'}")
    sink.send([(topic.replace("btc", "eth"), key, value)])
    assert sink.close(10).lost == 0
    stored(tmp_path, "store")
    named = write_ledger(tmp_path / "named", [sent_line(100, ids_of(messages))], 100)
    counted = write_ledger(tmp_path / "counted", [sent_line(100)], 100)
    report = audited(tmp_path, named, bus=True)
    assert report.targets[0].dead_letters > 0
    assert report.is_good
    assert audited(tmp_path, counted, bus=True).is_good
    # It hides no loss either.
    more = write_ledger(tmp_path / "more", [sent_line(101, [*ids_of(messages), "f" * 32])], 101)
    (line,) = [x for x in audited(tmp_path, more, bus=True).targets[0].lines if x.residual]
    assert (line.lost, line.lost_events) == (1, ["f" * 32])


def test_letters_that_cannot_be_read_leave_it_undecided(filled: Fill, tmp_path: Path) -> None:
    messages = make_messages(300)
    topic, key, value = next(each for each in messages if each[0].endswith(".btcusdt"))
    others = [each for each in messages if each != (topic, key, value)]
    # Another producer's: one with a ledger reads what it sends.
    sink = open_sink(f"local:{tmp_path / 'bus.db'}")
    sink.send([(topic, key, value[:-1] + bytes([value[-1] ^ 1]))])
    assert sink.close(10).lost == 0
    ledger = filled(others)
    whole = write_ledger(tmp_path / "whole", [sent_line(100)], 100)
    # The producer's ledger knows what it sent as batches; what was in this one nobody can say.
    report = audited(tmp_path, whole, bus=True)
    assert (report.is_good, report.is_undecided) == (False, True)
    lines = [line for line in report.targets[0].lines if line.residual]
    assert [(line.unreadable_letters, line.dead_letters) for line in lines] == [(1, 0)]
    assert report.targets[0].unreadable_letters == 1
    assert ledger.exists()
    code = main_status("audit", f"parquet:{tmp_path / 'store'}", "--ledger", str(whole))
    assert code == 1, "without the bus nobody knows of the letter"
    bus = f"local:{tmp_path / 'bus.db'}"
    code = main_status(
        *("audit", f"parquet:{tmp_path / 'store'}", "--ledger", str(whole), "--transport", bus)
    )
    assert code == 3
    # A loss elsewhere is one.
    more = write_ledger(tmp_path / "more", [sent_line(100), other_line(101)], 201)
    assert not audited(tmp_path, more, bus=True).is_undecided


def other_line(events: int) -> dict[str, Any]:
    return {**sent_line(events), "raw_symbol": "ETHUSDT"}


def main_status(*words: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", "tapeline.apps.cli", *words], capture_output=True, check=False
    ).returncode


def test_what_cannot_be_read_is_named(filled: Fill, tmp_path: Path) -> None:
    ledger = filled(make_messages(90))
    entry = next((tmp_path / "store" / "_log").glob("*.json"))
    entry.write_text("damaged")
    report = audited(tmp_path, ledger)
    assert not report.is_good
    assert entry.name in (report.targets[0].fault or "")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "no ledger"),
        ("{", "no ledger"),
        ('{"type": "summary", "producer_ledger_version": 2, "events": 0}', "expected 1"),
        ('{"type": "sent"}\n{"producer_ledger_version": 1, "events": 1}', "not a whole producer"),
        ('{"producer_ledger_version": 1, "events": 1}', "0 events, its summary 1"),
        ('{"type": "summary", "ledger_version": 1, "streams": []}', "exchange and market"),
    ],
)
def test_a_bad_ledger_is_refused_by_name(content: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.ledger"
    path.write_text(content)
    with pytest.raises(TapelineError, match=told) as raised:
        audited(tmp_path, path)
    assert "bad.ledger" in str(raised.value)
