"""`tapeline serve` as a process: it starts, is refused what is unsafe, and ends in order."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tapeline.api.auth import line_of, new_token
from tapeline.apps.cli import main
from tests.python.markets import SECOND, START, stored, trade
from tests.services.kafka import free_port

COMMAND = (sys.executable, "-m", "tapeline.apps.cli", "serve")


@contextmanager
def running(*words: str, **variables: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Start the command; give its address once it listens."""
    process = subprocess.Popen(
        [*COMMAND, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    )
    assert process.stderr is not None
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if found := re.match(r"http://\S+/  ", line):
                yield found[0].strip(), process
                break
        else:
            pytest.fail(f"it did not say where it listens, but {''.join(said)}")
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def fetched(url: str, headers: Mapping[str, str] | None = None) -> bytes:
    request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
        body: bytes = answer.read()
        return body


def test_it_serves_a_store_with_a_token_and_ends_in_order(tmp_path: Path) -> None:
    data = stored(tmp_path / "data", {"trade": [trade(START + SECOND, "100.5")]})
    token = new_token()
    file = tmp_path / "tokens"
    file.write_text(f"# of the desk\n{line_of(token)}\n")
    file.chmod(0o600)
    words = ("--data", data, "--port", "0", "--metrics", f"127.0.0.1:{free_port()}")
    with running(*words, TAPELINE_API_TOKEN_FILE=str(file)) as (url, process):
        assert json.loads(fetched(f"{url}api/health"))["status"] == "ok"
        shown = {"authorization": f"Bearer {token}"}
        assert json.loads(fetched(f"{url}api/trades", shown))["data"][0]["price"] == "100.5"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            fetched(f"{url}api/trades")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            # The page's own place: /metrics and /debug are on no public listener.
            fetched(f"{url}api/metrics", shown)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in (0, -signal.SIGTERM)


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run the command to its refusal; return what it says."""
    with pytest.raises(SystemExit) as ended:
        main(["serve", *words])
    assert ended.value.code == 2
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", capsys.readouterr().err).split())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.2.7", "market.example"])  # noqa: S104
def test_it_is_not_exposed_without_a_token(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.delenv("TAPELINE_API_TOKEN", raising=False)
    monkeypatch.delenv("TAPELINE_API_TOKEN_FILE", raising=False)
    assert "a token is needed" in refusal(capsys, "--host", host, "--port", "0")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[serve]\nwokers = 3\n", "unknown setting 'wokers'; did you mean 'workers'?"),
        ('[serve]\nworkers = "many"\n', "workers:"),
        ("[serve]\nworkers = -1\n", "workers:"),
        ("[serve]\ntime_limit_s = nan\n", "time_limit_s:"),
        ("[serve]\nport = 1\nport = 2\n", "not TOML"),
        ("[serve]\n\tport = = 2\n", "not TOML"),
        ("[serv]\nport = 1\n", "unknown table 'serv'"),
        ('[serve]\ndata = ["unknown:./data"]\n', "unknown"),
        ('[serve]\ntransport = "carrier-pigeon://roof"\n', "carrier-pigeon"),
    ],
)
def test_a12_wrong_settings_are_told_and_nothing_starts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "serve.toml"
    file.write_text(text)
    assert said in refusal(capsys, "--config", str(file), "--port", "0")


def test_a12_files_that_cannot_be_read_are_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path in (tmp_path / "missing", tmp_path, loop):
        assert str(path.name) in refusal(capsys, "--config", str(path))


@pytest.mark.parametrize(
    ("mode", "text", "said"),
    [
        (0o644, "line", "chmod 600"),
        (0o600, "token", "keeps no tokens"),
        (0o600, "", "has no token"),
        (0o600, "line admin", "scopes are"),
        (0o600, "line read soon", "until when"),
        (None, "", "cannot read"),
    ],
)
def test_a12_token_files_are_private_and_hold_hashes_alone(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    mode: int | None,
    text: str,
    said: str,
) -> None:
    token = new_token()
    line = line_of(token).partition(" ")[0]
    file = tmp_path / "tokens"
    if mode is not None:
        file.write_text(text.replace("line", line).replace("token", token))
        file.chmod(mode)
    monkeypatch.setenv("TAPELINE_API_TOKEN_FILE", str(file))
    found = refusal(capsys, "--port", "0")
    assert said in found
    assert token not in found


@pytest.mark.parametrize("token", ["short", "a" * 64, "pässword-pässword-pässword"])
def test_a12_a_weak_token_is_refused_and_not_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("TAPELINE_API_TOKEN", token)
    found = refusal(capsys, "--port", "0")
    assert "too weak" in found
    assert token not in found
