"""The stores that the access layer reads, each in a place of its own, for one suite over all."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tapeline.access.opening import READERS
from tapeline.apps.store_runner import OPENERS
from tapeline.storage.ports import Store
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock

Place = Callable[[], str]
"""Gives the address of a store that is not there yet."""


def kinds() -> list[Any]:
    """Name every kind that this version both writes and reads."""
    found = [pytest.param("parquet"), pytest.param("s3", marks=pytest.mark.integration)]
    known = {str(kind): module for kind, module in READERS.items() if kind in OPENERS}
    if "postgres" in known and find_spec(known["postgres"]):
        found.append(pytest.param("postgres", marks=pytest.mark.integration))
    if "clickhouse" in known and find_spec(known["clickhouse"]):
        found.append(pytest.param("clickhouse", marks=pytest.mark.integration))
        found.append(pytest.param("clickhouse-embedded", marks=pytest.mark.integration))
    return found


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
        server = self._server(kind)
        if kind == "postgres":
            return str(server.database().target())
        return str(server.target(name))

    def close(self) -> None:
        self._stack.close()

    def _server(self, kind: str) -> Any:  # noqa: ANN401
        if kind not in self._started:
            self._started[kind] = _START[kind](self._folder / kind)
            self._stack.callback(self._started[kind].kill)
        return self._started[kind]


def _s3(folder: Path) -> Any:  # noqa: ANN401
    from tests.services.s3 import s3_or_skip

    return s3_or_skip(folder)


def _postgres(_: Path) -> Any:  # noqa: ANN401
    return import_module("tests.services.postgres").postgres_or_skip()


def _clickhouse(folder: Path) -> Any:  # noqa: ANN401
    return import_module("tests.services.clickhouse").clickhouse_or_skip(folder)


_START: dict[str, Callable[[Path], Any]] = {
    "s3": _s3,
    "postgres": _postgres,
    "clickhouse": _clickhouse,
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    from tests.services.s3 import ACCESS_KEY, SECRET_KEY

    found = Places(tmp_path_factory.mktemp("stores"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        try:
            yield found
        finally:
            found.close()
