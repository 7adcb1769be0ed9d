"""When ``tapeline tail --idle`` has seen enough."""

from tapeline.apps.batch_reader import BatchReader
from tapeline.apps.tail import Tail, TailEnd
from tapeline.storage.ports import Message
from tapeline.telemetry.clock import SystemClock
from tests.python.storing import as_read, make_messages

NS = 1_000_000_000


class Moved(SystemClock):
    """A clock that a test moves."""

    now_ns = 0

    def monotonic_ns(self) -> int:
        return self.now_ns


class Timed:
    """A bus whose readings take a time and bring messages; then it is silent."""

    def __init__(self, clock: Moved, *readings: tuple[float, list[Message]]) -> None:
        self._clock = clock
        self._readings = list(readings)

    def read(self, timeout_s: float) -> list[Message]:
        taken_s, found = self._readings.pop(0) if self._readings else (timeout_s, [])
        self._clock.now_ns += int(taken_s * NS)
        return found

    def has_more(self) -> bool:
        return False

    def fault(self) -> str:
        return ""

    def close(self) -> None:
        pass


def tail(*readings: tuple[float, list[Message]]) -> tuple[int, float]:
    """Return how many events came and after how many seconds it ended."""
    clock = Moved()
    found = Tail(Timed(clock, *readings), BatchReader(), TailEnd(None, 0.5), clock)
    rows = sum(len(rows) for _, rows in found.chunks())
    return rows, clock.now_ns / NS


def test_a_connection_that_takes_long_is_no_silence() -> None:
    trades = [each for each in as_read(make_messages(30)) if each.topic.startswith("trade.")]
    rows, seconds = tail((4.0, []), (0.2, []), (0.2, trades))
    assert rows == 30
    assert 4.9 <= seconds < 5.1


def test_a_silent_bus_ends_it() -> None:
    rows, seconds = tail((0.1, []))
    assert rows == 0
    assert 0.6 <= seconds < 0.8
