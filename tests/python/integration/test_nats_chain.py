"""A tape through simulator, collector, a real NATS server and a store, the server killed between.

Every process is the command a user types; the audit holds the store against what the collector
sent and against the bus.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tapeline.apps.audit import audit
from tapeline.apps.chain import Collection, Process, Simulation, run
from tapeline.apps.settings import StoreSettings
from tapeline.apps.store import store as run_store
from tapeline.storage.schema import EVENT_TYPES
from tapeline.storage.targets import parse_target
from tests.python.storing import stored
from tests.services.nats import nats_or_skip

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

WITHIN_S = 90.0


def wait_until(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + WITHIN_S
    while not is_true():
        assert time.monotonic() < end, "it did not come to this"
        time.sleep(0.05)


def test_nothing_is_lost_or_doubled_when_the_server_is_killed_in_between(tmp_path: Path) -> None:
    server = nats_or_skip(tmp_path / "nats")
    tape, store = tmp_path / "feed.synthetic.jsonl.gz", tmp_path / "store"
    bus, sent = f"nats://{server.address}", tmp_path / "sent.ledger"
    run("generate", tape, "--frames", "2000", "--seed", "3", "--symbols", "BTC/USDT")
    settings = StoreSettings(
        transport=bus, targets=(f"parquet:{store}",), idle_s=2.0, flush_interval_s=0.1
    )
    try:
        with (
            Simulation([tape], tmp_path / "simulated.ledger", speed="4") as simulation,
            Process("store", "--json", "--transport", bus, "--target", f"parquet:{store}") as early,
            Collection(
                simulation.url,
                f"{bus}?spool={tmp_path}/spool.db",
                *("--ledger", str(sent)),
                idle_s=5,
            ) as collecting,
        ):
            wait_until(lambda: any(store.glob("_log/*.json")))
            server.kill()
            server.start()
            collected = collecting.summary()
            simulation.account()
            early.stop()
            (first,) = json.loads(early.output(WITHIN_S))["targets"]
        summary = run_store(settings, is_quiet=True)
        assert (collected["residual"], first["residual"], summary.residual) == (0, 0, 0)
        assert stored(store).num_rows == collected["events"]["trade"]
        report = audit([parse_target(f"parquet:{store}")], [sent], bus, list(EVENT_TYPES))
        assert report.is_good
    finally:
        server.stop()
