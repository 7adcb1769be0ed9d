"""Make the committed Python code of the proto files, and the baseline of the breaking-change check.

Usage: ``python proto/gen.py`` writes the code, ``--check`` compares it, ``--baseline`` writes
``proto/baseline/v1.binpb`` (only for a release: the baseline is what readers out there know).

protoc makes modules that import one another as ``tapeline.market.v1.x_pb2``, a package that does
not exist: the code lives in ``tapeline.wire.generated``. So every such import is rewritten to
``tapeline.wire.generated.tapeline.market.v1``. This is the only place that knows.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

PROTO = Path(__file__).resolve().parent
PACKAGE = Path("tapeline/market/v1")
GENERATED = PROTO.parent / "python" / "tapeline" / "wire" / "generated"
BASELINE = PROTO / "baseline" / "v1.binpb"
HOME = "tapeline.wire.generated."


def proto_files() -> list[str]:
    """List the proto files, relative to ``proto/``."""
    return sorted(str(path.relative_to(PROTO)) for path in (PROTO / PACKAGE).glob("*.proto"))


def protoc(*arguments: str) -> None:
    """Run the protoc of the development environment over all files."""
    command = [str(Path(sys.executable).parent / "protoc"), f"--proto_path={PROTO}"]
    subprocess.run([*command, *arguments, *proto_files()], check=True)  # noqa: S603 - fixed command


def descriptor_set() -> bytes:
    """Compile the files to a ``FileDescriptorSet`` without comments."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "set.binpb"
        protoc("--include_imports", f"--descriptor_set_out={target}")
        return target.read_bytes()


def generate() -> dict[Path, str]:
    """Make the Python modules and stubs: path under ``generated/`` to text."""
    with tempfile.TemporaryDirectory() as folder:
        protoc(f"--python_out={folder}", f"--pyi_out={folder}")
        made = {
            path.relative_to(folder): rewritten(path) for path in Path(folder).rglob("*_pb2.py*")
        }
    for depth in range(len(PACKAGE.parts) + 1):
        made[Path(*PACKAGE.parts[:depth], "__init__.py")] = '"""Made by proto/gen.py."""\n'
    return dict(sorted(made.items()))


def rewritten(path: Path) -> str:
    """Return a module or stub with imports that resolve; stubs of protoc are not strictly typed."""
    imported = "from tapeline.market.v1 import"
    text = path.read_text().replace(imported, imported.replace("from ", f"from {HOME}"))
    return f"# mypy: ignore-errors\n{text}" if path.suffix == ".pyi" else text


def stale_files() -> list[Path]:
    """List the committed files that differ from what the proto files give."""
    made = generate()
    committed = {
        path.relative_to(GENERATED): path.read_text()
        for path in GENERATED.rglob("*.py*")
        if path.suffix != ".pyc"
    }
    every_path = made.keys() | committed.keys()
    return sorted(path for path in every_path if made.get(path) != committed.get(path))


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--baseline", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        stale = stale_files()
        sys.stderr.writelines(f"stale: {path} (run `just gen`)\n" for path in stale)
        return 1 if stale else 0
    if arguments.baseline:
        BASELINE.parent.mkdir(exist_ok=True)
        BASELINE.write_bytes(descriptor_set())
    for path, text in generate().items():
        target = GENERATED / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
