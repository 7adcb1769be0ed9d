"""``tapeline up``: one command records, survives the death of its parts, goes on where it was."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tapeline.apps.audit import audit
from tapeline.storage.schema import EVENT_TYPES
from tapeline.storage.targets import parse_target
from tapeline.transport.local_file import BusFileError, LocalFile
from tests.python.integration.venue_chain import BYBIT, OKX, SPOT, Market, Venues
from tests.python.storing import stored

pytestmark = pytest.mark.timeout(300)

_ROLES = ("collect", "store")
#: Goes on for longer than any test.
_LONG = ([SPOT], 10_000, 100.0)


class Up:
    """A running ``tapeline up``."""

    def __init__(self, data: Path, *words: str) -> None:
        self.data = data
        command = [sys.executable, "-m", "tapeline.apps.cli", "up", "--data", str(data), "--json"]
        # What is shown is a process more, and has tests of its own.
        command += [] if "--port" in words else ["--no-serve"]
        self._process = subprocess.Popen(
            [*command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def child(self, role: str) -> int:
        """Return the id of one of its two processes: they say at once what they are."""
        found: dict[str, int] = {}

        def is_there() -> bool:
            found.update({_role_of(pid): pid for pid in _children_of(self._process.pid)})
            return role in found

        until(is_there, role)
        return found[role]

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self, status: int = 0) -> dict[str, Any]:
        output, errors = self._process.communicate(timeout=120)
        assert self._process.returncode == status, errors
        summary: dict[str, Any] = json.loads(output.splitlines()[-1])
        return summary

    def refused(self) -> str:
        _, errors = self._process.communicate(timeout=120)
        assert self._process.returncode != 0
        return errors

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def started(data: Path, *words: str) -> Iterator[Up]:
    up = Up(data, *words)
    try:
        yield up
    finally:
        up.kill()


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def _children_of(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        # A thread that has ended meanwhile has started nobody.
        with suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def _role_of(pid: int) -> str:
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            name = Path(os.readlink(descriptor)).name
            if name in ("collect.log", "store.log"):
                return name.removesuffix(".log")
    return "?"


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that has ended may wait to be noticed by its parent."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    return False


def simulated(
    folder: Path, markets: Sequence[Market], frames: int = 1_500, rate_per_s: float = 500.0
) -> Venues:
    """Make venues; a long tape is ended by the test, not by its end."""
    return Venues(folder, {each: each.tape(folder, frames, rate_per_s) for each in markets})


def rows(up: Up) -> int:
    """Count the rows that commits have added, whatever became of their files."""
    entries = (up.data / "parquet" / "_log").glob("[0-9]*[0-9].json")
    commits = [json.loads(entry.read_text()) for entry in entries]
    return sum(fact["rows"] for commit in commits for fact in commit["added"])


def assert_balances(data: Path, *ledgers: Path) -> None:
    (target,) = audit(
        [parse_target(f"parquet:{data / 'parquet'}")], list(ledgers), None, list(EVENT_TYPES)
    ).targets
    assert target.fault is None
    assert [line.as_dict() for line in target.lines if line.residual] == []
    assert target.lines


def left_on(data: Path) -> int:
    """Count the messages in the buffer."""
    try:
        file = LocalFile(data / "bus.db", mode="read")
    except BusFileError:
        return 0  # Nobody has made it yet.
    try:
        return sum(file.counts().values())
    finally:
        file.close()


def test_everything_is_collected_stored_and_taken_from_the_buffer(tmp_path: Path) -> None:
    data, ledger = tmp_path / "data", tmp_path / "up.ledger"
    with (
        simulated(tmp_path, [SPOT, OKX, BYBIT]) as venues,
        started(data, *venues.words(), "--idle", "6", "--ledger", str(ledger)) as up,
    ):
        summary = up.end()
        accounts = venues.accounts()
    assert summary["not_stored"] == 0
    assert summary["restarts"] == {"collect": 0, "store": 0}
    assert_balances(data, ledger, *(tmp_path / f"{market.name}.ledger" for market in accounts))
    sent = sum(account[-1]["distinct_sent"] for account in accounts.values())
    assert summary["collect"]["frames"] - sum(summary["collect"]["control"].values()) == sent
    assert left_on(data) == 0


def test_a_dead_store_comes_back_and_collecting_does_not_notice(tmp_path: Path) -> None:
    data, ledger = tmp_path / "data", tmp_path / "up.ledger"
    quick = ("--flush-interval", "0.1", "--ledger", str(ledger))
    with simulated(tmp_path, *_LONG) as venues, started(data, *venues.words(), *quick) as up:
        until(lambda: rows(up) > 0, "rows")
        collector = up.child("collect")
        dead = up.child("store")
        os.kill(dead, signal.SIGKILL)
        until(lambda: up.child("store") != dead, "another store")
        before = rows(up)
        until(lambda: rows(up) > before, "rows after the store's death")
        assert up.child("collect") == collector
        up.signal(signal.SIGINT)
        summary = up.end()
    assert summary["restarts"] == {"collect": 0, "store": 1}
    assert_balances(data, ledger)
    assert left_on(data) == 0


def test_a_dead_collector_comes_back_and_nothing_is_stored_twice(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with (
        simulated(tmp_path, *_LONG) as venues,
        started(data, *venues.words(), "--flush-interval", "0.1") as up,
    ):
        until(lambda: rows(up) > 0, "rows")
        storer = up.child("store")
        dead = up.child("collect")
        os.kill(dead, signal.SIGKILL)
        until(lambda: up.child("collect") != dead, "another collector")
        before = rows(up)
        until(lambda: rows(up) > before, "rows of the other collector")
        up.signal(signal.SIGINT)
        summary = up.end()
    assert summary["restarts"] == {"collect": 1, "store": 0}
    assert not is_alive(storer)
    trades = stored(data / "parquet")
    assert len(set(trades["event_id"].to_pylist())) == trades.num_rows
    assert left_on(data) == 0


def test_ctrl_c_ends_in_order_and_the_next_run_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    ledgers = [tmp_path / "1.ledger", tmp_path / "2.ledger"]
    with simulated(tmp_path, *_LONG) as venues:
        # Rows may wait for an hour: only an orderly end can have stored them.
        words = (*venues.words(), "--flush-interval", "3600")
        with started(data, *words, "--ledger", str(ledgers[0])) as up:
            until(lambda: left_on(data) > 50, "messages")
            up.signal(signal.SIGINT)
            first = up.end()
        with started(data, *words, "--ledger", str(ledgers[1])) as up:
            until(lambda: left_on(data) > 50, "messages")
            up.signal(signal.SIGTERM)
            second = up.end()
    assert first["not_stored"] == second["not_stored"] == 0
    assert first["collect"]["frames"] > 0 < second["collect"]["frames"]
    assert_balances(data, *ledgers)
    assert left_on(data) == 0


def test_a_store_that_cannot_be_used_stops_nothing_and_loses_nothing(tmp_path: Path) -> None:
    data, ledger = tmp_path / "data", tmp_path / "up.ledger"
    log = data / "parquet" / "_log"
    log.mkdir(parents=True)
    damaged = log / f"{1:020d}.json"
    damaged.write_text("not a commit")
    with (
        simulated(tmp_path, [SPOT], 1_000) as venues,
        started(data, *venues.words(), "--idle", "6", "--ledger", str(ledger)) as up,
    ):
        summary = up.end(status=1)
        venues.accounts()
    assert summary["collect"]["residual"] == 0
    assert summary["not_stored"] == left_on(data) > 0
    # Repaired: the next run stores what is in the buffer.
    damaged.unlink()
    nobody = ("--endpoint", "ws://127.0.0.1:9", "--duration", "1")
    with started(data, *nobody) as up:
        until(lambda: rows(up) > 0, "rows")
        up.signal(signal.SIGTERM)
        up.end()
    assert_balances(data, ledger)


def test_what_is_wrong_is_said_before_anything_is_started(tmp_path: Path) -> None:
    data = tmp_path / "data"
    nobody = ("--endpoint", "ws://127.0.0.1:9")
    with started(data, "--symbols", "BTCUSDX", *nobody) as up:
        assert "BTC/USDT" in up.refused()
    with started(data, "--target", "nonsense:") as up:
        assert "parquet:PATH" in up.refused()
    with started(data, "--flush-interval", "-1") as up:
        assert "flush_interval_s: input should be greater than 0" in up.refused()
    assert not data.exists()
    first = LocalFile(data / "bus.db")
    try:
        with started(data) as up:
            assert "another process writes" in up.refused()
    finally:
        first.close()


def test_interrupted_while_it_starts_it_ends_in_order(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with simulated(tmp_path, *_LONG) as venues, started(data, *venues.words()) as up:
        up.child("collect")
        up.signal(signal.SIGINT)
        summary = up.end()
    assert summary["not_stored"] == 0
    assert left_on(data) == 0


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with simulated(tmp_path, *_LONG) as venues, started(data, *venues.words()) as up:
        until(lambda: rows(up) > 0, "rows")
        children = [up.child(role) for role in _ROLES]
        up.kill()
        until(lambda: not any(map(is_alive, children)), "the end of the children")


def test_a_demonstration_shows_a_moving_market_and_accounts_for_every_frame() -> None:
    command = [sys.executable, "-m", "tapeline.apps.cli", "up", "--demo", "--seconds", "6"]
    process = subprocess.Popen(
        [*command, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        url = next((line for line in lines if line.startswith("dashboard: ")), "- none").split()[1]
        assert url != "none", process.communicate()
        path = "api/trades?exchange=binance&market=spot&symbol=BTC/USDT&limit=5"

        def shown() -> list[dict[str, Any]]:
            with suppress(OSError), urllib.request.urlopen(url + path, timeout=20) as answer:  # noqa: S310
                found: list[dict[str, Any]] = json.loads(answer.read())["data"]
                return found
            return []

        until(lambda: len(shown()) > 0 or process.poll() is not None, "trades")
        printed, told = process.communicate(timeout=120)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, told
    assert "residual 0" in printed
    assert "simulator" in printed
