"""Checks everything under deploy/ with its own tools: ``just deploy-check``.

Tools from Python come pinned by hash into ``.cache/deploy``, the Compose loader is built there from
its locked Go modules; promtool, amtool and systemd-analyze are those of the system. A tool that is
not there is said, and with ``--all`` (as CI does) that is a failure.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jinja2
import yaml

DEPLOY = Path(__file__).resolve().parent.parent
ROOT = DEPLOY.parent
CACHE = ROOT / ".cache" / "deploy"
UNITS = ("collect", "store", "serve")
EXPOSURE_MAX = 12
"""Tenths, of systemd's 0 (safe) to 10."""


class NotThere(Exception):
    """A tool is not on this machine."""


class Wrong(Exception):
    """A tool found something."""


def run(words: Sequence[str | Path], cwd: Path = ROOT, **variables: str) -> str:
    """Run a tool; what it says is told when it fails."""
    done = subprocess.run(  # noqa: S603 - words of this file
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, **variables},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        raise Wrong(done.stdout.strip()[-4000:])
    return done.stdout


def tool(name: str) -> str:
    """Return the path of a tool of the system."""
    found = shutil.which(name)
    if found is None:
        raise NotThere(name)
    return found


def python_tool(name: str) -> Path:
    """Return a tool from the pinned Python environment, which is made once."""
    wanted = DEPLOY / "check" / "requirements.txt"
    digest = hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()[:16]
    there = CACHE / f"tools-{digest}"
    if not (there / "whole").exists():
        shutil.rmtree(there, ignore_errors=True)
        python = there / "bin" / "python"
        uv = shutil.which("uv")
        if uv is not None:
            run([uv, "venv", "--quiet", "--python", sys.executable, there])
            run(
                [
                    uv,
                    "pip",
                    "install",
                    "--quiet",
                    "--require-hashes",
                    "--python",
                    python,
                    "-r",
                    wanted,
                ]
            )
        else:
            venv.create(there, with_pip=True)
            run([python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", wanted])
        (there / "whole").touch()
    return there / "bin" / name


def compose_tool() -> Path:
    """Return the Compose loader, which is built once."""
    source = DEPLOY / "check" / "compose"
    files = sorted(source.iterdir())
    digest = hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()[:16]
    built = CACHE / f"compose-{digest}"
    if not built.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        run([tool("go"), "build", "-mod=readonly", "-o", built, "."], cwd=source, CGO_ENABLED="0")
    return built


def prometheus() -> None:
    """Check the configuration and the rules, and test each alert."""
    folder = DEPLOY / "prometheus"
    run([tool("promtool"), "check", "config", folder / "prometheus.yml"])
    run([tool("promtool"), "check", "rules", *sorted((folder / "rules").glob("*.yml"))])
    run([tool("promtool"), "test", "rules", *sorted((folder / "tests").glob("*.yml"))])


def alertmanager() -> None:
    """Check the configuration, and who hears of what."""
    config = DEPLOY / "alertmanager" / "alertmanager.yml"
    run([tool("amtool"), "check-config", config])
    for labels, receiver in (
        (("alertname=TapelineWatchdog", "severity=none"), "watchdog"),
        (("alertname=TapelineGapRate", "severity=warning"), "people"),
        (("alertname=TapelineStoreDown", "severity=critical"), "people"),
    ):
        words = ("config", "routes", "test", f"--config.file={config}", *labels)
        run([tool("amtool"), *words, f"--verify.receivers={receiver}"])


def dashboards() -> None:
    """Compare the dashboards with their tables, and have Grafana's own types read them."""
    run([sys.executable, DEPLOY / "grafana" / "make_dashboards.py", "--check"])
    code = (
        "import json, sys\n"
        "from grafana_foundation_sdk.models.dashboard import Dashboard\n"
        "for path in sys.argv[1:]:\n"
        "    given = json.load(open(path))\n"
        "    read = Dashboard.from_json(given)\n"
        "    assert read.title == given['title'] and read.uid == given['uid'], path\n"
        "    assert len(read.panels) == len(given['panels']), path\n"
        "    for panel, mine in zip(read.panels, given['panels']):\n"
        "        assert panel.datasource.uid in ('prometheus', 'loki'), (path, mine['title'])\n"
        "        assert len(panel.targets) == len(mine['targets']), (path, mine['title'])\n"
    )
    boards = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
    run([python_tool("python"), "-c", code, *boards])


def compose() -> None:
    """Load the Compose file, with secrets made as an operator makes them."""
    with tempfile.TemporaryDirectory() as made:
        copy = Path(made) / "deploy"
        shutil.copytree(DEPLOY, copy, ignore=shutil.ignore_patterns("secrets"))
        run([copy / "compose" / "make-secrets.sh"])
        run([compose_tool(), copy / "compose" / "compose.yaml"])


def images() -> None:
    """Lint the Dockerfile and run its entry point."""
    run([python_tool("hadolint"), DEPLOY / "images" / "tapeline.Dockerfile"])
    with tempfile.TemporaryDirectory() as made:
        secret = Path(made) / "targets"
        secret.write_text("parquet:a\nparquet:b\n")
        words = (DEPLOY / "images" / "entrypoint.sh", "sh", "-c")
        show = 'printf \'%s|%s\' "$TAPELINE_STORE_TARGETS" "${TAPELINE_STORE_TARGETS_FILE-gone}"'
        told = run([*words, show], TAPELINE_STORE_TARGETS_FILE=str(secret))
        if told != "parquet:a\nparquet:b|gone":
            raise Wrong(f"the entry point gave {told!r}")


def ansible() -> None:
    """Check the syntax of the playbook, and lint it."""
    folder = DEPLOY / "ansible"
    play = python_tool("ansible-playbook")
    path = f"{play.parent}:{os.environ['PATH']}"
    home = str(CACHE / "ansible")
    run([play, "--syntax-check", "-i", "inventory.example.yml", "site.yml"], cwd=folder, PATH=path)
    lint = (python_tool("ansible-lint"), "--offline", "-q", "--nocolor", ".")
    run(lint, cwd=folder, PATH=path, ANSIBLE_HOME=home)


def units() -> None:
    """Have systemd read the units as Ansible writes them, and rate what they may do."""
    analyze = tool("systemd-analyze")
    role = DEPLOY / "ansible" / "roles" / "tapeline"
    known = yaml.safe_load((role / "defaults" / "main.yml").read_text("utf-8"))["tapeline_units"]
    text = (role / "templates" / "tapeline.service.j2").read_text("utf-8")
    template = jinja2.Template(text, undefined=jinja2.StrictUndefined)
    with tempfile.TemporaryDirectory() as made:
        stub = Path(made) / "venv" / "bin" / "python"
        stub.parent.mkdir(parents=True)
        stub.symlink_to("/bin/true")
        for part in UNITS:
            facts: dict[str, Any] = {
                "ansible_managed": "",
                "part": part,
                "unit": {**known[part], "arguments": part},
                "tapeline_home": made,
                "tapeline_state": "/var/lib/tapeline",
                "tunnel_address": "10.77.0.1",
            }
            unit = Path(made) / f"tapeline-{part}.service"
            unit.write_text(template.render(facts))
            # A key that systemd does not know is a warning with status 0.
            if told := run([analyze, "verify", "--man=no", unit]).strip():
                raise Wrong(told)
            run([analyze, "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", unit])


def yaml_files() -> None:
    """Read every other YAML file."""
    for path in sorted(DEPLOY.rglob("*.yml")):
        if ".j2" not in path.name:
            yaml.safe_load(path.read_text("utf-8"))


CHECKS: tuple[Callable[[], None], ...] = (
    prometheus,
    alertmanager,
    dashboards,
    compose,
    images,
    ansible,
    units,
    yaml_files,
)


def main() -> int:
    """Run all checks, or those named; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [check.__name__ for check in CHECKS]
    parser.add_argument("names", nargs="*", metavar="|".join(names))
    parser.add_argument("--all", action="store_true", help="a missing tool is a failure")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(names):
        parser.error(f"no such check: {', '.join(sorted(unknown))}")
    failed = False
    for check in CHECKS:
        if asked.names and check.__name__ not in asked.names:
            continue
        try:
            check()
            told = "ok"
        except NotThere as missing:
            told = f"not checked: {missing} is not installed"
            failed |= asked.all
        except Wrong as wrong:
            told = f"wrong\n{wrong}"
            failed = True
        sys.stdout.write(f"{check.__name__:>12}: {told}\n")
        sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
