"""The rule behind ``--idle``."""

from tapeline.apps.silence import Silence

MS = 1_000_000


def look(
    silence: Silence, ms: int, *, frames: int = 0, connections: int = 1, waiting: bool = False
) -> float:
    return silence.look(ms * MS, frames=frames, connections=connections, is_waiting=waiting) / MS


def test_silence_is_the_time_since_the_last_frame() -> None:
    silence = Silence(0)
    look(silence, 50, frames=3)
    assert [look(silence, at, frames=3) for at in (150, 250, 350)] == [100, 200, 300]
    assert look(silence, 450, frames=4) == 0


def test_a_process_that_was_held_up_does_not_take_it_for_silence() -> None:
    silence = Silence(0)
    look(silence, 50, frames=3)
    assert look(silence, 60_000, frames=3) == 250


def test_a_connection_is_news() -> None:
    silence = Silence(0)
    assert look(silence, 100, connections=0) == 100
    assert look(silence, 200, connections=1) == 0
    assert look(silence, 300, connections=1) == 100


def test_a_bus_that_takes_nothing_is_no_silence() -> None:
    silence = Silence(0)
    look(silence, 50, frames=3)
    assert look(silence, 150, frames=3, waiting=True) == 0
    assert look(silence, 250, frames=3) == 100
