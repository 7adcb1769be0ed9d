"""A real NATS server with JetStream for tests and development, on a free port."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.services.freezing import freeze
from tests.services.kafka import free_port


class NatsServer:
    """A server process whose streams live in ``directory`` and survive :meth:`kill`.

    ``extra`` is put into its configuration file: credentials, TLS, limits.
    """

    def __init__(self, directory: Path, *, extra: str = "") -> None:
        self.port = free_port()
        self._monitor = free_port()
        self._directory = directory
        self._extra = extra
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self, timeout_s: float = 120.0) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        config = self._directory / "nats.conf"
        config.write_text(
            f'listen: "127.0.0.1:{self.port}"\n'
            f'http: "127.0.0.1:{self._monitor}"\n'
            f'jetstream {{ store_dir: "{self._directory / "data"}" }}\n{self._extra}\n'
        )
        with (self._directory / "nats.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program() or "nats-server", "-c", str(config)],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_ready(timeout_s)

    def kill(self) -> None:
        """End it as a power failure of the process would: SIGKILL, no goodbye."""
        self._signal(signal.SIGCONT)
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

    def _wait_until_ready(self, timeout_s: float) -> None:
        end = time.monotonic() + timeout_s
        health = f"http://127.0.0.1:{self._monitor}/healthz"
        while True:
            assert self._process is not None
            try:
                with urllib.request.urlopen(health, timeout=1) as answer:
                    assert answer.status == 200
                    return
            except (OSError, urllib.error.URLError) as error:
                if self._process.poll() is not None or time.monotonic() > end:
                    self.kill()
                    log = (self._directory / "nats.log").read_text(errors="replace")
                    raise RuntimeError(f"NATS did not start: {error}; {log[-800:]}") from error
                time.sleep(0.02)


def program() -> str | None:
    """Find a server: beside this Python, or on the path."""
    beside = Path(sys.executable).with_name("nats-server")
    return str(beside) if beside.exists() else shutil.which("nats-server")


def nats_or_skip(directory: Path, *, extra: str = "") -> NatsServer:
    """Start a server; without the program skip by name, or fail where the environment says CI."""
    if program() is None:
        assert not os.environ.get("CI"), "nats-server is not installed"
        pytest.skip("no NATS: nats-server is not installed (uv sync installs it)")
    server = NatsServer(directory, extra=extra)
    server.start()
    return server
