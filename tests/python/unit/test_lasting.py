"""What processes that run for long set once."""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tapeline.apps.lasting import settle_in


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_what_is_there_is_not_looked_at_again() -> None:
    there: list[list[int]] = [[] for _ in range(1_000)]
    settle_in()
    assert gc.get_freeze_count() >= len(there)
    assert gc.isenabled()


@pytest.mark.parametrize(("given", "found"), [(None, "10000"), ("7", "7")])
def test_a_command_keeps_memory_unless_told_otherwise(given: str | None, found: str) -> None:
    name = "MIMALLOC_PURGE_DELAY"
    program = (
        "import atexit, os, sys; from tapeline.apps.cli import main;"
        f"atexit.register(lambda: print('kept', os.environ['{name}'])); main(['version'])"
    )
    environment = {key: value for key, value in os.environ.items() if key != name}
    if given is not None:
        environment[name] = given
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == f"kept {found}"
