"""A real Prometheus for tests: the one of the system, on a free port, with the rules of deploy/."""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.services.kafka import free_port

DEPLOY = Path(__file__).parents[2] / "deploy" / "prometheus"
START_S = 60.0


class Prometheus:
    """A running server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **query: str) -> Any:  # noqa: ANN401 - what the server says
        """Return the data of an answer of its API."""
        address = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310
                return json.loads(answer.read())["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{query}: {error.read().decode()}") from error

    def has_value(self, query: str) -> bool:
        """Whether a query gives at least one number."""
        found = self.ask("query", query=query)["result"]
        return any(each["value"][1] != "NaN" for each in found)


@contextmanager
def prometheus(directory: Path, targets: Mapping[str, str]) -> Iterator[Prometheus]:
    """Run the configuration of deploy/, with these targets by part, looked at every second."""
    program = shutil.which("prometheus")
    if program is None:
        assert not os.environ.get("CI"), "prometheus is not installed"
        pytest.skip("prometheus is not installed: apt-get install prometheus")
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text("utf-8"))
    config["global"] |= {
        "scrape_interval": "1s",
        "scrape_timeout": "1s",
        "evaluation_interval": "1s",
    }
    config["rule_files"] = [str(DEPLOY / "rules" / "*.yml")]
    del config["alerting"]
    (directory / "targets").mkdir(parents=True)
    told = [{"targets": [address], "labels": {"part": part}} for part, address in targets.items()]
    (directory / "targets" / "tapeline.yml").write_text(yaml.safe_dump(told))
    (directory / "targets" / "services.yml").write_text("[]")
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    words = (
        program,
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address={address}",
    )
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        server = Prometheus(f"http://{address}")
        _await(server, process, directory / "log")
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _await(server: Prometheus, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.url}/-/ready", timeout=5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(log.read_text()[-2000:])
