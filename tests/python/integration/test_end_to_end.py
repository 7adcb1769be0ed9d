"""A tape through simulator, collector, a real Kafka broker and ``tail``, against ``normalize``.

Every process is the command a user types. Whatever goes wrong on the way, what comes out is what
``normalize`` makes of the frames that were sent, and what was not sent is known to be missing.
"""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tapeline.apps.chain import Collection, Simulation, collect, run
from tests.services.kafka import KafkaBroker

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

FRAMES = 12_000

#: What identifies a trade and what it says; quality depends on the faults around it.
COLUMNS = ("native_id", "event_id", "price", "quantity", "side", "timestamp_ns")

#: A watchdog for a feed that plays fast: reconnect after two seconds of silence.
PATIENCE = ("--staleness", "2")

#: How long the tape plays where something happens in the middle of it.
PLAY_SECONDS = 15

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What ``normalize`` makes of the tape."""

    tape: Path
    rows: dict[int, Row]
    summary: dict[str, Any]


@dataclass(slots=True)
class Seen:
    """What ``tail`` found on the bus."""

    rows: dict[int, Row] = field(default_factory=dict)
    repeated: int = 0


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Expected:
    """A clean tape: every fault in what comes out is one of the run's own."""
    return normalized(tmp_path_factory.mktemp("clean"), "--no-anomalies")


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Expected:
    """A tape with planted gaps, duplicates, spikes and malformed frames."""
    return normalized(tmp_path_factory.mktemp("spoiled"))


def normalized(folder: Path, *options: str) -> Expected:
    tape = folder / "feed.synthetic.jsonl.gz"
    words = ("--frames", str(FRAMES), "--seed", "11", "--symbols", "BTC/USDT", *options)
    run("generate", tape, *words)
    summary = json.loads(run("normalize", tape, "--out", folder / "out", "--json"))
    assert summary["residual"] == 0
    table = pq.read_table(folder / "out" / "trade.parquet")
    rows = {int(row["native_id"]): as_row(row) for row in table.to_pylist()}
    return Expected(tape, rows, summary)


def as_row(row: dict[str, Any]) -> Row:
    event_id = row["event_id"]
    if isinstance(event_id, bytes):
        event_id = event_id.hex()
    values = row | {"event_id": event_id.replace("-", "")}
    return tuple(plain(values[column]) for column in COLUMNS)


def plain(value: object) -> str:
    """Write decimals as they are in ``tail --json``, whatever the trailing zeros."""
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def tail(transport: str) -> Seen:
    printed = run("tail", "--transport", transport, "--types", "trade", "--idle", "1.5", "--json")
    seen = Seen()
    for line in printed.splitlines():
        row = json.loads(line)
        number = int(row["native_id"])
        seen.repeated += number in seen.rows
        seen.rows[number] = as_row(row)
    return seen


def ids(ranges: list[list[int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


def slow(expected: Expected) -> str:
    """Return the speed at which the tape takes ``PLAY_SECONDS``."""
    times = [int(row[COLUMNS.index("timestamp_ns")]) for row in expected.rows.values()]
    return f"{(max(times) - min(times)) / 1e9 / PLAY_SECONDS:.3f}"


def wait_for_trades(transport: str, count: int = 1_000) -> None:
    """Wait until so many trades lie on the bus: the run is well under way."""
    printed = run("tail", "--transport", transport, "--count", str(count), "--json", timeout_s=120)
    assert printed.count("\n") == count


def uri(broker: KafkaBroker, tmp_path: Path) -> str:
    return f"kafka://{broker.servers}?spool={tmp_path / 'spool.db'}"


def test_nothing_is_added_lost_or_changed_on_the_way(
    spoiled: Expected, broker: KafkaBroker, tmp_path: Path
) -> None:
    transport = uri(broker, tmp_path)

    with Simulation([spoiled.tape], tmp_path / "ledger") as simulation:
        summary, account = collect(simulation, transport, idle_s=5)
    seen = tail(transport)

    assert account["sent"] == FRAMES
    assert seen == Seen(spoiled.rows)
    for name in ("duplicates", "unsupported", "gaps", "residual"):
        assert summary[name] == spoiled.summary[name], name
    assert summary["events"]["trade"] == len(spoiled.rows)
    # The reason may differ: on a raw stream there is no wrapper to contradict the symbol.
    assert sum(summary["quarantined"].values()) == spoiled.summary["quarantined"]
    assert summary["transport"]["lost"] == summary["transport"]["failed"] == 0


@pytest.mark.parametrize(
    "faults",
    [
        ["drop=1%"],
        ["duplicate=1%"],
        ["reorder=1%"],
        ["corrupt=1%"],
        ["gap=37"],
        ["drop=1%", "duplicate=1%", "reorder=1%", "corrupt=1%", "gap=5"],
        ["disconnect=2"],
        ["disconnect_abrupt=2"],
        ["shutdown=1:0.2"],
        ["ack_without_data=1"],
        ["half_open=1"],
    ],
    ids=lambda faults: "+".join(fault.split("=")[0] for fault in faults),
)
def test_what_did_not_arrive_is_exactly_what_the_simulator_left_out(
    faults: list[str],
    expected: Expected,
    broker: KafkaBroker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    transport = uri(broker, tmp_path)
    if faults == ["ack_without_data=1"]:
        # Here alone: on a slow machine the first frames may need longer, and a line that is left
        # meanwhile takes them with it.
        monkeypatch.setenv("TAPELINE_COLLECT_FIRST_DATA_S", "3")

    with Simulation([expected.tape], tmp_path / "ledger", faults=faults, seed=3) as simulation:
        summary, account = collect(simulation, transport, *PATIENCE, idle_s=4)
    seen = tail(transport)

    (stream,) = account["streams"]
    never_sent = ids(stream["gaps"]) | ids(stream["missing_at_edges"])
    assert expected.rows.keys() - seen.rows.keys() == never_sent
    assert seen.repeated == 0
    assert all(seen.rows[number] == expected.rows[number] for number in seen.rows)
    gaps = [[gap["first_missing"], gap["last_missing"]] for gap in summary["gaps"]]
    assert gaps == stream["gaps"]
    assert summary["duplicates"] == stream["duplicated"]
    assert sum(summary["quarantined"].values()) == stream["corrupted"]
    assert summary["residual"] == 0


def test_frames_lost_to_a_reset_are_gaps_and_nothing_else(
    expected: Expected, broker: KafkaBroker, tmp_path: Path
) -> None:
    transport = uri(broker, tmp_path)

    with Simulation([expected.tape], tmp_path / "ledger", faults=["reset=2"], seed=3) as simulation:
        summary, _ = collect(simulation, transport, *PATIENCE, idle_s=4)
    seen = tail(transport)

    gaps = ids([[gap["first_missing"], gap["last_missing"]] for gap in summary["gaps"]])
    assert expected.rows.keys() - seen.rows.keys() == gaps
    assert all(seen.rows[number] == expected.rows[number] for number in seen.rows)
    assert summary["residual"] == 0


def test_a_killed_broker_loses_nothing(
    expected: Expected, broker: KafkaBroker, tmp_path: Path
) -> None:
    transport = uri(broker, tmp_path)

    with (
        Simulation([expected.tape], tmp_path / "ledger", speed=slow(expected)) as simulation,
        Collection(simulation.url, transport, idle_s=5) as collection,
    ):
        wait_for_trades(transport)
        broker.kill()
        assert collection.is_running
        broker.start()
        summary = collection.summary()
        simulation.account()
    seen = tail(transport)

    assert seen.rows == expected.rows
    assert summary["gaps"] == expected.summary["gaps"]
    assert summary["residual"] == 0


def test_a_collector_that_is_stopped_and_started_again_loses_nothing(
    expected: Expected, broker: KafkaBroker, tmp_path: Path
) -> None:
    transport = uri(broker, tmp_path)

    with Simulation([expected.tape], tmp_path / "ledger", speed=slow(expected)) as simulation:
        with Collection(simulation.url, transport, idle_s=5) as first:
            wait_for_trades(transport)
            first.stop()
            before = first.summary()
        summary, _ = collect(simulation, transport, idle_s=4)
    seen = tail(transport)

    assert seen.rows == expected.rows
    assert 0 < before["events"]["trade"] < len(expected.rows)
    assert before["residual"] == 0
    assert summary["residual"] == 0
