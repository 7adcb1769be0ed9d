"""The examples of README.md and docs/ run as they stand.

Blocks marked ``python`` run in order and share one namespace a page. Blocks marked ``sh`` that
begin with ``tapeline`` run in a shell. ``console`` and ``text`` blocks are shown, not run.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(?P<language>python|sh)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [match["code"] for match in found if match["language"] == language]


def pages_with(language: str, start: str = "") -> list[Path]:
    return [page for page in PAGES if any(b.startswith(start) for b in blocks(page, language))]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", pages_with("python"), ids=name)
def test_python_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "example"}
    for code in blocks(page, "python"):
        exec(compile(code, str(page), "exec"), namespace)  # noqa: S102 - our own page


@pytest.mark.parametrize("page", pages_with("sh", "tapeline"), ids=name)
def test_shell_examples_run(page: Path, tmp_path: Path) -> None:
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for code in blocks(page, "sh"):
        if not code.startswith("tapeline"):
            continue
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", code],
            cwd=tmp_path,
            env=os.environ | {"PATH": tools},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, f"{code}\n{ran.stderr}"


def test_ci_runs_the_command_that_the_readme_gives_for_testing() -> None:
    commands = [code.strip() for code in blocks(ROOT / "README.md", "sh")]
    assert commands[0].endswith("just demo")
    assert commands[1].endswith("just test")
    assert commands[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_every_issue_code_is_explained() -> None:
    from tapeline.model import IssueCode

    text = (ROOT / "docs" / "cleaning.md").read_text(encoding="utf-8")
    unexplained = [code.label for code in IssueCode if code and f"`{code.label}`" not in text]
    assert unexplained == ["internal"]
