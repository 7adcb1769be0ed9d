"""Simulated venues to every store through a real Kafka: nothing lost, nothing twice, whatever dies.

The bus is filled once. Every test stores it into stores of its own, while something goes wrong, and
ends with an audit of every store against simulators, collector and bus.
"""

import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from confluent_kafka.admin import AdminClient

from tapeline.storage.schema import EVENT_TYPES
from tests.python.integration.all_stores import (
    Fed,
    Servers,
    Writer,
    assert_balances,
    commits,
    s3_keys,
    store_all,
    wait_for_commit,
    writing,
)
from tests.python.integration.conftest import ours
from tests.python.integration.venue_chain import MARKETS, Venues, collected
from tests.services.clickhouse import clickhouse_or_skip
from tests.services.kafka import KafkaBroker
from tests.services.postgres import postgres_or_skip
from tests.services.redis import redis_or_skip
from tests.services.s3 import s3_or_skip

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

_FRAMES = 1_500

T = TypeVar("T")


@pytest.fixture(scope="module")
def servers(
    running_broker: KafkaBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    before = {name: os.environ.get(name) for name in s3_keys()}
    os.environ.update(s3_keys())
    postgres = postgres_or_skip(is_durable=True)
    clickhouse = clickhouse_or_skip(tmp_path_factory.mktemp("clickhouse"))
    bucket = s3_or_skip(tmp_path_factory.mktemp("s3"))
    cache = redis_or_skip(tmp_path_factory.mktemp("redis"), keeps=True)
    yield Servers(running_broker, postgres, clickhouse, bucket, cache)
    cache.kill()
    bucket.kill()
    clickhouse.kill()
    postgres.kill()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="module")
def fed(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Fed:
    """Four markets of three exchanges on the bus, with damage and repeats on the way."""
    empty(servers.broker)
    folder = tmp_path_factory.mktemp("fed")
    tapes = {market: market.tape(folder, _FRAMES, 1_000.0) for market in MARKETS}
    faults = {market: ["duplicate=1%", "corrupt=0.5%", "drop=0.5%"] for market in MARKETS}
    ledger = folder / "collector.ledger"
    transport = f"kafka://{servers.broker.servers}?spool={folder / 'spool.db'}"
    with Venues(folder, tapes, faults) as venues:
        summary = collected(venues, transport, "--ledger", str(ledger))
        venues.accounts()
    (folder / "collect.json").write_text(json.dumps(summary))
    simulators = [folder / f"{market.name}.ledger" for market in MARKETS]
    return Fed(servers, folder, (*simulators, ledger, folder / "collect.json"))


def empty(broker: KafkaBroker) -> None:
    admin = AdminClient({"bootstrap.servers": broker.servers, "log_level": 0})
    if names := ours(admin):
        for deleted in admin.delete_topics(names).values():
            deleted.result(timeout=60)
    while ours(admin):
        time.sleep(0.1)


@pytest.fixture
def targets(fed: Fed, tmp_path: Path) -> tuple[str, ...]:
    return fed.targets(tmp_path)


def test_every_store_has_every_event_once(
    fed: Fed, targets: tuple[str, ...], tmp_path: Path
) -> None:
    summary = store_all(fed, targets, tmp_path, chunk_rows=200_000)
    report = fed.audit(targets)
    assert_balances(report)
    counts = [each["rows"] for each in summary["targets"]]
    assert set(counts[0]) == set(EVENT_TYPES)
    assert all(each == counts[0] for each in counts)
    for target in report.targets:
        assert {line.ledger for line in target.lines} == {
            "simulator",
            "producer",
            "collector",
            "bus",
        }
        # A cache keeps no record of gaps, only counts.
        assert target.missing_ids > 0 or target.target.startswith("redis:")
        assert sum(line.quarantined for line in target.lines) > 0
        assert sum(line.repeats for line in target.lines) > 0


@pytest.mark.parametrize("kills", [pytest.param(20, id="20")])
def test_a_writer_killed_again_and_again_loses_and_doubles_nothing(
    fed: Fed, targets: tuple[str, ...], tmp_path: Path, kills: int
) -> None:
    source = random.Random(20260105)
    slow: dict[str, Any] = {"chunk_rows": 100, "session_timeout_s": 1.0}
    latest_s = 2.0
    for _ in range(kills):
        with writing(fed, targets, tmp_path, **slow) as writer:
            time.sleep(source.uniform(0.2, latest_s))
            assert writer.is_running
        if not commits(targets):
            # On a slow machine all of them would come while it starts.
            latest_s *= 1.3
    before = commits(targets)
    store_all(fed, targets, tmp_path, session_timeout_s=1.0)
    assert before > 0, "every kill came before the first commit"
    assert_balances(fed.audit(targets))


def _restart_all(servers: Servers) -> None:
    servers.postgres.stop_immediately()
    servers.clickhouse.kill()
    servers.bucket.kill()
    servers.cache.kill()
    time.sleep(1)
    servers.postgres.start()
    servers.clickhouse.start()
    servers.bucket.start()
    servers.cache.start()


def _freeze(seconds: float) -> Callable[[Servers], None]:
    def freeze(servers: Servers) -> None:
        servers.postgres.freeze()
        servers.clickhouse.pause()
        servers.cache.pause()
        time.sleep(seconds)
        servers.cache.resume()
        servers.clickhouse.resume()
        servers.postgres.thaw()

    return freeze


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(_restart_all, id="stopped-immediately-and-started"),
        pytest.param(_freeze(3), id="frozen-3-s"),
        pytest.param(_freeze(30), id="frozen-30-s", marks=pytest.mark.slow),
    ],
)
def test_servers_that_go_and_come_back_lose_and_double_nothing(
    fed: Fed, targets: tuple[str, ...], tmp_path: Path, fault: Callable[[Servers], None]
) -> None:
    # The stores that live on servers, and a Parquet store that must not notice.
    with writing(fed, targets, tmp_path, idle_s=4.0, chunk_rows=100) as writer:
        wait_for_commit(targets)
        fault(fed.servers)
        summary = writer.summary()
    assert summary["targets"][0]["faults"] == 0
    assert_balances(fed.audit(targets))


def test_a_full_disk_costs_nothing_and_heals_by_itself(
    fed: Fed, targets: tuple[str, ...], tmp_path: Path
) -> None:
    with small_disk(tmp_path / "small", 2) as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(b"x" * shutil.disk_usage(disk).free)
        mine = (f"parquet:{disk / 'store'}", *targets[1:])
        with writing(fed, mine, tmp_path, idle_s=4.0) as writer:
            wait_for_attempt(disk / "store", writer)
            ballast.unlink()
            summary = writer.summary()
        assert summary["targets"][0]["faults"] > 0
        assert_balances(fed.audit(mine))


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk of a few megabytes; only root may."""
    place.mkdir()
    options = f"size={megabytes}m"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no disk that can be filled: {made.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def wait_for_attempt(store: Path, writer: Writer) -> None:
    """Wait until the writer has made a folder for rows and failed to put a file into it."""
    (folder, *_) = _awaited(lambda: list(store.glob("*/date=*")), writer)
    # A try changes the folder twice, when a file is begun and when it is taken back: whoever has
    # seen two changes has seen the end of a try.
    for _ in range(2):
        _awaited(partial(_has_changed, folder, folder.stat().st_mtime_ns), writer)


def _has_changed(folder: Path, since_ns: int) -> bool:
    return folder.stat().st_mtime_ns != since_ns


def _awaited(look: Callable[[], T], writer: Writer) -> T:
    end = time.monotonic() + 180
    while not (found := look()):
        assert time.monotonic() < end, "nothing was tried"
        assert writer.is_running
        time.sleep(0.02)
    return found


def test_a_storm_of_rebalances_loses_and_doubles_nothing(
    fed: Fed, targets: tuple[str, ...], tmp_path: Path
) -> None:
    source = random.Random(7)
    members: list[Writer] = []
    settings = fed.settings(targets, chunk_rows=50, flush_interval_s=0.05, session_timeout_s=1.0)
    try:
        for step in range(12):
            if len(members) < 2 or (len(members) < 3 and source.random() < 0.5):
                members.append(Writer(settings, tmp_path))
            else:
                leaving = members.pop(source.randrange(len(members)))
                leaving.kill() if step % 2 else leaving.stop()
            time.sleep(source.uniform(0.3, 1.5))
        assert all(member.is_running for member in members)
    finally:
        for member in members:
            member.kill()
    store_all(fed, targets, tmp_path, session_timeout_s=1.0)
    assert_balances(fed.audit(targets))


def test_two_writers_share_the_work(fed: Fed, targets: tuple[str, ...], tmp_path: Path) -> None:
    more: dict[str, Any] = {"idle_s": 6.0, "chunk_rows": 50}
    with (
        writing(fed, targets, tmp_path, **more) as one,
        writing(fed, targets, tmp_path, **more) as other,
    ):
        summaries = [one.summary(), other.summary()]
    shares = [[sum(each["rows"].values()) for each in done["targets"]] for done in summaries]
    # A store that was full before the group had formed anew is no share of the second's.
    assert any(mine > 0 < theirs for mine, theirs in zip(*shares, strict=True)), shares
    assert_balances(fed.audit(targets))


@pytest.mark.parametrize("failpoint", ["die_before_telling_the_bus", "lose_answers"])
def test_what_happens_between_store_and_bus_is_harmless(
    fed: Fed, targets: tuple[str, ...], tmp_path: Path, failpoint: str
) -> None:
    with writing(fed, targets, tmp_path, failpoint, idle_s=4.0) as writer:
        if failpoint == "lose_answers":
            summary = writer.summary()
            assert all(each["conflicts"] > 0 for each in summary["targets"])
        else:
            writer.join()
            assert writer.exit_code == -9
    store_all(fed, targets, tmp_path)
    assert_balances(fed.audit(targets))


def test_sigterm_while_writing_keeps_what_was_read(
    fed: Fed, targets: tuple[str, ...], tmp_path: Path
) -> None:
    with writing(fed, targets, tmp_path, chunk_rows=50) as writer:
        wait_for_commit(targets)
        writer.stop()
        summary = writer.summary(90)
    assert all(sum(each["rows"].values()) > 0 for each in summary["targets"][:1])
    store_all(fed, targets, tmp_path)
    assert_balances(fed.audit(targets))
