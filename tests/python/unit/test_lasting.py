"""What processes that run for long set once."""

import gc
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
