"""What ``tapeline up`` shows."""

from pathlib import Path

from tapeline.apps.up_view import Rate, last_words, size_of
from tapeline.telemetry.clock import SystemClock


class Ticking(SystemClock):
    """A clock that a test moves."""

    now_ns = 1_000_000_000

    def monotonic_ns(self) -> int:
        return self.now_ns


def test_the_last_warning_is_told_in_one_line(tmp_path: Path) -> None:
    log = tmp_path / "collect.log"
    assert last_words(log) == ""
    log.write_text("2026-01-05T00:00:00Z [info     ] connected   line='a'\n")
    assert last_words(log) == ""
    with log.open("a") as file:
        file.write("2026-01-05T00:00:01Z [warning  ] connect failed    error='x'\n" * 500)
        file.write("2026-01-05T00:00:02Z [error    ] refused           status=418\n")
        file.write("2026-01-05T00:00:03Z [info     ] waiting\n")
    assert last_words(log) == "refused status=418"


def test_a_rate_is_over_a_second_and_begins_anew_with_the_count() -> None:
    clock = Ticking()
    rate = Rate(clock)
    assert rate.update(100) == 0
    clock.now_ns += 500_000_000
    assert rate.update(200) == 0
    clock.now_ns += 1_500_000_000
    assert rate.update(500) == 200
    clock.now_ns += 2_000_000_000
    # A process that was started again counts from 0.
    assert rate.update(10) == 0


def test_a_rate_of_what_comes_in_chunks_is_over_several_of_them() -> None:
    clock = Ticking()
    rate = Rate(clock, 10_000_000_000)
    found = []
    for second in range(60):
        found.append(rate.update(second // 5 * 500))
        clock.now_ns += 1_000_000_000
    assert found[:5] == [0, 0, 0, 0, 0]
    assert found[5] == 100
    assert set(found[20:]) == {100}


def test_a_file_is_counted_with_its_companions(tmp_path: Path) -> None:
    (tmp_path / "bus.db").write_bytes(b"12")
    (tmp_path / "bus.db-wal").write_bytes(b"345")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_bytes(b"6")
    assert size_of(tmp_path / "bus.db") == 5
    assert size_of(tmp_path / "folder") == 1
    assert size_of(tmp_path) == 6
