"""A process of ``tapeline up``, with a clock that the test moves: what is wrong stays in sight."""

import time
from collections.abc import Callable
from pathlib import Path

from tapeline.apps.settings import StoreSettings
from tapeline.apps.up_supervisor import Child
from tapeline.apps.up_view import View
from tapeline.telemetry.clock import SystemClock
from tapeline.transport.local_file import LocalFile

PATIENCE_S = 60.0


class Moved(SystemClock):
    """A clock ahead of the real one by as much as the test says."""

    ahead_ns = 0

    def monotonic_ns(self) -> int:
        return super().monotonic_ns() + self.ahead_ns


def tended(child: Child, is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, (child.state, child.told)
        child.tend()
        time.sleep(0.02)


def test_a_fault_stays_in_sight_until_its_process_has_run_again_for_a_while(tmp_path: Path) -> None:
    bus, clock = tmp_path / "bus.db", Moved()
    bus.write_bytes(b"something else" * 100)
    child = storing(tmp_path, clock)
    try:
        tended(child, lambda: child.state == "waiting" and child.restarts == 0)
        fault = child.told.fault
        assert fault is not None
        assert "is not a tapeline transport file" in fault
        bus.unlink()
        LocalFile(bus).close()
        clock.ahead_ns += 2_000_000_000
        tended(child, lambda: child.state == "running")
        assert (child.restarts, child.told.fault) == (1, fault)
        tended(child, lambda: bool(child.told.status))
        clock.ahead_ns += 11_000_000_000
        tended(child, lambda: child.told.fault is None)
        assert child.state == "running"
    finally:
        child.kill()
        child.wait(PATIENCE_S)


def test_a_store_of_another_version_is_said_though_its_process_ended_well(tmp_path: Path) -> None:
    log = tmp_path / "store" / "_log"
    log.mkdir(parents=True)
    (log / "00000000000000000001.json").write_text('{"format": 9}')
    bus, clock = tmp_path / "bus.db", Moved()
    LocalFile(bus).close()
    child = storing(tmp_path, clock)
    try:
        tended(child, lambda: child.state == "ended")
    finally:
        child.kill()
        child.wait(PATIENCE_S)
    idle = Child("collect", {}, tmp_path / "collect.log", clock, keeps_trying=False)
    ((role, said),) = View("", idle, child, bus, None, clock).faults()
    assert role == "store"
    assert "has format 9, this tapeline knows formats up to 1" in said


def test_a_process_that_is_stopped_before_it_has_begun_has_not_failed(tmp_path: Path) -> None:
    child = storing(tmp_path, Moved())
    try:
        child.tend()
        child.stop()
        assert child.wait(PATIENCE_S)
        assert (child.state, child.told.fault) == ("ended", None)
    finally:
        child.kill()
        child.wait(PATIENCE_S)


def storing(folder: Path, clock: SystemClock) -> Child:
    settings = StoreSettings(
        transport=f"local:{folder / 'bus.db'}", targets=(f"parquet:{folder / 'store'}",)
    )
    told = settings.model_dump(mode="json")
    return Child("store", told, folder / "store.log", clock, keeps_trying=True)
