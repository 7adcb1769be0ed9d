"""A real Redis server for tests and development: the one of the system, on a free port."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.services.freezing import freeze
from tests.services.kafka import free_port


class RedisServer:
    """A server process; its data is gone after :meth:`kill` unless ``keeps`` is set."""

    def __init__(self, directory: Path, *, password: str = "", keeps: bool = False) -> None:
        self.port = free_port()
        self._directory = directory
        self._password = password
        self._keeps = keeps
        self._process: subprocess.Popen[bytes] | None = None

    def target(self, number: int = 0, options: str = "") -> str:
        """The address of a cache in it."""
        user = f":{self._password}@" if self._password else ""
        return f"redis://{user}127.0.0.1:{self.port}/{number}{options}"

    def client(self, number: int = 0) -> "Redis":
        return Redis(port=self.port, db=number, password=self._password or None)

    def start(self, timeout_s: float = 120.0) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._directory)]
        words += ["--appendonly", "yes" if self._keeps else "no", "--appendfsync", "always"]
        words += ["--save", ""]
        if self._password:
            words += ["--requirepass", self._password]
        with (self._directory / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program() or "redis-server", *words],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_ready(timeout_s)

    def kill(self) -> None:
        """End it as a power failure of the process would."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(60)
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
        while True:
            assert self._process is not None
            try:
                with self.client() as client:
                    client.ping()
            except (RedisError, OSError) as error:
                if self._process.poll() is not None or time.monotonic() > end:
                    self.kill()
                    log = (self._directory / "redis.log").read_text(errors="replace")
                    raise RuntimeError(f"Redis did not start: {error}; {log[-800:]}") from error
                time.sleep(0.05)
            else:
                return


def program() -> str | None:
    """Find a server: Redis, or Valkey, which speaks the same."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


def redis_or_skip(directory: Path, *, password: str = "", keeps: bool = False) -> RedisServer:
    """Start a server; without the program skip by name, or fail where the environment says CI."""
    if program() is None:
        assert not os.environ.get("CI"), "redis-server is not installed"
        pytest.skip("no Redis: redis-server is not installed (apt-get install redis-server)")
    server = RedisServer(directory, password=password, keeps=keeps)
    server.start()
    return server
