"""A real ClickHouse server for tests and development, on free ports of this machine.

The wheel ``chdb-core`` has the whole engine with its HTTP handler. Loaded without the package
``chdb`` around it, it runs as ``clickhouse-local``, reads ``./config.xml`` and listens when told
to. That is the server's own code, though not the program ``clickhouse-server``: it has no Keeper,
and users come from a file (``default`` is the engine's own). The entry point is an internal one,
hence the exact version.

By hand: ``python -m tests.services.clickhouse --port 8123 --dir .cache/clickhouse/dev`` runs one
until Ctrl-C.
"""

import argparse
import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from tests.services.freezing import freeze
from tests.services.kafka import free_port

ROOT = Path(__file__).parents[2]
DEPLOYED = ROOT / "deploy" / "clickhouse"

USER: Final = "tapeline"
PASSWORD: Final = "tape secret"  # noqa: S105 - of a server that lives for a test
DATABASE: Final = "tape"

_LIFETIME_S: Final = 3600
_RTLD_DEEPBIND: Final = 0x8

_CONFIG = """\
<clickhouse>
    <http_port>{port}</http_port>
    <listen_host>127.0.0.1</listen_host>
    <users_config>{directory}/users.xml</users_config>
    <max_server_memory_usage>2000000000</max_server_memory_usage>
    <mark_cache_size>67108864</mark_cache_size>
</clickhouse>
"""

_USERS = f"""\
<clickhouse>
    <profiles><default/></profiles>
    <quotas><default/></quotas>
    <users>
        <{USER}>
            <password>{PASSWORD}</password>
            <networks><ip>127.0.0.1</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
        </{USER}>
        <default>
            <no_password/>
            <networks><ip>127.0.0.1</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
        </default>
        <reader>
            <no_password/>
            <networks><ip>127.0.0.1</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
            <grants><query>GRANT SELECT ON *.*</query></grants>
        </reader>
    </users>
</clickhouse>
"""


class ClickHouseUnavailable(RuntimeError):
    """The wheel is missing or its listener did not start; the text says which."""


class ClickHouseServer:
    """A server process whose data lives in ``directory`` and survives :meth:`kill`."""

    def __init__(self, directory: Path, *, port: int | None = None) -> None:
        self.directory = directory.resolve()
        self.port = port if port is not None else free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def target(self, database: str = DATABASE, options: str = "") -> str:
        """The address of a store in it."""
        password = PASSWORD.replace(" ", "%20")
        return f"clickhouse://{USER}:{password}@127.0.0.1:{self.port}/{database}{options}"

    def start(self, timeout_s: float = 120.0) -> None:
        if engine() is None:
            raise ClickHouseUnavailable("the package chdb-core is not installed")
        self._configure()
        end = time.monotonic() + timeout_s
        while True:
            self._launch()
            try:
                self._wait_until_ready(end)
            except ClickHouseUnavailable as error:
                # Started again: a connection of somebody else may have the port for a moment.
                if "already in use" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(0.2)
            else:
                return

    def _launch(self) -> None:
        log = self.directory / "server.log"
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.services.clickhouse", "--serve", self.directory],
                stdout=file,
                stderr=file,
                cwd=ROOT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it as a power failure of the process would: SIGKILL, no goodbye."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(120)
            self._process = None

    stop = kill

    def pause(self) -> None:
        """Freeze it: sockets stay open, nothing answers."""
        if self._process is not None and self._process.poll() is None:
            freeze(self._process.pid)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _configure(self) -> None:
        """Write the server's files; ``deploy/clickhouse`` lies on top, as deployed."""
        self.directory.mkdir(parents=True, exist_ok=True)
        config = _CONFIG.format(port=self.port, directory=self.directory)
        (self.directory / "config.xml").write_text(config)
        (self.directory / "users.xml").write_text(_USERS)
        for folder in ("config.d", "users.d"):
            shutil.copytree(
                DEPLOYED / folder,
                self.directory / folder,
                dirs_exist_ok=True,
                # clickhouse-local has an option of its own that is called `compression`.
                ignore=shutil.ignore_patterns("tapeline-compression.xml"),
            )

    def _wait_until_ready(self, end: float) -> None:
        assert self._process is not None
        while not self._is_answering():
            is_gone = self._process.poll() is not None
            if is_gone or time.monotonic() > end:
                self.kill()
                log = (self.directory / "server.log").read_text(errors="replace")
                how = "ended" if is_gone else "did not answer in time"
                raise ClickHouseUnavailable(f"the listener of chdb-core {how}: {log[-800:]}")
            time.sleep(0.05)

    def _is_answering(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=10) as answer:  # noqa: S310
                return bool(answer.read() == b"Ok.\n")
        except OSError:
            return False


def engine() -> Path | None:
    """Find the engine's library, without running it; None when it is not installed."""
    found = importlib.util.find_spec("chdb")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations))) / "_chdb.abi3.so"


def clickhouse_or_skip(directory: Path) -> ClickHouseServer:
    """Start a server; without the wheel skip by name, or fail where the environment says CI."""
    if engine() is None:
        assert not os.environ.get("CI"), "the package chdb-core is not installed"
        pytest.skip("no ClickHouse: the package chdb-core is not installed")
    server = ClickHouseServer(directory)
    server.start()
    return server


def _load(library: Path) -> ModuleType:
    os.chdir(library.parent)  # Its own libraries are found beside it.
    ctypes.CDLL(str(library), mode=sys.getdlopenflags() | _RTLD_DEEPBIND)
    spec = importlib.util.spec_from_file_location("_chdb", library)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _serve(directory: Path) -> None:
    """Listen for as long as this process lives, or an hour: no test is left behind."""
    library = engine()
    assert library is not None
    module = _load(library)
    os.chdir(directory)  # It reads ./config.xml.
    module.query(
        "SYSTEM START LISTEN HTTP;"
        f"SELECT sleepEachRow(1) FROM numbers({_LIFETIME_S})"
        " SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null",
        "TSV",
        path=str(directory / "data"),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Run a ClickHouse server until Ctrl-C.")
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--dir", type=Path, default=ROOT / ".cache" / "clickhouse" / "dev")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        _serve(options.serve)
        return
    server = ClickHouseServer(options.dir, port=options.port)
    server.start()
    sys.stdout.write(f"ClickHouse answers on {server.url}; {server.target()}; Ctrl-C stops it\n")
    sys.stdout.flush()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
    server.stop()


if __name__ == "__main__":
    main()
