"""Shared code knows no venue: adding one edits nothing but the registries."""

import re
from pathlib import Path

from tapeline.adapters.registry import venues

ROOT = Path(__file__).parents[3]
EXCHANGES = sorted({each.exchange for each in venues()})
#: The registries; and the benchmark, whose frames are those of one market.
MAY = {
    "python/tapeline/adapters/registry.py",
    "python/tapeline/apps/bench.py",
    "rust_core/src/adapters/mod.rs",
}


def shared_files() -> list[Path]:
    """Return the sources outside the venues' folders, tests left out."""
    found = [*(ROOT / "python/tapeline").rglob("*.py"), *(ROOT / "rust_core/src").rglob("*.rs")]
    return [
        path
        for path in found
        if not set(EXCHANGES) & set(path.relative_to(ROOT).parts)
        and path.name != "tests.rs"
        and str(path.relative_to(ROOT)) not in MAY
    ]


def test_no_shared_module_names_or_asks_for_a_venue() -> None:
    names = "|".join(EXCHANGES)
    named = re.compile(rf'(adapters|simulator)\.({names})\b|\b({names})::|[=!]= "({names})"')
    files = shared_files()
    assert len(files) > 150
    faults = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if named.search(line)
    ]
    assert not faults
