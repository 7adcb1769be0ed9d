"""Three venues, every type, one collector, a real Kafka broker and ``tail``."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from tapeline.apps.chain import Process, run
from tests.services.kafka import KafkaBroker

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

VENUES = {
    "binance:usdm": "btcusdt",
    "okx:swap": "btc-2dusdt-2dswap",
    "bybit:linear": "btcusdt",
}
TYPES = ("trade", "orderbook", "funding", "liquidation")
FRAMES = 3_000


def serve(stack: ExitStack, name: str, folder: Path, *options: str) -> list[str]:
    """Play a synthetic tape of a market; return what sends a collector there."""
    exchange, market = name.split(":")
    tape = folder / f"{exchange}.jsonl.gz"
    words = ("--exchange", exchange, "--market", market)
    kinds = ("--types", "trade,l1,l2,funding,liquidation")
    run("generate", tape, *words, *kinds, "--frames", str(FRAMES), "--no-anomalies")
    process = stack.enter_context(Process("simulate", tape, *words, "--port", "0", *options))
    url = process.first_line().removeprefix("listening on ").strip()
    symbols = "BTC/USDT:USDT,ETH/USDT:USDT"
    return ["--venue", f"{name}={symbols}", "--endpoint", f"{name}={url}"]


def rows(transport: str, event_type: str) -> list[dict[str, Any]]:
    printed = run(
        "tail", "--transport", transport, "--types", event_type, "--idle", "1.5", "--json"
    )
    return [json.loads(line) for line in printed.splitlines()]


def test_every_event_of_three_venues_is_on_its_topic(broker: KafkaBroker, tmp_path: Path) -> None:
    transport = f"kafka://{broker.servers}?spool={tmp_path / 'spool.db'}"
    with ExitStack() as stack:
        sources = [word for name in VENUES for word in serve(stack, name, tmp_path, "--speed", "1")]
        printed = run(
            "collect",
            *sources,
            *("--types", "trade,l1,l2,funding,liquidation", "--transport", transport),
            *("--idle", "4", "--staleness", "0", "--json"),
        )
    summary = json.loads(printed)
    assert summary["residual"] == 0
    assert summary["transport"]["lost"] == summary["transport"]["failed"] == 0
    assert summary["gaps"] == []
    assert summary["quarantined"] == {}

    topics = AdminClient({"bootstrap.servers": broker.servers}).list_topics(timeout=10).topics
    for event_type in TYPES:
        found = rows(transport, event_type)
        assert len(found) == summary["events"][event_type] > 0
        for name, symbol in VENUES.items():
            exchange, market = name.split(":")
            assert summary["markets"][name][event_type] > 0, name
            assert f"{event_type}.{exchange}.{market}.{symbol}" in topics
    synced = [row for row in rows(transport, "coverage") if row["kind"] == "book_synced"]
    assert {f"{row['exchange']}:{row['market']}" for row in synced} == set(VENUES)
