"""``tapeline version``: what exactly is installed here."""

import importlib.metadata
import json
import subprocess
from pathlib import Path
from typing import Annotated

import typer

#: The version of ``tapeline.market.v1`` that this build writes; see docs/model.md.
SCHEMA_VERSION = 1


def package_version() -> str:
    """Return the version of the installed distribution, for example ``0.1.0``."""
    return importlib.metadata.version("tapeline")


def commit() -> str | None:
    """Return the commit of the checkout this runs from; None for an installed wheel."""
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return None
    try:
        # The arguments are constants; git is found on the user's own PATH.
        found = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


def version_command(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Print the version of tapeline, of the message schema, and the commit where it is known."""
    facts = {"tapeline": package_version(), "schema": SCHEMA_VERSION, "commit": commit()}
    if as_json:
        typer.echo(json.dumps(facts))
        return
    suffix = f", commit {facts['commit']}" if facts["commit"] else ""
    typer.echo(f"tapeline {facts['tapeline']} (tapeline.market.v{facts['schema']}{suffix})")
