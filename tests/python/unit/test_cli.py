"""What a person meets at the command line: help, exit status, one-sentence errors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tapeline.apps.cli import COMMANDS, main


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run the real command in a process of its own."""
    command = [str(Path(sys.executable).parent / "tapeline"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])

    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"tapeline {command}" in text
    assert "Parameters" not in text


@pytest.mark.parametrize("command", ["store", "collect", "tail"])
def test_a_command_imports_no_library_it_was_not_asked_for(command: str) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['tapeline', '{command}', '--help']\n"
        "from tapeline.apps.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "import pyarrow\n"
        "pyarrow.array([1])\n"
        "heavy = {'pandas', 'polars', 'nats', 'redis', 'clickhouse_connect', 'asyncpg'}\n"
        "sys.stderr.write(' '.join(sorted(heavy & set(sys.modules))))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stderr == ""


def test_the_help_imports_no_command() -> None:
    code = (
        "import sys\n"
        "from tapeline.apps.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pyarrow', 'polars', 'confluent_kafka', 'websockets', 'rich.progress'}\n"
        "sys.stderr.write(' '.join(sorted(heavy & set(sys.modules))))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "normalize" in ran.stdout


def test_a_fault_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    ran = run("normalize", str(tmp_path / "absent.jsonl"), "--out", str(tmp_path / "out"))

    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr.startswith(f"tapeline: {tmp_path}/absent.jsonl: there is no such tape")
    assert ran.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [["no-such-command"], ["normalize"], ["version", "--no-such"]])
def test_a_wrong_call_is_status_2(words: list[str]) -> None:
    ran = run(*words)

    assert ran.returncode == 2
    assert "Usage: tapeline" in ran.stderr


def test_version_says_version_schema_and_commit() -> None:
    facts = json.loads(run("version", "--json").stdout)

    assert facts["schema"] == 1
    assert run("--version").stdout == f"{facts['tapeline']}\n"
