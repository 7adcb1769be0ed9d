"""A copy of the repository with one exchange more, added as ``docs/adding-an-exchange.md`` says."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "docs/adding-an-exchange.md"
FOLDERS = ROOT / "tests/fixtures/new_exchange"
NAME, MARKET = "tidepool", "spot"

_CHANGE = re.compile(r'^```diff title="(?P<file>[^"]+)"\n(?P<lines>.*?)^```$', re.M | re.S)
_TOP_FOLDERS = ("python", "rust_core", "docs")


def changes() -> dict[str, list[str]]:
    """Return the changes that the document shows: file -> lines, each with its mark."""
    found = _CHANGE.finditer(DOCUMENT.read_text("utf-8"))
    return {match["file"]: match["lines"].splitlines() for match in found}


def changed(text: str, lines: Sequence[str]) -> str:
    """Apply a change: what it keeps stands in the text exactly once."""
    assert {line[0] for line in lines} == {" ", "+"}
    before = "".join(f"{line[1:]}\n" for line in lines if line[0] == " ")
    after = "".join(f"{line[1:]}\n" for line in lines)
    assert text.count(before) == 1, before
    return text.replace(before, after)


def new_files() -> list[Path]:
    """Return the files of the exchange, relative to the repository."""
    return sorted(
        path.relative_to(FOLDERS)
        for top in _TOP_FOLDERS
        for path in (FOLDERS / top).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    )


@dataclass(frozen=True)
class Copy:
    """The copy.

    Attributes
    ----------
    folder
        Its root, a repository of its own: what is added to the project is added to its index.
    """

    folder: Path

    def run(self, *words: str | Path, timeout_s: float = 600) -> str:
        """Run a command in it; return what it prints."""
        ran = subprocess.run(
            [str(word) for word in words],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert ran.returncode == 0, f"{words}\n{ran.stdout[-4_000:]}\n{ran.stderr[-8_000:]}"
        return ran.stdout

    def tapeline(self, *words: str | Path) -> str:
        """Run a command of the copy's tapeline."""
        return self.run(sys.executable, "-m", "tapeline.apps.cli", *words)

    @contextmanager
    def serving(self, *words: str | Path) -> Iterator[str]:
        """Run the copy's simulator; yield its address."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tapeline.apps.cli", "simulate", *map(str, words)],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            yield process.stdout.readline().removeprefix("listening on ").strip()
        finally:
            process.kill()
            process.communicate(timeout=30)

    def _environment(self) -> dict[str, str]:
        tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        paths = {"PATH": tools, "PYTHONPATH": str(self.folder / "python")}
        # What the repository has built is not built again.
        return os.environ | paths | {"CARGO_TARGET_DIR": str(ROOT / "target")}


def copied(folder: Path) -> Copy:
    """Copy the repository's files, add the exchange, and build the extension."""
    copy = Copy(folder)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    copy.run("git", "init", "--quiet")
    copy.run("git", "add", "--all")
    for path in new_files():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(FOLDERS / path, folder / path)
    for name, lines in changes().items():
        text = (folder / name).read_text("utf-8")
        (folder / name).write_text(changed(text, lines), "utf-8")
    if (cache := ROOT / ".mypy_cache").is_dir():
        # What the repository's own check has read is not read again.
        shutil.copytree(cache, folder / cache.name)
    _build(copy)
    return copy


def _build(copy: Copy) -> None:
    """Build the extension and put it where the package looks for it.

    Not in release mode: nothing is measured with it, and the parts that the repository's own tests
    are built of are there, which leaves a tenth of the time.
    """
    wheels = copy.folder / ".wheels"
    options = ("--profile", "dev", "--locked", "--interpreter", sys.executable, "--out", wheels)
    copy.run("maturin", "build", *options, timeout_s=1500)
    (wheel,) = wheels.iterdir()
    with ZipFile(wheel) as packed:
        (extension,) = [
            each for each in packed.namelist() if "/_core." in each and "pyi" not in each
        ]
        packed.extract(extension, copy.folder / "python")
    shutil.rmtree(wheels)
