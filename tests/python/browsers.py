"""The browser that tests open pages in: Chromium, through Playwright, without a network."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Without a graphics card the page itself is put together more cheaply without WebGL's emulator.
    "--disable-gpu-compositing",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser; in CI it has to be there, elsewhere its lack is a named skip."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: CI installs it, see .ci/run")
        pytest.skip("no Chromium on PATH (Debian: apt-get install chromium)")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(_QUIET), timeout=120_000)
        try:
            yield browser
        finally:
            browser.close()


def artifact(name: str) -> Path:
    """Return where a test leaves a file for people to look at: a folder that git ignores."""
    folder = ROOT / "artifacts"
    folder.mkdir(exist_ok=True)
    return folder / name
