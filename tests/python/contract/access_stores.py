"""The stores that the access layer reads, each in a place of its own, for one suite over all."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tapeline.apps.openers import OPENERS
from tapeline.storage.ports import Store
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tests.services.clickhouse import clickhouse_or_skip
from tests.services.postgres import make_database, postgres_or_skip
from tests.services.s3 import ACCESS_KEY, SECRET_KEY, s3_or_skip

Place = Callable[[], str]
"""Gives the address of a store that is not there yet."""


def kinds() -> list[Any]:
    """Name every store that is written and read."""
    servers = ("s3", "postgres", "clickhouse", "embedded-clickhouse")
    return [
        pytest.param("parquet"),
        *(pytest.param(name, marks=pytest.mark.integration) for name in servers),
    ]


def open_store(address: str) -> Store:
    target = parse_target(address)
    return OPENERS[target.kind](target, SystemClock())


class Places:
    """Starts what a kind of store needs, once, and gives new places in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._started: dict[str, Any] = {}

    def new(self, kind: str) -> str:
        name = f"t{uuid.uuid4().hex[:12]}"
        if kind == "parquet":
            return f"parquet:{self._folder / name}"
        if kind == "clickhouse-embedded":
            return f"clickhouse:{self._folder / name}"
        if kind == "embedded-clickhouse":
            pytest.importorskip("chdb")
            return f"clickhouse:{self._folder / name}"
        server = self._server(kind)
        if kind == "postgres":
            return make_database(server.database()).target()
        return str(server.target(name))

    def close(self) -> None:
        self._stack.close()

    def _server(self, kind: str) -> Any:  # noqa: ANN401
        if kind not in self._started:
            self._started[kind] = _START[kind](self._folder / kind)
            self._stack.callback(self._started[kind].kill)
        return self._started[kind]


_START: dict[str, Callable[[Path], Any]] = {
    "s3": s3_or_skip,
    "postgres": lambda _: postgres_or_skip(),
    "clickhouse": clickhouse_or_skip,
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    found = Places(tmp_path_factory.mktemp("stores"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        try:
            yield found
        finally:
            found.close()
