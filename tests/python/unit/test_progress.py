"""The running count that long commands show where a person is looking."""

import io
import os
import sys

import pytest

from tapeline.apps.progress import counting


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal as a person has it, whatever the one of the tests says."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def counted(*, quiet: bool) -> None:
    with counting("rows", quiet=quiet) as advance:
        for count in (1_200, 34):
            advance(count)


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, *, quiet: bool) -> str:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        counted(quiet=quiet)
        stderr.write("end")
    shown = b""
    while not shown.endswith(b"end"):
        shown += os.read(ours, 4_096)
    os.close(ours)
    return shown.decode()


def test_a_terminal_shows_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "1,234 rows" in on_a_terminal(monkeypatch, quiet=False)


def test_what_is_quiet_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_a_terminal(monkeypatch, quiet=True) == "end"


def test_a_file_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    counted(quiet=False)
    assert stderr.getvalue() == ""
