"""The listener of metrics and health: what it answers, what it refuses, what makes it red."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import orjson
import pytest

from tapeline.errors import SettingsError
from tapeline.telemetry.health import Beat, Check, Health
from tapeline.telemetry.listener import Address, parse_address, serve
from tapeline.telemetry.metrics import Metrics
from tests.services.kafka import free_port

TIMEOUT_S = 30


@contextmanager
def listening(metrics: Metrics, health: Health, host: str = "127.0.0.1") -> Iterator[str]:
    address = Address(host, free_port())
    stop = serve(address, metrics, health)
    try:
        yield address.url
    finally:
        stop()


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_metrics_health_and_nothing_else() -> None:
    metrics = Metrics()
    metrics.counter("tapeline_adapters_connects", line="a").inc(2)
    with listening(metrics, Health()) as url:
        status, body = get(f"{url}/metrics")
        assert status == 200
        assert b'tapeline_adapters_connects_total{line="a"} 2.0' in body
        assert b"tapeline_apps_ready_state 1.0" in body
        assert b"process_resident_memory_bytes" in body
        assert get(f"{url}/health/live")[0] == get(f"{url}/health/ready?a=b")[0] == 200
        assert get(f"{url}/")[0] == get(f"{url}/metrics/../etc")[0] == 404
    with pytest.raises(OSError, match=r"refused|reset"):
        urllib.request.urlopen(f"{url}/metrics", timeout=TIMEOUT_S)  # noqa: S310


def test_what_fails_is_said_with_its_reason() -> None:
    metrics, health = Metrics(), Health()
    faults = {"bus": ""}
    health.ready_when(lambda: [Check(name, not why, why) for name, why in faults.items()])
    with listening(metrics, health) as url:
        assert get(f"{url}/health/ready")[0] == 200
        faults["bus"] = "nothing was acknowledged for 12 s"
        status, body = get(f"{url}/health/ready")
        assert status == 503
        assert orjson.loads(body) == {
            "status": "failing",
            "checks": 1,
            "failing": 1,
            "reasons": [{"name": "bus", "reason": "nothing was acknowledged for 12 s"}],
        }
        assert get(f"{url}/health/live")[0] == 200
        assert b"tapeline_apps_ready_state 0.0" in get(f"{url}/metrics")[1]
        faults["bus"] = ""
        assert get(f"{url}/health/ready")[0] == 200


def test_a_check_that_cannot_be_made_fails() -> None:
    def broken() -> list[Check]:
        raise OSError("gone")

    health = Health()
    health.live_when(broken)
    assert [check.reason for check in health.live().checks] == ["a check cannot be made: OSError"]
    assert not health.ready().is_ok, "what is not live is not ready"


def test_at_most_a_hundred_reasons_are_listed_and_all_are_counted() -> None:
    health = Health()
    health.ready_when(lambda: [Check(f"stream {n}", False, "silent") for n in range(150)])
    told = health.ready().as_dict()
    assert (told["failing"], len(told["reasons"])) == (150, 100)


def test_a_loop_that_stands_still_is_not_live() -> None:
    now = [0]
    beat = Beat("loop", lambda: now[0], limit_s=30)
    now[0] = 30 * 10**9
    assert beat.check()[0].is_ok
    now[0] += 1
    assert beat.check() == [Check("loop", False, "it has stood still for 30 s")]
    beat.tick()
    assert beat.check()[0].is_ok


def test_idle_readers_take_no_more_than_their_room() -> None:
    """Readers that connect and say nothing take 16 threads at most; others are served after."""
    with listening(Metrics(), Health()) as url:
        port = int(url.rpartition(":")[2])
        idle = [socket.create_connection(("127.0.0.1", port), TIMEOUT_S) for _ in range(40)]
        # They are accepted in this order: once the last is let go, all have been seen.
        most = 0
        idle[-1].settimeout(0.01)
        while not _is_closed(idle[-1]):
            most = max(most, _answering())
        assert max(most, _answering()) <= 16
        for each in idle:
            each.close()
        _until(lambda: _answers(f"{url}/health/live"))


def _answering() -> int:
    """Count the threads that answer; one that has ended may be among them for a moment."""
    waited = threading.Event()
    for _ in range(100):
        names = [thread.name for thread in threading.enumerate()]
        if (found := sum("process_request_thread" in name for name in names)) <= 16:
            break
        waited.wait(0.01)
    return found


def _is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def _answers(url: str) -> bool:
    try:
        return get(url)[0] == 200
    except OSError:
        return False


def _until(holds: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(TIMEOUT_S * 20):
        if holds():
            return
        waited.wait(0.05)
    raise AssertionError("it did not come true")


@pytest.mark.parametrize(
    ("text", "host", "port", "url"),
    [
        ("127.0.0.1:9400", "127.0.0.1", 9400, "http://127.0.0.1:9400"),
        (":9400", "127.0.0.1", 9400, "http://127.0.0.1:9400"),
        ("9400", "127.0.0.1", 9400, "http://127.0.0.1:9400"),
        ("[::1]:65535", "::1", 65535, "http://[::1]:65535"),
        ("store.lan:1", "store.lan", 1, "http://store.lan:1"),
    ],
)
def test_addresses(text: str, host: str, port: int, url: str) -> None:
    found = parse_address(text)
    assert (found, found.url) == (Address(host, port), url)


@pytest.mark.parametrize("text", ["", ":", "host", "a:0", "a:65536", "::1:9400", "a:-1", "a:٣"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="expected HOST:PORT"):
        parse_address(text)


def test_a_port_that_is_taken_is_said() -> None:
    with listening(Metrics(), Health()) as url:
        taken = Address("127.0.0.1", int(url.rpartition(":")[2]))
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{taken.port}"):
            serve(taken, Metrics(), Health())
