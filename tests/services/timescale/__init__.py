"""The TimescaleDB extension for tests: a PostgreSQL in WebAssembly, run by Node.

No package has the extension for a native server. This one is real PostgreSQL 17 with the real
extension, but has one session, no background workers and no COPY from a client: what is tested
on it is that statements about hypertables do what they should.
"""

import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.services.fetching import one_at_a_time

ROOT = Path(__file__).parents[3]
_FOLDER = Path(__file__).parent
_INSTALLED = ROOT / ".cache" / "timescale"
_LONG, _TIME = 20, 1184


class TimescaleServer:
    """A database with the extension; it lives as long as this object."""

    def __init__(self) -> None:
        _install()
        self._process = subprocess.Popen(
            ["node", str(_INSTALLED / "server.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._read() == "ready"

    def run(self, sql: str, *values: object) -> list[list[Any]]:
        """Run one statement and return its rows."""
        return self._ask(sql, list(values))

    def run_script(self, sql: str) -> None:
        """Run statements without values."""
        self._ask(sql, None)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _ask(self, sql: str, values: list[object] | None) -> list[list[Any]]:
        assert self._process.stdin is not None
        if values is not None:
            # A number of JavaScript holds 53 bits.
            values = [str(each) if _is_wide(each) else each for each in values]
        question = json.dumps({"sql": sql, "values": values}, default=str)
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._read())
        if "error" in answer:
            raise asyncpg.PostgresError(f"{answer['error']} ({answer['state']})")
        read: dict[int, Callable[[Any], object]] = {_LONG: int, _TIME: _time}
        return [
            [
                value if value is None or kind not in read else read[kind](value)
                for value, kind in zip(row, answer["types"], strict=True)
            ]
            for row in answer["rows"]
        ]

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the server has ended"
        return line.rstrip("\n")


class Connection:
    """The few methods of an asyncpg connection that our statements are run by."""

    def __init__(self, server: TimescaleServer) -> None:
        self._server = server

    async def execute(self, sql: str, *values: object) -> None:
        if values:
            self._server.run(sql, *values)
        else:
            self._server.run_script(sql)

    async def fetch(self, sql: str, *values: object) -> list[list[Any]]:
        return self._server.run(sql, *values)

    async def fetchval(self, sql: str, *values: object) -> Any:  # noqa: ANN401
        return self._server.run(sql, *values)[0][0]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        self._server.run_script("BEGIN")
        try:
            yield
        except BaseException:
            self._server.run_script("ROLLBACK")
            raise
        self._server.run_script("COMMIT")


def timescale_or_skip() -> TimescaleServer:
    """Start one; without Node skip by name, or fail where the environment says CI."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        assert not os.environ.get("CI"), "Node is not installed"
        pytest.skip("no TimescaleDB: it runs in Node, which is not installed")
    return TimescaleServer()


def _is_wide(value: object) -> bool:
    return isinstance(value, int) and abs(value) >= 2**53


def _install() -> None:
    """Install the one package, exactly the one of the lock file, into the project's cache."""
    with one_at_a_time(_INSTALLED.parent):
        _install_alone()


def _install_alone() -> None:
    lock = "package-lock.json"
    is_same = (_INSTALLED / lock).exists() and (
        (_INSTALLED / lock).read_bytes() == (_FOLDER / lock).read_bytes()
    )
    if not is_same:
        partial = _INSTALLED.with_name(f"timescale-{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for name in ("package.json", lock):
            shutil.copy(_FOLDER / name, partial)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=partial, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"npm could not install the extension: {done.stderr[-800:]}"
        shutil.rmtree(_INSTALLED, ignore_errors=True)
        partial.rename(_INSTALLED)
    copied = _INSTALLED / f"server-{os.getpid()}.mjs"
    shutil.copy(_FOLDER / "server.mjs", copied)
    copied.replace(_INSTALLED / "server.mjs")  # Whole: Node of another process may read it now.


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
