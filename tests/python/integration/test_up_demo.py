"""The simulated market of ``tapeline up --demo``: it goes on and on, on a bounded disk."""

import contextlib
import json
import time
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tapeline.apps.audit_ledgers import read_ledgers
from tapeline.apps.chain import END_SECONDS, ChainError, Process, run
from tapeline.apps.up_demo import DemoMarket
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tests.services.kafka import free_port

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

_SESSIONS = 3


def reconnects(address: str) -> float:
    """Return how often a collector has connected again, by its metrics."""
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(f"http://{address}/metrics") as answer,
    ):
        families = list(text_string_to_metric_families(answer.read().decode()))
        samples = [each for family in families for each in family.samples]
        return sum(each.value for each in samples if each.name.endswith("_reconnects_total"))
    return 0.0


def test_sessions_follow_each_other_and_every_frame_is_accounted_for(tmp_path: Path) -> None:
    data = tmp_path / "market"
    data.mkdir()
    bus, target = f"local:{tmp_path / 'bus.db'}", f"parquet:{tmp_path / 'store'}"
    with DemoMarket(data, None, SystemClock(), session_s=3.0) as market:
        metrics = f"127.0.0.1:{free_port()}"
        words: list[str] = ["--transport", bus, "--json", "--metrics", metrics]
        for name, value in market.overrides().items():
            values = value if isinstance(value, tuple) else (value,)
            words += [
                word for each in values for word in (f"--{name.replace('_', '-')}", str(each))
            ]
        url = market.simulation.url
        with Process("collect", *words) as collecting:
            end = time.monotonic() + 180
            assert market.tend(is_read=False)
            while reconnects(metrics) < _SESSIONS - 1:
                assert time.monotonic() < end, "it does not go on"
                assert collecting.is_running
                assert market.tend(is_read=True)
                time.sleep(0.1)
            assert len(market.ledgers) >= _SESSIONS
            # The address stays; what was played is gone, what is played and comes next is there.
            assert market.simulation.url == url
            assert len(list(data.glob("*.jsonl"))) <= 2
            time.sleep(1.0)
            market.close()
            collecting.stop()
            summary = json.loads(collecting.output().splitlines()[-1])
        assert summary["reconnects"] >= _SESSIONS - 1
        run("store", "--transport", bus, "--target", target, "--idle", "1")
        report = market.account([parse_target(target)], summary)
    assert report.is_good, [line.as_dict() for each in report.targets for line in each.lines]
    (sent,) = read_ledgers(market.ledgers)
    assert sum(each.events for each in sent.streams.values()) > 100


def test_a_process_that_is_asked_to_end_when_it_has_not_begun_has_not_failed(
    tmp_path: Path,
) -> None:
    with Process("simulate", tmp_path / "tape", "--port", "0") as process:
        process.stop()
        assert process.output(END_SECONDS) == ""


def test_a_session_that_cannot_be_written_ends_it_with_the_reason(tmp_path: Path) -> None:
    with DemoMarket(tmp_path, None, SystemClock(), session_s=3.0) as market:
        (tmp_path / "market-1.synthetic.jsonl").mkdir()
        assert market.tend(is_read=True)
        market.simulation.stop()
        market.simulation.output(END_SECONDS)
        with pytest.raises(ChainError, match=r"next session: .*market-1"):
            market.tend(is_read=True)
